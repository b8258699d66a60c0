"""What pages say in place of a post."""

from pathlib import Path

import pytest

from lurewatch.demo.pages import DELETED, missing
from lurewatch.errors import SettingsError
from lurewatch.notices import read_notices, said


@pytest.mark.parametrize(
    ("platform", "page", "means"),
    [
        (
            "wechat",
            "<div class=weui-msg><h2>此内容因违规无法查看</h2></div>",
            "removed_by_platform",
        ),
        ("wechat", "<h2>该内容已被发布者删除</h2>", "deleted_or_private"),
        ("wechat", "<h2>此帐号已自主注销，内容无法查看</h2>", "account_closed"),
        ("weibo", "<p>抱歉，此微博已被作者删除。查看帮助</p>", "deleted_or_private"),
        ("weibo", "<p>该微博因违反《微博社区公约》的相关规定，已被删除</p>", "removed_by_platform"),
        ("douyin", '{"filter_list": [{"filter_reason": "status_self_see"}]}', "deleted_or_private"),
        ("bilibili", '{"code":62012,"message":""}', "deleted_or_private"),
        ("bilibili", '{"code":62002,"message":""}', "gone"),
        ("xianyu", '{"ret": ["FAIL_BIZ_ITEM_NOT_FOUND::宝贝不存在"]}', "gone"),
        ("xiaohongshu", "<p>该内容因违规已被删除</p>", "removed_by_platform"),
        ("xiaohongshu", "<title>你访问的页面不见了</title>", "unclear"),  # no valid xsec_token
        ("toutiao", '{"success": false, "data": {}}', "unclear"),
        ("kuaishou", '{"defaultClient": {"x": {"photo": null}}}', "unclear"),
        ("tieba", "<p>404</p>", "unclear"),
        ("feed", "<rss><channel></channel></rss>", "unclear"),
    ],
)
def test_each_sentence_means_what_it_may(platform: str, page: str, means: str) -> None:
    assert said(platform, page)[0] == means


def test_what_readers_do_not_see_is_no_notice() -> None:
    words = "视频不存在"
    assert said("douyin", f"<script>const no = '{words}'</script><p>视频</p>")[0] == "unclear"
    assert said("douyin", f"<p>{words}</p>") == ("gone", words)
    assert said("zhihu", f"<p>{words}</p>")[0] == "unclear"  # another platform's words


def test_the_demo_says_gone_in_words_that_are_known() -> None:
    for platform in sorted(DELETED.keys() - {"feed", "xiaohongshu"}):
        assert said(platform, missing(platform))[0] != "unclear", platform


def test_an_operators_notices_count_first(tmp_path: Path) -> None:
    path = tmp_path / "notices.yaml"
    assert said("web", "<p>主题已沉底</p>", read_notices(path))[0] == "unclear"
    path.write_text("- {platform: web, says: 主题已沉底, means: removed_by_platform}\n", "utf-8")
    assert said("web", "<p>主题已沉底</p>", read_notices(path))[0] == "removed_by_platform"


@pytest.mark.parametrize(
    "written",
    [
        "- {platform: web, says: x, means: vanished}",
        "- {platform: myspace, says: x, means: gone}",
        "- {platform: web, says: '(', means: gone}",
        "- {platform: web, means: gone}",
        "- just a text",
        "a: [",
        "7",
    ],
)
def test_a_table_that_is_none_is_named(tmp_path: Path, written: str) -> None:
    path = tmp_path / "notices.yaml"
    path.write_text(written, "utf-8")
    with pytest.raises(SettingsError, match=r"notices\.yaml"):
        read_notices(path)
