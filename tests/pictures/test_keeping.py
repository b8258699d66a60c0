"""Pictures in the store: kept once, read once, judged with, linked by, and forgotten."""

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from lurewatch import retention, workflow
from lurewatch.config import Settings, read_secrets, read_settings
from lurewatch.demo.site import PICTURES
from lurewatch.detect import Detector
from lurewatch.errors import InputError
from lurewatch.finding import Grade, Stance
from lurewatch.periods import read_periods
from lurewatch.pictures.reading import Line, Reader
from lurewatch.post import Post
from lurewatch.store import Store, open_store
from lurewatch.text.lexicon import load_lexicon
from tests.conftest import Judge

OFFER = (PICTURES / "demo-204.png").read_bytes()
SAID = "网贷信用卡逾期\n债务优化 月供减半\n成功再收15%\n扣扣 100008832"
BOX = ((0, 0), (9, 0), (9, 9), (0, 9))


class Told(Reader):
    """Reads in every picture what it was told: for tests of what follows reading."""

    def __init__(self, *texts: str) -> None:
        self.name, self.texts = "told", texts

    def read(self, image: Any) -> list[Line]:
        return [Line(text, 0.9, BOX) for text in self.texts]


@pytest.fixture
def take(store: Store, a_post: Any, a_capture: Any) -> Callable[..., Post]:
    """Takes in a post that shows pictures."""

    def run(post_id: str, *images: str, text: str = "今天也要好好生活", **changes: Any) -> Post:
        run_id = workflow.start_run(store, platform="tieba", how="spider")
        post: Post = a_post(text, post_id=post_id, images=images, **changes)
        workflow.take_in(store, a_capture(post, run_id=run_id))
        workflow.list_pictures(store)
        return post

    return run


def come(store: Store, body: bytes, *, kind: str = "image/png") -> None:
    """Every picture that waits comes, with this content."""
    run_id = workflow.start_run(store, platform="tieba", how="pictures")
    for one in workflow.waiting_pictures(store, "tieba", 99):
        workflow.keep_picture(store, workflow.Fetched(one.picture_id, "tieba", run_id, "kept", kind, body))  # fmt: skip


def kept(store: Store) -> dict[str, Post]:
    return {row.post.post_id: row.post for row in workflow.export_posts(store)}


def drawn(seed: int, size: tuple[int, int] = (180, 160)) -> bytes:
    image = Image.new("L", size, "white")
    pen = ImageDraw.Draw(image)
    for number in range(12):
        x, y = (seed * 37 + number * 53) % 140, (seed * 91 + number * 29) % 120
        pen.rectangle((x, y, x + 30, y + 18), fill=(number * 40) % 200)
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def files(store: Store) -> list[Path]:
    assert store.pictures
    return [path for path in store.pictures.glob("*/*") if path.is_file()]


def test_an_offer_that_stands_only_in_a_picture_is_flagged(
    store: Store, settings: Settings, take: Any
) -> None:
    take("1", "https://tiebapic.baidu.com/forum/1.png", title="周末整理书桌", text="把旧本子翻出来，第二张是给有需要的人看的")  # fmt: skip
    detector = Detector.load(settings)
    assert workflow.judge_pending(store, detector).findings == 0
    come(store, OFFER)
    assert workflow.read_pictures(store, Reader()).states == {"read": 1}
    assert kept(store)["1"].ocr == (SAID,)
    assert workflow.judge_pending(store, detector).findings == 1
    (found,) = workflow.findings_to_review(store)
    assert {(one.field, one.channel, one.value) for one in found.verdict.contacts} == {("ocr", "qq", "100008832")}  # fmt: skip
    assert {one.field for one in found.verdict.reasons if one.kind == "term"} == {"ocr"}
    (shown,) = workflow.pictures_of(store, found.post)
    assert shown.lines[0].text == "网贷信用卡逾期"
    assert workflow.read_pictures(store, Told("无")).states == {}  # nothing is read twice


