"""From a draft to a verified removal: who may do what, what follows what, and what is never done twice."""

import csv
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from lurewatch import retention, workflow
from lurewatch.config import Settings, read_secrets
from lurewatch.demo.pages import tieba_thread
from lurewatch.demo.posts import posts_of
from lurewatch.errors import NotAllowedError
from lurewatch.finding import Label, Service, Stance
from lurewatch.letters.blocks import blocks, channels
from lurewatch.letters.register import COLUMNS, Beside, row_of, write
from lurewatch.periods import shipped_periods
from lurewatch.post import described
from lurewatch.recheck import due, look_again
from lurewatch.store import Store, open_store
from lurewatch.takedown import (
    STEPS,
    Institution,
    TakedownRequest,
    TakedownState,
    Track,
    taken,
)
from lurewatch.text.lexicon import load_lexicon
from lurewatch.workflow import Check
from tests.conftest import NOW, Judge
from tests.crawlers.test_spiders import server

HTML = {"Content-Type": "text/html; charset=utf-8"}


def drafted(store: Store, number: int, by: str = "ann", **changes: Any) -> int:
    """A request about a finding that a person of the console drafted."""
    if workflow.user_named(store, by) is None:
        workflow.add_user(store, by, "password1", "reviewer")
    workflow.decide(store, number, reviewer="ann", label=Label.LURE, stance=Stance.SOLICIT, services=[Service.C2])  # fmt: skip
    request = TakedownRequest(0, number, Track.A, "百度贴吧", TakedownState.DRAFTED, Path("a.docx"), Path("a.zip"), by, datetime.now(UTC))  # fmt: skip
    return workflow.record_request(store, replace(request, **changes)).request_id


def step(store: Store, number: int, name: str, who: str, role: str, **given: str) -> str:
    return workflow.take_step(store, number, name, who=who, role=role, **given).state


def sent(store: Store, number: int) -> None:
    for name, who, role in (
        ("submit", "ann", "reviewer"),
        ("approve", "lee", "lead"),
        ("send", "lee", "lead"),
    ):
        step(store, number, name, who, role)


def test_two_people_carry_a_request(store: Store, a_finding: Any) -> None:
    number = drafted(store, a_finding())
    sent(store, number)
    step(store, number, "acknowledge", "ann", "reviewer", receipt="R-1")
    step(store, number, "removed", "ann", "reviewer")
    assert workflow.request(store, number).state is TakedownState.REMOVED
    steps = [(one.step, one.who) for one in workflow.events_of(store, [number])[number]]
    assert steps[:3] == [("submit", "ann"), ("approve", "lee"), ("send", "lee")]
    assert steps[3:] == [("acknowledge", "ann"), ("removed", "ann")]
    assert workflow.check_audit(store).broken is None


@pytest.mark.parametrize(
    ("name", "who", "role", "given", "said"),
    [
        ("approve", "lee", "lead", {}, "is drafted"),
        ("send", "lee", "lead", {}, "is drafted"),
        ("submit", "aud", "auditor", {}, "is for"),
        ("withdraw", "ann", "reviewer", {"note": "x"}, "is for"),
        ("withdraw", "lee", "lead", {}, "needs a note"),
        ("burn", "lee", "lead", {}, "no step"),
    ],
)
def test_what_may_not_be_done(
    store: Store, a_finding: Any, name: str, who: str, role: str, given: dict[str, str], said: str
) -> None:
    number = drafted(store, a_finding())
    with pytest.raises(NotAllowedError, match=said):
        step(store, number, name, who, role, **given)
    assert workflow.events_of(store, [number])[number] == []


@pytest.mark.parametrize("drafter", ["lee", "ann"])
def test_nobody_approves_what_is_their_own(store: Store, a_finding: Any, drafter: str) -> None:
    number = drafted(store, a_finding(), by=drafter)
    step(store, number, "submit", "lee", "lead")
    with pytest.raises(NotAllowedError, match="another person"):
        step(store, number, "approve", "lee", "lead")
    assert step(store, number, "approve", "kim", "lead") == "approved"


def test_the_same_post_is_not_reported_twice(store: Store, a_finding: Any) -> None:
    finding = a_finding()
    first, second = drafted(store, finding), drafted(store, finding)
    step(store, first, "submit", "ann", "reviewer")
    with pytest.raises(NotAllowedError, match=f"by request {first},"):
        step(store, second, "submit", "ann", "reviewer")
    step(store, first, "withdraw", "lee", "lead", note="a better letter")
    assert step(store, second, "submit", "ann", "reviewer") == "submitted"


