"""The normaliser on coded text, on text it must leave alone, and on known failures."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lurewatch.text
from lurewatch.text.contacts import find_contacts
from lurewatch.text.forms import emoji_senses, pictured
from lurewatch.text.lexicon import load_lexicon, problems_of
from lurewatch.text.normalise import folded, normalise
from lurewatch.text.signals import find_signals

LEXICON = load_lexicon()


def cases(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(Path(__file__).with_name(name).read_text("utf-8"))
    return found


def marked(case: dict[str, Any]) -> Any:
    failing = case.get("known_failure")
    marks = [pytest.mark.xfail(reason=failing, strict=True)] if failing else []
    return pytest.param(case, id=case.get("label") or case["text"], marks=marks)


@pytest.mark.parametrize("case", [marked(case) for case in cases("cases.json")])
def test_normalise(case: dict[str, Any]) -> None:
    assert normalise(case["written"], LEXICON).plain == case["meant"]


def test_a_sense_with_pictures_is_never_met_without_one() -> None:
    """What lets most text pass unread: see `forms.from_emoji`."""
    with_pictures = [one for one, _, _ in emoji_senses() if pictured().search(one.pattern)]
    assert len(with_pictures) > 15
    for one in with_pictures:
        bare = {*pictured().sub("", one.pattern), *"aV5 群我"}
        texts = ("".join(some) for some in itertools.product(sorted(bare), repeat=3))
        assert not any(one.search(text) for text in texts), one.pattern


ODD = "停息挂账征信逾期催收加微薇V❤➕🛰️xinqyz123①❾ \n*·.\u200b\u0336🇨🇳彳亻言正\ud800\0"
texts = st.one_of(st.text(max_size=60), st.text(alphabet=ODD, max_size=40))


@settings(max_examples=400, deadline=None)
@given(texts)
def test_any_text_is_read_and_traced(text: str) -> None:
    found = normalise(text, LEXICON)
    assert len(found.map) == len(found.plain)
    assert all(0 <= start < end <= len(text) for start, end in found.map)
    assert [start for start, _ in found.map] == sorted(start for start, _ in found.map)
    assert all(text[t.raw_start : t.raw_end] == t.surface for t in found.terms)


@settings(max_examples=400, deadline=None)
@given(texts)
def test_plain_text_stays_as_it_is(text: str) -> None:
    plain = normalise(text, LEXICON).plain
    assert normalise(plain, LEXICON).plain == plain


UNITS = (
    "❤️", "征\u0336", "e\u0301", "停", "停\n", "yq", "➕", "停*", "\u200b", "征信", "zhengxin", "亻", "1", "a.",
    "征❤", "零", "加微信demo_0088 ", "💰", "债 务，", "x停", "逾q", "🐟期", "zx，", "与其蒸鑫", "zw债务，", "彳正信，征信，",
    "(征)(信)", "征*信*", "𝔀𝓭", "亻责务", "花杯和姐呗，",
)  # fmt: skip


@pytest.mark.parametrize("unit", UNITS)  # fmt: skip
def test_ten_times_the_text_takes_no_hundred_times_the_work(unit: str) -> None:
    # a step that were quadratic would take minutes here
    text = unit * (40_000 // len(unit))
    found = normalise(text, LEXICON)
    assert found.raw == text
    find_contacts([("text", None, found)])
    find_signals([("text", None, found)])


def test_a_reading_says_how_sure_it_is() -> None:
    def sure(text: str) -> list[tuple[str, float]]:
        return [
            (t.surface, t.confidence) for t in normalise(text, LEXICON).terms if t.plain == "催收"
        ]

    assert sure("催收天天打电话") == [("催收", 1.0)]
    ((_, vouched),) = sure("逾期了，天天被cuishou，银行也催")
    ((_, alone),) = sure("天天被cuishou轰炸，手机都不敢开机")
    assert 0.5 < alone < vouched < 1.0


def test_a_doubtful_reading_lends_no_more_than_its_doubt() -> None:
    found = normalise("天天被cuishou轰炸，手机都不敢开机，摧收说要上门", LEXICON)
    read = {term.surface: term.confidence for term in found.terms if term.device != "plain"}
    assert read.keys() == {"cuishou", "摧收"}
    assert read["摧收"] < read["cuishou"] < 0.95


@pytest.mark.parametrize("grade", ["A", "B", "C"])
@pytest.mark.parametrize("form", ["qz", "qzx", "q征", "🐟🐟", "qzxqzxq", "鱼鱼"])
def test_any_row_an_operator_adds_can_be_read(tmp_path: Path, form: str, grade: str) -> None:
    overlay = tmp_path / "lexicon.tsv"
    head = "concept\tform\tplain\tdevice\tgrade\tgroup\tfamilies\tnote\tsource\tfirst_seen\n"
    row = f"征信修复\t{form}\t征信\tinitials\t{grade}\tSVC\tcredit\t\tcase 1\t2026-11\n"
    overlay.write_text(head + row, "utf-8")
    found = normalise(f"逾期了，帮查{form}，能办吗", load_lexicon(overlay))
    assert "征信" in found.plain
    alone = normalise(f"帮查{form}，能办吗", load_lexicon(overlay))
    assert ("征信" in alone.plain) or grade != "A"


def test_terms_that_are_written_out_are_never_cut() -> None:
    for text in ("网贷还清那天我把软件都卸了", "车贷还款提醒", "刚办的房贷还没放下来"):
        assert normalise(text, LEXICON).plain == text


@pytest.mark.parametrize("case", [marked(case) for case in cases("contacts.json")])
def test_contacts(case: dict[str, Any]) -> None:
    found = find_contacts([("text", None, normalise(case["text"], LEXICON))])
    shown = [[one.channel, one.value] for one in sorted(found, key=lambda one: one.start)]
    assert shown == case["contacts"]
    for one in found:
        assert 0 <= one.start < one.end <= len(case["text"])


def test_lexicon_rows_are_sound() -> None:
    assert len({term.form for term in LEXICON.terms}) == len(LEXICON.terms)
    assert problems_of(LEXICON.terms) == []
    assert [
        term.form for term in LEXICON.terms if term.coded and folded(term.form) != term.form
    ] == []


def test_overlay_changes_the_version_and_is_read(tmp_path: Path) -> None:
    shipped = Path(lurewatch.text.__file__).parent
    header = (shipped / "data/lexicon.tsv").read_text("utf-8").splitlines()[0]
    row = "征信修复\t蒸鑫\t征信\thomophone\tA\tSVC\tcredit\t\town\t2026-11"
    overlay = tmp_path / "lexicon.tsv"
    overlay.write_text(f"{header}\n{row}\n", "utf-8")
    own = load_lexicon(overlay)
    assert own.version != LEXICON.version
    assert normalise("蒸鑫花了", own).plain == "征信花了"
