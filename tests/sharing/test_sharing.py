"""Confirmed findings given to others: what stands in each format, what never does, and who may."""

import csv
import hashlib
import hmac
import json
import os
import subprocess
import sys
import zipfile
from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import stix2
from docx import Document
from openpyxl import load_workbook
from pymisp import MISPEvent
from typer.testing import CliRunner

from lurewatch import workflow
from lurewatch.cli import app
from lurewatch.config import Secrets, Settings, read_secrets
from lurewatch.errors import InputError, NotAllowedError, SettingsError
from lurewatch.finding import Label, Service, Stance
from lurewatch.post import Post
from lurewatch.sharing import alliance, handing
from lurewatch.sharing.marking import Tlp
from lurewatch.store import Store, expiry
from lurewatch.takedown import read_institution
from lurewatch.workflow import User
from tests.link.test_linking import Reader, a_lure, put
from tests.takedown.test_letters import PROFILE

ANN, LEE, LAW, AUD = (User("ann", "reviewer", False), User("lee", "lead", False), User("law", "legal", False), User("aud", "auditor", False))  # fmt: skip
KEY = urlsafe_b64encode(b"a key of the alliance, 32 bytes.").decode()
LONG = "先看方案再谈费用，谈不成不收钱，同城可以面谈，全国都能办理，" * 5


@pytest.fixture(autouse=True)
def people(store: Store, settings: Settings) -> None:
    settings.profile_file.write_text(PROFILE, "utf-8")
    for one in (ANN, LEE, LAW, AUD):
        workflow.add_user(store, one.name, "password1", one.role)


@pytest.fixture
def campaign(store: Store) -> list[int]:
    """Three lures that share a WeChat contact, of which a person confirmed two; a victim names it too."""
    put(
        store,
        a_lure(1, f"停息挂账找我，加微信：demo_0088，{LONG}", author_name="=演示甲老师"),
        a_lure(2, "征信修复，加微信：demo_0088，或打电话 13900000088，看 https://loan.example/x"),
        a_lure(3, "全额退保，加微信：demo_0088"),
        a_lure(4, "被骗了，加微信：demo_0088 那个人，我电话 13800001234"),
    )
    by_post = {one.post.post_id: one.finding_id for one in workflow.findings_to_review(store)}
    numbers = [by_post[name] for name in ("1", "2", "3")]
    workflow.name_campaign(store, numbers[0], "六十期", who="lee")
    for number in numbers[:2]:
        called(store, number)
    return numbers


def called(store: Store, number: int, stance: Stance = Stance.SOLICIT, label: Label = Label.LURE) -> None:  # fmt: skip
    workflow.decide(store, number, reviewer="lee", label=label, stance=stance, services=[Service.C2] if label is Label.LURE else [])  # fmt: skip


def with_evidence(store: Store, settings: Settings, number: int) -> None:
    package = settings.evidence_dir / f"package-{number}"
    package.mkdir(parents=True)
    (package / "manifest.json").write_text('{"complete": true}')
    (package / "SHA256SUMS").write_text("")
    workflow.record_evidence(store, number, package, f"{number:064}", True)


def stix(store: Store, settings: Settings, target: Path, tlp: Tlp = Tlp.RED) -> stix2.Bundle:
    handing.give_stix(store, settings, "六十期", target, user=LEE, to="演示平台", tlp=tlp)
    return stix2.parse(target.read_text("utf-8"), allow_custom=False, version="2.1")


def of_type(bundle: stix2.Bundle, kind: str) -> list[Any]:
    return [one for one in bundle.objects if one.type == kind]


