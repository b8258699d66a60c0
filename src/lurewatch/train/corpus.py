"""Labelled posts: our own, and public texts that a folder of data holds, joined by their hash."""

import gzip
import hashlib
import json
import random
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from lurewatch.finding import LURING, Service, Stance
from lurewatch.post import FIELDS

Split = Literal["train", "dev", "test"]
SHINGLE: Final = 5  # characters
ALIKE: Final = 0.4  # share of common shingles from which two texts count as near-duplicates
FIELD_WORDS: Final = re.compile(
    "征信|债务|负债|逾期|催收|网贷|贷款|信用卡|退保|保单|保险|分期|利息|还款|股票|老师|律师|微信|私信"
)
SPAM: Final = re.compile(r"套现|提现|加微|[vV][xX]|QQ|扣扣|微信[:：]|代还|\d{9,}")


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled text; stance None says only that it is no lure."""

    values: tuple[tuple[str, int | None, str], ...]  # as Post.values()
    stance: Stance | None
    services: tuple[Service, ...]
    family: str
    group: str  # pair or near-duplicate cluster: never split

    @property
    def lure(self) -> bool:
        """Whether a reviewer would call it one."""
        return self.stance in LURING

    @property
    def text(self) -> str:
        """All of it, for baselines and for finding near-duplicates."""
        return " ".join(value for _, _, value in self.values)


def load_corpus(folder: Path, data: Path | None) -> list[Example]:
    """
    Every labelled post in *folder*; public labels are joined with the texts found in *data*.

    Without a data folder the public labels are left out, and training goes on without them.
    """
    found = [
        example
        for path in sorted(folder.glob("*.jsonl"))
        if path.name != "public_labels.jsonl"
        for example in read_posts(path)
    ]
    if data:
        found += join_public(folder / "public_labels.jsonl", data)
    return clustered(found)


def apart(folder: Path) -> list[Example]:
    """
    The posts in `apart/` of a corpus, written by hands that have seen no post of the rest.

    They are for measuring alone: what is trained on, or chosen by, is never among them.
    """
    return [one for path in sorted(folder.glob("apart/*.jsonl")) for one in read_posts(path)]


def read_posts(path: Path) -> Iterator[Example]:
    """The posts of one file of ours."""
    for line in path.read_text("utf-8").splitlines():
        row = json.loads(line)
        yield Example(
            values=tuple(row_values(row)),
            stance=Stance(row["stance"]),
            services=tuple(Service(name) for name in row["services"]),
            family=path.stem,
            group=row.get("pair") or row["id"],
        )


def row_values(row: dict[str, Any]) -> Iterator[tuple[str, int | None, str]]:
    """The texts of a row in reading order."""
    for field in FIELDS:
        value = row.get(field)
        if isinstance(value, str) and value:
            yield field, None, value
        elif isinstance(value, list):
            yield from ((field, index, item) for index, item in enumerate(value) if item)


def join_public(labels: Path, data: Path) -> Iterator[Example]:
    """Public texts whose hash carries a label of ours."""
    wanted = {}
    for line in labels.read_text("utf-8").splitlines():
        row = json.loads(line)
        wanted[row["sha256"]] = row
    for name, text in public_texts(data):
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        if row := wanted.pop(digest, None):
            yield Example(
                values=(("text", None, text),),
                stance=Stance(row["stance"]),
                services=tuple(Service(service) for service in row["services"]),
                family=name,
                group=digest,
            )


def public_texts(data: Path) -> Iterator[tuple[str, str]]:
    """(file, text) of every text in the data folder."""
    for path in sorted(data.glob("labelled/*.jsonl.gz")) + sorted(data.glob("*.jsonl")):
        reader = gzip.open if path.suffix == ".gz" else open
        with reader(path, "rt", encoding="utf-8") as file:
            for line in file:
                yield path.name.split(".")[0], json.loads(line)["text"]
    for path in sorted(data.glob("unlabelled/*.txt.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                yield path.name.split(".")[0], line.strip()


def natural_lines(data: Path, seed: int, count: int) -> list[Example]:
    """Lines of public text that are not lures: half speak of money, half of anything."""
    pick = random.Random(seed)  # a sample, not a secret
    near: list[str] = []
    far: list[str] = []
    for path in sorted(data.glob("unlabelled/*.txt.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            lines = [line.strip() for line in file if 8 <= len(line) <= 300]
        for line in pick.sample(lines, min(len(lines), 4000)):
            if not SPAM.search(line):
                (near if FIELD_WORDS.search(line) else far).append(line)
    chosen = pick.sample(near, min(len(near), count * 2 // 3))
    chosen += pick.sample(far, min(len(far), count - len(chosen)))
    return [Example((("text", None, line),), None, (), "natural", line) for line in chosen]


def clustered(examples: list[Example]) -> list[Example]:
    """The same examples, with near-duplicates and pairs in one group."""
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            name = parent[name]
        return name

    shingles = [shingled(example.text) for example in examples]
    holders: dict[str, list[int]] = defaultdict(list)
    for number, found in enumerate(shingles):
        for shingle in found:
            holders[shingle].append(number)
    for number, found in enumerate(shingles):
        shared: dict[int, int] = defaultdict(int)
        for shingle in found:
            if len(holders[shingle]) <= 60:
                for other in holders[shingle]:
                    if other < number:
                        shared[other] += 1
        for other, common in shared.items():
            if common >= ALIKE * min(len(found), len(shingles[other])):
                first, second = sorted((root(examples[number].group), root(examples[other].group)))
                parent[second] = first  # the same name whatever the order: splits must not move
    return [
        Example(one.values, one.stance, one.services, one.family, root(one.group))
        for one in examples
    ]


def shingled(text: str) -> set[str]:
    """The overlapping pieces of *text*, without signs and digits."""
    bare = re.sub(r"[\W\d_]+", "", text)
    return {bare[at : at + SHINGLE] for at in range(max(1, len(bare) - SHINGLE + 1))}


def split_of(example: Example) -> Split:
    """Where an example belongs, by its group alone: the same at every run."""
    part = int(hashlib.sha256(example.group.encode("utf-8", "replace")).hexdigest(), 16) % 100
    return "test" if part < 12 else "dev" if part < 22 else "train"


def of_split(examples: Iterable[Example], split: Split) -> list[Example]:
    """The examples of one split."""
    return [example for example in examples if split_of(example) == split]
