"""Show the whole chain on a bundled platform of invented posts."""

import secrets
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lurewatch.errors import LurewatchError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from rich.console import Console

    from lurewatch.config import Settings
    from lurewatch.demo.site import DemoSite
    from lurewatch.store import Store

PORT = 8761  # the same at each start, so that addresses kept by an earlier demo still open
PERSON = "demo"
AT_ONCE = 4  # spiders
IN_BROWSER = ("xiaohongshu", "kuaishou", "xianyu", "toutiao")
SHOWN = 15  # findings in the table; the console shows all
INSTITUTION = """\
name: 演示消费金融有限公司
credit_code: 91350100M000100Y43
address: 演示市示例路1号
contact_person: 演示联系人
phone: 000-00000000
email: demo@example.com
authorised_person: 演示经办人
brands: [演示消金]
"""


def demo(
    home: Annotated[
        Path | None, typer.Option(help="Where the demo keeps its state [default: HOME/demo].")
    ] = None,
    serve: Annotated[
        bool | None,
        typer.Option(help="Open the console at the end [default: only in a terminal]."),
    ] = None,
) -> None:
    """
    Crawl the bundled demo platform, judge its posts, keep evidence, and open the console.

    Every post is invented. Real spiders and a real browser do the work, against a small site on
    127.0.0.1; the state is kept apart from yours.
    """
    from rich.console import Console

    from lurewatch.cli.pending import judge_all
    from lurewatch.cli.pictures import after_crawl
    from lurewatch.config import read_secrets, read_settings
    from lurewatch.crawling import SPIDERS
    from lurewatch.intake import environment
    from lurewatch.store import open_store

    settings = demo_settings(read_settings(), home)
    console = Console(soft_wrap=not sys.stdout.isatty())
    with demo_platform() as site:
        settings = replace(settings, roots=site.roots)
        store = open_store(settings, read_secrets(settings))
        runs = run_spiders(console, site, settings)
        after_crawl(store, settings, list(SPIDERS), environment(settings))
        judged = judge_all(store, settings)
        console.print(f"Judged {judged.posts} new posts: {judged.findings} new findings.")
        show_coverage(console, store, runs)
        show_findings(console, store)
        keep_evidence(console, store, settings)
        prepare(console, store, settings, stays=sys.stdin.isatty() if serve is None else serve)


def demo_settings(settings: "Settings", home: Path | None) -> "Settings":
    """A home of its own: invented posts never enter the operator's store."""
    home = (home or settings.home / "demo").absolute()
    return replace(
        settings,
        home=home,
        db_url=f"sqlite:///{home / 'lurewatch.db'}",
        weibo_token="demo",
        douyin_token="demo",
    )


def demo_platform() -> "AbstractContextManager[DemoSite]":
    """The demo platform on its usual port, or on a free one when that is taken."""
    from lurewatch.cli.serving import bound
    from lurewatch.demo.site import demo_site

    try:
        bound("127.0.0.1", PORT).close()
    except LurewatchError:
        return demo_site(0)
    return demo_site(PORT)


def run_spiders(console: "Console", site: "DemoSite", settings: "Settings") -> list[str]:
    """Every spider, each in a process of its own; gives the ids of their runs."""
    from lurewatch.browser import find_chromium
    from lurewatch.crawling import SPIDERS, run_spider
    from lurewatch.demo.forum import SITES
    from lurewatch.intake import environment

    (settings.home / "sites.yaml").write_text(SITES, "utf-8")
    codes = list(SPIDERS)
    if not find_chromium(settings):
        codes = [code for code in codes if code not in IN_BROWSER]
        console.print(f"No browser: {', '.join(IN_BROWSER)} and the screenshots are left out.")
    console.print(f"Crawling the demo platform at {site.root} with {len(codes)} spiders ...")
    started, runs = time.monotonic(), {code: uuid.uuid4().hex for code in codes}

    def run(code: str) -> str:
        keywords, addresses = site.keywords.get(code), site.addresses.get(code)
        return run_spider(code, runs[code], keywords, addresses, 10, environment(settings))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        failures = [failure for failure in pool.map(run, codes) if failure]
    for failure in failures:
        console.print(failure, markup=False)
    console.print(f"Crawled in {time.monotonic() - started:.0f} s.")
    return list(runs.values())


def show_coverage(console: "Console", store: "Store", runs: list[str]) -> None:
    """What was tried; blocked, disallowed and changed pages are named."""
    from rich.table import Table

    from lurewatch.cli.collecting import TROUBLE
    from lurewatch.workflow import coverage

    table = Table("platform", "keyword", "state", "pages", "posts", title="Coverage")
    for row in sorted(coverage(store, runs), key=lambda row: (row.platform, row.keyword)):
        state = TROUBLE.get(row.state, row.state)
        style = "red" if row.state in TROUBLE else ""
        table.add_row(
            row.platform,
            row.keyword or "(addresses)",
            state,
            str(row.pages),
            str(row.posts),
            style=style,
        )
    console.print(table)


def show_findings(console: "Console", store: "Store") -> None:
    """The clearest findings."""
    from rich.table import Table

    from lurewatch.cli.keeping import first_line
    from lurewatch.workflow import count_findings, findings_to_review

    total = count_findings(store, decided=None)
    table = Table(
        "no.", "grade", "score", "services", "platform", "post", title=f"{total} findings"
    )
    for one in findings_to_review(store, limit=SHOWN, decided=None):
        table.add_row(
            str(one.finding_id),
            one.verdict.grade,
            f"{one.verdict.score:.2f}",
            " ".join(one.verdict.services),
            one.post.platform,
            first_line(one, 40),
        )
    console.print(table)
    if total > SHOWN:
        console.print(f"... and {total - SHOWN} more: lurewatch findings list, or the console.")


def keep_evidence(console: "Console", store: "Store", settings: "Settings") -> None:
    """Evidence of every finding that has none yet."""
    from lurewatch.cli.acting import keep_all, without_evidence

    chosen = without_evidence(store)
    console.print(f"Keeping evidence of {len(chosen)} findings ...")
    problems = keep_all(store, settings, chosen)
    for line in problems[:5]:
        console.print(line, markup=False)
    console.print(
        f"{len(chosen) - len(problems)} packages are complete, in {settings.evidence_dir}"
    )


def prepare(console: "Console", store: "Store", settings: "Settings", *, stays: bool) -> None:
    """A person and an institution to try the rest with, and how to open the console."""
    from lurewatch.workflow import add_user, change_user, user_named

    password = secrets.token_urlsafe(9)
    if user_named(store, PERSON):
        change_user(store, PERSON, password=password)
    else:
        add_user(store, PERSON, password, "lead")
    if not settings.profile_file.exists():
        settings.profile_file.write_text(INSTITUTION, "utf-8")
    console.print(
        f"\nLog in to the console as [bold]{PERSON}[/] with the password [bold]{password}[/]"
    )
    if stays:
        from lurewatch.cli.serving import serve_store

        serve_store(store, settings, "127.0.0.1", 8760)
        return
    console.print(
        f"Open it with:  LUREWATCH_HOME={settings.home} {sys.executable} -m lurewatch serve",
        markup=False,
    )
