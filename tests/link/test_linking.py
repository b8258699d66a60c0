"""Posts that belong together are found, in whatever order they come, and nobody else is among them."""

import json
import os
import random
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import select
from typer.testing import CliRunner

from lurewatch import workflow
from lurewatch.cli import app
from lurewatch.config import Settings, read_secrets
from lurewatch.errors import InputError, NotAllowedError
from lurewatch.finding import Grade, Label, Service, Stance, Verdict
from lurewatch.link import grouping
from lurewatch.post import Post
from lurewatch.store import Store, links, open_store, tables
from lurewatch.text.contacts import find_contacts
from lurewatch.text.lexicon import load_lexicon
from lurewatch.text.normalise import normalise
from tests.conftest import NOW, Judge

LEXICON = load_lexicon()
TEMPLATE = "信用卡网贷逾期都能谈，最长六十期，先看方案再谈费用，{}的朋友可以面谈，谈不成不收钱"
OTHER = "家里老人的保单能全额拿回来，材料我们来写，三封信就办好，同城上门，办好再给"
KINDS = {"被骗": Stance.VICTIM, "请问": Stance.SEEK}


class Reader(Judge):
    """Says who speaks by one word of the text, and reads the contacts as they are really read."""

    def judge(self, posts: list[Post], *, screen: bool = True, explain: bool = False) -> list[Verdict]:  # fmt: skip
        return [self.one(post) for post in posts]

    def one(self, post: Post) -> Verdict:
        stance = next((KINDS[word] for word in KINDS if word in post.text), Stance.SOLICIT)
        grade = Grade.L3 if stance is Stance.SOLICIT else Grade.L1
        found = tuple(find_contacts([("text", None, normalise(post.text, LEXICON))]))
        return Verdict(stance, (Service.C2,), grade, "model", 0.9, (), found, (), "told", "none")


def a_lure(number: int | str, text: str, **changes: Any) -> Post:
    post = Post("tieba", str(number), f"https://tieba.baidu.com/p/{number}", text, author_id=f"un-{number}")  # fmt: skip
    return replace(post, **changes)


def put(store: Store, *posts: Post, judge: Judge | None = None, at_once: bool = False) -> None:
    """Take posts in, judge and link them; *at_once*: what links them is read as they are judged."""
    workflow.import_posts(store, ((post, NOW) for post in posts), "test")
    read_by = LEXICON if at_once else None
    workflow.judge_pending(store, judge or Reader(), linked_by=read_by)  # type: ignore[arg-type]
    workflow.link_pending(store, LEXICON, batch=3)


def together(store: Store) -> set[frozenset[str]]:
    """The clusters, by the ids of their posts."""
    with store.reading() as db:
        rows = db.connection.execute(
            select(tables.posts.c.post_id, tables.cluster_members.c.cluster).join(
                tables.posts, tables.posts.c.post_key == tables.cluster_members.c.post_key
            )
        ).all()
    found = defaultdict(set)
    for row in rows:
        found[row.cluster].add(row.post_id)
    return {frozenset(posts) for posts in found.values()}


def finding_of(store: Store, post_id: str) -> int:
    found = workflow.findings_to_review(store, decided=None, limit=1000)
    return next(one.finding_id for one in found if one.post.post_id == post_id)


def held(store: Store) -> list[Any]:
    """All that linking keeps, with posts by their own id, in order."""
    with store.reading() as db:
        keys = select(tables.link_keys.c.kind, tables.link_keys.c.key, tables.posts.c.post_id).join(
            tables.posts, tables.posts.c.post_key == tables.link_keys.c.post_key
        )
        pairs = select(tables.alike.c.one, tables.alike.c.other, tables.alike.c.share)
        bands = select(tables.bands.c.band, tables.bands.c.wording)
        return [
            sorted(map(tuple, db.connection.execute(query).all())) for query in (keys, pairs, bands)
        ]


@pytest.fixture
def settings(request: pytest.FixtureRequest, settings: Settings) -> Settings:
    """On SQLite, or on PostgreSQL too for a test that is marked EITHER."""
    if getattr(request, "param", "sqlite") == "postgresql":
        return replace(settings, db_url=request.getfixturevalue("postgres")())
    return settings


EITHER = pytest.mark.parametrize("settings", ["sqlite", "postgresql"], indirect=True)