def test_a_campaign_as_stix(
    store: Store, settings: Settings, campaign: list[int], tmp_path: Path
) -> None:
    bundle = stix(store, settings, tmp_path / "c.json")
    [named], [owner], [report] = (of_type(bundle, kind) for kind in ("campaign", "identity", "report"))  # fmt: skip
    assert (named.name, owner.name) == ("六十期", "演示消费金融有限公司")
    patterns = {one.pattern for one in of_type(bundle, "indicator")}
    assert patterns == {
        "[url:value = 'https://tieba.baidu.com/p/1']",
        "[url:value = 'https://tieba.baidu.com/p/2']",
        "[url:value = 'https://loan.example/x']",
        "[user-account:account_type = 'tieba' AND user-account:user_id = 'un-1']",
        "[user-account:account_type = 'tieba' AND user-account:user_id = 'un-2']",
        "[user-account:account_type = 'wechat' AND user-account:user_id = 'demo_0088']",
        "[user-account:account_type = 'phone' AND user-account:user_id = '13900000088']",
    }
    known = {one.id for one in bundle.objects}
    for tie in of_type(bundle, "relationship"):
        assert {tie.source_ref, tie.target_ref} <= known
    kinds = {(one.relationship_type, one.target_ref.partition("--")[0]) for one in of_type(bundle, "relationship")}  # fmt: skip
    assert kinds == {("indicates", "campaign"), ("based-on", "observed-data")}
    assert set(report.object_refs) <= known
    marked = [one for one in bundle.objects if "object_marking_refs" in one]
    assert len(marked) == len(bundle.objects) - 1  # all but the marking itself
    assert {tuple(one.object_marking_refs) for one in marked} == {(stix2.TLP_RED.id,)}
    assert len(of_type(bundle, "observed-data")) == len(of_type(bundle, "note")) == 2


def test_what_never_stands_in_it(
    store: Store, settings: Settings, campaign: list[int], tmp_path: Path
) -> None:
    stix(store, settings, tmp_path / "c.json")
    handing.give_misp(store, settings, "六十期", tmp_path / "m.json", user=LEE, to="x", tlp=Tlp.RED)
    for name in ("c.json", "m.json"):
        text = (tmp_path / name).read_text("utf-8")
        assert "全额退保" not in text  # nobody confirmed it
        assert "13800001234" not in text and "被骗" not in text
        assert "演示甲老师" not in text and "password" not in text and "lee" not in text
        assert LONG[:45] not in text  # a quotation has 50 characters at most
        assert (tmp_path / name).stat().st_mode & 0o077 == 0


def test_exporting_again_gives_the_same_ids(
    store: Store, settings: Settings, campaign: list[int], tmp_path: Path
) -> None:
    first, second = (stix(store, settings, tmp_path / f"{n}.json") for n in "12")
    assert first.id == second.id
    assert [one.id for one in first.objects] == [one.id for one in second.objects]
    again = {one.id: one for one in second.objects}
    for one in first.objects:
        if one.type not in ("campaign", "report"):
            assert one == again[one.id]
    green = stix(store, settings, tmp_path / "g.json", Tlp.GREEN)
    made = {one.id for one in first.objects if "created_by_ref" in one}
    assert made.isdisjoint(one.id for one in green.objects)
    other = PROFILE.replace("91350100M000100Y43", "91310000MA1FL0000X")
    settings.profile_file.write_text(other, "utf-8")
    theirs = stix(store, settings, tmp_path / "o.json")
    assert made.isdisjoint(one.id for one in theirs.objects)


def misp(store: Store, settings: Settings, target: Path) -> MISPEvent:
    handing.give_misp(store, settings, "六十期", target, user=LEE, to="演示", tlp=Tlp.AMBER)
    event = MISPEvent(strict_validation=True)
    event.load_file(str(target))
    return event


def test_a_campaign_as_misp(
    store: Store, settings: Settings, campaign: list[int], tmp_path: Path
) -> None:
    event, again = (misp(store, settings, tmp_path / f"{n}.json") for n in "12")
    assert event.uuid == again.uuid and event.Orgc.name == "演示消费金融有限公司"
    assert {tag.name for tag in event.tags} == {"tlp:amber"} and not event.published
    names = sorted(one.name for one in event.objects)
    assert names == ["microblog", "microblog", "user-account", "user-account", "user-account"]
    assert event.to_json() == again.to_json()
    loose = {(one.type, one.value): one.to_ids for one in event.attributes}
    assert loose == {("phone-number", "13900000088"): False, ("url", "https://loan.example/x"): True}  # fmt: skip
    assert not any(one.to_ids for held in event.objects for one in held.attributes)
    known = {one.uuid for one in (*event.objects, *event.attributes)}
    tied = {ref.relationship_type for one in event.objects for ref in one.ObjectReference}
    assert tied == {"authored-by", "mentions"}
    assert {ref.referenced_uuid for one in event.objects for ref in one.ObjectReference} <= known