def test_two_leads_at_once(
    postgres: Callable[[], str], settings: Settings, a_post: Any, a_capture: Any
) -> None:
    store = open_store(replace(settings, db_url=postgres()), read_secrets(settings, {}))
    run_id = workflow.start_run(store, platform="tieba", how="spider")
    workflow.take_in(store, a_capture(a_post(), run_id=run_id))
    workflow.judge_pending(store, Judge())  # type: ignore[arg-type]
    (finding,) = workflow.findings_to_review(store)
    number = drafted(store, finding.finding_id)
    step(store, number, "submit", "ann", "reviewer")
    together, outcomes = threading.Barrier(4), list[str]()

    def go(name: str) -> None:
        together.wait()
        try:
            outcomes.append(step(store, number, "approve", name, "lead"))
        except NotAllowedError as error:
            outcomes.append(str(error))

    threads = [threading.Thread(target=go, args=(f"lead{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("approved") == 1
    assert len(workflow.events_of(store, [number])[number]) == 2
    store.engine.dispose()


def test_every_state_can_be_left_or_is_an_end() -> None:
    left = {source for one in STEPS.values() for source in one.sources}
    assert set(TakedownState) - left == {TakedownState.WITHDRAWN}
    reached = {one.target for one in STEPS.values()}
    assert set(TakedownState) - reached == set()


def looks(*outcomes: tuple[str, float]) -> list[Check]:
    return [Check(1, NOW + timedelta(hours=hours), outcome, "") for outcome, hours in outcomes]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("state", "seen", "step"),
    [
        ("sent", [("live", 0)], ""),
        ("sent", [("gone", 0)], "removed"),
        ("refused", [("gone", 0)], "removed"),
        ("removed", [("gone", 0)], ""),
        ("removed", [("gone", 0), ("gone", 23)], ""),
        ("removed", [("gone", 0), ("gone", 24)], "verify"),
        ("removed", [("deleted_or_private", 0), ("removed_by_platform", 24)], "verify"),
        ("sent", [("account_closed", 0)], "removed"),
        ("removed", [("gone", 0), ("live", 12), ("gone", 24)], ""),
        ("removed", [("gone", 0), ("live", 24)], "reopen"),
        ("verified", [("gone", 0), ("gone", 30), ("edited", 60)], "reopen"),
        ("verified", [("gone", 0), ("gone", 30)], ""),
        ("removed", [], ""),
        ("countered", [("gone", 0)], ""),
        ("countered", [("gone", 0), ("gone", 30)], ""),
        ("countered", [("live", 0)], ""),
    ],
)
def test_what_follows_from_looks(state: str, seen: list[tuple[str, float]], step: str) -> None:
    assert workflow.follows(TakedownState(state), looks(*seen)) == step


def test_a_wall_is_no_removal(store: Store, a_finding: Any) -> None:
    number = drafted(store, a_finding())
    sent(store, number)
    for outcome in ("wall", "lost", "unclear", "live", "wall"):
        workflow.record_check(store, number, outcome, "", NOW)  # type: ignore[arg-type]
    assert workflow.request(store, number).state is TakedownState.SENT
    workflow.record_check(store, number, "gone", "", NOW)
    workflow.record_check(store, number, "wall", "", NOW + timedelta(hours=40))
    assert workflow.request(store, number).state is TakedownState.REMOVED
    workflow.record_check(store, number, "gone", "", NOW + timedelta(hours=41))
    assert workflow.request(store, number).state is TakedownState.VERIFIED
    assert workflow.check_audit(store).broken is None


def test_a_counter_notice_keeps_its_clock_while_the_post_is_gone(
    store: Store, a_finding: Any, settings: Settings
) -> None:
    number = drafted(store, a_finding())
    sent(store, number)
    workflow.record_check(store, number, "removed_by_platform", "", NOW)
    step(store, number, "countered", "ann", "reviewer", note="the author says it is lawful")
    for hours in (1, 30):
        workflow.record_check(store, number, "gone", "", NOW + timedelta(hours=hours))
    assert workflow.request(store, number).state is TakedownState.COUNTERED
    with store.begin() as db:
        db.connection.exec_driver_sql("update request_events set at = '2026-01-01 00:00:00'")
    (late,) = json.loads(command(settings, "due", "--json").stdout)
    assert late["state"] == "countered" and "counsel" in late["do"]
    assert step(store, number, "removed", "ann", "reviewer") == "removed"  # a person ends it


def test_a_contact_that_returns_reopens_the_request(store: Store, a_finding: Any) -> None:
    from lurewatch.finding import Contact

    judge = Judge()
    plain = judge.judge

    def with_contact(posts: list[Any], **options: Any) -> list[Any]:
        shared = Contact("text", None, 0, 4, "wechat", "demo_0088", "author", 0.9)
        return [replace(one, contacts=(shared,)) for one in plain(posts, **options)]

    judge.judge = with_contact  # type: ignore[method-assign]
    number = drafted(store, a_finding())
    workflow.judge_pending(store, judge)  # type: ignore[arg-type]
    with store.begin() as db:
        db.connection.exec_driver_sql("update posts set judged_by = null")
    workflow.judge_pending(store, judge)  # type: ignore[arg-type]
    sent(store, number)
    workflow.record_check(store, number, "gone", "", datetime.now(UTC))
    assert workflow.link_pending(store, load_lexicon()).alarms == ()
    again = a_finding("换个号又来了，停息挂账", post_id="9002", author_id="another")
    with store.begin() as db:
        db.connection.exec_driver_sql("update posts set judged_by = null")
    workflow.judge_pending(store, judge)  # type: ignore[arg-type]
    (alarm,) = workflow.link_pending(store, load_lexicon()).alarms
    assert alarm == workflow.Alarm(number, {again: frozenset({"wechat"})})
    assert f"{again} (wechat)" in workflow.events_of(store, [number])[number][-1].note
    assert workflow.request(store, number).state is TakedownState.REOPENED
    assert workflow.raise_alarms(store) == []
    with pytest.raises(NotAllowedError, match="live"):  # its own page is still gone
        step(store, number, "again", "ann", "reviewer", note="another account")


TEMPLATE = (
    "老哥们都来听我讲，{}这边新开的停息挂账通道，网贷信用卡都能挂，六十期，前期一分不收，"
    "办成了再说，别再自己打电话，打了也是白打，看我主页左下角"
)


def test_a_post_put_up_again_reopens_its_request(store: Store, a_finding: Any) -> None:
    lexicon = load_lexicon()
    first = a_finding(TEMPLATE.format("郑州"), post_id="1")
    number = drafted(store, first)
    sent(store, number)
    workflow.link_pending(store, lexicon)
    workflow.record_check(store, number, "removed_by_platform", "", datetime.now(UTC))
    a_finding("别的事情，完全两样的另一段停息挂账广告文案，谁也不像", post_id="2", author_id="b")
    assert workflow.link_pending(store, lexicon).alarms == ()
    like = a_finding(TEMPLATE.format("洛阳"), post_id="3", author_id="c")
    (alarm,) = workflow.link_pending(store, lexicon).alarms
    assert alarm == workflow.Alarm(number, {like: frozenset({"text"})})
    assert workflow.link_pending(store, lexicon).alarms == ()  # it says so once


def test_a_lure_of_the_same_account_reopens_the_request(store: Store, a_finding: Any) -> None:
    lexicon = load_lexicon()
    number = drafted(store, a_finding(TEMPLATE.format("郑州"), post_id="1"))
    sent(store, number)
    workflow.record_check(store, number, "account_closed", "", datetime.now(UTC))
    again = a_finding("同一个号，另一种说法，停挂的来", post_id="2")
    (alarm,) = workflow.link_pending(store, lexicon).alarms
    assert alarm == workflow.Alarm(number, {again: frozenset({"account"})})


def test_what_a_person_called_no_lure_alarms_nobody(store: Store, a_finding: Any) -> None:
    lexicon = load_lexicon()
    number = drafted(store, a_finding(TEMPLATE.format("郑州"), post_id="1"))
    sent(store, number)
    workflow.link_pending(store, lexicon)
    workflow.record_check(store, number, "gone", "", datetime.now(UTC))
    warning = a_finding(TEMPLATE.format("洛阳"), post_id="3", author_id="c")
    workflow.decide(store, warning, reviewer="bob", label=Label.NOT_LURE, stance=Stance.WARN, services=[])  # fmt: skip
    assert workflow.link_pending(store, lexicon).alarms == ()
    assert workflow.request(store, number).state is TakedownState.REMOVED


def test_looks_through_the_real_spider(
    store: Store, a_finding: Any, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = posts_of("tieba")[0]
    tid = str(9_000_000_000 + post.number)
    mood, asked = ["live"], list[str]()

    def answer(request: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
        if request.path == "/robots.txt":
            return 404, {}, b""
        asked.append(request.path)
        if mood[0] == "gone":
            return (
                404,
                HTML,
                "<title>贴吧404</title><div class=page404>很抱歉，该贴已被删除。</div>".encode(),
            )
        if mood[0] == "unclear":
            return 404, HTML, "<div class=page404>页面走丢了</div>".encode()
        if mood[0] == "wall":
            return 403, HTML, b"no"
        return 200, HTML, tieba_thread(post, NOW).encode()

    with server(answer) as root:
        monkeypatch.setenv("LUREWATCH_HOME", str(settings.home))
        monkeypatch.setenv("LUREWATCH_ROOTS", f"tieba={root}")
        number = drafted(store, a_finding(post.text, post_id=tid, url=f"https://tieba.baidu.com/p/{tid}"))  # fmt: skip
        assert due(store, datetime.now(UTC), timedelta(hours=24)) == []  # nothing was sent
        sent(store, number)
        seen = []
        for mood[0] in ("live", "unclear", "gone", "wall"):
            (request,) = due(store, datetime.now(UTC), timedelta(0))
            (look,) = look_again(store, [request], say=print)
            seen.append(look.outcome)
        assert seen[1:] == ["unclear", "gone", "wall"] and seen[0] in ("live", "edited")
        assert workflow.request(store, number).state is TakedownState.REMOVED
        count = len(asked)
        assert look_again(store, [workflow.request(store, number)], say=print) == []  # it rests
        assert len(asked) == count


def test_a_verified_removal_is_not_called_on_daily_for_good(
    store: Store, a_finding: Any, settings: Settings
) -> None:
    number, now = drafted(store, a_finding()), datetime.now(UTC)
    sent(store, number)
    day = timedelta(days=1)
    for at in (now, now + day):
        assert [one.request_id for one in due(store, at, day)] == [number]
        workflow.record_check(store, number, "gone", "", at)
    assert workflow.request(store, number).state is TakedownState.VERIFIED
    asked = [days for days in range(2, 120) if due(store, now + days * day, day)]
    assert asked == list(range(8, 92))
    assert due(store, now + 8 * day, 30 * day) == []
    retention.run(store, shipped_periods(), settings.imports_dir, who="t", now=now + 900 * day)
    with store.begin() as db:
        db.connection.exec_driver_sql("update requests set state = 'sent'")
    assert due(store, now + 900 * day, day) == []  # its address was forgotten


def test_blocks_and_register(store: Store, a_finding: Any, tmp_path: Path) -> None:
    finding_id = a_finding("=HYPERLINK(1)停息挂账" * 40)
    number = drafted(store, finding_id)
    sent(store, number)
    step(store, number, "acknowledge", "ann", "reviewer", receipt="=R1")
    finding, request = workflow.finding(store, finding_id, reader="t"), workflow.request(store, number)  # fmt: skip
    assert finding.decision
    found = {one.code: one for one in channels(finding)}
    assert set(found) == {
        "platform-report",
        "12377",
        "12378",
    }  # C2 is not the securities regulator's
    assert all(one.stale(date(2026, 11, 26)) for one in found.values())
    form = blocks(found["12377"], finding, finding.decision, Institution(name="演示消金"), request, date(2026, 11, 26))  # fmt: skip
    assert [block.name for block in form][:3] == ["被举报网址", "被举报网站/账号名称", "危害类型"]
    filled = {block.name: block.text for block in form}
    assert filled["被举报网址"] == finding.post.url
    assert "第四十八条" in filled["依据"]
    assert "停息挂账=H" not in filled["举报内容"][120:]  # at most 50 characters are quoted
    beside = Beside(("p", "0" * 64, NOW), ("kim", NOW), 7, [("wechat", "ab" * 32)], NOW)
    events = workflow.events_of(store, [number])[number]
    said = replace(
        finding.post, author_bio=described("代办", "演示法律服务有限公司"), ip_region="上海"
    )
    row = row_of(1, request, events, replace(finding, post=said), Institution(), beside)
    assert row_of(1, request, events, finding, Institution(), beside)[9:11] == ["未采集"] * 2
    for name in ("register.csv", "register.xlsx"):
        write([row], tmp_path / name)
    with (tmp_path / "register.csv").open(encoding="utf-8-sig", newline="") as file:
        head, line = csv.reader(file)
    assert tuple(head) == COLUMNS
    shown = dict(zip(head, line, strict=True))
    assert shown["回执号"] == "'=R1"
    assert (shown["认证信息"], shown["IP属地(展示)"]) == ("演示法律服务有限公司", "上海")
    assert shown["正文摘录(脱敏)"].startswith("'=HYPERLINK") and len(shown["正文摘录(脱敏)"]) < 60
    assert shown["联系方式指纹"] == "wechat:abababababababab"
    assert (
        shown["初审/复核/批准人+时间"].count("20") >= 3
        and "批准 lee" in shown["初审/复核/批准人+时间"]
    )
    assert shown["提交渠道+时间"].startswith("平台内举报")
    assert (shown["涉及本机构(是/否/仿冒)"], shown["关联簇号"]) == ("否", "7")
    assert shown["定位说明"] == "正文" and shown["内容类型"] == "帖子"
    sheet = load_workbook(tmp_path / "register.xlsx").active
    cells = [[cell.data_type for cell in row] for row in sheet.iter_rows()]  # type: ignore[union-attr]
    assert "f" not in {kind for row in cells for kind in row}


def command(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = dict(os.environ) | {"LUREWATCH_HOME": str(settings.home)}
    return subprocess.run([sys.executable, "-m", "lurewatch", "takedown", *arguments], env=env, capture_output=True, text=True, check=False)  # fmt: skip


def test_the_commands(store: Store, a_finding: Any, settings: Settings, tmp_path: Path) -> None:
    workflow.add_user(store, "lee", "password1", "lead")
    number = str(drafted(store, a_finding()))
    refused = command(settings, "approve", number, "--as", "nobody")
    assert refused.returncode == 1 and "nobody is called" in refused.stderr
    assert command(settings, "submit", number, "--as", "ann").stdout == f"Request {number} is submitted.\n"  # fmt: skip
    assert command(settings, "approve", number, "--as", "ann").returncode == 1
    assert command(settings, "approve", number, "--as", "lee").returncode == 0
    with store.begin() as db:
        db.connection.exec_driver_sql("update request_events set at = '2026-01-01 00:00:00'")
    (late,) = json.loads(command(settings, "due", "--json").stdout)
    assert (late["state"], late["do"]) == ("approved", "send it")
    shown = json.loads(command(settings, "show", number, "--json").stdout)
    assert [event["step"] for event in shown["events"]] == ["submit", "approve"]
    assert list(shown["forms"]) == ["platform-report"]
    other = command(settings, "show", number, "--channel", "12377")
    assert other.returncode == 2 and "a request of its own" in other.stderr
    assert "not verified in 90 days" in command(settings, "show", number).stdout
    done = command(settings, "register", "-o", str(tmp_path / "r.csv"))
    assert done.returncode == 0, done.stderr
    assert command(settings, "register", "-o", str(tmp_path / "r.txt")).returncode == 2


def test_killed_while_approving(store: Store, a_finding: Any, settings: Settings) -> None:
    """SIGKILL at moments spread over the command: the step was taken whole, or not at all."""
    workflow.add_user(store, "lee", "password1", "lead")
    env = dict(os.environ) | {"LUREWATCH_HOME": str(settings.home)}
    numbers = [drafted(store, a_finding(post_id=str(n), url=f"https://tieba.baidu.com/p/{n}")) for n in range(6)]  # fmt: skip
    for at, number in enumerate(numbers):
        step(store, number, "submit", "ann", "reviewer")
        command = [sys.executable, "-m", "lurewatch", "takedown", "approve", str(number)]
        child = subprocess.Popen([*command, "--as", "lee"], env=env, stdout=subprocess.DEVNULL)
        try:
            child.wait(0.25 + 0.15 * at)
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
            child.wait()
    for number in numbers:
        state = workflow.request(store, number).state
        steps = [one.step for one in workflow.events_of(store, [number])[number]]
        assert (state, steps) in [("submitted", ["submit"]), ("approved", ["submit", "approve"])]
    assert workflow.check_audit(store).broken is None


def test_a_step_is_judged_without_a_store() -> None:
    request = TakedownRequest(1, 1, Track.A, "x", TakedownState.SUBMITTED, Path("a"), Path("b"), "ann", NOW)  # fmt: skip
    event = taken(request, [], "approve", who="lee", role="lead", at=NOW)
    assert (event.state, event.who) == (TakedownState.APPROVED, "lee")


def test_a_finding_that_is_a_victims_now_is_not_sent(store: Store, a_finding: Any) -> None:
    finding = a_finding()
    number = drafted(store, finding)
    step(store, number, "submit", "ann", "reviewer")
    workflow.decide(store, finding, reviewer="lee", label=Label.NOT_LURE, stance=Stance.VICTIM, services=[])  # fmt: skip
    for name in ("approve", "send"):
        with pytest.raises(NotAllowedError):
            step(store, number, name, "lee", "lead")
    assert step(store, number, "withdraw", "lee", "lead", note="a victim") == "withdrawn"
