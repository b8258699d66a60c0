"""
Photograph the console's main pages, after a fortnight of work on the demo platform's posts.

usage: python -m docs.shots [NAME …]      from the repository's folder; writes docs/images/NAME.LANGUAGE.png
"""

import io
import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from PIL import Image

from lurewatch import workflow
from lurewatch.demo.site import demo_site
from lurewatch.post import PLATFORMS
from lurewatch.review.app import create_app
from lurewatch.store import Store
from tests.review.conftest import chromium, log_in, served
from tests.review.fortnight import fortnight, settings_at, today

HERE: Final = Path(__file__).parent / "images"
LANGUAGES: Final = {"zh": "zh-CN", "en": "en-GB"}
WIDE: Final = (1280, 820)
NARROW: Final = (380, 820)
LARGEST: Final = 150_000  # bytes of a picture
COLOURS: Final = (128, 64, 32, 16)


def addresses(store: Store) -> dict[str, tuple[str, tuple[int, int], str]]:
    """What is photographed: (address, size of the window, what is scrolled to) by name."""
    shown = next(
        one.finding_id
        for one in workflow.findings_to_review(store)
        if any(reason.kind == "coding" for reason in one.verdict.reasons)
    )
    drafted = next(one for one in workflow.requests(store) if one.state == "submitted")
    return {
        "queue": ("/", WIDE, ""),
        "finding": (f"/findings/{shown}", WIDE, ""),
        "finding-narrow": (f"/findings/{shown}", NARROW, ""),
        "requests": ("/requests", WIDE, ""),
        "request": (f"/requests/{drafted.request_id}", WIDE, ""),
        "figures": ("/figures", WIDE, "section:nth-of-type(2)"),
        "coverage": ("/coverage", WIDE, ""),
        "audit": ("/audit?check=1", WIDE, ""),
    }


def small(picture: bytes) -> bytes:
    """The picture with as many colours as its size allows."""
    drawn = Image.open(io.BytesIO(picture)).convert("RGB")
    for colours in COLOURS:
        out = io.BytesIO()
        drawn.quantize(colours, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
        if out.tell() <= LARGEST:
            return out.getvalue()
    raise SystemExit(f"a picture of {out.tell()} bytes: show less of the page")


def photograph(browser: Any, address: str, store: Store, wanted: list[str]) -> None:
    """Each page in each language."""
    for language, locale in LANGUAGES.items():
        for name, (path, (width, height), target) in addresses(store).items():
            if wanted and name not in wanted:
                continue
            context = browser.new_context(
                viewport={"width": width, "height": height},
                locale=locale,
                timezone_id="Asia/Shanghai",
                base_url=address,
            )
            page = context.new_page()
            page.goto(path)
            log_in(page, "lee")
            page.goto(path)
            if target:
                page.eval_on_selector(target, "one => scrollTo(0, one.offsetTop - 76)")
            (HERE / f"{name}.{language}.png").write_bytes(small(page.screenshot()))
            context.close()


def main() -> None:
    """Build the fortnight, serve the console, photograph it."""
    with tempfile.TemporaryDirectory() as folder, demo_site() as site:
        settings = settings_at(Path(folder) / "home", site.roots)
        store = fortnight(settings, now=today(), drafts=2, platforms=PLATFORMS)
        submitted = workflow.requests(store)[0].request_id
        workflow.take_step(store, submitted, "submit", who="ann", role="reviewer")
        app = create_app(
            store, secret="x" * 32, evidence_dir=settings.evidence_dir, settings=settings
        )
        with served(app) as address, chromium(settings) as browser:
            photograph(browser, address, store, sys.argv[1:])
        store.engine.dispose()


if __name__ == "__main__":
    main()