def two_by(kind: str) -> tuple[Post, Post]:
    """Two posts that share one thing only."""
    one, other = a_lure(1, TEMPLATE.format("郑州")), a_lure(2, OTHER)
    return {
        "text": (one, replace(other, text=TEMPLATE.format("临沂") + " 加微信 demo_7777")),
        "wechat": (
            replace(one, text=one.text + "，加薇❤信：demo_０８８"),
            replace(other, platform="weibo", text="加微信 demo_088"),
        ),
        "account": (one, replace(other, author_id="un-1")),
        "image": (
            replace(one, images=("https://p.example/3f9a0c2d51e84b77.jpg?sign=1",)),
            replace(other, images=("https://p.example/3f9a0c2d51e84b77.jpg?sign=2",)),
        ),
    }[kind]


@pytest.mark.parametrize("kind", ["text", "wechat", "account", "image"])
def test_one_thing_shared_joins_two_lures(store: Store, kind: str) -> None:
    put(store, *two_by(kind))
    assert together(store) == {frozenset("12")}
    found = workflow.cluster_of(store, finding_of(store, "1"), reader="t")
    assert [[link.kind for link in one.links] for one in found.members] == [[kind]]
    assert workflow.clusters(store, reader="t")[0].ties == {kind: 2}
    assert "088" not in repr(found)  # nobody's handle is told


@pytest.mark.parametrize(
    "shared",
    ["打95588问问，也可打12378", "电话 138****0000", "看 https://ipcrs.pbccrc.org.cn/a", "看我主页", "停挂我接，私我"],
)  # fmt: skip
def test_what_everybody_may_write_joins_nobody(store: Store, shared: str) -> None:
    put(store, a_lure(1, TEMPLATE.format("郑州") + shared), a_lure(2, OTHER + shared), a_lure(3, shared), a_lure(4, shared))  # fmt: skip
    assert together(store) == set()


def test_a_name_without_an_id_is_nobodys_account(store: Store) -> None:
    nameless = {"author_id": "", "author_name": "匿名用户"}
    put(store, a_lure(1, TEMPLATE.format("郑州"), **nameless), a_lure(2, OTHER, **nameless))
    assert together(store) == set()


def test_two_accounts_that_say_the_same_within_minutes(store: Store) -> None:
    moments = {"published_at": NOW}, {"published_at": NOW + timedelta(minutes=4)}
    put(store, *(a_lure(n, TEMPLATE.format("郑州"), **at) for n, at in enumerate(moments)))
    [member] = workflow.cluster_of(store, finding_of(store, "0"), reader="t").members
    assert [(one.kind, one.minutes) for one in member.links] == [("text", 4)]
    inexact = {"published_at": NOW, "published_exact": False}
    put(store, a_lure(7, OTHER, published_at=NOW), a_lure(8, OTHER, **inexact))
    [member] = workflow.cluster_of(store, finding_of(store, "7"), reader="t").members
    assert [(one.kind, one.minutes) for one in member.links] == [("text", None)]


@EITHER
def test_a_victim_is_told_of_beside_a_cluster_and_is_never_in_it(store: Store) -> None:
    lure = TEMPLATE.format("郑州") + "，加微信 demo_0088"
    put(
        store,
        a_lure(1, lure),
        a_lure(2, OTHER + "，加微信 demo_0088"),
        a_lure("victim", f"被骗了三千八，他说：{lure}"),
        a_lure("asks", "请问加微信 demo_0088 的这个人可靠吗"),
    )
    assert together(store) == {frozenset("12")}
    found = workflow.cluster_of(store, finding_of(store, "1"), reader="t")
    assert found.mentions == {Stance.VICTIM: 1, Stance.SEEK: 1}
    assert found.posts == 2


def test_who_is_no_lure_by_a_persons_word_leaves_at_once_and_stays_out(store: Store) -> None:
    put(store, *(a_lure(n, TEMPLATE.format("郑州")) for n in (1, 2, 3)))
    spared = finding_of(store, "2")
    workflow.decide(store, spared, reviewer="r", label=Label.NOT_LURE, stance=Stance.VICTIM, services=())  # fmt: skip
    assert together(store) == {frozenset("13")}
    workflow.link_pending(store, LEXICON)
    assert together(store) == {frozenset("13")}
    assert workflow.cluster_of(store, spared, reader="t").cluster is None
    workflow.undo_decision(store, spared, reviewer="r")
    workflow.link_pending(store, LEXICON)
    assert together(store) == {frozenset("123")}


