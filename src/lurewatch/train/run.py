"""From corpus to shipped model, in one command."""

from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import torch

from lurewatch.classify.encode import model_text
from lurewatch.classify.model import Classifier, Thresholds
from lurewatch.detect import Detector
from lurewatch.finding import Service, Stance
from lurewatch.text.lexicon import load_lexicon
from lurewatch.text.normalise import normalise
from lurewatch.train import evaluate
from lurewatch.train.card import card
from lurewatch.train.corpus import Example, apart, load_corpus, natural_lines, of_split
from lurewatch.train.export import export, fit_screen
from lurewatch.train.fit import LENGTH, Recipe, fit, tokenizer_of, write_json

UNCHOSEN: Final = Thresholds(
    version="",
    length=LENGTH,
    voices=0.5,  # from 0.3 to 1.0 F1 on the dev split moves by two hundredths
    slope=1.0,
    lean=0.0,
    intercept=0.0,
    flag=0.5,
    protected=0.3,
    service=0.4,
    screen=-100.0,
    named=-100.0,
)
KEPT: Final = 0.995  # share of what the model flags that the first stage must pass on
SPARED: Final = 2.0  # what the first stage is laxer than KEPT asks: log-odds
NAMED: Final = 2.0  # and how much laxer still with what names a term of the field
FRESH: Final = 3000  # natural lines for measuring, other than those trained on
SEA: Final = 60_000  # natural lines that the first stage learns from


def train(
    base: str,
    corpus: Path,
    data: Path | None,
    out: Path,
    work: Path,
    recipe: Recipe,
    say: Callable[[str], None],
    start: Path | None = None,
) -> dict[str, Any]:
    """
    Train, export, choose thresholds, measure, and write the card; gives the figures.

    *work* keeps checkpoints, so that a stopped run goes on; *out* is the model folder, whose files are replaced at the end.
    """
    network = fit(base, corpus, data, work, recipe, say, start)
    say("exporting to int8")
    export(network, tokenizer_of(base), out)
    examples = load_corpus(corpus, data)
    natural = natural_lines(data, recipe.seed + 1_000_003, FRESH) if data else []
    kept = {line.text for line in natural}
    sea = natural_lines(data, recipe.seed + 2_000_003, SEA) if data else []
    sea = [line for line in sea if line.text not in kept]
    say("training the first stage")
    fit_screen(of_split(examples, "train"), sea).save(out / "screen.npz")
    begun = f"; begun with the weights of {start.name}" if start else ""
    return finish(base, examples, natural, apart(corpus), out, recipe, say, begun)


def finish(
    base: str,
    examples: list[Example],
    natural: list[Example],
    others: list[Example],
    out: Path,
    recipe: Recipe,
    say: Callable[[str], None],
    begun: str = "",
) -> dict[str, Any]:
    """
    Choose thresholds for an exported model and its first stage, measure them, write the card.

    *others* are posts of other hands: the model is measured on them, and nothing is chosen by them.
    """
    splits = {name: of_split(examples, name) for name in ("train", "dev", "test")}
    parts = [(out / name).read_bytes() for name in ("model.int8.onnx", "screen.npz")]
    version = sha256(b"".join(parts)).hexdigest()[:8]  # of all that was learnt
    write_json(out / "thresholds.json", asdict(replace(UNCHOSEN, version=version)))
    say("choosing thresholds")
    classifier = Classifier(out)
    limits = evaluate.calibrate(classifier, splits["dev"])
    write_json(out / "thresholds.json", asdict(limits))
    lowest = screen_threshold(Classifier(out), splits["dev"])
    limits = replace(limits, screen=lowest, named=round(lowest - NAMED, 3))
    write_json(out / "thresholds.json", asdict(limits))
    say("measuring")
    figures = measure(Classifier(out), splits["train"], splits["test"], natural, others)
    facts = {
        "base": Path(base).name,
        **{name: len(some) for name, some in splits.items()},
        "public": sum(len(one.group) == 64 for one in splits["train"]),
        "natural": recipe.natural if natural else 0,
        "recipe": ", ".join(f"{name} {value}" for name, value in asdict(recipe).items()) + begun,
        "lexicon": load_lexicon().version,
        "torch": torch.__version__.split("+")[0],
    }
    today = datetime.now(UTC).date()
    (out / "CARD.md").write_text(card(figures, limits, facts, today), "utf-8")
    write_json(
        out / "config.json",
        {
            "model_type": "bert",
            "stances": [str(s) for s in Stance],
            "services": [str(s) for s in Service],
            "length": LENGTH,
            "version": version,
            "recipe": asdict(recipe),
        },
    )
    return figures


def screen_threshold(classifier: Classifier, examples: list[Example]) -> float:
    """The highest first-stage score that still passes on KEPT of what the model flags."""
    texts = evaluate.read_texts(examples)
    flagged = [
        classifier.screen.score(text)
        for text, prediction in zip(texts, classifier.predict(texts), strict=True)
        if prediction.flagged(classifier.thresholds)
    ]
    if not flagged:
        return -100.0
    scores = sorted(flagged)
    return round(scores[int(len(scores) * (1 - KEPT))] - SPARED, 3)


def passed_on(detector: Detector, examples: list[Example]) -> list[bool]:
    """Whether the first stage passes each example on to the model."""
    bundles = [
        [(field, index, normalise(text, load_lexicon())) for field, index, text in one.values]
        for one in examples
    ]
    return [detector.worth_reading(bundle, model_text(bundle)) for bundle in bundles]


def measure(
    classifier: Classifier,
    train: list[Example],
    test: list[Example],
    natural: list[Example],
    others: list[Example],
) -> dict[str, Any]:
    """The figures of the card."""
    limits, detector = classifier.thresholds, Detector(load_lexicon(), classifier)
    texts = evaluate.read_texts(test)
    predictions = classifier.predict(texts)
    wrong = sum(one.flagged(limits) for one in classifier.predict(evaluate.read_texts(natural)))
    flagged = [one for one, said in zip(test, predictions, strict=True) if said.flagged(limits)]
    passed = passed_on(detector, flagged)
    dropped = [not passes for passes in passed_on(detector, natural)]
    return {
        "test": evaluate.report(test, predictions, limits),
        "baselines": evaluate.baselines(train, test)
        | {"this model on raw text": evaluate.unread(classifier, test)},
        "apart": evaluate.report(others, classifier.predict(evaluate.read_texts(others)), limits)
        if others
        else {"posts": 0},
        "natural": {"lines": len(natural), "flagged": wrong},
        "screen": {
            "kept": sum(passed) / max(1, len(passed)),
            "dropped": sum(dropped) / max(1, len(dropped)),
        },
    }
