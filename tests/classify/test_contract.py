"""The contract of `lurewatch classify`, kept on ugly input too, with the shipped model."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lurewatch.cli.judging import How, judge_lines
from lurewatch.config import read_settings
from lurewatch.detect import Detector
from lurewatch.errors import InputError
from lurewatch.finding import PROTECTED, Grade, Stance
from lurewatch.post import Post

KEYS = [
    "id",
    "flagged",
    "grade",
    "score",
    "stance",
    "services",
    "stage",
    "reasons",
    "contacts",
    "model",
    "lexicon",
]
LURES = (
    "停xi挂z，六十期不成不收，加薇❤信：demo_0088",
    "征信修复，逾期记录能消，先做后付，看我主页",
    "代理退保，交多少退多少，不是现价，葆单拍来免费评估，私我",
    "黑户白户都能下款，强开额度，内部渠道，加V：demo_0099",
    "崔收交给我，手机卡寄过来我们代接，7天停催，滴滴我",
)
INNOCENT = (
    "今天天气真好，出去走走",
    "有没有人懂停息挂账怎么弄，逾期两个月了，天天被催，求指路",
    "风险提示：凡声称代理维权、征信修复并收费的均不可信，请拨打12378",
    "避雷！交了4980给所谓法务，说好停催，结果被拉黑了，他微信 fawu_demo01",
    "遇到还款困难请联系我行客服95588，协商个性化分期，全程不收取任何费用",
    "这周把支付模块的技术债务优化完了，逾期任务清零",
)


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector.load(read_settings({"LUREWATCH_HOME": "/nonexistent"}))


def judged(
    detector: Detector, data: bytes, screen: bool = True
) -> tuple[list[dict[str, Any]], int]:
    out = io.StringIO()
    failed = judge_lines(detector, iter(io.BytesIO(data)), out, How(screen, explain=False))
    return [json.loads(line) for line in out.getvalue().splitlines()], failed


def lines(*rows: Any) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def test_clear_lures_are_flagged(detector: Detector) -> None:
    rows, _ = judged(detector, lines(*({"id": n, "text": text} for n, text in enumerate(LURES))))
    assert [row["flagged"] for row in rows] == [True] * len(LURES)
    assert all(row["services"] for row in rows)


def test_innocents_are_not(detector: Detector) -> None:
    rows, _ = judged(detector, lines(*({"id": n, "text": text} for n, text in enumerate(INNOCENT))))
    assert [row["flagged"] for row in rows] == [False] * len(INNOCENT)


def test_keys_order_and_offsets(detector: Detector) -> None:
    text = "😀停xi挂z，不成不收，加薇❤信：demo_0088"
    (row,), failed = judged(
        detector, lines({"id": 7, "text": text, "tags": ["上岸", "逾期"], "x": 1})
    )
    assert failed == 0
    assert list(row) == KEYS
    for reason in row["reasons"]:
        value = text if reason["field"] == "text" else ["上岸", "逾期"][reason["index"]]
        assert value[reason["start"] : reason["end"]] == reason["surface"]
        assert list(reason) == ["field", "index", "start", "end", "surface", "meaning", "kind"]
    (contact,) = row["contacts"]
    assert list(contact) == [
        "field",
        "index",
        "start",
        "end",
        "channel",
        "value",
        "owner",
        "confidence",
    ]
    assert (contact["value"], contact["owner"]) == ("demo_0088", "author")
    assert {(r["surface"], r["meaning"]) for r in row["reasons"]} >= {
        ("停xi挂z", "停息挂账"),
        ("逾期", "逾期"),
    }


def test_bad_lines_stand_in_their_place(detector: Detector) -> None:
    good = lines({"id": "a", "text": "你好"})
    bad = [b"{no json", b"[1]", b'"text"', b"null", b'{"text": "no id"}', b'{"id": 1, "text": 5}',
           b'{"id": 2, "tags": [1]}', b'{"id": 3, "text": "\xff"}']  # fmt: skip
    data = b"\xef\xbb\xbf" + good + b"\n  \n" + b"\n".join(bad) + b"\n" + good
    rows, failed = judged(detector, data)
    assert failed == len(bad)
    assert [row["id"] for row in rows] == ["a", None, None, None, None, None, 1, 2, None, "a"]
    assert all(list(row) == ["id", "error"] for row in rows[1:-1])


def test_ids_and_odd_values_come_through(detector: Detector) -> None:
    rows = [
        {"id": value, "text": None, "title": "x\0\ud800"}
        for value in (None, [1], {"a": 1}, 1.5, "x")
    ]
    found, failed = judged(detector, lines(*rows, {"id": 0}, {"id": 1, "tags": "上岸"}))
    assert failed == 0
    assert [row["id"] for row in found] == [None, [1], {"a": 1}, 1.5, "x", 0, 1]


def test_without_the_first_stage_the_model_reads_all(detector: Detector) -> None:
    row = lines({"id": 1, "text": "今天天气真好"})
    assert judged(detector, row, screen=False)[0][0]["stage"] == "model"


def test_no_protected_stance_is_ever_flagged(detector: Detector) -> None:
    posts = [Post("", "", "", text) for text in (*LURES, *INNOCENT)]
    for verdict in detector.judge(posts, screen=False):
        assert not (verdict.flagged and verdict.stance in PROTECTED)
        assert verdict.flagged == (verdict.grade in (Grade.L2, Grade.L3))


def test_a_victims_contact_is_the_suspects(detector: Detector) -> None:
    (verdict,) = detector.judge([Post("", "", "", INNOCENT[3])])
    assert verdict.stance is Stance.VICTIM
    assert verdict.grade is Grade.L1
    assert [contact.owner for contact in verdict.contacts] == ["suspect"]


def run(*words: str, home: Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    env = dict(os.environ) | {"LUREWATCH_HOME": str(home)}
    return subprocess.run(
        [sys.executable, "-m", "lurewatch", *words],
        env=env,
        input=stdin,
        capture_output=True,
        check=False,
    )


def test_the_command(tmp_path: Path) -> None:
    source, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_bytes(lines({"id": 1, "text": LURES[0]}) + b"{broken\n")
    out.write_text("as before")
    done = run("classify", str(source), "-o", str(out), home=tmp_path)
    assert done.returncode == 1
    assert [json.loads(line).get("flagged") for line in out.read_text().splitlines()] == [
        True,
        None,
    ]
    piped = run("classify", "-", home=tmp_path, stdin=lines({"id": 1, "text": "你好"}))
    assert (piped.returncode, json.loads(piped.stdout)["flagged"]) == (0, False)


@pytest.mark.parametrize(
    "words", [("missing.jsonl",), (".",), ("in.jsonl", "-o", "no/such/folder/out")]
)
def test_what_cannot_be_read_or_written_is_named(tmp_path: Path, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.jsonl").write_bytes(lines({"id": 1}))
    done = run("classify", *words, home=tmp_path)
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr
    assert words[-1].encode() in done.stderr


def test_no_torch_is_needed(tmp_path: Path) -> None:
    script = (
        "import sys; sys.argv = ['lurewatch', 'classify', '-']; from lurewatch.cli import main\ntry:\n    main()\nfinally:\n"
        "    heavy = ('torch', 'transformers', 'jieba', 'sklearn')\n"
        "    print([name for name in heavy if name in sys.modules], file=sys.stderr)"
    )
    env = dict(os.environ) | {"LUREWATCH_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", script],
        input=lines({"id": 1, "text": LURES[0]}),
        env=env,
        capture_output=True,
        check=False,
    )
    assert done.stderr.strip() == b"[]"


@pytest.mark.parametrize(
    "name", ["model.int8.onnx", "tokenizer.json", "thresholds.json", "screen.npz"]
)
def test_a_broken_model_is_named(tmp_path: Path, name: str) -> None:
    shipped = Detector.load(read_settings({"LUREWATCH_HOME": "/nonexistent"}))._classifier.folder
    for path in shipped.iterdir():
        (tmp_path / path.name).symlink_to(path)
    (tmp_path / name).unlink()
    (tmp_path / name).write_bytes(b"broken")
    with pytest.raises(InputError, match=rf"{name} is broken"):
        Detector.load(read_settings({"LUREWATCH_MODEL": str(tmp_path)})).judge(
            [Post("", "", "", LURES[0])]
        )


def test_a_folder_is_no_output(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_bytes(lines({"id": 1, "text": "你好"}))
    command = [sys.executable, "-m", "lurewatch", "classify", str(source), "-o", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "is a folder" in done.stderr and "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == [source]


@pytest.mark.parametrize("screen", [True, False])
def test_what_says_next_to_nothing_is_never_flagged(detector: Detector, screen: bool) -> None:
    nothing = [
        *"kxyz早卡",
        "dd",
        "test",
        "咨询",
        "信用",
        "👍",
    ]  # the model takes several for offers
    posts = [Post(platform="tieba", post_id=str(at), url="", text="", title=one) for at, one in enumerate(nothing)]  # fmt: skip
    for verdict in detector.judge(posts, screen=screen):
        assert (verdict.stance, verdict.grade, verdict.score) == (Stance.OTHER, Grade.L0, 0.0)
    assert {str(detector.why_not(post)) for post in posts} == {"it says too little to be judged"}
    (row,), _ = judged(detector, lines({"id": 1, "text": "停挂私"}), screen)
    assert row["flagged"]


def test_who_only_asks_about_an_offer_is_never_flagged(detector: Detector) -> None:
    offer = "全额退，抽三成，不成不收，加薇demo_0088"
    asked = [
        {"id": 1, "text": "这种dai办靠谱吗？", "ocr": [offer]},
        {"id": 2, "text": "同事推给我的，是真的吗", "author_comments": [], "ocr": [offer]},
    ]
    told = [{"id": 3, "text": f"{offer}，靠谱吗？来看看就知道，找我"}]
    rows, _ = judged(detector, lines(*asked, *told))
    assert [row["flagged"] for row in rows] == [False, False, True]


def test_a_verdict_does_not_depend_on_its_neighbours(detector: Detector) -> None:
    post = {"id": 1, "text": "停息挂账能谈，先谈成再付"}
    others = [{"id": n, "text": "今天下雨。" * n} for n in range(2, 40)]
    (alone,), _ = judged(detector, lines(post))
    together, _ = judged(detector, lines(*others, post))
    assert together[-1] == alone


def test_posts_run_side_by_side_are_what_each_is_alone(detector: Detector) -> None:
    posts = [{"id": text, "text": text} for text in LURES + INNOCENT]
    together, _ = judged(detector, lines(*posts), screen=False)
    assert together == [judged(detector, lines(post), screen=False)[0][0] for post in posts]


def test_a_flag_names_the_clauses_that_carried_it(detector: Detector) -> None:
    text = "姐妹们好，停息挂账分60期，不成功不收费，加薇demo_kk99"
    (plain,) = detector.judge([Post("", "", "", text)])
    (told,) = detector.judge([Post("", "", "", text)], explain=True)
    carried = [reason for reason in told.reasons if reason.kind == "model"]
    assert plain.flagged
    assert not [reason for reason in plain.reasons if reason.kind == "model"]
    assert carried
    assert all(text[reason.start : reason.end] == reason.surface for reason in carried)
    assert "姐妹们好，" not in {reason.surface for reason in carried}


def test_a_post_that_is_not_flagged_says_why(tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    said = "崔收天天打电话，我自己跟银行协商停息挂账，谈了五次才成，没找中介"
    source.write_text(json.dumps({"id": 1, "text": said}) + "\n", "utf-8")
    command = [sys.executable, "-m", "lurewatch", "classify", str(source), "--explain"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    row = json.loads(done.stdout)
    assert not row["flagged"]
    assert row["why_not"] == f"it reads as {row['stance']}"