def test_who_is_a_lure_by_a_persons_word_is_in(store: Store) -> None:
    put(store, *(a_lure(n, TEMPLATE.format("郑州")) for n in (1, 2)))
    number = finding_of(store, "2")
    put(store, a_lure(2, "请问" + TEMPLATE.format("郑州")))
    assert together(store) == set()
    workflow.decide(store, number, reviewer="r", label=Label.LURE, stance=Stance.SOLICIT, services=[Service.C2])  # fmt: skip
    workflow.link_pending(store, LEXICON)
    assert together(store) == {frozenset("12")}


def test_a_new_verdict_or_wording_takes_a_post_out(store: Store) -> None:
    put(store, *(a_lure(n, TEMPLATE.format("郑州")) for n in (1, 2, 3)))
    put(store, a_lure(2, "请问" + TEMPLATE.format("郑州")))
    assert together(store) == {frozenset("13")}
    put(store, a_lure(3, OTHER))
    assert together(store) == set()


def varied(rng: random.Random) -> list[Post]:
    """Posts of two templates, with contacts that join some of them, and what many share."""
    texts = [
        (TEMPLATE if rng.random() < 0.6 else OTHER + "，{}").format("".join(rng.sample("郑州临沂成都武汉长沙", rng.randint(1, 6))))
        + (f"，加微信 demo_000{rng.randrange(9)}" if rng.random() < 0.5 else "")
        + ("，被骗" if rng.random() < 0.2 else "")
        for _ in range(24)
    ]  # fmt: skip
    return [a_lure(number, text) for number, text in enumerate(texts)]


@EITHER
@pytest.mark.parametrize("seed", range(2))
def test_the_order_in_which_posts_come_changes_nothing(
    store: Store, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "BUCKET", 4)
    monkeypatch.setitem(grouping.COMMON, "wechat", 3)
    monkeypatch.setitem(grouping.COMMON, "text", 3)
    rng = random.Random(seed)
    some = varied(rng)
    put(store, *some)
    first, groups_then = held(store), together(store)
    workflow.link_pending(store, LEXICON)
    assert held(store) == first  # twice changes nothing
    forget(store, lambda post: True)
    rng.shuffle(some)
    for start in range(0, len(some), 5):
        put(store, *some[start : start + 5], at_once=start % 2 == 0)
    put(store, a_lure("gone", TEMPLATE.format("郑州临沂")), a_lure("too", OTHER + "，郑州"))
    forget(store, lambda post: post.post_id in ("gone", "too"))
    workflow.link_pending(store, LEXICON)
    assert held(store) == first
    assert together(store) == groups_then


def forget(store: Store, which: Callable[[Post], bool]) -> None:
    """Let posts expire, as a person's *not a lure* or time does."""
    keys = [row.post_key for row in workflow.export_posts(store) if which(row.post)]
    with store.begin() as db:
        past = datetime(2026, 1, 1, tzinfo=UTC)
        db.connection.execute(
            tables.posts.update().where(tables.posts.c.post_key.in_(keys)).values(expires_at=past)
        )
    workflow.purge(store, datetime(2026, 1, 2, tzinfo=UTC))


@EITHER
def test_a_purge_leaves_nothing_of_a_post(store: Store) -> None:
    put(store, *(a_lure(n, TEMPLATE.format(n) + "，加微信 demo_0088") for n in ("郑州", "临沂", "成都")))  # fmt: skip
    workflow.name_campaign(store, finding_of(store, "郑州"), "名", who="r")
    forget(store, lambda post: post.post_id == "郑州")
    assert together(store) == {frozenset({"临沂", "成都"})}
    forget(store, lambda post: True)
    for name in ("link_keys", "wordings", "bands", "alike", "cluster_members", "campaign_members"):
        with store.reading() as db:
            assert db.connection.execute(select(tables.metadata.tables[name])).all() == []


