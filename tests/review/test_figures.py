"""The figures against cases worked out by hand, the charts, and the report of a month."""

import csv
import io
import unicodedata
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from docx import Document
from fastapi.testclient import TestClient
from pypdf import PdfReader
from typer.testing import CliRunner

from lurewatch import workflow
from lurewatch.cli import app as command
from lurewatch.config import Settings
from lurewatch.errors import InputError
from lurewatch.figures import (
    FindingTimes,
    RequestTimes,
    Wait,
    by_basis,
    by_channel,
    by_reason,
    curve_of,
    figures_of,
    kaplan_meier,
    precision,
    relapses,
    removal,
    sending,
    wilson,
)
from lurewatch.finding import Label, Service, Stance
from lurewatch.letters.law import in_force
from lurewatch.review.app import create_app
from lurewatch.review.drawing import bar_chart, line_chart, step_chart
from lurewatch.store import Store
from lurewatch.store.measured import request_times
from lurewatch.takedown import Track
from tests.review.test_console import logged_in
from tests.takedown.test_requests import drafted

T = datetime(2026, 11, 10, 12, tzinfo=UTC)


def day(number: float) -> datetime:
    return T + timedelta(days=number)


def test_kaplan_meier_as_published() -> None:
    """Remission under 6-MP (Freireich et al., 1963), the textbooks' example; True: relapsed."""
    came = (6, 6, 6, 7, 10, 13, 16, 22, 23)
    still = (6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35)
    waits = [Wait(at, True) for at in came] + [Wait(at, False) for at in still]
    steps = kaplan_meier(waits)
    assert [(one.days, round(one.left, 3), one.at_risk) for one in steps] == [
        (6, 0.857, 21),
        (7, 0.807, 17),
        (10, 0.753, 15),
        (13, 0.690, 12),
        (16, 0.627, 11),
        (22, 0.538, 7),
        (23, 0.448, 6),
    ]
    curve = curve_of(waits)
    assert (curve.waits, curve.came, curve.median, curve.most) == (21, 9, 23, None)
    assert curve_of([]).median is None
    assert curve_of([Wait(3, False)]).steps == ()


def test_half_of_two_have_come_with_the_first() -> None:
    assert curve_of([Wait(1, True), Wait(5, True)]).median == 1


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(0, 10, 0.0, 0.278), (8, 10, 0.490, 0.943), (10, 10, 0.722, 1.0), (81, 263, 0.255, 0.366)],
)  # the last one: Newcombe (1998), table I
def test_wilson(hits: int, of: int, low: float, high: float) -> None:
    one = wilson("x", hits, of)
    assert (round(one.low, 3), round(one.high, 3)) == (low, high)


def test_what_is_open_or_ended_otherwise_is_counted() -> None:
    rows = [
        RequestTimes("贴吧", day(1), decided_at=day(0), sent_at=day(2), removed_at=day(5)),
        RequestTimes("贴吧", day(1), decided_at=day(0), sent_at=day(2), ended_at=day(4)),
        RequestTimes("贴吧", day(1)),
    ]
    assert sending(rows, day(9)) == [Wait(2, True), Wait(2, True), Wait(8, False)]
    assert removal(rows, day(9)) == [Wait(3, True), Wait(2, False)]
    assert removal(rows, day(4)) == [Wait(2, False), Wait(2, False)]  # as it stood then


def finding(label: Label | None, **changes: Any) -> FindingTimes:
    row = {"finding_id": 1, "platform": "tieba", "grade": "L3", "services": ("C2",), "published_at": None, "found_at": T}  # fmt: skip
    return FindingTimes(**row | {"label": label} | changes)


