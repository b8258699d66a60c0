"""Any forum, by a small file of selectors: `sites.yaml` under LUREWATCH_HOME says where things stand."""

import re
from pathlib import Path
from typing import Any, ClassVar

import yaml
from parsel import Selector

from crawlers.base import Page, PageChangedError, PlatformSpider, find, maybe
from lurewatch.config import read_settings
from lurewatch.errors import SettingsError
from lurewatch.post import Post

NEEDED = ("host", "path", "cards", "id", "text")
OPTIONAL = ("id_in", "link", "title", "author", "date", "nothing", "gone", "next", "tags")


class SitePage(Page):
    """One kind of page of one site; what a selector of text finds is read as a reader sees it."""

    home = ""
    selectors: ClassVar[dict[str, str]]

    def post(self, card: Selector) -> Post:
        """Read one card."""
        chosen = self.selectors
        shown = self.said(card, "id")
        found = re.search(chosen.get("id_in", r"(.+)"), shown)
        if not found:
            raise PageChangedError(f"{chosen['id_in']!r} found no id in {shown!r}")
        link = self.said(card, "link")
        return Post(
            platform="web",
            post_id=f"{self.host}:{found[1]}",
            url=self.response.urljoin(link) if link else self.response.url,
            title=self.said(card, "title"),
            text=self.said(card, "text"),
            tags=tuple(find(card, chosen["tags"]).getall()) if "tags" in chosen else (),
            author_name=self.said(card, "author"),
            **(self.date(shown) if (shown := self.said(card, "date")) else {}),
        )

    def said(self, card: Selector, name: str) -> str:
        """The text under a selector, or the attribute that it ends in; nothing where it has none."""
        query = self.selectors.get(name, "")
        if not query:
            return ""
        if "::" in query:
            return maybe(card, query)
        return " ".join("".join(find(card, query)[:1].css("::text").getall()).split())


def pages_in(path: Path) -> tuple[type[Page], ...]:
    """
    The kinds of pages that a file of sites describes; none when there is no file.

    Raises SettingsError naming the entry that lacks something or says what nobody knows.
    """
    if not path.exists():
        return ()
    try:
        entries = yaml.safe_load(path.read_text("utf-8")) or []
    except (yaml.YAMLError, OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {str(error).splitlines()[0]}") from None
    if not isinstance(entries, list):
        raise SettingsError(f"{path}: write a list, one entry a kind of page")
    return tuple(page_of(path, number, entry) for number, entry in enumerate(entries, start=1))


def page_of(path: Path, number: int, entry: Any) -> type[Page]:
    """One entry as a page object."""
    if not isinstance(entry, dict) or not all(isinstance(value, str) for value in entry.values()):
        raise SettingsError(f"{path}: entry {number} is no set of names and selectors")
    lacking = [name for name in NEEDED if not entry.get(name)]
    unknown = sorted(entry.keys() - {*NEEDED, *OPTIONAL})
    if lacking or unknown:
        said = f"lacks {', '.join(lacking)}" if lacking else f"has unknown {', '.join(unknown)}"
        raise SettingsError(f"{path}: entry {number} {said}")
    for name in ("path", "id_in", "gone"):
        try:
            re.compile(entry.get(name, ""))
        except re.error as error:
            raise SettingsError(f"{path}: entry {number}, {name} is no pattern ({error})") from None
    return type(
        f"Site{number}Page",
        (SitePage,),
        {
            "host": entry["host"],
            "home": f"https://{entry['host']}",
            "path": entry["path"],
            "cards": entry["cards"],
            "nothing": entry.get("nothing", ""),
            "gone": entry.get("gone", ""),
            "next_link": entry.get("next", ""),
            "selectors": entry,
        },
    )


class WebSpider(PlatformSpider):
    """Read pages of the operator's own list of sites, by address."""

    name = "web"
    home = ""
    pages = pages_in(read_settings().home / "sites.yaml")
    hosts = tuple({page.host for page in pages}) or ("-",)
