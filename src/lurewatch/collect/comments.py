"""What authors said below their own posts: kept aside while files are read, then joined to the posts."""

import sqlite3
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from lurewatch.collect.mapping import NOTHING, account_of, cell
from lurewatch.post import Post

KEYS: Final = {  # the column that names the post, in each tool's comments
    "note_id": ("weibo", "xiaohongshu", "tieba"),
    "aweme_id": ("douyin",),
    "video_id": ("kuaishou", "bilibili"),
    "content_id": ("zhihu",),
}
PINNED: Final = ("is_pinned", "is_top", "pinned", "stick", "置顶")  # columns that say so, if any
NO: Final = NOTHING | {"", "0", "0.0", "false", "no", "否"}
MOST: Final = 50  # comments of an author's own that are kept with a post


class Shelf:
    """Comments by post and author, in a file of its own that is thrown away: there may be millions."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="lurewatch-comments-")
        self._db = sqlite3.connect(Path(self._folder.name) / "comments.db")
        self._db.execute(
            "CREATE TABLE said (post TEXT, author TEXT, own, pinned, at TEXT, text TEXT)"
        )
        self._db.execute("CREATE INDEX by_post ON said (post)")
        self.count = 0

    def add(self, values: dict[str, Any]) -> None:
        """Keep one comment's row; what names no post or no author says nothing to us."""
        post = next((cell(values, key) for key in KEYS if cell(values, key)), "")
        author, own = account_of(values), says_yes(values, "is_author")
        text = cell(values, "content")
        if post and (author or own) and text:
            at = cell(values, "create_time") or cell(values, "publish_time")
            pinned = any(says_yes(values, name) for name in PINNED)
            row = (post, author, own, pinned, at, text)
            self._db.execute("INSERT INTO said VALUES (?, ?, ?, ?, ?, ?)", row)
            self.count += 1

    def joined(self, post: Post) -> Post:
        """The post with what its author said below it: what is pinned first, then the oldest first."""
        if not self.count:
            return post
        bare = post.post_id.rpartition("-")[2]  # zhihu's ids name their kind
        rows = self._db.execute(
            "SELECT text, max(pinned) AS pinned FROM said WHERE post = ? AND (own OR author = ?)"
            " GROUP BY text ORDER BY pinned DESC, min(at) LIMIT ?",
            (bare, post.author_id or None, MOST),
        ).fetchall()
        first = [text for text, pinned in rows if pinned]
        others = [text for text, pinned in rows if not pinned]
        own = tuple(dict.fromkeys((*first, *post.author_comments, *others)))
        return replace(post, author_comments=own) if own != post.author_comments else post

    def close(self) -> None:
        """Throw the comments away."""
        self._db.close()
        self._folder.cleanup()


def says_yes(values: dict[str, Any], name: str) -> bool:
    """
    Whether a column that a table may have says yes, as tools write it.

    >>> [says_yes({"is_top": one}, "is_top") for one in (True, "1", "False", 0, None)]
    [True, True, False, False, False]
    """
    return cell(values, name).lower() not in NO