def test_sending_is_waited_for_from_the_decision(store: Store, a_finding: Any) -> None:
    first, second = (drafted(store, a_finding(post_id=n, url=f"https://tieba.baidu.com/p/{n}")) for n in "12")  # fmt: skip
    with store.begin() as db:
        db.connection.exec_driver_sql("update decisions set decided_at = '2026-11-01 00:00:00'")
    workflow.undo_decision(store, workflow.request(store, second).finding_id, reviewer="ann")
    now = datetime.now(UTC) + timedelta(seconds=1)
    with store.reading() as db:
        rows = request_times(db, now - timedelta(days=1), now, now)
    days = (now - datetime(2026, 11, 1, tzinfo=UTC)).total_seconds() / 86_400
    assert [one.days for one in sending(rows, now)] == pytest.approx([days, days])
    assert first != second


def test_precision_and_protected_errors() -> None:
    rows = [
        finding(Label.LURE, services=("C2", "C10")),
        finding(Label.NOT_LURE, stance="VICTIM"),
        finding(Label.NOT_LURE, stance="OTHER", grade="L2"),
        finding(None),
    ]
    assert [(one.name, one.hits, one.of) for one in precision(rows)] == [
        ("all", 1, 3),
        ("L3", 1, 2),
        ("L2", 0, 1),
        ("C2", 1, 3),
        ("C10", 1, 1),
    ]
    found = figures_of(T, day(1), day(1), [], rows, [])
    assert dict(found.protected)["VICTIM"] == 1
    assert sum(count for _, count in found.protected) == 1
    assert found.undated == 4


def test_the_random_sample_stands_apart() -> None:
    rows = [finding(Label.LURE, sampled=True), finding(Label.NOT_LURE), finding(None, sampled=True)]
    found = figures_of(T, day(1), day(1), [], rows, [])
    assert [(one.name, one.hits, one.of) for one in found.sample] == [("all", 1, 1), ("L3", 1, 1), ("C2", 1, 1)]  # fmt: skip
    assert found.sample_waits == 1


def test_what_came_of_requests_by_recipient() -> None:
    rows = [
        RequestTimes(
            "贴吧", day(0), sent_at=day(1), removed_at=day(2), cause="removed_by_platform"
        ),
        RequestTimes("贴吧", day(0), sent_at=day(1), removed_at=day(2), cause="deleted_or_private"),
        RequestTimes("贴吧", day(0), sent_at=day(1), removed_at=day(2), cause="account_closed"),
        RequestTimes("贴吧", day(0), sent_at=day(1), removed_at=day(2), cause="gone"),
        RequestTimes("贴吧", day(0), sent_at=day(1), removed_at=day(2)),
        RequestTimes("贴吧", day(0), sent_at=day(1), refused=True, ended_at=day(3)),
        RequestTimes("微博", day(0), sent_at=day(1), countered=True, repeated=True),
        RequestTimes("微博", day(0)),
    ]
    everything, weibo, tieba = by_channel(rows)
    assert (everything.name, everything.sent, everything.removed.hits) == ("", 7, 5)
    assert (tieba.name, tieba.sent, tieba.removed.hits) == ("贴吧", 6, 5)
    assert (tieba.by_platform.hits, tieba.by_author, tieba.closed, tieba.untold) == (1, 1, 1, 2)
    assert (tieba.refused.hits, tieba.countered.hits, weibo.countered.hits, weibo.repeated.hits) == (1, 0, 1, 1)  # fmt: skip


def test_what_came_of_requests_by_reason_and_basis() -> None:
    gone = {"sent_at": day(1), "removed_at": day(2), "cause": "removed_by_platform"}
    rows = [
        RequestTimes("贴吧", day(0), **gone, reasons=("C10", "C2"), bases=("甲法", "乙法")),
        RequestTimes("贴吧", day(0), sent_at=day(1), reasons=("C2",), bases=("甲法",)),
        RequestTimes("微博", day(0), sent_at=day(1), refused=True, reasons=("trademark",)),
        RequestTimes("微博", day(0), sent_at=day(1)),
        RequestTimes("微博", day(0), reasons=("C5",), bases=("丙法",)),  # never sent
    ]
    reasons = [(one.name, one.sent, one.by_platform.hits) for one in by_reason(rows)]
    assert reasons == [("", 4, 1), ("C2", 2, 1), ("C10", 1, 1), ("trademark", 1, 0), ("untold", 1, 0)]  # fmt: skip
    bases = [(one.name, one.sent, one.removed.hits) for one in by_basis(rows)]
    assert bases == [("", 4, 1), ("乙法", 1, 1), ("甲法", 2, 1), ("untold", 2, 0)]


