"""The coded terms: what is written, what is meant, and how much it may be trusted alone."""

import csv
import hashlib
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from functools import cached_property, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Final, Literal, cast

import ahocorasick

from lurewatch.errors import InputError

TermGrade = Literal["A", "B", "C"]
COLUMNS: Final = (
    "concept",
    "form",
    "plain",
    "device",
    "grade",
    "group",
    "families",
    "note",
    "source",
    "first_seen",
)
NOWHERE: Final = "\U0010fffd"  # a word of no text, for an automaton that finds nothing
GROUPS: Final = ("SVC", "ACT", "CLM", "DIV")
OVERLAY: Final = "lexicon.tsv"  # the operator's own rows, under LUREWATCH_HOME


@dataclass(frozen=True, slots=True)
class Term:
    """
    One written form of a concept.

    Grade A may be read alone; B and C need another term of the field near, or a neighbourhood that
    speaks of the field; C never raises a candidate by itself. `plain` is what the form is read as: itself when nothing is coded.
    """

    concept: str
    form: str
    plain: str
    device: str
    grade: TermGrade
    group: str  # SVC service, ACT persona, CLM promise, DIV route
    families: str
    note: str
    source: str
    first_seen: str

    @property
    def coded(self) -> bool:
        """Whether the form hides the term it stands for."""
        return self.form != self.plain


@dataclass(frozen=True, eq=False)
class Lexicon:
    """The shipped terms with the operator's own; the version is a hash of them and of all tables."""

    terms: tuple[Term, ...]
    ordinary: tuple[str, ...]  # ordinary words that no reading may cut into
    version: str

    def with_terms(self, terms: Iterable[Term]) -> "Lexicon":
        """The same with more rows, as if they had been in the overlay."""
        rows = {term.form: term for term in self.terms} | {term.form: term for term in terms}
        return replace(self, terms=tuple(rows.values()), version=f"{self.version}+")

    @cached_property
    def forms(self) -> ahocorasick.Automaton:
        """Finds every coded form, by its lower-case writing."""
        return automaton({term.form.lower(): term for term in self.terms if term.coded})

    @cached_property
    def plains(self) -> ahocorasick.Automaton:
        """Finds every plain term, and every plain reading of a coded form."""
        found = {term.plain: term for term in self.terms if term.coded}
        found |= {term.form: term for term in self.terms if not term.coded}
        return automaton(found)

    @cached_property
    def shields(self) -> ahocorasick.Automaton:
        """Finds every ordinary word."""
        return automaton({word: word for word in self.ordinary})


def automaton(values: Mapping[str, object]) -> ahocorasick.Automaton:
    """An Aho-Corasick automaton that yields (last index, (length, value))."""
    found = ahocorasick.Automaton()
    for word, value in (values or {NOWHERE: None}).items():
        found.add_word(word, (len(word), value))
    found.make_automaton()
    return found


@lru_cache(maxsize=4)
def load_lexicon(overlay: Path | None = None) -> Lexicon:
    """
    The shipped lexicon, with the rows of *overlay* added or put in place of its own.

    Raises InputError naming the file and line of a row that cannot be read.
    """
    data = files("lurewatch.text") / "data"
    shipped = (data / "lexicon.tsv").read_bytes()
    own = overlay.read_bytes() if overlay and overlay.exists() else b""
    rows = {term.form: term for term in read_terms(shipped, "the shipped lexicon")}
    if own:
        rows |= {term.form: term for term in read_terms(own, str(overlay))}
    ordinary = (data / "ordinary.tsv").read_text("utf-8").splitlines()[1:]
    crossing = (data / "crossing.txt").read_text("utf-8").split()
    return Lexicon(
        terms=tuple(rows.values()),
        ordinary=(*(line.split("\t")[0] for line in ordinary if line), *crossing),
        version=hashlib.sha256(tables_digest() + own).hexdigest()[:12],
    )


@lru_cache(maxsize=1)
def tables_digest() -> bytes:
    """One digest of every shipped table: what any of them reads is part of a verdict's version."""
    data = files("lurewatch.text") / "data"
    tables = sorted((one for one in data.iterdir() if one.is_file()), key=lambda one: one.name)
    whole = hashlib.sha256()
    for table in tables:
        whole.update(table.name.encode() + b"\0" + table.read_bytes())
    return whole.digest()


def read_terms(table: bytes, name: str) -> list[Term]:
    """The terms of one table; *name* is what an error calls it."""
    try:
        text = table.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{name} is not UTF-8 ({error}); save it as UTF-8") from None
    reader = csv.DictReader(io.StringIO(text), delimiter="\t", quoting=csv.QUOTE_NONE)
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise InputError(f"{name}: the first line must name the columns {', '.join(COLUMNS)}")
    terms = []
    try:
        numbered = list(enumerate(reader, start=2))
    except csv.Error as error:
        raise InputError(f"{name} cannot be read as a table: {error}") from None
    for number, row in numbered:
        if None in row.values() or row["grade"] not in ("A", "B", "C") or not row["form"]:
            raise InputError(f"{name}, line {number}: needs all columns and a grade of A, B or C")
        terms.append(Term(**cast("dict[str, str]", row)))  # type: ignore[arg-type]  # grade checked
    return terms


def problems_of(terms: Sequence[Term]) -> list[str]:
    """What is wrong with rows, one line each: what a test and `lurewatch lexicon lint` look at."""
    found = []
    coded = {term.form.lower(): term.plain for term in terms if term.coded and len(term.form) > 1}
    for term in terms:
        name = f"{term.form} → {term.plain}"
        if not (term.concept and term.plain and term.source):
            found.append(f"{name}: concept, plain and source must be there")
        if not re.fullmatch(r"\d{4}-\d\d", term.first_seen):
            found.append(f"{name}: first_seen is {term.first_seen!r}, not a month such as 2026-11")
        if term.group not in GROUPS:
            found.append(f"{name}: group {term.group}; groups are {' '.join(GROUPS)}")
        if term.coded == (term.device == "plain"):
            found.append(f"{name}: device {term.device} does not fit what is written")
        if term.grade == "A" and len(term.form) < 2:
            found.append(f"{name}: one character alone is never sure enough for grade A")
        if any("\t" in value or len(value.splitlines()) > 1 for value in astuple(term)):
            found.append(f"{name}: tabs and line breaks have no place in a row")
        if not term.form or term.form != "".join(term.form.split("\r")).strip():
            found.append(f"{name}: a form neither is blank nor begins or ends with a blank")
        found += [
            f"{name}: {other} is a coded form itself, so reading would go on for ever"
            for other, read in coded.items()
            if term.coded and other in term.plain.lower() and read != term.plain
        ]
    return found


def write_overlay(path: Path, row: Term) -> None:
    """Put a row of the operator's own into the overlay, all of it or nothing."""
    kept = {term.form: term for term in read_terms(path.read_bytes(), str(path))} if path.exists() else {}  # fmt: skip
    kept[row.form] = row
    lines = ["\t".join(COLUMNS), *("\t".join(astuple(term)) for term in kept.values())]
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text("\n".join(lines) + "\n", "utf-8")
    read_terms(draft.read_bytes(), str(path))  # what could not be read again must not be there
    draft.replace(path)
