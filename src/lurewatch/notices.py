"""What a page says in place of a post: taken down, deleted, closed, or nothing to conclude from."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html import unescape
from importlib.resources import files
from pathlib import Path
from typing import Any, Final, Literal, get_args

import yaml

from lurewatch.errors import SettingsError
from lurewatch.post import platform_named

Means = Literal["removed_by_platform", "deleted_or_private", "account_closed", "gone", "unclear"]
UNSEEN: Final = re.compile(r"<(script|style|template)\b.*?</\1\s*>|<!--.*?-->", re.S | re.I)
TAG: Final = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True)
class Notice:
    """One row of `notices.yaml`."""

    platform: str
    says: re.Pattern[str]
    means: Means
    in_data: bool


@cache
def shipped_notices() -> tuple[Notice, ...]:
    """The shipped table, in its order."""
    return noticed((files("lurewatch") / "notices.yaml").read_text("utf-8"))


def read_notices(path: Path) -> tuple[Notice, ...]:
    """
    The operator's own notices, which count first, and the shipped ones.

    Raises SettingsError naming what cannot be read.
    """
    if not path.exists():
        return shipped_notices()
    try:
        return noticed(path.read_text("utf-8")) + shipped_notices()
    except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
        said = " ".join(str(error).split())
        raise SettingsError(f"{path} is not readable YAML: {said}") from None
    except (KeyError, TypeError, ValueError, AttributeError, re.error) as error:
        raise SettingsError(
            f"{path}: {error}; each entry needs platform, says (a pattern) and means, one of"
            f" {', '.join(get_args(Means))}"
        ) from None


def noticed(text: str) -> tuple[Notice, ...]:
    """The rows of a table of notices. Raises ValueError and KeyError for one that is none."""
    rows: list[dict[str, Any]] = yaml.safe_load(text) or []
    if odd := {str(row["means"]) for row in rows} - set(get_args(Means)):
        raise ValueError(f"no outcome is called {', '.join(sorted(odd))}")
    return tuple(
        Notice(
            platform_named(row["platform"]),
            re.compile(row["says"], re.I),
            row["means"],
            row.get("in") == "data",
        )
        for row in rows
    )


def said(platform: str, page: str, table: Sequence[Notice] | None = None) -> tuple[Means, str]:
    """
    What the page of a post says of it, and in which words; *unclear* where it says nothing known.

    >>> said("wechat", "<div class=weui-msg><h2>该内容已被发布者删除</h2></div>")
    ('deleted_or_private', '该内容已被发布者删除')
    >>> said("toutiao", '{"success": false}'), said("xiaohongshu", "<title>你访问的页面不见了</title>")
    (('unclear', ''), ('unclear', '页面不见了'))
    """
    seen = unescape(TAG.sub("", UNSEEN.sub("", page)))
    for notice in shipped_notices() if table is None else table:
        if notice.platform == platform and (
            found := notice.says.search(page if notice.in_data else seen)
        ):
            return notice.means, found[0]
    return "unclear", ""