@pytest.mark.parametrize("who", [ANN, AUD])
def test_who_gives_nothing_out(
    store: Store, settings: Settings, campaign: list[int], tmp_path: Path, who: User
) -> None:
    target = tmp_path / "c.json"
    for give in (handing.give_stix, handing.give_misp):
        with pytest.raises(NotAllowedError, match="for lead or legal"):
            give(store, settings, "六十期", target, user=who, to="x", tlp=Tlp.RED)
    with pytest.raises(NotAllowedError, match="for lead or legal"):
        handing.give_alliance(store, settings, read_secrets(settings, {}), target, user=who, to="x")
    assert not target.exists()


def test_what_is_refused(store: Store, settings: Settings, campaign: list[int], tmp_path: Path) -> None:  # fmt: skip
    target = tmp_path / "c.json"

    def refused(said: str, name: str = "六十期", to: str = "x") -> None:
        with pytest.raises((NotAllowedError, InputError), match=said):
            handing.give_stix(store, settings, name, target, user=LEE, to=to, tlp=Tlp.RED)

    refused("no campaign is called", name="别的")
    refused("--to names", to=" ")
    for number in campaign[:2]:
        called(store, number, Stance.SEEK, Label.NOT_LURE)
    refused("nobody's last word")
    settings.profile_file.write_text("phone: '1'\n", "utf-8")
    refused("机构全称")
    workflow.withdraw_campaign(store, "六十期", who="lee")
    settings.profile_file.write_text(PROFILE, "utf-8")
    refused("no campaign is called")
    assert not target.exists()


def test_what_holds_no_longer_is_revoked(
    store: Store, settings: Settings, campaign: list[int], tmp_path: Path
) -> None:
    before = {one.id: one for one in stix(store, settings, tmp_path / "1.json").objects}
    called(store, campaign[1], Stance.SEEK, Label.NOT_LURE)
    after = stix(store, settings, tmp_path / "2.json")
    revoked = [one for one in after.objects if getattr(one, "revoked", False)]
    kinds = sorted(one.type for one in revoked)
    assert kinds.count("observed-data") == kinds.count("note") == 1
    patterns = {one.pattern for one in revoked if one.type == "indicator"}
    assert patterns == {
        "[url:value = 'https://tieba.baidu.com/p/2']",
        "[url:value = 'https://loan.example/x']",
        "[user-account:account_type = 'tieba' AND user-account:user_id = 'un-2']",
        "[user-account:account_type = 'phone' AND user-account:user_id = '13900000088']",
    }  # demo_0088 stands in a lure that holds
    for one in revoked:
        assert (one.created, one.id in before) == (before[one.id].created, True)
        assert one.modified > before[one.id].modified
    [note] = [one for one in revoked if one.type == "note"]
    assert note.content == "经人工复核，已撤回。" and "征信" not in str(revoked)
    assert not {one.id for one in revoked} & set(of_type(after, "report")[0].object_refs)
    green = stix(store, settings, tmp_path / "g.json", Tlp.GREEN)  # nobody was told of it so marked
    assert not [one for one in green.objects if getattr(one, "revoked", False)]

    called(store, campaign[0], Stance.SEEK, Label.NOT_LURE)
    last = stix(store, settings, tmp_path / "3.json")
    assert all(one.revoked for one in last.objects if one.type not in ("identity", "marking-definition"))  # fmt: skip
    assert {"campaign", "report"} <= {one.type for one in last.objects}


def test_misp_is_told_what_holds_no_longer(
    store: Store, settings: Settings, campaign: list[int], tmp_path: Path
) -> None:
    before = misp(store, settings, tmp_path / "1.json")
    called(store, campaign[1], Stance.SEEK, Label.NOT_LURE)
    after = misp(store, settings, tmp_path / "2.json")
    gone = [one for one in (*after.objects, *after.attributes) if getattr(one, "deleted", False)]
    known = {one.uuid for one in (*before.objects, *before.attributes)}
    assert {one.uuid for one in gone} <= known
    assert sorted(one.name for one in gone if hasattr(one, "name")) == ["microblog", "user-account"]
    assert {one.value for one in gone if not hasattr(one, "name")} == {"13900000088", "https://loan.example/x"}  # fmt: skip
    held = {one.uuid for one in after.objects if not getattr(one, "deleted", False)}
    assert held.isdisjoint(one.uuid for one in gone) and len(held) == 3


