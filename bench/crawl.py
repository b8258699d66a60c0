"""
Pages a second of a crawl up to stored posts, beside the same spider with an empty pipeline.

usage: python bench/crawl.py [PAGES [NOTES]]   loopback, no delay; at most 1,000 pages

Also the peak memory at PAGES and a tenth; and with NOTES, what spider and browser hold together
while that many notes are read in the browser, early and late.
"""

import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from statistics import fmean

from lurewatch.crawling import scrapy_environment
from lurewatch.demo.posts import COUNT, ENDLESS, MANY, many
from lurewatch.demo.site import PAGE, DemoSite, demo_site

HURRIED = ("DOWNLOAD_DELAY=0", "DOWNLOAD_SLOTS={}", "AUTOTHROTTLE_ENABLED=False")
EMPTY = ("ITEM_PIPELINES={}",)
RUN = """
import resource, sys
from scrapy.cmdline import execute
try:
    execute(["scrapy", *sys.argv[1:]])
finally:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def crawl(site: DemoSite, pages: int, *settings: str) -> tuple[float, float]:
    """Seconds from the first page to the end, and the peak of memory in MiB."""
    with tempfile.TemporaryDirectory() as home:
        environ = scrapy_environment(
            dict(os.environ)
            | {"LUREWATCH_HOME": home, "LUREWATCH_ROOTS": f"tieba={site.roots['tieba']}"}
        )
        command = [sys.executable, "-c", RUN, "crawl", "tieba"]
        keyword = MANY if pages * PAGE <= COUNT else ENDLESS
        for argument in (f"keywords={keyword}", "run_id=bench", f"cap={pages}"):
            command += ["-a", argument]
        for setting in (*HURRIED, *settings):
            command += ["-s", setting]
        first = len(site.asked)
        with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as child:
            while len(site.asked) <= first + 1:  # robots.txt, then the first page
                time.sleep(0.002)
            start = time.perf_counter()
            said = child.communicate()[0]
        seconds = time.perf_counter() - start
        asked = len(site.asked) - first - 1
        if child.returncode or asked != pages:
            raise SystemExit(f"{asked} pages of {pages} were read (exit {child.returncode})")
        with closing(sqlite3.connect(Path(home, "lurewatch.db"))) as store:
            kept = store.execute("select count(*) from posts").fetchone()[0]
        assert bool(kept) != bool(settings), "only a crawl with a pipeline keeps posts"
    return seconds, int(said.split()[-1]) / 1024


def family(parent: int) -> Iterator[int]:
    """A process and all that it started."""
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended meanwhile
            above = path.read_text().rpartition(")")[2].split()[1]
            children.setdefault(int(above), []).append(int(path.parent.name))
    waiting = [parent]
    while waiting:
        one = waiting.pop()
        waiting += children.get(one, [])
        yield one


def held(process: int) -> float:
    """MiB that a process holds, its part of what is shared with others."""
    with suppress(OSError):
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0


def browse(site: DemoSite, notes: int) -> tuple[float, float]:
    """MiB that a spider and its browser hold, on average: in the second tenth, and in the last."""
    addresses = "\n".join(post.address for post in many("xiaohongshu")[:notes])
    with tempfile.TemporaryDirectory() as home:
        environ = scrapy_environment(
            dict(os.environ)
            | {
                "LUREWATCH_HOME": home,
                "LUREWATCH_ROOTS": f"xiaohongshu={site.roots['xiaohongshu']}",
            }
        )
        command = [sys.executable, "-m", "scrapy", "crawl", "xiaohongshu"]
        for argument in (f"addresses={addresses}", "run_id=bench", f"cap={notes}"):
            command += ["-a", argument]
        for setting in HURRIED:
            command += ["-s", setting]
        seen: list[tuple[int, float]] = []
        with subprocess.Popen(command, env=environ) as child:
            while child.poll() is None:
                read = sum("/explore/" in url for url in site.asked)
                seen.append((read, sum(map(held, family(child.pid)))))
                time.sleep(0.5)
        with closing(sqlite3.connect(Path(home, "lurewatch.db"))) as store:
            kept = store.execute("select count(*) from posts").fetchone()[0]
        if child.returncode or kept != notes:
            raise SystemExit(f"{kept} notes of {notes} were kept (exit {child.returncode})")
    early = [size for read, size in seen if notes / 10 <= read < notes / 5]
    late = [size for read, size in seen if notes * 0.9 <= read < notes]
    return fmean(early), fmean(late)


def main() -> None:
    """Print pages a second, their ratio, and the memory."""
    pages = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    notes = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    with demo_site() as site:
        rounds = [(crawl(site, pages), crawl(site, pages, *EMPTY)) for _ in range(3)]
        ours, empty = (pages / min(one[at][0] for one in rounds) for at in (0, 1))
        print(
            f"crawl to stored posts {ours:,.1f} pages/s, empty pipeline {empty:,.1f} pages/s:"
            f" ratio {ours / empty:.2f} (best of {len(rounds)}, {pages} pages of 10 posts)"
        )
        few, most = crawl(site, pages // 10)[1], rounds[0][0][1]
        print(f"peak memory {few:.0f} MiB at {pages // 10} pages, {most:.0f} MiB at {pages} pages")
        if notes:
            early, late = browse(site, notes)
            print(
                f"spider and browser over {notes} notes: {early:.0f} MiB in the second tenth,"
                f" {late:.0f} MiB in the last"
            )


if __name__ == "__main__":
    main()
