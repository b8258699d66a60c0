"""
Linking 100,000 posts on one core beside datasketch's MinHashLSH on the same texts, with what each finds.

usage: python bench/link.py [POSTS]

The posts are made, with a seed, from clauses of the demo posts and of the corpus: families of one
text each, edited as reposters do (another town, number, name, ending, order, ornament, script). Which
posts are of one family is known, so what is found of it can be counted.
"""

import json
import os
import random
import re
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Final

import opencc
from datasketch import MinHash, MinHashLSH
from sqlalchemy import select

from lurewatch import workflow
from lurewatch.config import read_secrets, read_settings
from lurewatch.demo.posts import all_posts
from lurewatch.finding import Contact, Grade, Service, Stance, Verdict
from lurewatch.link.wording import ALIKE, FEWEST, WIDTH, Signer, share, words_of
from lurewatch.post import Post
from lurewatch.store import Store, open_store
from lurewatch.store.tables import alike, cluster_members, link_keys, posts
from lurewatch.text.lexicon import load_lexicon

CORPUS: Final = Path(__file__).parents[1] / "models" / "corpus"
LEXICON: Final = load_lexicon()
SEED: Final = 6
START: Final = datetime(2026, 11, 1, tzinfo=UTC)
ENDINGS: Final = (
    "名额不多",
    "今天还有三个",
    "懂的来",
    "同城可面谈",
    "先看再谈",
    "不收前期",
    "随时在线",
)
TOWNS: Final = ("郑州", "临沂", "成都", "武汉", "长沙", "合肥", "西安", "东莞", "徐州", "南宁")
ORNAMENTS: Final = ("🎉", "✨", "👇", "！", "…", "🌿", "💰", " ")
TRADITIONAL: Final = opencc.OpenCC("s2t")
FIRST, EVERYBODY = (
    "demo_every1",
    "本平台提醒您理性借贷量力而行如有疑问请咨询官方客服热线谢谢您的关注与支持",
)


@dataclass(frozen=True, slots=True)
class Made:
    """A post, what it was made from and the handle in it; family 0 is what everybody writes."""

    post: Post
    family: int
    lure: bool
    handle: str


def clauses() -> list[str]:
    """Stretches of 5 to 24 characters between stops, of the demo posts and of the corpus."""
    texts = [post.text for post in all_posts()]
    for path in sorted(CORPUS.glob("*.jsonl")):
        texts += [json.loads(line).get("text", "") for line in path.read_text("utf-8").splitlines()]
    found = {part for text in texts for part in re.split(r"[，。！？；：、\s,.!?;]+", text)}
    return sorted(part for part in found if 5 <= len(part) <= 24)


def other_town(rng: random.Random, text: str) -> str:
    at = rng.randrange(max(1, len(text) - 2))
    return text[:at] + rng.choice(TOWNS) + text[at + 2 :]


def other_order(rng: random.Random, text: str) -> str:
    parts = text.split("，")
    at = rng.randrange(len(parts))
    return "，".join(parts[at:] + parts[:at])


def ornamented(rng: random.Random, text: str) -> str:
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(text) + 1)
        text = text[:at] + rng.choice(ORNAMENTS) + text[at:]
    return text


EDITS: Final[tuple[Callable[[random.Random, str], str], ...]] = (
    other_town,
    other_order,
    ornamented,
    lambda rng, text: f"{text}，{rng.choice(ENDINGS)}",
    lambda rng, text: f"{text} 还剩{rng.randint(1, 99)}个",
    lambda rng, text: "".join(TRADITIONAL.convert(text)),
)


