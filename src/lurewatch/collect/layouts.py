"""Which columns the files of other tools have, and what each holds: facts about formats, as data."""

from dataclasses import dataclass
from typing import Final

# what names the account, in the words of the platform's own pages before the tool's: sec_uid is douyin's,
# user_url_token zhihu's, user_link tieba's and zhihu's; since 2026-07-01 a hash is all there is
AUTHOR: Final = ("sec_uid", "user_url_token", "user_link", "user_id", "creator_hash")


@dataclass(frozen=True, slots=True)
class Layout:
    """Where a tool's export keeps what a post has; {} in `url` is the id."""

    platform: str
    known_by: str  # a column that only this layout has
    post_id: str
    text: tuple[str, ...]
    title: str
    name: str
    at: tuple[str, ...]  # the first that is filled counts
    link: str
    url: str
    id_in_url: str
    likes: str = ""
    comments: str = ""
    shares: str = ""
    collects: str = ""
    views: str = ""
    tags: str = ""
    images: str = ""  # one column, or several with spaces between
    first_text: bool = False  # of `text` the first that is filled is all: the next repeats it
    author: tuple[str, ...] = AUTHOR
    bio: str = ""
    region: str = "ip_location"  # where the author wrote from
    verified: str = ""  # what the platform has verified of the account
    header: str = ""  # MediaCrawler's columns since 2026-07-01: rows of it stand in older files too

    def address(self, post_id: str) -> str:
        """Where a post is looked at, by its id; zhihu's ids name their kind."""
        kind, _, bare = post_id.rpartition("-")
        return KINDS.get(kind, self.url).format(bare)


KINDS: Final = {
    "article": "https://zhuanlan.zhihu.com/p/{}",
    "zvideo": "https://www.zhihu.com/zvideo/{}",
}


