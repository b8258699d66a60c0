"""Ten thousand hostile posts: stored, shown and exported with nothing executed and nothing lost."""

import csv
import io
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

from lurewatch import workflow
from lurewatch.cli.keeping import write_text
from lurewatch.post import Post
from lurewatch.store import Store
from tests.conftest import NOW, Judge
from tests.review.conftest import logged_in

COUNT = 10_000
ATTACKS = (
    "<script>console.error('ran')</script>",
    "<img src=x onerror=console.error('ran')>",
    "<svg/onload=alert('ran')>",
    "</title></textarea></style><script>alert('ran')</script>",
    "\"><iframe srcdoc='<script>parent.alert(1)</script>'>",
    "' onfocus=alert('ran') autofocus tabindex=1 x='",
    "javascript:alert('ran')",
    "<a href=javascript:alert('ran')>停息挂账</a>",
    "<style>*{display:none}</style>",
    "<meta http-equiv=refresh content='0;url=//example.invalid'>",
    "<base href=//example.invalid>",
    "<form action=//example.invalid><button data-key=1>1</button></form>",
    "{{ 7919*7907 }}{% for x in (1,2) %}{{ x }}{% endfor %}${7919*7907}",
    '=HYPERLINK("http://example.invalid")',
    "+1+1",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "\t=1+1",
    "\u202e账挂息停\u202c\u2066",
    "\u2067\u202bهذا نص\u202c מתחיל 停息\u2069",
    "停\u200b息\u200c挂\u200d账\ufeff\u00ad",
    "停\0息\x07挂\x1b[31m账\x85",
    "\ud800停息\udfff",
    "\u2028停息\u2029\r\n\v\f",
    "Z\u0351\u0327" + "\u0300" * 400,
    "%s%n%x {0} \\u0000 \\x00 ' OR 1=1 --",
    "&lt;script&gt; &amp;#60;script&amp;#62;",
    "<!--" + "<" * 300,
    "😀" * 200 + "\U0010fffe\U000e0041",
    "长" * 200,
)
HUGE = "停息挂账<b>\0" * 20_000


class Page(HTMLParser):
    """Every tag of a page but those that the console's own templates write."""

    OWN = frozenset(
        re.findall(
            r"\w+",
            "html head meta title link script body header a nav div form input button kbd main h1 h2 small span bdi"
            " label select option ol li strong p dialog dl dt dd section mark table tr th td ul code fieldset legend"
            " textarea details summary time footer",
        )
    )

    def __init__(self) -> None:
        super().__init__()
        self.foreign: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        if tag not in self.OWN or any(name.startswith("on") for name in names):
            self.foreign.append(tag)
        for name in ("href", "src", "action"):
            value = (names.get(name) or "/").removeprefix("#main") or "/"
            if (
                not value.startswith(("/", "https://tieba.baidu.com/p/", "data:,"))
                or value[:2] == "//"
            ):
                self.foreign.append(value)


def hostile() -> list[Post]:
    found = []
    for number in range(COUNT):
        attack = ATTACKS[number % len(ATTACKS)]
        text = f"{attack} {number}" if number % 2500 else HUGE
        found.append(
            Post(
                "tieba",
                str(number),
                f"https://tieba.baidu.com/p/{number}",
                text,
                title=attack if number % 3 == 0 else "",
                tags=(attack,) if number % 5 == 0 else (),
                author_name=attack[:60],
                author_bio=attack if number % 7 == 0 else "",
                ocr=(attack,) if number % 11 == 0 else (),
                images=(attack,) if number % 13 == 0 else (),
            )
        )
    return found


def test_ten_thousand_hostile_posts(app: Any, store: Store, browsing: Callable[..., Any]) -> None:
    posts = hostile()
    workflow.import_posts(store, ((post, NOW) for post in posts), "import")
    judged = workflow.judge_pending(store, Judge(), batch=1000)  # type: ignore[arg-type]
    assert judged.findings == COUNT
    stored(store, posts)
    shown(logged_in(app), posts)
    exported(store, posts)
    page = browsing("kim")
    for path in ("/", *(f"/findings/{1 + at}" for at in range(len(ATTACKS)))):
        page.goto(path)
        assert page.url.endswith(path)
        assert page.evaluate("getComputedStyle(document.body).display") != "none"
        assert page.evaluate("document.querySelectorAll('iframe, svg, style, base').length") == 0


def stored(store: Store, posts: list[Post]) -> None:
    kept = [row.post for row in workflow.export_posts(store)]
    assert kept == posts


def shown(client: Any, posts: list[Post]) -> None:
    """Every post on its page of the queue, and each attack as a finding; the tags are our own."""
    paths = [f"/?start={start}" for start in range(0, COUNT, 1000)]
    paths += [f"/findings/{1 + at}" for at in range(2 * len(ATTACKS))]
    for path in paths:
        answer = client.get(path)
        assert answer.status_code == 200, path
        read = Page()
        read.feed(answer.text)
        assert read.foreign == [], path
        assert str(7919 * 7907) not in answer.text  # no template of a post is filled in


def exported(store: Store, posts: list[Post]) -> None:
    lines, table = io.StringIO(), io.StringIO(newline="")
    write_text(workflow.export_posts(store), "jsonl", lines, ())
    write_text(workflow.export_posts(store), "csv", table, ())
    assert [json.loads(line)["text"] for line in lines.getvalue().split("\n") if line] == [
        post.text for post in posts
    ]
    csv.field_size_limit(1 << 24)
    cells = [
        cell
        for row in list(csv.reader(io.StringIO(table.getvalue(), newline="")))[1:]
        for cell in row
    ]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
