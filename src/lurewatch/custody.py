"""The custody log of one package: who did what with it and when, each entry chained to the one before."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was done with a package."""

    sums_sha256: str  # of the package's SHA256SUMS
    at: datetime
    who: str
    what: str
    chain: str


def chained(before: str, sums_sha256: str, at: datetime, who: str, what: str) -> str:
    """The hash that ties an entry to the one before it; the first one follows from the package itself."""
    written = json.dumps([before or sums_sha256, at.isoformat(), who, what], ensure_ascii=True)
    return sha256(written.encode()).hexdigest()


def broken_at(entries: Sequence[Entry]) -> Entry | None:
    """The first entry that does not follow from the one before, if any."""
    before = ""
    for entry in entries:
        if chained(before, entry.sums_sha256, entry.at, entry.who, entry.what) != entry.chain:
            return entry
        before = entry.chain
    return None


def line_of(entry: Entry) -> str:
    """An entry as it leaves the house."""
    row = {"sums_sha256": entry.sums_sha256, "at": entry.at.isoformat(), "who": entry.who, "what": entry.what, "chain": entry.chain}  # fmt: skip
    return json.dumps(row, ensure_ascii=False) + "\n"


def read(lines: bytes) -> list[Entry]:
    """The entries of a log that left the house. Raises ValueError or KeyError."""
    rows = [json.loads(line) for line in lines.decode("utf-8").splitlines() if line]
    return [
        Entry(
            str(row["sums_sha256"]),
            datetime.fromisoformat(row["at"]),
            str(row["who"]),
            str(row["what"]),
            str(row["chain"]),
        )
        for row in rows
    ]