# MediaCrawler's exports (headers read in its code, November 2026; earlier ones have more author columns)
MEDIACRAWLER: Final = (
    Layout("weibo", "shared_count", "note_id", ("content",), "", "nickname",
           ("create_date_time", "create_time"), "note_url", "https://m.weibo.cn/detail/{}",
           r"/detail/(\d+)", "liked_count", "comments_count", "shared_count",
           header="note_id content create_time create_date_time liked_count comments_count "
                  "shared_count last_modify_ts note_url creator_hash nickname source_keyword"),
    Layout("xiaohongshu", "xsec_token", "note_id", ("desc",), "title", "nickname", ("time",),
           "note_url", "https://www.xiaohongshu.com/explore/{}", r"/explore/([0-9a-f]{24})",
           "liked_count", "comment_count", "share_count", "collected_count",
           tags="tag_list", images="image_list",
           header="note_id type title desc video_url time last_update_time creator_hash "
                  "nickname liked_count collected_count comment_count share_count image_list "
                  "tag_list last_modify_ts note_url source_keyword xsec_token"),
    Layout("douyin", "aweme_id", "aweme_id", ("desc",), "", "nickname", ("create_time",),
           "aweme_url", "https://www.douyin.com/video/{}", r"/(?:video|note)/(\d+)",
           "liked_count", "comment_count", "share_count", "collected_count",
           images="note_download_url cover_url", bio="user_signature",
           header="aweme_id aweme_type title desc create_time creator_hash nickname "
                  "liked_count collected_count comment_count share_count last_modify_ts "
                  "aweme_url cover_url video_download_url music_download_url "
                  "note_download_url source_keyword"),
    Layout("kuaishou", "viewd_count", "video_id", ("desc",), "title", "nickname", ("create_time",),
           "video_url", "https://www.kuaishou.com/short-video/{}", r"/short-video/(\w+)",
           "liked_count", views="viewd_count", images="video_cover_url",
           header="video_id video_type title desc create_time creator_hash nickname "
                  "liked_count viewd_count last_modify_ts video_url video_cover_url "
                  "video_play_url source_keyword"),
    Layout("bilibili", "video_danmaku", "video_id", ("desc",), "title", "nickname",
           ("create_time",), "video_url", "https://www.bilibili.com/video/av{}", r"/video/av(\d+)",
           "liked_count", "video_comment", "video_share_count", "video_favorite_count",
           "video_play_count", images="video_cover_url",
           header="video_id video_type title desc create_time creator_hash nickname "
                  "liked_count disliked_count video_play_count video_favorite_count "
                  "video_share_count video_coin_count video_danmaku video_comment "
                  "last_modify_ts video_url video_cover_url source_keyword"),
    Layout("zhihu", "content_text", "content_id", ("content_text", "desc"), "title",
           "user_nickname", ("created_time",), "content_url", "https://www.zhihu.com/answer/{}",
           r"/(?:answer|p|zvideo)/(\d+)", "voteup_count", "comment_count", first_text=True,
           header="content_id content_type content_text content_url question_id title desc "
                  "created_time updated_time voteup_count comment_count source_keyword "
                  "creator_hash user_nickname last_modify_ts"),
    Layout("tieba", "total_replay_num", "note_id", ("desc",), "title", "user_nickname",
           ("publish_time",), "note_url", "https://tieba.baidu.com/p/{}", r"/p/(\d+)",
           comments="total_replay_num",
           header="note_id title desc note_url publish_time creator_hash user_nickname "
                  "tieba_name tieba_link total_replay_num total_replay_page source_keyword "
                  "last_modify_ts"),
)  # fmt: skip
# the columns of its comments since then, by platform; earlier ones have these and more of the author
COMMENTS: Final = {
    "weibo": "comment_id create_time create_date_time note_id content sub_comment_count "
             "comment_like_count last_modify_ts parent_comment_id creator_hash nickname",
    "xiaohongshu": "comment_id create_time note_id content creator_hash nickname sub_comment_count "
                   "pictures parent_comment_id last_modify_ts like_count",
    "douyin": "comment_id create_time aweme_id content creator_hash nickname sub_comment_count "
              "like_count last_modify_ts parent_comment_id pictures",
    "kuaishou": "comment_id create_time video_id content creator_hash nickname sub_comment_count "
                "last_modify_ts",
    "bilibili": "comment_id parent_comment_id create_time video_id content creator_hash nickname "
                "sub_comment_count like_count last_modify_ts",
    "zhihu": "comment_id parent_comment_id content publish_time sub_comment_count like_count "
             "dislike_count content_id content_type creator_hash user_nickname last_modify_ts",
    "tieba": "comment_id parent_comment_id content creator_hash user_nickname publish_time "
             "sub_comment_count note_id note_url tieba_id tieba_name tieba_link last_modify_ts",
}  # fmt: skip
# what other tools write
OTHERS: Final = (
    Layout("weibo", "微博正文", "id", ("微博正文",), "", "用户昵称", ("发布时间",), "",  # weibo-search
           "https://m.weibo.cn/detail/{}", r"/detail/(\d+)", "点赞数", "评论数", "转发数",
           tags="话题", images="微博图片url", author=("user_id",), verified="user_authentication", region="ip"),
    Layout("weibo", "完整日期", "id", ("正文",), "", "", ("完整日期", "日期"), "",  # weibo-crawler
           "https://m.weibo.cn/detail/{}", r"/detail/(\d+)", "点赞数", "评论数", "转发数",
           tags="话题", images="原始图片url", author=()),
    Layout("weibo", "attitudes_count", "id", ("text",), "", "screen_name", ("created_at",), "",
           "https://m.weibo.cn/detail/{}", r"/detail/(\d+)",  # weibo-search's database
           "attitudes_count", "comments_count", "reposts_count",
           tags="topics", images="pics", author=("user_id",), verified="user_authentication", region="ip"),
    Layout("weibo", "weibo_url", "weibo_id", ("text",), "", "screen_name", ("created_at",),
           "weibo_url", "https://m.weibo.cn/detail/{}", r"(\d{9,})", shares="reposts_count",
           tags="topics", author=()),  # the export of SFM
    Layout("xianyu", "商品标题", "商品ID", ("商品描述", "当前售价"), "商品标题", "卖家昵称",
           ("发布时间",), "商品链接", "https://www.goofish.com/item?id={}", r"[?&]id=(\d+)",
           collects="“想要”人数", tags="商品标签", images="商品主图链接",
           author=("卖家ID",), bio="卖家个性签名"),  # ai-goofish-monitor
)  # fmt: skip