def test_a_reason_is_what_was_decided_when_it_was_drafted(store: Store, a_finding: Any) -> None:
    first, notice, bare = (a_finding(post_id=str(at), url=f"https://tieba.baidu.com/p/{at}") for at in range(3))  # fmt: skip
    cite = in_force([Service.C2], T.date())[0]["cite"]
    numbers = [
        drafted(store, first, cites=(cite,)),
        drafted(store, notice, track=Track.B, infringement="trademark", cites=()),
        drafted(store, bare),
    ]
    workflow.decide(store, first, reviewer="ann", label=Label.LURE, stance=Stance.SOLICIT, services=[Service.C7])  # fmt: skip
    for number in numbers[:2]:
        workflow.take_step(store, number, "submit", who="ann", role="reviewer")
        workflow.take_step(store, number, "approve", who="law", role="legal")
        workflow.take_step(store, number, "send", who="law", role="legal")
    now = datetime.now(UTC)
    found = workflow.figures(store, now - timedelta(days=1), now + timedelta(days=1))
    assert [(one.name, one.sent) for one in found.reasons] == [("", 2), ("C2", 1), ("trademark", 1)]
    assert [(one.name, one.sent) for one in found.bases] == [("", 2), (cite, 1), ("untold", 1)]


def test_relapse_leaves_out_what_is_too_new_to_tell() -> None:
    gone = {"sent_at": day(0), "removed_at": day(10)}
    rows = [
        RequestTimes("贴吧", day(0), **gone, back_at=day(12)),
        RequestTimes("贴吧", day(0), **gone, back_at=day(30)),
        RequestTimes("贴吧", day(0), **gone),
        RequestTimes("贴吧", day(0), sent_at=day(0), removed_at=day(49)),
    ]
    assert [(one.name, one.hits, one.of) for one in relapses(rows, day(50))] == [
        ("7", 1, 3),
        ("30", 2, 3),
        ("90", 2, 2),
    ]


@pytest.mark.parametrize(
    "chart",
    [
        line_chart("<题>", "desc & more", {"甲": [(0, 1), (2, 3)], "乙": []}, "天", "帖"),
        step_chart("题", "desc", {str(n): [(0, 0), (1.5, 40), (2, 100)] for n in range(6)}, "天", "%"),
        step_chart("题", "desc", {}, "天", "%"),
        bar_chart("题", "desc", [("全部 <b>", 0.5, "50 %")], 1.0, [(0.2, 0.8)]),
        bar_chart("题", "desc", []),
    ],
)  # fmt: skip
def test_charts_are_whole_and_say_what_they_are(chart: str) -> None:
    svg = ElementTree.fromstring(chart)  # drawn here
    assert svg.attrib["role"] == "img"
    assert [child.tag for child in svg][:2] == ["title", "desc"]
    assert "style" not in chart
    for line in svg.iter("polyline"):
        for point in line.attrib["points"].split():
            x, y = map(float, point.split(","))
            assert 0 <= x <= 640 and 0 <= y <= 216


@pytest.fixture
def app(store: Store, settings: Settings, a_finding: Any) -> Any:
    workflow.add_user(store, "lee", "password1", "lead")
    lure, victim = a_finding(post_id="1"), a_finding(post_id="2", published_at=None)
    a_finding(post_id="3")
    workflow.decide(store, lure, reviewer="=lee", label=Label.LURE, stance=Stance.SOLICIT, services=(Service.C2,))  # fmt: skip
    workflow.decide(store, victim, reviewer="=lee", label=Label.NOT_LURE, stance=Stance.VICTIM, services=())  # fmt: skip
    return create_app(store, secret="x" * 32, evidence_dir=settings.evidence_dir)


