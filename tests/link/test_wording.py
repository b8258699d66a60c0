"""What makes two texts alike, and how the groups come of it."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lurewatch.link.grouping import COMMON, Facts, groups, links_between
from lurewatch.link.wording import ALIKE, MOST, Signer, held, share, words_of
from lurewatch.post import Post
from lurewatch.text.lexicon import load_lexicon
from tests.conftest import NOW

SIGNER = Signer("a key")
HAN = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x4E40), max_size=60)


@given(HAN, HAN)
def test_a_share_is_the_same_from_both_sides(one: str, other: str) -> None:
    first, second = SIGNER.shingles(one), SIGNER.shingles(other)
    pairs = [{text[at : at + 2] for at in range(len(text) - 1)} for text in (one, other)]
    both, every = len(pairs[0] & pairs[1]), len(pairs[0] | pairs[1])
    assert share(first, second) == share(second, first)
    assert share(first, second) == pytest.approx(both / every if every else 0)
    assert held(first, first) == (1.0 if len(first) else 0.0)


def test_texts_of_which_much_is_shared_meet_in_a_band() -> None:
    rng, met, alike = random.Random(1), 0, 0
    letters = [chr(code) for code in range(0x4E00, 0x5E00)]
    for _ in range(400):
        text = rng.choices(letters, k=60)
        edited = text.copy()
        for _ in range(5):
            edited[rng.randrange(60)] = rng.choice(letters)
        one, other = (SIGNER.sign("".join(found)) for found in (text, edited))
        assert one and other
        if share(one.shingles, other.shingles) >= ALIKE:
            alike += 1
            met += bool(set(one.bands) & set(other.bands))
    assert alike > 300
    assert met / alike > 0.97


def test_a_long_text_is_compared_by_a_fair_sample() -> None:
    rng = random.Random(2)
    text = "".join(chr(rng.randrange(0x4E00, 0x8E00)) for _ in range(20_000))
    whole, half = SIGNER.shingles(text), SIGNER.shingles(text[:10_000])
    assert len(whole) == MOST
    assert share(whole, half) == pytest.approx(0.5, abs=0.05)
    assert held(SIGNER.shingles(text[500:700]), whole) > 0.9


def test_another_key_gives_other_hashes() -> None:
    one, other = (Signer(key).sign("信用卡网贷逾期都能谈最长六十期") for key in ("a", "b"))
    assert one and other
    assert one.key != other.key
    assert not set(one.bands) & set(other.bands)


def test_the_words_are_decoded_and_nothing_else_is_kept() -> None:
    plain = words_of(Post("tieba", "1", "", "停息挂账，加微信 demo_0088"), load_lexicon())
    coded = words_of(Post("tieba", "2", "", "停*息*挂*账🎉 加薇❤信：demo_9999"), load_lexicon())
    assert plain == coded == "停息挂账加微信"


def test_the_title_of_the_post_under_which_somebody_comments_does_not_count() -> None:
    title = "协商被拒第三次了不想打了怎么办"
    assert words_of(Post("douyin", "1", "", "看我主页", title=title), load_lexicon()) == "看我主页"
    assert words_of(Post("xianyu", "1", "", "", title="征信异议代写"), load_lexicon())


KEYS = st.lists(st.tuples(st.sampled_from(["qq", "text", "image"]), st.integers(0, 9), st.integers(0, 20)))  # fmt: skip
PAIRS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=8)


@given(KEYS, PAIRS, st.randoms(use_true_random=False))
def test_the_order_of_what_is_shared_does_not_matter(
    keys: list[tuple[str, int, int]], alike: list[tuple[int, int]], rng: random.Random
) -> None:
    findings = {post: 100 + post for post in range(0, 21, 2)}
    first = groups(findings, keys, alike, {("qq", 3)})
    rng.shuffle(keys)
    rng.shuffle(alike)
    assert groups(findings, keys, alike, {("qq", 3)}) == first
    assert set(first) <= set(findings)
    assert all(list(first.values()).count(number) > 1 for number in first.values())


def test_timing_makes_no_link_and_strengthens_one() -> None:
    one, other = Facts(frozenset(), "a", NOW), Facts(frozenset(), "b", NOW)
    assert links_between(one, other, 0.0) == ()
    [link] = links_between(one, other, 0.7)
    assert (link.kind, link.strength, link.share, link.minutes) == ("text", 0.85, 0.7, 0)
    [alone] = links_between(one, Facts(frozenset(), "a", NOW), 0.7)
    assert (alone.strength, alone.minutes) == (0.7, None)


def test_what_a_thousand_posts_share_joins_and_what_more_share_does_not() -> None:
    for count in (COMMON["wechat"], COMMON["wechat"] + 1):
        keys = [("wechat", 7, post) for post in range(count)]
        common = {("wechat", 7)} if count > COMMON["wechat"] else set()
        found = groups({post: post for post in range(count)}, keys, [], common)
        assert len(found) == (count if count <= COMMON["wechat"] else 0)
