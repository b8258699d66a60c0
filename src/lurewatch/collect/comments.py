"""What authors said below their own posts: kept aside while files are read, then joined to the posts."""

import sqlite3
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from lurewatch.collect.mapping import cell
from lurewatch.post import Post

OWNER: Final = ("user_id", "creator_hash")
KEYS: Final = {  # the column that names the post, in each tool's comments
    "note_id": ("weibo", "xiaohongshu", "tieba"),
    "aweme_id": ("douyin",),
    "video_id": ("kuaishou", "bilibili"),
    "content_id": ("zhihu",),
}
MOST: Final = 50  # comments of an author's own that are kept with a post


class Shelf:
    """Comments by post and author, in a file of its own that is thrown away: there may be millions."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="lurewatch-comments-")
        self._db = sqlite3.connect(Path(self._folder.name) / "comments.db")
        self._db.execute("CREATE TABLE said (post TEXT, author TEXT, at TEXT, text TEXT)")
        self._db.execute("CREATE INDEX by_post ON said (post, author)")
        self.count = 0

    def add(self, values: dict[str, Any]) -> None:
        """Keep one comment's row; what names no post or no author says nothing to us."""
        post = next((cell(values, key) for key in KEYS if cell(values, key)), "")
        author = next((cell(values, name) for name in OWNER if cell(values, name)), "")
        text = cell(values, "content")
        if post and author and text:
            at = cell(values, "create_time") or cell(values, "publish_time")
            self._db.execute("INSERT INTO said VALUES (?, ?, ?, ?)", (post, author, at, text))
            self.count += 1

    def joined(self, post: Post) -> Post:
        """The post with what its author said below it, oldest first."""
        if not self.count or not post.author_id:
            return post
        bare = post.post_id.rpartition("-")[2]  # zhihu's ids name their kind
        rows = self._db.execute(
            "SELECT DISTINCT text FROM said WHERE post = ? AND author = ? ORDER BY at LIMIT ?",
            (bare, post.author_id, MOST),
        )
        own = tuple(str(row[0]) for row in rows if str(row[0]) not in post.author_comments)
        return replace(post, author_comments=(*post.author_comments, *own)) if own else post

    def close(self) -> None:
        """Throw the comments away."""
        self._db.close()
        self._folder.cleanup()
