"""Pages that carry their posts as data in a script, and what such data has in common."""

import json
import re
from contextlib import suppress
from functools import cached_property
from typing import ClassVar
from urllib.parse import unquote

from parsel import Selector
from scrapy.http import JsonResponse

from crawlers.base import Page, maybe
from lurewatch.collect.mapping import read_count
from lurewatch.post import Counts

UNDEFINED = re.compile(r"(?<=[:,\[])\s*undefined\s*(?=[,}\]])")


class ScriptPage(Page):
    """A page whose posts are looked for by JMESPath, in the data of a script or in a saved answer."""

    script: ClassVar[str]  # a pattern that ends where the data begins

    @cached_property
    def root(self) -> Selector:
        """The data; of a page without any, an empty object."""
        if isinstance(self.response, JsonResponse):
            return Selector(text=self.response.text or "{}", type="json")
        found = re.search(self.script, self.response.text)
        return Selector(
            text=data_at(self.response.text, found.end()) if found else "{}", type="json"
        )


def data_at(page: str, start: int) -> str:
    """
    The JSON that begins at *start*; percent-encoded, or with JavaScript's undefined, as sites write it.

    >>> data_at('s={"a":undefined};f()', 2), data_at("%7B%22a%22%3A1%7D</script>", 0)
    ('{"a":null}', '{"a":1}')
    """
    rest = page[start:].lstrip()
    if rest.startswith("%7B"):
        rest = unquote(rest.partition("<")[0])
    rest = UNDEFINED.sub("null", rest)
    with suppress(ValueError, RecursionError):
        _, end = json.JSONDecoder().raw_decode(rest)
        return rest[:end]
    return "{}"


def counts_of(card: Selector, **queries: str) -> Counts:
    """The counts of a post by their queries; what is shown as 1.2万 or 10万+ is a lower bound."""
    read = {name: read_count(maybe(card, query)) for name, query in queries.items()}
    return Counts(
        **{name: value for name, (value, _) in read.items()},
        at_least=tuple(name for name, (_, least) in read.items() if least),
    )


def plain(text: str) -> str:
    """
    The text of a post that is kept as HTML.

    >>> plain('加<img alt="[微信]"/>聊<br />停挂'), plain("<p>一</p><p>二</p>")
    ('加[微信]聊\\n停挂', '一\\n二')
    """
    if "<" not in text:
        return text
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(text, "lxml")
    for image in soup.find_all("img"):
        image.replace_with(str(image.get("alt") or ""))
    for line in soup.find_all("br"):
        line.replace_with("\n")
    for block in soup.find_all(["p", "div", "li", "h1", "h2", "h3", "blockquote"]):
        block.append("\n")
    return re.sub(r"\n{2,}", "\n", soup.get_text()).strip()