def test_the_page_in_both_languages(app: Any) -> None:
    for language, words in (
        ("zh", "误标的受保护言论"),
        ("en", "Protected speech that was flagged"),
    ):
        answer = logged_in(app, language=language).get("/figures?days=7")
        assert answer.status_code == 200
        assert words in answer.text
        assert answer.text.count("<svg") == answer.text.count("<desc>") == 10
        assert "style=" not in answer.text
    assert TestClient(app, follow_redirects=False).get("/figures").status_code == 303
    assert TestClient(app, follow_redirects=False).get("/figures/load.csv").status_code == 303


def test_the_tables_behind_the_charts(app: Any) -> None:
    client = logged_in(app)

    def table(name: str) -> list[list[str]]:
        text = client.get(f"/figures/{name}.csv?days=30").text
        return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))

    assert table("load") == [["reviewer", "decided", "on_days"], ["'=lee", "2", "1"]]
    assert table("precision")[1][:3] == ["all", "1", "2"]
    assert ["VICTIM", "1"] in table("protected")
    assert table("reasons")[0][:2] == ["reason", "sent"]
    assert table("bases")[0][:2] == ["legal_basis", "sent"]
    assert table("coverage")[1][1:] == ["tieba", "3", "0", "3"]
    assert {row[0] for row in table("waits")[1:]} == {"detect", "review"}
    assert client.get("/figures/other.csv").status_code == 404


def test_the_report_of_a_month(app: Any, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.setenv("LUREWATCH_HOME", str(settings.home))
    month = f"{datetime.now(UTC) + timedelta(hours=8):%Y-%m}"
    target = tmp_path / "月报.docx"
    done = CliRunner().invoke(command, ["report", "--month", month, "-o", str(target)])
    assert done.exit_code == 0, done.output
    report = Document(str(target))
    texts = [one.text for one in report.paragraphs]
    assert texts[0].endswith("金融黑灰产监测月报")
    cells = [[cell.text for cell in row.cells] for table in report.tables for row in table.rows]
    assert ["全部", "1", "2", "50 %"] in [row[:4] for row in cells]
    assert ["发现至裁定", "3", "2"] in [row[:3] for row in cells]
    wrong = CliRunner().invoke(command, ["report", "--month", "11/2026", "-o", str(target)])
    assert "write it as 2026-11" in str(wrong.exception)
    paper = tmp_path / "月报.pdf"
    done = CliRunner().invoke(command, ["report", "--month", month, "-o", str(paper)])
    assert done.exit_code == 0, done.output
    printed = "".join(page.extract_text() for page in PdfReader(str(paper)).pages)
    seen = unicodedata.normalize("NFKC", printed)  # some fonts write radicals
    assert "金融黑灰产监测月报" in seen and "50 %" in seen and "下架后复现" in seen
    monkeypatch.setattr("lurewatch.browser.find_chromium", lambda _: None)
    without = CliRunner().invoke(
        command, ["report", "--month", month, "-o", str(tmp_path / "n.pdf")]
    )
    assert isinstance(without.exception, InputError) and "name a .docx" in str(without.exception)
    assert not (tmp_path / "n.pdf").exists()


def test_figures_that_take_long_are_kept_a_while(
    app: Any, store: Store, a_finding: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = logged_in(app, language="en")

    def waits() -> str:
        text = client.get("/figures/waits.csv").text
        return text.splitlines()[-1]

    number = a_finding()
    monkeypatch.setattr("lurewatch.review.figures.SLOW", -1.0)
    before = waits()
    workflow.decide(store, number, reviewer="kim", label=Label.LURE, stance=Stance.SOLICIT, services=[Service.C2])  # fmt: skip
    assert waits() == before
    app.state.snapshots.clear()
    assert waits() != before
    assert "As of" in client.get("/figures").text
