"""
Pages a second of a crawl up to stored posts, beside the same spider with an empty pipeline.

usage: python bench/crawl.py [PAGES]   loopback, no delay; also the peak memory at PAGES and a tenth
"""

import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from lurewatch.crawling import scrapy_environment
from lurewatch.demo.posts import MANY
from lurewatch.demo.site import DemoSite, demo_site

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
        for argument in (f"keywords={MANY}", "run_id=bench", f"cap={pages}"):
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


def main() -> None:
    """Print pages a second, their ratio, and the memory."""
    pages = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    with demo_site() as site:
        rounds = [(crawl(site, pages), crawl(site, pages, *EMPTY)) for _ in range(3)]
        ours, empty = (pages / min(one[at][0] for one in rounds) for at in (0, 1))
        print(
            f"crawl to stored posts {ours:,.1f} pages/s, empty pipeline {empty:,.1f} pages/s:"
            f" ratio {ours / empty:.2f} (best of {len(rounds)}, {pages} pages of 10 posts)"
        )
        few, many = crawl(site, pages // 10)[1], rounds[0][0][1]
        print(f"peak memory {few:.0f} MiB at {pages // 10} pages, {many:.0f} MiB at {pages} pages")


if __name__ == "__main__":
    main()