def test_who_was_given_what_and_who_must_be_told(
    store: Store,
    settings: Settings,
    campaign: list[int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LUREWATCH_HOME", str(settings.home))

    def run(*words: str) -> Any:
        return CliRunner().invoke(app, list(words))

    nothing = run("share", "list")
    assert (nothing.exit_code, nothing.stdout) == (0, "Nothing was given out.\n")
    target = tmp_path / "c.json"
    stix(store, settings, target)
    listed = run("share", "list")
    assert listed.exit_code == 0 and "to 演示平台  by lee  2 findings" in listed.stdout
    called(store, campaign[1], Stance.SEEK, Label.NOT_LURE)
    told = run("share", "list")
    assert told.exit_code == 1
    assert f"no longer confirmed: findings {campaign[1]}: tell the recipient" in told.stdout
    assert json.loads(run("share", "list", "--json").stdout)[0]["withdrawn"] == [campaign[1]]
    stix(store, settings, target)  # the next bundle takes it back
    assert run("share", "list").exit_code == 0
    called(store, campaign[1])
    stix(store, settings, target)
    called(store, campaign[1], Stance.SEEK, Label.NOT_LURE)

    with store.begin() as db:
        expiry.empty(db, [campaign[0]], datetime.now(UTC))
    assert f"kept no longer here: findings {campaign[0]}" in run("share", "list").stdout
    assert f"the file is still there: {target}" in run("share", "list").stdout
    assert f"{target} was given out" in run("retention", "run").stderr and target.exists()
    assert "it would be removed" in run("retention", "run", "--given-out", "--dry-run").stderr
    assert run("share", "told", "1", "--as", "ann").exit_code
    for number, about in ((1, campaign[:1]), (2, campaign[:1]), (3, campaign[:2])):
        done = run("share", "told", str(number), "--as", "lee")
        assert f"findings {', '.join(map(str, about))}." in done.stdout
    assert run("share", "list").exit_code == 0
    assert "nothing to tell" in str(run("share", "told", "1", "--as", "lee").exception)
    whole = target.read_bytes()
    target.write_bytes(whole + b" ")
    assert "it was changed: remove it yourself" in run("retention", "run", "--given-out").stderr
    assert target.exists()
    target.write_bytes(whole)
    assert f"removed {target}" in run("retention", "run", "--given-out").stderr
    assert not target.exists()


def test_that_it_was_given_is_on_record(
    store: Store, settings: Settings, campaign: list[int], tmp_path: Path
) -> None:
    stix(store, settings, tmp_path / "c.json")
    digest = hashlib.sha256((tmp_path / "c.json").read_bytes()).hexdigest()
    [entry] = [one for one in workflow.audit_log(store) if one.what == "share stix"]
    assert (entry.who, entry.subject) == ("lee", f"{digest} 2 findings tlp:red to 演示平台")
    assert ("lee", "list findings", " ".join(map(str, campaign[:2]))) in {
        (one.who, one.what, one.subject) for one in workflow.audit_log(store)
    }


def prepared(store: Store, settings: Settings, target: Path, user: User = ANN) -> handing.Given:
    found = workflow.confirmed_of_campaign(store, "六十期", reader=user.name)
    return handing.prepare_clue(
        store, settings, found, target, user=user, to="演示市公安局经侦支队"
    )


def test_a_clue_package_names_all_that_it_lacks(
    store: Store, settings: Settings, campaign: list[int], tmp_path: Path
) -> None:
    settings.profile_file.write_text("name: 演示消费金融有限公司\n", "utf-8")
    with pytest.raises(NotAllowedError) as refused:
        prepared(store, settings, tmp_path / "p.zip")
    lines = str(refused.value).splitlines()[1:]
    assert len([line for line in lines if "机构资料" in line]) == 6  # each field once
    assert [line for line in lines if "lurewatch evidence keep" in line] == [
        f"  - finding {number}: 证据 evidence: run lurewatch evidence keep {number}"
        for number in campaign[:2]
    ]
    assert list(tmp_path.glob("*.zip")) == list(tmp_path.glob(".*clue*")) == []


def test_a_clue_package_and_its_second_person(
    store: Store, settings: Settings, campaign: list[int], tmp_path: Path
) -> None:
    for number in campaign[:2]:
        with_evidence(store, settings, number)
    target = tmp_path / "p.zip"
    given = prepared(store, settings, target)
    assert given.left_out == {campaign[2]: "nobody's last word on it is a lure, SOLICIT or RECRUIT"}
    assert target.stat().st_mode & 0o077 == 0 and not list(tmp_path.glob(".*"))
    with zipfile.ZipFile(target) as archive:
        archive.extractall(tmp_path / "out")
    checked = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=tmp_path / "out", capture_output=True, text=True, check=False)  # fmt: skip
    assert checked.returncode == 0 and checked.stdout.count(": OK") == 6, checked
    letter = Document(str(tmp_path / "out" / "letter.docx"))
    said = "\n".join(one.text for one in letter.paragraphs)
    assert said.startswith("涉嫌违法犯罪线索移送函\n演示市公安局经侦支队：")
    assert "经人工认定的内容2条，涉及账号2个" in said and "犯罪分子" not in said
    assert "demo_0088" not in said  # contacts stand in the list
    cells = [cell.text for table in letter.tables for row in table.rows for cell in row.cells]
    assert given.path.name not in cells and f"evidence/package-{campaign[0]}.zip" in cells
    book = load_workbook(tmp_path / "out" / "list.xlsx")
    rows = {sheet.title: [[c.value for c in row] for row in sheet.iter_rows()] for sheet in book}
    assert [row[1:3] for row in rows["联系方式"][1:]] == [["网址", "https://loan.example/x"], ["电话号码", "13900000088"], ["微信号", "demo_0088"]]  # fmt: skip
    assert rows["联系方式"][3][3] == "2"
    assert rows["账号"][1][3] == "'=演示甲老师"  # no formula
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert "f" not in kinds and len(rows["内容"]) == 3
    for who, why in ((ANN, "for lead or legal"), (AUD, "for lead or legal")):
        with pytest.raises(NotAllowedError, match=why):
            handing.approve_clue(store, target, user=who)
    assert handing.approve_clue(store, target, user=LAW) == given.sha256
    with pytest.raises(NotAllowedError, match="law approved it at"):
        handing.approve_clue(store, target, user=LEE)
    said_of = [(one.who, one.what) for one in workflow.audit_log(store) if given.sha256 in one.subject]  # fmt: skip
    assert said_of == [("ann", "prepare clue package"), ("law", "approve clue package")]
    custody = [one.what for one in workflow.custody_of(store, f"{campaign[0]:064}")]
    assert custody[-1].startswith("exported package-")


def test_a_clue_package_that_may_not_be_approved(
    store: Store, settings: Settings, campaign: list[int], tmp_path: Path
) -> None:
    for number in campaign[:2]:
        with_evidence(store, settings, number)
    own, changed = tmp_path / "own.zip", tmp_path / "changed.zip"
    prepared(store, settings, own, LEE)
    with pytest.raises(NotAllowedError, match="another person approves"):
        handing.approve_clue(store, own, user=LEE)
    prepared(store, settings, changed)
    with zipfile.ZipFile(changed, "a") as archive:
        archive.writestr("more.txt", "more")
    with pytest.raises(NotAllowedError, match="changed since"):
        handing.approve_clue(store, changed, user=LAW)
    called(store, campaign[0], Stance.SEEK, Label.NOT_LURE)
    with pytest.raises(NotAllowedError, match=f"finding {campaign[0]}: nobody's last word"):
        handing.approve_clue(store, own, user=LAW)
    (tmp_path / "no.zip").write_text("no")
    with pytest.raises(InputError, match="no clue package"):
        handing.approve_clue(store, tmp_path / "no.zip", user=LAW)
    with pytest.raises(NotAllowedError, match="that role prepares"):
        prepared(store, settings, tmp_path / "aud.zip", AUD)


def listed(store: Store, settings: Settings, target: Path, secrets: Secrets | None = None) -> list[str]:  # fmt: skip
    given = replace(settings, alliance_key=KEY)
    handing.give_alliance(store, given, secrets or read_secrets(settings, {}), target, user=LEE, to="演示联盟")  # fmt: skip
    return target.read_text("utf-8-sig").splitlines()


def test_the_alliance_list_is_off_until_counsel_approves(
    store: Store, settings: Settings, campaign: list[int], tmp_path: Path
) -> None:
    target, today = tmp_path / "a.csv", datetime.now(UTC).date()
    with pytest.raises(NotAllowedError, match="counsel has to approve it first"):
        listed(store, settings, target)
    with pytest.raises(NotAllowedError, match="written down by legal"):
        workflow.allow_alliance(store, "张律师", today, "法务意见 1", user=LEE)
    with pytest.raises(InputError, match="still to come"):
        workflow.allow_alliance(store, "张律师", today + timedelta(2), "法务意见 1", user=LAW)
    for counsel, document in ((" ", "x"), ("x", ""), ("x", "a\nb"), ("x" * 101, "x")):
        with pytest.raises(InputError, match="characters that can be seen"):
            workflow.allow_alliance(store, counsel, today, document, user=LAW)
    assert not target.exists()
    workflow.allow_alliance(store, "张律师", today, "法务意见 1", user=LAW)
    lines = listed(store, settings, target)
    assert lines[0].startswith("# ") and "持有密钥者可以逐个尝试手机号码" in lines[0]
    assert "whoever holds the key can try phone numbers" in lines[1]
    assert any(f"张律师, {today}, 法务意见 1" in line for line in lines)
    text = "\n".join(lines)
    assert "demo_0088" not in text and "13900000088" not in text and "loan.example" not in text
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    key = b"a key of the alliance, 32 bytes."

    def expected(kind: str, value: str) -> str:
        return hmac.new(key, f"{kind}:{value}".encode(), "sha256").hexdigest()

    assert {(row["kind"], row["hash"]): row["findings"] for row in rows} == {
        ("phone", expected("phone", "13900000088")): "1",
        ("wechat", expected("wechat", "demo_0088")): "2",
    }
    workflow.forbid_alliance(store, user=LEE)
    with pytest.raises(NotAllowedError, match="the alliance list is off"):
        listed(store, settings, target)
    with pytest.raises(NotAllowedError, match="no approval"):
        workflow.forbid_alliance(store, user=LEE)
    deeds = [(one.who, one.what) for one in workflow.audit_log(store)]
    for deed in (("law", "allow alliance list"), ("lee", "share alliance list"), ("lee", "forbid alliance list")):  # fmt: skip
        assert deed in deeds


def test_the_alliances_key(store: Store, settings: Settings, campaign: list[int], tmp_path: Path) -> None:  # fmt: skip
    workflow.allow_alliance(store, "张律师", datetime.now(UTC).date(), "意见", user=LAW)
    own = read_secrets(settings, {})
    for key, why in (
        (None, "LUREWATCH_ALLIANCE_KEY is not set"),
        ("c2hvcnQ=", "must be 32 bytes"),
        (own.hash_key, "a key of this installation"),
        (own.data_key, "a key of this installation"),
    ):
        with pytest.raises(SettingsError, match=why):
            alliance.read_key(replace(settings, alliance_key=key), own)
    assert KEY not in repr(replace(settings, alliance_key=KEY))


def test_a_post_that_names_us_needs_a_lead(
    store: Store, settings: Settings, tmp_path: Path
) -> None:
    put(store, a_lure(7, "演示消金逾期，停息挂账加微信：demo_0077"))
    [one] = workflow.findings_to_review(store)
    settings.profile_file.write_text(PROFILE.replace("brands: [演示消金]", ""), "utf-8")
    workflow.decide(store, one.finding_id, reviewer="ann", label=Label.LURE, stance=Stance.SOLICIT, services=[Service.C2])  # fmt: skip
    settings.profile_file.write_text(PROFILE, "utf-8")
    assert read_institution(settings.profile_file).brands
    with pytest.raises(NotAllowedError, match="only a lead"):
        workflow.confirmed_among(store, [one.finding_id], reader="lee")


def test_without_the_extra_it_says_what_to_install(
    store: Store, settings: Settings, campaign: list[int], tmp_path: Path
) -> None:
    code = "import sys; sys.modules['stix2'] = None\nfrom lurewatch.__main__ import main; main()"
    (tmp_path / "run.py").write_text(code)
    env = dict(os.environ) | {"LUREWATCH_HOME": str(settings.home)}
    words = ["share", "stix", "六十期", "-o", "x.json", "--as", "lee", "--to", "x"]
    done = subprocess.run([sys.executable, str(tmp_path / "run.py"), *words], env=env, cwd=tmp_path, capture_output=True, text=True, check=False)  # fmt: skip
    assert done.returncode == 2 and "pip install 'lurewatch[share]'" in done.stderr, done.stderr


def test_the_commands(
    store: Store,
    settings: Settings,
    campaign: list[int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LUREWATCH_HOME", str(settings.home))
    monkeypatch.setenv("LUREWATCH_ALLIANCE_KEY", KEY)
    for number in campaign:
        with_evidence(store, settings, number)

    def said(*words: str, code: int = 0) -> str:
        done = CliRunner().invoke(app, ["share", *words])
        assert done.exit_code == code, done.output or done.exception
        return done.output if code == 0 else str(done.exception)

    as_lee = ("--as", "lee", "--to", "演示")
    shown = json.loads(said("stix", "六十期", "-o", str(tmp_path / "c.json"), *as_lee, "--json"))
    assert (shown["findings"], list(shown["left_out"])) == (2, [str(campaign[2])])
    told = said("misp", "六十期", "-o", str(tmp_path / "m.json"), *as_lee, "--tlp", "green")
    assert "2 findings" in told and f"finding {campaign[2]} is left out" in told
    package = str(tmp_path / "p.zip")
    assert "give --campaign NAME" in said("police", "-o", package, *as_lee, code=1)
    assert "written as .zip" in said("police", "--campaign", "六十期", "-o", "p", *as_lee, code=1)
    assert "share approve" in said("police", "--finding", str(campaign[0]), "-o", package, *as_lee)
    assert "another person" in said("approve", package, "--as", "lee", code=1)
    assert "is approved" in said("approve", package, "--as", "law")
    listing = str(tmp_path / "a.csv")
    assert "is off" in said("alliance", "-o", listing, *as_lee, code=1)
    allow = ("allow", "--as", "law", "--counsel", "张律师", "--document", "意见")
    assert "write the day" in said(*allow, "--on", "昨天", code=1)
    said(*allow, "--on", "2026-11-20")
    assert "2 findings" in said("alliance", "-o", listing, *as_lee)
    assert "is off" in said("forbid", "--as", "law")


def test_an_account_without_an_id_is_nobodys(store: Store, settings: Settings, tmp_path: Path) -> None:  # fmt: skip
    post = Post("web", "w1", "https://bbs.example/1?a='b'\\", "停息挂账，加微信：demo_0099，微信同号 13900000011", author_name="某人")  # fmt: skip
    put(store, post, replace(post, post_id="w2", url="https://bbs.example/2"), judge=Reader())
    for one in (found := workflow.findings_to_review(store)):
        called(store, one.finding_id)
    workflow.name_campaign(store, found[0].finding_id, "六十期", who="lee")
    bundle = stix(store, settings, tmp_path / "c.json")
    assert {one.account_type for one in of_type(bundle, "user-account")} <= {"wechat", "phone"}
    assert len(misp(store, settings, tmp_path / "m.json").objects) >= 3


def test_a_public_account_is_no_handle(store: Store, settings: Settings, tmp_path: Path) -> None:
    put(
        store,
        *(replace(a_lure(n, "停息挂账，加微信：demo_0066"), platform="wechat") for n in (1, 2)),
    )
    for one in (found := workflow.findings_to_review(store)):
        called(store, one.finding_id)
    workflow.name_campaign(store, found[0].finding_id, "六十期", who="lee")
    seen = of_type(stix(store, settings, tmp_path / "c.json"), "user-account")
    assert {(one.account_type, one.user_id) for one in seen} == {
        ("wechat-official", "un-1"),
        ("wechat-official", "un-2"),
        ("wechat", "demo_0066"),
    }
    objects = misp(store, settings, tmp_path / "m.json").get_objects_by_name("user-account")
    kinds = [one.get_attributes_by_relation("account-type")[0].value for one in objects]
    assert sorted(kinds) == ["wechat", "wechat-official", "wechat-official"]
