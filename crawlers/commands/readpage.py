"""`scrapy readpage PLATFORM FILE --url URL`: what our page object sees in a saved page."""

import argparse
import json
import sys
from datetime import datetime
from pathlib import Path

from scrapy.commands import ScrapyCommand

from crawlers.reading import check_address, read_saved
from lurewatch.dates import CHINA
from lurewatch.errors import InputError, LurewatchError


class Command(ScrapyCommand):
    """Read one saved page."""

    requires_project = False
    requires_crawler_process = False
    default_settings = {"LOG_ENABLED": False}  # noqa: RUF012 # scrapy's own shape

    def syntax(self) -> str:
        """How it is called."""
        return "PLATFORM FILE --url URL [--captured-at TIME]"

    def short_desc(self) -> str:
        """What it does."""
        return "Print what our page object sees in a saved page, as JSON"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        """The address the page was saved from, and when."""
        super().add_options(parser)
        parser.add_argument("--url", required=True)
        parser.add_argument("--captured-at", default="")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Print the JSON; an unreadable input is one line on standard error, exit code 2."""
        try:
            platform, name = args
            seen = read_saved(platform, Path(name), opts.url, moment(opts.captured_at))
            if not seen["wall"]:  # which may stand at any address
                check_address(platform, opts.url)
        except LurewatchError as error:
            sys.stderr.write(f"lurewatch: {error}\n")
            self.exitcode = error.exit_code
            return
        sys.stdout.write(json.dumps(seen, indent=2) + "\n")


def moment(written: str) -> datetime | None:
    """A time as written; without a zone it is China's."""
    if not written:
        return None
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        raise InputError(
            f"--captured-at {written!r} is no time; write 2026-11-24T09:30:00+08:00"
        ) from None
    return at if at.tzinfo else at.replace(tzinfo=CHINA)