def test_texts_stand_in_the_pictures_order_after_what_a_table_brought(
    store: Store, take: Any
) -> None:
    take("1", "https://a.example/one.png", "https://a.example/two.png", ocr=("表中的字",))
    first, second = workflow.waiting_pictures(store, "tieba", 9)
    for one, seed in ((second, 2), (first, 1)):
        workflow.keep_picture(store, workflow.Fetched(one.picture_id, "tieba", run(store), "kept", "image/png", drawn(seed)))  # fmt: skip
    workflow.read_pictures(store, Told("第二"), limit=1)
    assert kept(store)["1"].ocr == ("表中的字", "第二")
    workflow.read_pictures(store, Told("第一"))
    assert kept(store)["1"].ocr == ("表中的字", "第一", "第二")
    take("1", "https://a.example/one.png", "https://a.example/two.png")  # seen again by a spider
    assert kept(store)["1"].ocr == ("表中的字", "第一", "第二")


def run(store: Store) -> str:
    return workflow.start_run(store, platform="tieba", how="pictures")


def test_the_same_picture_is_asked_for_and_read_once(store: Store, take: Any) -> None:
    take("1", "https://p.example/3f9a0c2d51e84b77aa.jpg?sign=1", "/static/cover.png")
    take("2", "//p.example/3f9a0c2d51e84b77aa.jpg?sign=2")
    assert len(workflow.waiting_pictures(store, "tieba", 9)) == 1
    come(store, drawn(1))
    workflow.read_pictures(store, Told("加微信"))
    take("3", "https://q.example/elsewhere.jpg")
    come(store, drawn(1))
    assert workflow.read_pictures(store, Told("别的")).states == {}
    assert {post.ocr for post in kept(store).values()} == {("加微信",)}
    assert len(files(store)) == 1


@pytest.mark.parametrize(
    ("body", "state"),
    [(b"\x89PNG\r\n\x1a\nbroken", "broken"), (drawn(1)[:200], "broken"), (drawn(1), "no_text")],
)
def test_a_picture_that_gives_nothing_has_a_state(
    store: Store, take: Any, body: bytes, state: str
) -> None:
    take("1", "https://a.example/one.png")
    come(store, body)
    assert workflow.read_pictures(store, Told()).states == {state: 1}
    assert kept(store)["1"].ocr == ()


def test_a_picture_on_which_the_reader_dies_is_left_after_three_tries(
    store: Store, take: Any
) -> None:
    class Dying(Told):
        def read(self, image: Any) -> list[Line]:
            raise SystemExit(9)

    take("1", "https://a.example/one.png")
    come(store, drawn(1))
    for _ in range(3):
        with pytest.raises(SystemExit):
            workflow.read_pictures(store, Dying())
    assert workflow.read_pictures(store, Dying()).states == {"broken": 1}


def test_what_lies_on_the_disk_is_sealed_and_checked(store: Store, take: Any) -> None:
    take("1", "https://a.example/one.png")
    come(store, drawn(1))
    (path,) = files(store)
    assert b"PNG" not in path.read_bytes()
    digest = path.stem
    assert workflow.picture_bytes(store, digest) == drawn(1)
    path.write_bytes(store.vault.seal(b"another"))
    with pytest.raises(InputError, match="not what was fetched"):
        workflow.picture_bytes(store, digest)
    path.unlink()
    assert workflow.read_pictures(store, Told()).states == {"broken": 1}


def test_details_of_protected_people_go_from_text_and_bytes(store: Store, take: Any) -> None:
    take("1", "https://a.example/one.png", text="求助，这样能协商吗")
    take("2", "https://a.example/two.png", text="停息挂账")
    run_id = run(store)
    for one, seed in zip(workflow.waiting_pictures(store, "tieba", 9), (2, 1), strict=True):
        workflow.keep_picture(store, workflow.Fetched(one.picture_id, "tieba", run_id, "kept", "image/png", drawn(seed)))  # fmt: skip
    workflow.read_pictures(store, Told("电话13800001234"))
    workflow.judge_pending(store, Judge(Stance.SEEK, Grade.L0))  # type: ignore[arg-type]
    for post in kept(store).values():
        assert post.ocr == ("电话138****1234",)
        (shown,) = workflow.pictures_of(store, post)
        assert (shown.file_state, shown.size) == ("hidden", 0)
        assert shown.lines[0].text == "电话138****1234"
    assert files(store) == []
    take("1", "https://a.example/one.png", "https://a.example/more.png", text="求助，这样能协商吗")
    assert kept(store)["1"].ocr == ("电话138****1234",)