def test_what_too_many_share_joins_nothing_and_does_again_when_fewer_do(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(grouping.COMMON, "wechat", 4)
    texts = ["郑州的退保", "征信的花户", "股票的老师", "车抵的绿本", "背债的合伙"]
    some = [a_lure(n, f"{text}，加微信 demo_0088") for n, text in enumerate(texts)]
    put(store, *some[:4])
    assert together(store) == {frozenset("0123")}
    put(store, some[4])
    assert together(store) == set()
    assert workflow.cluster_of(store, finding_of(store, "0"), reader="t").common == ("wechat",)
    forget(store, lambda post: post.post_id == "4")
    assert together(store) == {frozenset("0123")}


def test_a_text_that_everybody_writes_does_not_join_those_who_write_more(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(grouping.COMMON, "text", 5)
    monkeypatch.setattr(links, "BUCKET", 5)
    notice = "本平台提醒您理性借贷量力而行如有疑问请咨询官方客服谢谢关注"
    put(store, *(a_lure(n, f"{notice}{n}") for n in range(12)))
    assert together(store) == set()
    put(store, *(a_lure(100 + n, TEMPLATE.format("郑州")) for n in range(2)))
    assert together(store) == {frozenset({"100", "101"})}


LINKED = """
import sys
from lurewatch import workflow
from lurewatch.config import read_secrets, read_settings
from lurewatch.store import open_store
from lurewatch.text.lexicon import load_lexicon
settings = read_settings()
store = open_store(settings, read_secrets(settings))
workflow.link_pending(store, load_lexicon(), batch=2, progress=lambda *done: print(done, flush=True))
"""


def test_a_kill_between_batches_loses_at_most_one(settings: Settings, store: Store) -> None:
    some = [a_lure(n, TEMPLATE.format("郑州"[n % 2]) + f"，加微信 demo_000{n % 7}") for n in range(40)]  # fmt: skip
    workflow.import_posts(store, ((post, NOW) for post in some), "test")
    workflow.judge_pending(store, Reader())  # type: ignore[arg-type]
    env = dict(os.environ) | {"LUREWATCH_HOME": str(settings.home)}
    with subprocess.Popen([sys.executable, "-c", LINKED], env=env, stdout=subprocess.PIPE) as child:
        assert child.stdout
        child.stdout.readline()
        child.send_signal(signal.SIGKILL)
    done = workflow.link_pending(store, LEXICON).posts
    assert 0 < done < 40
    first, groups_then = held(store), together(store)
    with store.begin() as db:
        db.connection.execute(tables.posts.update().values(linked_at=None))
    assert workflow.link_pending(store, LEXICON).posts == 40
    assert (held(store), together(store)) == (first, groups_then)


def test_a_person_names_a_cluster_and_takes_the_name_back(store: Store) -> None:
    put(store, *(a_lure(n, TEMPLATE.format("郑州")) for n in (1, 2)), a_lure(9, OTHER))
    number = finding_of(store, "2")
    named = workflow.name_campaign(store, number, " 六十期 ", who="lee")
    assert (named.campaigns, named.confirmed, named.posts) == (("六十期",), 2, 2)
    put(store, a_lure(3, TEMPLATE.format("临沂")))
    (now,) = workflow.clusters(store, reader="t")
    assert now.confirmed == 2  # what joined later nobody has confirmed
    with pytest.raises(NotAllowedError, match="name it so, or take that name back"):
        workflow.name_campaign(store, number, "别的", who="lee")
    assert workflow.name_campaign(store, number, "六十期", who="lee").confirmed == 3
    workflow.withdraw_campaign(store, "六十期", who="ann")
    assert workflow.clusters(store, reader="t")[0].campaigns == ()
    assert workflow.name_campaign(store, number, "别的", who="lee").campaigns == ("别的",)
    for wrong, why in (("", "1 to 100"), ("a\nb", "1 to 100"), ("x" * 101, "1 to 100")):
        with pytest.raises(NotAllowedError, match=why):
            workflow.name_campaign(store, number, wrong, who="lee")
    with pytest.raises(NotAllowedError, match="in no cluster"):
        workflow.name_campaign(store, finding_of(store, "9"), "名", who="lee")
    with pytest.raises(NotAllowedError, match="no campaign is called"):
        workflow.withdraw_campaign(store, "六十期", who="ann")
    said = [(one.who, one.what) for one in workflow.audit_log(store)]
    assert said.count(("lee", "name campaign")) == 3
    assert ("ann", "withdraw campaign") in said


def ids(found: Sequence[workflow.Carrier]) -> list[str]:
    return [one.post.post_id for one in found]


@EITHER
def test_a_handle_or_a_wording_finds_the_posts_that_carry_it(store: Store) -> None:
    put(
        store,
        a_lure("lure", TEMPLATE.format("郑州") + "，加薇❤信：demo_０８８"),
        a_lure("victim", "被骗了，加微信 demo_088 那个人"),
        a_lure("else", OTHER + "，QQ：1234567"),
    )
    for sought in ("demo_088", "DEMO_088", "微信：demo_088", "demo_０８８"):
        found = workflow.posts_carrying(store, LEXICON, sought, reader="lee")
        assert set(ids(found)) == {"lure", "victim"}
        assert {one.kind for one in found} == {"wechat"}
    assert ids(workflow.posts_carrying(store, LEXICON, "1234567", reader="lee")) == ["else"]
    [found] = workflow.posts_carrying(store, LEXICON, "最长6期？最长六十期，先看方案再谈", reader="lee")  # fmt: skip
    assert (found.post.post_id, found.stance) == ("lure", Stance.SOLICIT)
    assert workflow.posts_carrying(store, LEXICON, "今天的晚霞真好看", reader="lee") == []
    with pytest.raises(InputError, match="four Chinese characters"):
        workflow.posts_carrying(store, LEXICON, "你好", reader="lee")
    assert "088" not in "".join(one.subject for one in workflow.audit_log(store))


def test_the_commands(store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUREWATCH_HOME", str(settings.home))
    workflow.import_posts(store, ((post, NOW) for post in two_by("wechat")), "test")
    workflow.judge_pending(store, Reader())  # type: ignore[arg-type]

    def said(*words: str, code: int = 0) -> str:
        done = CliRunner().invoke(app, words)
        assert done.exit_code == code, done.output
        assert "088" not in done.output.replace("demo_０８８", "")  # but for the post's own words
        return done.stdout

    assert "No clusters" in said("clusters", "list")
    assert json.loads(said("link", "--json")) == {"posts": 2, "clusters": 1, "reopened": []}
    assert json.loads(said("link", "--json")) == {"posts": 0, "clusters": 1, "reopened": []}
    [row] = json.loads(said("clusters", "list", "--json"))
    assert (row["posts"], row["accounts"], row["shared"]) == (2, 2, {"wechat": 2})
    number = str(row["cluster"])
    assert "campaign '六十期'" in said("clusters", "name", number, "六十期")
    assert "六十期 (open), 2 confirmed" in said("clusters", "list")
    shown = said("clusters", "show", number)
    assert f"finding {int(number) + 1}  weibo  a WeChat contact" in shown
    [member] = json.loads(said("clusters", "show", number, "--json"))["members"]
    assert member["links"] == [{"kind": "wechat", "strength": 0.95, "share": None, "minutes": None}]
    assert "no campaign any more" in said("clusters", "unname", "六十期")
    found = json.loads(said("search", "最长六十期，先看方案再谈费用", "--json"))
    assert [(one["post_id"], one["stance"], one["share"]) for one in found] == [
        ("1", "SOLICIT", 1.0)
    ]
    assert said("search", "demo_999", code=1) == ""


def test_a_number_is_the_same_as_phone_and_as_wechat(store: Store) -> None:
    put(
        store,
        a_lure(1, "停息挂账找我，微信：13900000088"),
        a_lure(2, "全额退保，打电话 13900000088"),
        a_lure(3, "征信修复，打电话 13900000077"),
    )
    assert together(store) == {frozenset({"1", "2"})}


@EITHER
def test_the_nearest_posts_come_first_and_those_behind_others_last(store: Store) -> None:
    between = a_lure(2, TEMPLATE.format("临沂") + " 加微信 demo_7777")
    put(store, a_lure(3, OTHER + "，加微信 demo_7777"), a_lure(1, TEMPLATE.format("郑州")), between)
    own, near, far = (finding_of(store, number) for number in "123")
    found = workflow.cluster_of(store, own, reader="t")
    assert [one.finding_id for one in found.members] == [near, far]
    assert found.members[0].links and not found.members[1].links
    (first,) = workflow.cluster_of(store, own, reader="t", limit=1).members
    assert first.finding_id == near
    assert found.posts == 3


def test_a_store_from_before_says_of_its_clusters_what_posts_say(
    store: Store, settings: Settings
) -> None:
    put(store, *two_by("wechat"))
    (now,) = workflow.clusters(store, reader="t")
    with store.begin() as db:
        config = Config()
        config.set_main_option("script_location", "lurewatch.store:migrations")
        config.attributes["connection"] = db.connection
        command.downgrade(config, "0017")
    later = open_store(settings, read_secrets(settings, {}))
    (then,) = workflow.clusters(later, reader="t")
    assert then == replace(now, platforms=(), ties={})
    workflow.link_pending(later, LEXICON)
    assert workflow.clusters(later, reader="t") == [now]
    later.engine.dispose()
