"""What may be asked of the network: public addresses, and the operator's own roots."""

import asyncio
import ipaddress
import socket
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

PATIENCE: Final = 20.0  # seconds for one address to be connected to
CHUNK: Final = 1 << 16  # bytes passed on at once
PORTS: Final = {"http": 80, "https": 443, "ws": 80, "wss": 443}
UNICAST: Final = ipaddress.ip_network("2000::/3")  # all of IPv6 that is routed (IANA, read 2026-11)
HOLDS_IPV4: Final = (  # IPv4 addresses stand in the last 32 bits of these
    ipaddress.ip_network("::/96"),  # RFC 4291 §2.5.5.1
    ipaddress.ip_network("::ffff:0:0/96"),  # RFC 4291 §2.5.5.2
    ipaddress.ip_network("64:ff9b::/96"),  # RFC 6052 §2.1
)


class PrivateAddressError(OSError):
    """An address of a private network, or a name that leads to one: nothing is sent there."""


def is_public(address: str) -> bool:
    """
    Whether an IP address is one of the public network; an IPv4 address inside an IPv6 one counts.

    >>> [is_public(one) for one in ("1.1.1.1", "2606:4700::1111", "64:ff9b::101:101")]
    [True, True, True]
    >>> [is_public(one) for one in ("10.0.0.1", "224.0.0.1", "fe80::1%eth0", "64:ff9b::7f00:1")]
    [False, False, False, False]
    """
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        if any(ip in network for network in HOLDS_IPV4):
            return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
        if ip.sixtofour and not is_public(str(ip.sixtofour)):
            return False
        return ip.is_global and ip in UNICAST
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def literal(host: str) -> str:
    """
    The IP address that a host is, however it is written; nothing for a name.

    >>> literal("0x7f.1"), literal("2130706433"), literal("::1"), literal("tieba.baidu.com")
    ('127.0.0.1', '127.0.0.1', '::1', '')
    """
    with suppress(ValueError):
        return str(ipaddress.ip_address(host))
    try:
        return socket.inet_ntoa(socket.inet_aton(host))  # as resolvers and browsers read numbers
    except (OSError, UnicodeEncodeError):
        return ""


def is_private(url: str, roots: Iterable[str]) -> bool:
    """
    Whether an address says itself that it is one of a private network, and is no configured root.

    >>> is_private("http://192.168.1.1/", ()), is_private("https://tieba.baidu.com/p/1", ())
    (True, False)
    >>> is_private("http://127.0.0.1:88/x", ["http://127.0.0.1:88/tieba"])
    False
    """
    parts = urlsplit(url)
    if parts.scheme in ("data", "about", "blob"):
        return False
    if any(urlsplit(root).netloc == parts.netloc for root in roots):
        return False
    host = (parts.hostname or "").rstrip(".")
    if address := literal(host):
        return not is_public(address)
    return host in ("", "localhost") or host.endswith((".localhost", ".local", ".internal"))


def addresses_of(host: str, port: int, *, private: bool = False) -> list[str]:
    """
    The addresses that a host leads to, in the order in which they are tried.

    Raises PrivateAddressError where one of them is not public, unless *private* allows it, and
    OSError where there is none.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError:
        raise socket.gaierror(f"{host!r} is no name of a host") from None
    addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
    if not private:
        refuse_private(host, addresses)
    return addresses


def refuse_private(host: str, addresses: Iterable[str]) -> None:
    """Raises PrivateAddressError where a host leads to an address that is not public."""
    for address in addresses:
        if not is_public(address):
            raise PrivateAddressError(f"{host} leads to {address}, which is no public address")


def check(url: str, roots: Iterable[str]) -> None:
    """
    Raises PrivateAddressError for a private address, written as one or led to by its name.

    A name that is not found passes: who asks it learns so. So does one that is asked through the
    operator's proxy, which alone knows where it leads. The name may lead elsewhere a moment later:
    where it matters, connect to what `addresses_of` gave, or through a `gate`.
    """
    allowed = list(roots)
    if is_private(url, allowed):
        raise PrivateAddressError(f"private address refused: {url}")
    host, port = place_of(url)
    if not host or (host, port) in {place_of(root) for root in allowed} or proxied(url):
        return
    try:
        addresses_of(host, port)
    except PrivateAddressError as error:
        raise PrivateAddressError(f"private address refused: {url} ({error})") from None
    except OSError:  # not found
        return


def place_of(url: str) -> tuple[str, int]:
    """
    Host and port of an address; no host where it has none, as data: has.

    >>> place_of("https://tieba.baidu.com/p/1"), place_of("data:,x")
    (('tieba.baidu.com', 443), ('', 0))
    """
    parts = urlsplit(url)
    try:
        return parts.hostname or "", parts.port or PORTS.get(parts.scheme, 0)
    except ValueError:  # a port that is none
        return parts.hostname or "", 0


def proxies() -> dict[str, str]:
    """The operator's proxies by scheme, as the environment names them (HTTPS_PROXY and the like)."""
    named = {scheme: one for scheme, one in getproxies().items() if scheme != "no" and one}
    return {scheme: one if "://" in one else f"http://{one}" for scheme, one in named.items()}


