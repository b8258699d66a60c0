"""No private address is asked, however it is written and whatever name leads to it."""

import socket
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from playwright.sync_api import Error, sync_playwright

from lurewatch.browser import find_chromium, launch_options
from lurewatch.config import Settings
from lurewatch.hooks import UnreachableError, tell
from lurewatch.outside import PrivateAddressError, addresses_of, check, gate, is_private, is_public
from tests.crawlers.test_spiders import server

PRIVATE = """
    0.0.0.0 10.1.2.3 100.64.0.1 127.0.0.1 169.254.169.254 172.16.0.1 192.168.0.1 198.18.0.1 224.0.0.1
    240.0.0.1 255.255.255.255 :: ::1 ::127.0.0.1 ::ffff:10.0.0.1 64:ff9b::7f00:1 64:ff9b:1::1
    2002:7f00:1:: 2001:0:7f00:1:: 2001:db8::1 fc00::1 fec0::1 fe80::1%eth0 ff02::1
"""
PUBLIC = """
    1.1.1.1 110.242.68.66 2606:4700::1111 ::ffff:1.1.1.1 64:ff9b::101:101 2002:101:101::
"""


def test_what_is_public() -> None:
    assert [one for one in PRIVATE.split() if is_public(one)] == []
    assert [one for one in PUBLIC.split() if not is_public(one)] == []


@pytest.mark.parametrize(
    "host",
    [
        "0x7f.1",
        "2130706433",
        "017700000001",
        "127.1",
        "[::ffff:7f00:1]",
        "localhost.",
        "a.local",
        "[::1]",
    ],
)
def test_a_private_address_is_known_in_every_writing(host: str) -> None:
    assert is_private(f"http://{host}:8080/x", ())
    with pytest.raises(PrivateAddressError, match="private address refused: http://"):
        check(f"http://{host}:8080/x", ())


def test_what_is_no_address_of_the_web_is_private() -> None:
    assert is_private("file:///etc/passwd", ())
    assert not is_private("data:image/png;base64,x", ())


def test_a_name_is_what_it_leads_to() -> None:
    """Of this machine only: its own names are the only ones that every machine can look up."""
    names = [one for one in ("localhost", socket.gethostname()) if leads_inside(one)]
    for name in names:
        with pytest.raises(PrivateAddressError, match=f"{name} leads to .*no public address"):
            addresses_of(name, 80)
        assert addresses_of(name, 80, private=True)
        check(f"http://{name}:81/x", [f"http://{name}:81/root"])
        with pytest.raises(PrivateAddressError):
            check(f"http://{name}:82/x", [f"http://{name}:81/root"])
    assert names
    check("http://no.such.name.invalid/", ())  # who asks it learns that it is not found
    check("http://a..b/", ())


def leads_inside(name: str) -> bool:
    try:
        return not all(map(is_public, addresses_of(name, 80, private=True)))
    except OSError:
        return False


def test_a_name_that_the_operators_proxy_looks_up_is_left_to_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name = next(one for one in (socket.gethostname(), "ip6-localhost", "LOCALHOST") if one)
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.invalid:3128")
    check("http://no.such.name.invalid/", ())
    with gate(()) as passage:
        assert passage.options == {}
    (bounds,) = [one for one in launch_options(None, ())["args"] if "resolver" in one]
    assert "MAP 169.254.*.*" in bounds
    monkeypatch.setenv("NO_PROXY", "*")
    if leads_inside(name) and "." not in name:
        with pytest.raises(PrivateAddressError):
            check(f"http://{name}/", ())


def test_a_webhook_is_not_led_inside() -> None:
    told = list[str]()

    def inside(request: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
        told.append(request.path)
        return 204, {}, b""

    with server(inside) as root:
        port = root.rpartition(":")[2]
        for host in ("0x7f.1", "2130706433", socket.gethostname()):
            with pytest.raises(UnreachableError):
                tell(f"https://{host}:{port}/hook", "s", "1", b"{}", 1, ())
        assert told == []
        assert tell(f"{root}/hook", "s", "1", b"{}", 1, [root]) == 204
    assert told == ["/hook"]


def test_a_browser_behind_a_gate_reaches_roots_alone(settings: Settings) -> None:
    asked = list[str]()

    def page(request: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
        asked.append(f"{request.headers['Host']}{request.path}")
        return 200, {"Content-Type": "text/html"}, b"<p>page</p>"

    def leading(request: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
        if request.path == "/away":
            return 302, {"Location": f"http://localhost:{port}/inside"}, b""
        return page(request)

    with server(page) as inside, server(leading) as root:
        port = inside.rpartition(":")[2]
        with gate([root]) as passage, sync_playwright() as playwright:
            browser = playwright.chromium.launch(**launch_options(find_chromium(settings), [root]))
            opened = browser.new_context(**passage.options).new_page()
            answer: Any = opened.goto(f"{root}/open")
            assert answer.ok and passage.failure is None
            script = (
                f"fetch('{inside}/pulled', {{mode: 'no-cors'}}).then(() => 'came', () => 'shut')"
            )
            assert opened.evaluate(script) == "shut"
            for url in (f"{inside}/x", f"{root}/away", f"http://0x7f.1:{port}/x"):
                passage.failure = None
                with pytest.raises(Error, match="ERR_SOCKS_CONNECTION_FAILED"):
                    opened.goto(url)
                assert isinstance(passage.failure, PrivateAddressError)
            with pytest.raises(Error):
                opened.goto("http://no.such.name.invalid/")
            assert isinstance(passage.failure, socket.gaierror)
            browser.close()
        host, number = root.removeprefix("http://").split(":")
        assert passage.reached == {(host, int(number)): "127.0.0.1"}
    assert {one.partition("/")[2] for one in asked} <= {"open", "favicon.ico"}
