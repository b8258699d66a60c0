"""Every refusal that the console can show is said in the reader's language."""

import ast
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest

from lurewatch.review.language import catalogue
from lurewatch.review.problems import told

PACKAGE = Path(str(files("lurewatch")))
SHOWN = (  # whose errors reach a page
    "addresses.py",
    "drafting.py",
    "intake.py",
    "letters/blocks.py",
    "letters/letterhead.py",
    "letters/notice.py",
    "letters/word.py",
    "review/account.py",
    "review/app.py",
    "review/drafts.py",
    "review/finding.py",
    "review/giving.py",
    "review/metrics.py",
    "review/people.py",
    "review/quality.py",
    "review/requests.py",
    "workflow/acting.py",
    "workflow/filing.py",
    "workflow/judging.py",
    "workflow/linking.py",
    "workflow/reviewing.py",
)
OF_TAKEDOWN = ("taken", "check_told", "amended", "_rights")
OF_SHARING = ("check_gives_out", "confirmed_of_campaign", "_confirmed")
OF_KEEPING = ("add_user", "change_user", "check_role", "check_password", "check_keeper", "choose_password")  # fmt: skip
ERRORS = ("NotAllowedError", "InputError")


def written(node: ast.expr) -> str:
    """A message as it is raised, with a value in place of each expression; 12 fits all of them."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(written(part) for part in parts)
        case ast.BinOp(left=left, right=right):
            return written(left) + written(right)
        case _:
            return "12"


def raised(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Raise(exc=ast.Call(func=ast.Name(id=name), args=[*_, last])) if name in ERRORS:
                yield written(last)


def refusals() -> Iterator[str]:
    for name in SHOWN:
        yield from raised(ast.parse((PACKAGE / name).read_text("utf-8")))
    for name, functions in (
        ("takedown.py", OF_TAKEDOWN),
        ("workflow/keeping.py", OF_KEEPING),
        ("workflow/sharing.py", OF_SHARING),
        ("sharing/facts.py", ("check_known",)),
        ("sharing/handing.py", ("_check_recipient",)),
    ):
        for part in ast.parse((PACKAGE / name).read_text("utf-8")).body:
            if isinstance(part, ast.FunctionDef) and part.name in functions:
                yield from raised(part)


def test_there_are_refusals() -> None:
    assert len(list(refusals())) > 30


@pytest.mark.parametrize("message", sorted(set(refusals())))
def test_each_is_said_in_chinese(message: str) -> None:
    said = told(message, catalogue("zh").gettext)
    pieces = [piece for piece in said.split(": ") if piece.strip(" 12")]
    assert all(any("一" <= sign <= "鿿" for sign in piece) for piece in pieces), said


def test_values_stand_where_they_stood() -> None:
    said = told(
        "request 7 is sent: approve may not follow; what may is acknowledge, removed",
        catalogue("zh").gettext,
    )
    assert said.startswith("请求 7")
    assert "approve" not in said and "acknowledge" not in said