def proxied(url: str) -> bool:
    """Whether an address is asked through a proxy of the operator's."""
    parts = urlsplit(url)
    named = proxies()
    return bool(named.get(parts.scheme) or named.get("all")) and not proxy_bypass(parts.netloc)


class Gate:
    """
    A SOCKS5 server (RFC 1928) of this machine through which a browser reaches public addresses only.

    It looks a name up itself and connects to the very address that it has looked at, so that neither
    a redirect nor a name that leads elsewhere a moment later (DNS rebinding) comes past it.
    """

    def __init__(self, roots: Iterable[str]) -> None:
        self.roots = {place_of(root) for root in roots}
        self.failure: OSError | None = None  # of what was last asked in vain
        self.reached: dict[tuple[str, int], str] = {}
        self.address = ""  # as a browser is told it; nothing where it serves none
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over = asyncio.Event()

    @property
    def options(self) -> dict[str, Any]:
        """What Playwright's `new_context` takes, so that all of a context goes through here."""
        return {"proxy": {"server": self.address}} if self.address else {}

    def run(self, opened: "Future[None]") -> None:
        """Serve until `close`; *opened* is done once the address is known."""
        with suppress(asyncio.CancelledError):
            asyncio.run(self._serve(opened))

    def close(self) -> None:
        """Serve no more."""
        if self._loop:
            self._loop.call_soon_threadsafe(self._over.set)

    async def _serve(self, opened: "Future[None]") -> None:
        try:
            server = await asyncio.start_server(self._pass, "127.0.0.1", 0)
        except OSError as error:
            opened.set_exception(error)
            return
        self._loop = asyncio.get_running_loop()
        self.address = f"socks5://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        opened.set_result(None)
        await self._over.wait()
        server.close()

    async def _pass(self, asking: asyncio.StreamReader, asked: asyncio.StreamWriter) -> None:
        """One connection of the browser, from its greeting to its end."""
        with suppress(OSError, EOFError, asyncio.CancelledError):
            host, port = await greeted(asking, asked)
            try:
                answering, answered = await self._connect(host, port)
            except OSError as error:
                self.failure = error
                answer(asked, 2 if isinstance(error, PrivateAddressError) else 4)
            else:
                answer(asked, 0)
                await asyncio.gather(relay(asking, answered), relay(answering, asked))
        asked.close()

    async def _connect(self, host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:  # fmt: skip
        """A connection to the first address of a host that takes it. Raises OSError."""
        private = (host, port) in self.roots
        look = asyncio.to_thread(addresses_of, host, port, private=private)
        failure = OSError(f"{host} leads nowhere")
        for address in await look:
            try:
                pair = await asyncio.wait_for(asyncio.open_connection(address, port), PATIENCE)
            except OSError as error:  # TimeoutError is one
                failure = error
                continue
            self.reached[host, port] = address
            return pair
        raise failure


async def greeted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[str, int]:
    """
    Where a SOCKS5 client wants to be led. Raises EOFError for what speaks another language.

    Only a connection is made (CONNECT), and nobody is asked who he is: the port is of this machine.
    """
    version, methods = await reader.readexactly(2)
    if version != 5:
        raise EOFError
    await reader.readexactly(methods)
    writer.write(b"\x05\x00")
    _, command, _, kind = await reader.readexactly(4)
    if kind == 3:
        (length,) = await reader.readexactly(1)
        host = (await reader.readexactly(length)).decode("ascii", "replace")
    else:
        host = str(ipaddress.ip_address(await reader.readexactly(4 if kind == 1 else 16)))
    port = int.from_bytes(await reader.readexactly(2), "big")
    if command != 1:
        answer(writer, 7)
        raise EOFError
    return host, port


def answer(writer: asyncio.StreamWriter, code: int) -> None:
    """What a SOCKS5 server says to a wish: 0 granted, 2 not allowed, 4 not reached."""
    writer.write(bytes((5, code, 0, 1)) + bytes(6))


async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on all that comes, until no more does."""
    try:
        while part := await reader.read(CHUNK):
            writer.write(part)
            await writer.drain()
    except OSError:
        pass  # one side broke off: the other is told by the end
    finally:
        writer.close()


@contextmanager
def gate(roots: Iterable[str]) -> Iterator[Gate]:
    """
    A gate that serves meanwhile, in a thread of its own.

    Behind a proxy of the operator's it serves none: the proxy is the way out, and looks names up.
    """
    served = Gate(roots)
    if proxies():
        yield served
        return
    opened: Future[None] = Future()
    thread = threading.Thread(target=served.run, args=(opened,), name="gate", daemon=True)
    thread.start()
    opened.result()
    try:
        yield served
    finally:
        served.close()
        thread.join()