def made(count: int) -> Iterator[Made]:
    """Posts of families in the order in which they might be met."""
    rng, parts = random.Random(SEED), clauses()
    found, family = [], 0
    while len(found) < count * 0.96:
        family += 1
        text = "，".join(rng.sample(parts, rng.randint(3, 8)))
        size = 1 if rng.random() < 0.8 else min(120, int(rng.paretovariate(0.9)) + 1)
        handles = [f"demo_{family}x{number}" for number in range(rng.randint(1, 2))]
        lure = rng.random() < 0.6
        for _ in range(size):
            edited = text
            for edit in rng.sample(EDITS, rng.randint(0, 3) if size > 1 else 0):
                edited = edit(rng, edited)
            author = f"{family}-{rng.randrange(1 + size // 2)}"
            found.append((edited, family, lure, rng.choice(handles), author))
    while len(found) < count:  # what thousands share: a handle, and a text
        text = EVERYBODY if len(found) % 2 else "，".join(rng.sample(parts, 5))
        found.append((text, 0, True, FIRST, f"0-{len(found)}"))
    rng.shuffle(found)
    for number, (text, family, lure, handle, author) in enumerate(found):
        at = START + timedelta(seconds=20 * number)
        post = Post("tieba", str(number), "", text, author_id=author, published_at=at)
        yield Made(post, family, lure, handle)


class Told:
    """Says of each post what it was made as, so that linking is measured and nothing else."""

    model, lexicon = "told", LEXICON.version

    def __init__(self, every: Iterable[Made]) -> None:
        self._made = {one.post.post_id: one for one in every}

    def judge(self, posts: list[Post], *, screen: bool = True, explain: bool = False) -> list[Verdict]:  # fmt: skip
        return [self._verdict(self._made[post.post_id]) for post in posts]

    def _verdict(self, one: Made) -> Verdict:
        stance, grade = (Stance.SOLICIT, Grade.L3) if one.lure else (Stance.SEEK, Grade.L0)
        contact = Contact("text", None, 0, 0, "wechat", one.handle, "author", 0.9)
        return Verdict(stance, (Service.C2,), grade, "model", 0.9, (), (contact,), (), self.model, self.lexicon)  # fmt: skip


def families_of(every: list[Made]) -> dict[str, int]:
    """Of each post that is long enough to be recognised and not everybody's, its family."""
    return {one.post.post_id: one.family for one in every if one.family}


def pairs_within(groups: Iterable[Iterable[str]]) -> set[tuple[str, str]]:
    """Every two of each group."""
    return {pair for group in groups for pair in combinations(sorted(set(group)), 2)}


def told(name: str, seconds: float, found: set[tuple[str, str]], family: dict[str, int]) -> None:
    """One line: how long it took, and how much of what is known it found."""
    known = defaultdict(list)
    for post, number in family.items():
        known[number].append(post)
    true = pairs_within(known.values())
    found = {pair for pair in found if pair[0] in family and pair[1] in family}
    right = len(found & true)
    print(
        f"{name}: {seconds:.1f} s ({len(family) / seconds:,.0f} posts/s), finds {right / len(true):.4f} of the"
        f" {len(true):,} pairs of one family, and {right / (len(found) or 1):.4f} of what it finds is so"
    )


def ours(store: Store) -> set[tuple[str, str]]:
    """The pairs of posts that were found to be of like wording."""
    with store.reading() as db:
        keys = db.connection.execute(
            select(link_keys.c.key, posts.c.post_id)
            .join(posts, posts.c.post_key == link_keys.c.post_key)
            .where(link_keys.c.kind == "text")
        )
        carriers = defaultdict(list)
        for key, post_id in keys:
            carriers[key].append(post_id)
        near = [(row.one, row.other) for row in db.connection.execute(select(alike))]
    few = {key: ids for key, ids in carriers.items() if len(ids) <= 1000}
    found = pairs_within(few.values())
    for one, other in near:
        found |= {(min(a, b), max(a, b)) for a in few.get(one, ()) for b in few.get(other, ())}
    return found


def in_memory(words: dict[str, str]) -> set[tuple[str, str]]:
    """The pairs that our hashes find without a store, as datasketch does."""
    signer, meeting, shingles = Signer("bench"), defaultdict(list), {}
    found = set()
    for post_id, text in words.items():
        wording = signer.sign(text)
        if wording is None or not wording.bands:
            continue
        near = {one for band in wording.bands for one in meeting[band]}
        found |= {(min(post_id, one), max(post_id, one)) for one in near if share(wording.shingles, shingles[one]) >= ALIKE}  # fmt: skip
        for band in wording.bands:
            meeting[band].append(post_id)
        shingles[post_id] = wording.shingles
    return found


