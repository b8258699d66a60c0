"""Ask a host's robots.txt whether a page may be visited, and keep what it said."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urljoin, urlsplit

from lurewatch.browser import who_asks
from lurewatch.outside import PrivateAddressError, check, gate

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PATIENCE: Final = 10_000  # milliseconds for robots.txt to come
LARGEST: Final = 500 * 1024  # bytes of it that are read (RFC 9309 §2.5)
HOPS: Final = 5  # redirects that are followed (RFC 9309 §2.3.1.2)


@dataclass(frozen=True, slots=True)
class Robots:
    """What robots.txt said of one page."""

    url: str
    status: int | None  # none: it did not come
    allowed: bool
    said: str
    body: bytes = b""

    def facts(self) -> dict[str, Any]:
        """As the manifest of a package has it."""
        digest = sha256(self.body).hexdigest() if self.body else None
        return {
            "url": self.url,
            "status": self.status,
            "sha256": digest,
            "asked_as": who_asks(),
            "allowed": self.allowed,
            "said": self.said,
        }


def ask(browser: "Browser", url: str, roots: Iterable[str]) -> Robots:
    """
    What the robots.txt of a page's host says of it, by RFC 9309.

    There being none (4xx) allows everything; its not coming, for whatever reason, allows nothing.
    """
    from playwright.sync_api import Error

    parts, allowed = urlsplit(url), list(roots)
    at = f"{parts.scheme}://{parts.netloc}/robots.txt"
    with gate(allowed) as passage:
        context = browser.new_context(user_agent=who_asks(), **passage.options)
        try:
            target = at
            for _ in range(HOPS + 1):
                check(target, allowed)
                answer = context.request.get(target, timeout=PATIENCE, max_redirects=0)
                if not 300 <= answer.status < 400:
                    return read(at, url, answer.status, answer.body()[:LARGEST])
                target = urljoin(target, answer.headers.get("location", ""))
            return Robots(at, answer.status, False, "robots.txt is redirected too often")
        except PrivateAddressError as error:
            return Robots(at, None, False, f"robots.txt is on a private address: {error}")
        except Error as error:
            said = passage.failure or str(error).splitlines()[0]
            return Robots(at, None, False, f"robots.txt did not come: {said}")
        finally:
            context.close()


def read(at: str, url: str, status: int, body: bytes) -> Robots:
    """
    What a robots.txt that came says of a page.

    >>> read("https://a/robots.txt", "https://a/p/1", 200, b"User-agent: *\\nDisallow: /p/").allowed
    False
    >>> [read("https://a/robots.txt", "https://a/p/1", status, b"").allowed for status in (404, 503)]
    [True, False]
    """
    from protego import Protego

    if 400 <= status < 500:
        return Robots(at, status, True, "there is no robots.txt: nothing is forbidden")
    if status != 200:
        return Robots(at, status, False, f"robots.txt answered {status}: everything is forbidden")
    free = Protego.parse(body.decode("utf-8", "replace")).can_fetch(url, who_asks())
    said = "robots.txt allows this page" if free else "robots.txt forbids this page"
    return Robots(at, status, bool(free), said, body)