def test_a_picture_that_others_show_too_is_left(store: Store, take: Any) -> None:
    """A warning repeats a lure's poster: the lure keeps its number, the warning does not."""
    take("1", "https://a.example/poster.png")
    take("2", "https://a.example/poster.png", text="别信，骗子")
    come(store, drawn(1))
    workflow.read_pictures(store, Told("电话13800001234"))
    workflow.judge_pending(store, Judge(Stance.WARN, Grade.L0), batch=1)  # type: ignore[arg-type]
    assert {post.ocr for post in kept(store).values()} == {("电话138****1234",)}
    assert len(files(store)) == 1
    take("3", "https://a.example/poster.png", text="停息挂账")
    assert kept(store)["3"].ocr == ("电话13800001234",)
    assert kept(store)["2"].ocr == ("电话138****1234",)


def test_pictures_go_with_their_posts(store: Store, settings: Settings, take: Any) -> None:
    take("1", "https://a.example/one.png")
    come(store, drawn(1))
    workflow.judge_pending(store, Judge(Stance.OTHER, Grade.L0))  # type: ignore[arg-type]
    (path,) = files(store)
    stray = path.with_name("0" * 64 + ".sealed")
    stray.write_bytes(b"left by a kill")
    later = datetime.now(UTC) + timedelta(days=40)

    def forget(dry_run: bool) -> retention.Retained:
        periods = read_periods(settings.retention_file)
        return retention.run(store, periods, settings.imports_dir, who="t", now=later, dry_run=dry_run)  # fmt: skip

    assert forget(dry_run=True).files == 1
    assert path.exists()
    assert forget(dry_run=False).files == 1
    assert files(store) == []
    assert workflow.picture_counts(store).files == {}
    assert workflow.picture_counts(store).addresses == {}


def test_an_erased_subject_leaves_no_picture(store: Store, take: Any) -> None:
    take("9001", "https://a.example/one.png")
    come(store, drawn(1))
    workflow.judge_pending(store, Judge())  # type: ignore[arg-type]
    assert retention.about(store, "https://tieba.baidu.com/p/9001", who="t", erase=True)
    assert files(store) == []


def test_like_pictures_are_a_reason_for_a_link(store: Store, take: Any) -> None:
    whole = Image.open(io.BytesIO(drawn(5)))
    out = io.BytesIO()
    whole.resize((90, 80)).convert("RGB").save(out, "JPEG", quality=60)
    texts = ("莲藕排骨小火两小时喝完一身汗", "阳台的番茄红了慢慢来都会好的", "楼下的桂花开了路过的都停一停")  # fmt: skip
    for number, (text, body) in enumerate(zip(texts, (drawn(5), out.getvalue(), drawn(9)), strict=True)):  # fmt: skip
        take(str(number), f"https://a.example/{number}.png", text=text, author_id=f"un-{number}")
        come(store, body)
    workflow.read_pictures(store, Told())
    workflow.judge_pending(store, Judge())  # type: ignore[arg-type]
    workflow.link_pending(store, load_lexicon())
    ids = {one.post.post_id: one.finding_id for one in workflow.findings_to_review(store)}
    linked = workflow.cluster_of(store, ids["0"], reader="t")
    assert [(one.finding_id, [link.kind for link in one.links]) for one in linked.members] == [(ids["1"], ["image"])]  # fmt: skip
    assert workflow.cluster_of(store, ids["2"], reader="t").cluster is None


def test_postgresql_keeps_pictures_too(settings: Settings, postgres: Any) -> None:

    there = replace(settings, db_url=postgres())
    other = open_store(there, read_secrets(read_settings({"LUREWATCH_HOME": str(settings.home)})))
    run_id = workflow.start_run(other, platform="tieba", how="spider")
    post = Post("tieba", "1", "https://tieba.baidu.com/p/1", "停息挂账", images=("https://a.example/1.png",))  # fmt: skip
    workflow.import_posts(other, [(post, datetime.now(UTC))], "test")
    assert workflow.pictures_waiting(other) == {"tieba": 1}
    (one,) = workflow.waiting_pictures(other, "tieba", 9)
    workflow.keep_picture(other, workflow.Fetched(one.picture_id, "tieba", run_id, "kept", "image/png", drawn(1)))  # fmt: skip
    assert workflow.read_pictures(other, Told("加微信")).states == {"read": 1}
    workflow.judge_pending(other, Judge())  # type: ignore[arg-type]
    workflow.link_pending(other, load_lexicon())
    assert kept(other)["1"].ocr == ("加微信",)
    assert workflow.clear_pictures(other) == 0
    other.engine.dispose()
