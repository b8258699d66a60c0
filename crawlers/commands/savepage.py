"""`scrapy savepage URL FILE`: save a public page as a test, with its address and moment beside it."""

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import scrapy
from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError


class SaveSpider(scrapy.Spider):
    """Fetch one page."""

    name = "savepage"

    def __init__(self, url: str, file: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.start_urls = [url]
        self.file = Path(file)

    def parse(self, response: scrapy.http.Response) -> None:
        """Write the page, and what a test needs to know of it."""
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_bytes(response.body)
        known = {"url": response.url, "captured_at": datetime.now(UTC).isoformat()}
        beside = self.file.with_suffix(".expected.json")
        beside.write_text(json.dumps(known, indent=2) + "\n", "utf-8")


class Command(ScrapyCommand):
    """Save one page; robots.txt and the delay hold as in a crawl."""

    requires_project = True

    def syntax(self) -> str:
        """How it is called."""
        return "URL FILE"

    def short_desc(self) -> str:
        """What it does."""
        return "Save a public page as a test page, with its address and time beside it"

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Fetch and write."""
        if len(args) != 2:
            raise UsageError
        assert self.crawler_process
        self.crawler_process.crawl(SaveSpider, url=args[0], file=args[1])
        self.crawler_process.start()
