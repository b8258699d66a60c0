"""Which browser takes screenshots, and whether it can draw Chinese."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from lurewatch import __version__
from lurewatch.config import Settings
from lurewatch.errors import SettingsError
from lurewatch.outside import proxies

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PLACES: Final = (
    "/usr/bin/chromium",
    "/snap/bin/chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
QUIET: Final = (  # a browser that asks nobody anything but the page
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
    "--disable-gpu",
)
DEBIAN: Final = ("chromium", "fonts-noto-cjk", "fonts-noto-color-emoji")


def who_asks() -> str:
    """How we name ourselves to whom we ask for pages: honestly, and with whom to write to."""
    contact = os.environ.get("LUREWATCH_CONTACT", "no contact set")
    return f"lurewatch/{__version__} (public-post monitoring; {contact})"


def find_chromium(settings: Settings) -> Path | None:
    """
    The browser: the one LUREWATCH_CHROMIUM names, the system's, or Playwright's own.

    Raises SettingsError when LUREWATCH_CHROMIUM names none.
    """
    if settings.chromium:
        named = Path(settings.chromium)
        if not named.is_file():
            raise SettingsError(f"LUREWATCH_CHROMIUM: there is no browser at {named}")
        return named
    for name in NAMES:
        if found := shutil.which(name):
            return Path(found)
    for place in PLACES:
        if Path(place).is_file():
            return Path(place)
    return _playwrights_own()


def _playwrights_own() -> Path | None:
    home = os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache/ms-playwright"
    found = sorted(Path(home).glob("chromium-*/chrome-linux*/chrome"))
    return found[-1] if found else None


def launch_options(path: Path | None, roots: Iterable[str] | None = None) -> dict[str, Any]:
    """
    What Playwright's `chromium.launch` takes.

    With *roots*, the browser finds no private address but these roots' own where it goes through a
    proxy of the operator's; where it does not, `outside.gate` sees to that.
    """
    sandbox = ("--no-sandbox",) if hasattr(os, "geteuid") and os.geteuid() == 0 else ()
    ruled = () if roots is None or not proxies() else (unreachable(roots),)
    bounds = [f"--host-resolver-rules={rules}" for rules in ruled]
    options: dict[str, Any] = {"headless": True, "args": [*QUIET, *sandbox, *bounds]}
    return options | {"executable_path": str(path)} if path else options


PRIVATE: Final = (  # as patterns of hosts: Chromium knows no networks
    *("0.*.*.*", "10.*.*.*", "127.*.*.*", "169.254.*.*", "192.168.*.*", "198.18.*.*", "198.19.*.*"),
    *(f"100.{number}.*.*" for number in range(64, 128)),
    *(f"172.{number}.*.*" for number in range(16, 32)),
    *("*:*:*", "localhost", "*.localhost", "*.local", "*.internal"),  # of IPv6 all: no site has one
)


def unreachable(roots: Iterable[str]) -> str:
    """
    Chromium's rules by which private hosts are not found, but for those of configured roots.

    Redirects are followed inside the browser, where no route of Playwright's is asked.

        >>> unreachable(["http://127.0.0.1:88/x"]).split(" , ")[:: len(PRIVATE)]
        ['MAP 0.*.*.* ~NOTFOUND', 'EXCLUDE 127.0.0.1']
    """
    hosts = sorted({urlsplit(root).hostname or "" for root in roots} - {""})
    rules = [f"MAP {pattern} ~NOTFOUND" for pattern in PRIVATE]
    return " , ".join([*rules, *(f"EXCLUDE {host}" for host in hosts)])


SIGNS: Final = {"Chinese": "债信", "emoji": "🛰🧧"}
PROBE: Final = """
([first, second]) => {
  const drawn = (text) => {
    const canvas = document.createElement("canvas");
    canvas.width = 80; canvas.height = 40;
    const pen = canvas.getContext("2d");
    pen.font = "32px sans-serif";
    pen.fillText(text, 2, 34);
    return canvas.toDataURL();
  };
  const [one, other, none] = [first, second, "\\u{10FFFE}"].map(drawn);
  return one !== other && one !== none;
}
"""


def undrawn(path: Path) -> tuple[str, ...]:
    """What a browser draws as empty boxes, of Chinese and emoji: coded words are made of both."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options(path))
        try:
            return tuple(name for name, pair in SIGNS.items() if not draws(browser, pair))
        finally:
            browser.close()


def draws(browser: "Browser", pair: str) -> bool:
    """Whether two signs are drawn differently, which empty boxes are not."""
    page = browser.new_page()
    try:
        return bool(page.evaluate(PROBE, list(pair)))
    finally:
        page.close()


def install_hint() -> str:
    """What a person can do to get a browser and a font."""
    if shutil.which("apt-get"):
        return f"apt-get install {' '.join(DEBIAN)}"
    return "install Chromium and a Chinese font, or: python -m playwright install chromium"


def install(settings: Settings, say: Callable[[str], object]) -> str:
    """
    Install a browser and fonts where that is possible; "" or what is still wrong.

    Debian's packages when run as root, else Playwright's own browser.
    """
    if shutil.which("apt-get") and os.geteuid() == 0:
        say(f"Installing Debian's {' and '.join(DEBIAN)} for screenshots ...")
        for command in (
            ["update", "-q"],
            ["install", "-y", "-q", "--no-install-recommends", *DEBIAN],
        ):
            _run(["apt-get", *command])
    elif not find_chromium(settings):
        import sys

        say("Installing Playwright's Chromium for screenshots ...")
        _run([sys.executable, "-m", "playwright", "install", "chromium"])
    found = find_chromium(settings)
    if not found:
        return f"No browser could be installed; {install_hint()}."
    if "Chinese" in undrawn(found):
        return f"No Chinese font is there; {install_hint()}."
    return ""


def _run(command: list[str]) -> None:
    """Run an installer quietly; whether it helped is looked at afterwards."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(command, env=environment, capture_output=True, check=False, timeout=600)


def print_pdf(html: str, target: Path, browser: Path | None) -> str:
    """
    Print a page of ours as PDF, replaced as a whole; "" or why there is none.

    The page may ask for nothing and run nothing.
    """
    from playwright.sync_api import Error, sync_playwright

    if browser is None:
        return f"no PDF: no browser was found; {install_hint()}"
    half = target.with_name(f".{target.name}.draft")
    try:
        with sync_playwright() as playwright:
            chromium = playwright.chromium.launch(**launch_options(browser))
            try:
                if not draws(chromium, SIGNS["Chinese"]):
                    return f"no PDF: no Chinese font is there; {install_hint()}"
                context = chromium.new_context(java_script_enabled=False, offline=True)
                page = context.new_page()
                page.set_content(html)
                content = page.pdf(prefer_css_page_size=True)
            finally:
                chromium.close()
    except Error as error:
        return f"no PDF: the browser {browser} did not print: {str(error).splitlines()[0]}"
    target.parent.mkdir(parents=True, exist_ok=True)
    half.write_bytes(content)
    half.replace(target)
    return ""
