"""The demo platform's posts are what they claim, and its pages hold them safely."""

import urllib.request
from collections import Counter

import pytest

from lurewatch.demo.posts import all_posts, posts_of
from lurewatch.demo.site import demo_site
from lurewatch.errors import LurewatchError
from lurewatch.post import PLATFORMS
from lurewatch.train.corpus import load_corpus
from tests.train.test_training import CORPUS


def test_posts_are_many_and_varied() -> None:
    posts = all_posts()
    assert len({post.number for post in posts}) == len(posts) >= 200
    assert min(Counter(post.platform for post in posts)[code] for code in PLATFORMS) >= 6
    assert 70 < sum(post.lure for post in posts) < 120
    assert {post.stance for post in posts} >= {
        "SOLICIT",
        "RECRUIT",
        "SEEK",
        "EXPERIENCE",
        "VICTIM",
        "WARN",
        "LEGAL_INFO",
        "OFFICIAL",
        "OTHER",
    }


def test_the_model_has_not_seen_them() -> None:
    trained = {
        text
        for example in load_corpus(CORPUS, None)
        for _, _, text in example.values
        if len(text) > 20
    }
    assert [post.text for post in all_posts() if post.text in trained] == []


def test_pages_escape_what_posts_say() -> None:
    with demo_site() as site:
        for post in posts_of("tieba")[:5]:
            address = f"{site.roots['tieba']}/p/{post.id}"
            with urllib.request.urlopen(address, timeout=10) as answer:
                assert b"\xe6\xbc\x94\xe7\xa4\xba" in answer.read()


def test_a_port_in_use_is_named() -> None:
    with demo_site() as site:
        port = int(site.root.rpartition(":")[2])
        with pytest.raises(LurewatchError, match=str(port)), demo_site(port):
            raise AssertionError