def theirs(words: dict[str, str]) -> set[tuple[str, str]]:
    """The pairs that datasketch finds: its index at our threshold, then its own estimate of the share."""
    index, sketches = MinHashLSH(threshold=ALIKE, num_perm=128), {}
    found = set()
    for post_id, text in words.items():
        shingles = {text[at : at + WIDTH].encode() for at in range(len(text) - WIDTH + 1)}
        if len(shingles) < FEWEST:
            continue
        sketch = MinHash(num_perm=128)
        sketch.update_batch(list(shingles))
        near = index.query(sketch)
        found |= {(min(post_id, one), max(post_id, one)) for one in near if sketch.jaccard(sketches[one]) >= ALIKE}  # fmt: skip
        index.insert(post_id, sketch)
        sketches[post_id] = sketch
    return found


def grouped(store: Store, every: list[Made]) -> None:
    """How well clusters are families."""
    with store.reading() as db:
        rows = db.connection.execute(
            select(posts.c.post_id, cluster_members.c.cluster).join(
                posts, posts.c.post_key == cluster_members.c.post_key
            )
        )
        cluster = {row.post_id: row.cluster for row in rows}
    family = {one.post.post_id: one.family for one in every if one.lure}
    sizes = Counter(cluster.values())
    mixed = defaultdict(set)
    for post_id, number in cluster.items():
        mixed[number].add(family[post_id])
    split = defaultdict(set)
    for post_id, number in family.items():
        split[number].add(cluster.get(post_id, post_id))
    several = Counter(family.values())
    whole = [len(split[number]) == 1 for number, size in several.items() if size > 1 and number]
    print(
        f"{len(sizes):,} clusters, the largest of {max(sizes.values()):,} posts;"
        f" {sum(len(one) == 1 for one in mixed.values()) / len(mixed):.4f} hold posts of one family alone;"
        f" {sum(whole) / len(whole):.4f} of the families of two lures or more are whole in one"
    )


def timed(work: Callable[[], object]) -> float:
    """Seconds of the processor that one call takes: what else the machine does is not counted."""
    start = time.process_time()
    work()
    return time.process_time() - start


def main() -> None:
    """Make the posts, link them, and print the table."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # one core
    every = list(made(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
    family = families_of(every)
    later = every[-1000:]
    with tempfile.TemporaryDirectory() as folder:
        settings = read_settings({"LUREWATCH_HOME": folder})
        store = open_store(settings, read_secrets(settings, {}))
        workflow.import_posts(store, ((one.post, START) for one in every), "bench")
        workflow.judge_pending(store, Told(every), batch=1000)  # type: ignore[arg-type]
        print(f"{len(every):,} posts of {len(set(family.values())):,} families on one core")
        seconds = timed(lambda: workflow.link_pending(store, LEXICON))
        told("lurewatch, from the store to clusters", seconds, ours(store), family)
        words = {one.post.post_id: words_of(one.post, LEXICON) for one in every}
        for name, find in (
            ("our hashes, in memory", in_memory),
            ("datasketch MinHashLSH, in memory", theirs),
        ):
            start = time.process_time()
            found = find(words)
            told(f"{name}, texts normalised before", time.process_time() - start, found, family)
        grouped(store, every)
        print(
            f"again, with nothing new: {timed(lambda: workflow.link_pending(store, LEXICON)):.1f} s"
        )
        changed = [(replace_text(one.post), START) for one in later]
        workflow.import_posts(store, changed, "bench")
        workflow.judge_pending(store, Told(every), batch=1000)  # type: ignore[arg-type]
        print(f"1,000 changed posts: {timed(lambda: workflow.link_pending(store, LEXICON)):.1f} s")
        sought = every[0].post.text[:30]
        print(f"a wording sought: {timed(lambda: workflow.posts_carrying(store, LEXICON, sought, reader='bench')):.1f} s")  # fmt: skip
        store.engine.dispose()


def replace_text(post: Post) -> Post:
    """The same post with another ending."""
    return Post("tieba", post.post_id, "", post.text + "，改过一次", author_id=post.author_id)


if __name__ == "__main__":
    main()
