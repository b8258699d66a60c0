"""Measure a model on posts kept apart, choose its thresholds, and compare it with baselines."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from lurewatch.classify.encode import model_text
from lurewatch.classify.model import Classifier, Prediction, Thresholds
from lurewatch.errors import InputError
from lurewatch.finding import LURING, PROTECTED, Service, Stance
from lurewatch.shares import wilson
from lurewatch.text.lexicon import load_lexicon
from lurewatch.text.normalise import Normalised, normalise
from lurewatch.train.corpus import Example

HARM: Final = 0.0125  # share of protected posts that may be flagged on the 585 to choose on: 1 in 100 is meant
SURE: Final = 0.7  # the least calibrated score that may be worth a person's time
CAREFUL: Final = np.arange(0.05, 0.205, 0.01)  # most that the protected stances may have, tried
PRECISE: Final = (
    0.94  # share of flags that must be right there; it is higher where labels were read twice
)


@dataclass(frozen=True, slots=True)
class Count:
    """Right and wrong flags of one slice."""

    hit: int
    false: int
    missed: int

    @property
    def precision(self) -> float:
        """Of what was flagged, the share that are lures."""
        return self.hit / max(1, self.hit + self.false)

    @property
    def recall(self) -> float:
        """Of the lures, the share that was flagged."""
        return self.hit / max(1, self.hit + self.missed)

    @property
    def f1(self) -> float:
        """Their harmonic mean."""
        return 2 * self.hit / max(1, 2 * self.hit + self.false + self.missed)


def read_texts(examples: Sequence[Example]) -> list[str]:
    """What the model reads of each example."""
    lexicon = load_lexicon()
    return [
        model_text([(field, index, normalise(text, lexicon)) for field, index, text in one.values])
        for one in examples
    ]


def counted(examples: Sequence[Example], flags: Sequence[bool]) -> Count:
    """Hits, false flags and misses."""
    pairs = [(one.lure, flag) for one, flag in zip(examples, flags, strict=True)]
    return Count(pairs.count((True, True)), pairs.count((False, True)), pairs.count((True, False)))


def calibrate(classifier: Classifier, examples: Sequence[Example]) -> Thresholds:
    """
    Thresholds chosen on *examples*, which were never trained on.

    The score is calibrated by a logistic line. Of the thresholds that are `safe` the best F1 wins. Raises
    InputError when none is safe: such a model must not be shipped.
    """
    from sklearn.linear_model import LogisticRegression

    texts = read_texts(examples)
    predictions = classifier.predict(texts)
    logits = [p.odds for p in predictions]
    both = np.array([logits, [classifier.screen.score(text) for text in texts]]).T
    line = LogisticRegression(C=10).fit(both, [one.lure for one in examples])
    drawn = replace(
        classifier.thresholds,
        slope=round(float(line.coef_[0][0]), 4),
        lean=round(float(line.coef_[0][1]), 4),
        intercept=round(float(line.intercept_[0]), 4),
    )
    scored = [
        replace(p, score=drawn.score(*pair))
        for p, pair in zip(predictions, both.tolist(), strict=True)
    ]
    grid = itertools.product(np.arange(SURE, 0.99, 0.01), CAREFUL)
    tried = [
        replace(drawn, flag=round(float(flag), 3), protected=round(float(protected), 2))
        for flag, protected in grid
    ]
    found = [
        (counted(examples, flags).f1, limits)
        for limits in tried
        if safe(examples, flags := [p.flagged(limits) for p in scored])
    ]
    if not found:
        raise InputError("no threshold of this model is safe: too many protected posts score high")
    best = max(found, key=lambda one: one[0])[1]
    services = [replace(best, service=round(float(at), 2)) for at in np.arange(0.25, 0.81, 0.05)]
    return max(services, key=lambda limits: services_f1(examples, scored, limits))


def safe(examples: Sequence[Example], flags: Sequence[bool]) -> bool:
    """Whether flags are precise, and the worst error, a protected post in the queue, rarer than HARM."""
    guarded = [flag for one, flag in zip(examples, flags, strict=True) if one.stance in PROTECTED]
    few = sum(guarded) <= HARM * len(guarded)
    return few and counted(examples, flags).false <= (1 - PRECISE) * sum(flags)


def report(
    examples: Sequence[Example], predictions: Sequence[Prediction], limits: Thresholds
) -> dict[str, Any]:
    """Every figure of the model card."""
    flags = [prediction.flagged(limits) for prediction in predictions]
    whole = counted(examples, flags)
    return {
        "posts": len(examples),
        "lures": sum(one.lure for one in examples),
        "precision": round(whole.precision, 4),
        "precision_95": wilson(whole.hit, whole.hit + whole.false),
        "recall": round(whole.recall, 4),
        "recall_95": wilson(whole.hit, whole.hit + whole.missed),
        "f1": round(whole.f1, 4),
        "false_flags": false_flags(examples, flags),
        "families": slices(examples, flags, lambda one: one.family),
        "lengths": slices(examples, flags, length_of),
        "coding": slices(examples, flags, coding_of),
        "services": recalls(examples, flags),
        "devices": device_slices(examples, flags),
        "pairs": pairs_right(examples, flags),
        "calibration": calibration(examples, predictions),
        "stance_macro_f1": round(stance_f1(examples, predictions), 4),
        "services_micro_f1": round(services_f1(examples, predictions, limits), 4),
    }


def false_flags(examples: Sequence[Example], flags: Sequence[bool]) -> dict[str, Any]:
    """For each stance that is no lure: how many posts, how many flagged."""
    shown = {}
    for stance in Stance:
        some = [flag for one, flag in zip(examples, flags, strict=True) if one.stance is stance]
        if some and stance not in LURING:
            shown[str(stance)] = {"posts": len(some), "flagged": sum(some), "upper_95": round(wilson(sum(some), len(some))[1], 4)}  # fmt: skip
    return shown


def slices(
    examples: Sequence[Example], flags: Sequence[bool], name_of: Callable[[Example], str]
) -> dict[str, Any]:
    """Precision and recall of each slice."""
    shown = {}
    names = [name_of(one) for one in examples]
    for name in sorted(set(names)):
        rows = zip(names, examples, flags, strict=True)
        kept = [(one, flag) for found, one, flag in rows if found == name]
        count = counted([one for one, _ in kept], [flag for _, flag in kept])
        shown[name] = {
            "posts": len(kept),
            "lures": count.hit + count.missed,
            "precision": round(count.precision, 3),
            "recall": round(count.recall, 3),
        }
    return shown


def recalls(examples: Sequence[Example], flags: Sequence[bool]) -> dict[str, Any]:
    """For each service: how many lures offer it, and how many of them were flagged."""
    shown = {}
    for service in Service:
        some = [flag for one, flag in zip(examples, flags, strict=True) if service in one.services]
        if some:
            bounds = wilson(sum(some), len(some))
            shown[str(service)] = {"posts": len(some), "flagged": sum(some), "recall_95": bounds}
    return shown


def device_slices(examples: Sequence[Example], flags: Sequence[bool]) -> dict[str, Any]:
    """Precision and recall of the posts in which a device was undone; a post may count in several."""
    lexicon = load_lexicon()
    held: dict[str, list[int]] = {}
    for at, one in enumerate(examples):
        for device in {d for _, _, text in one.values for d in normalise(text, lexicon).devices}:
            held.setdefault(device, []).append(at)
    shown = {}
    for device in sorted(held, key=lambda name: (-len(held[name]), name)):
        count = counted([examples[at] for at in held[device]], [flags[at] for at in held[device]])
        shown[device] = {
            "posts": len(held[device]),
            "lures": count.hit + count.missed,
            "precision": round(count.precision, 3),
            "recall": round(count.recall, 3),
        }
    return shown


def pairs_right(examples: Sequence[Example], flags: Sequence[bool]) -> dict[str, Any]:
    """Of the groups that hold lures and posts like them that are none: in how many every flag is right."""
    groups: dict[str, list[tuple[bool, bool]]] = {}
    for one, flag in zip(examples, flags, strict=True):
        groups.setdefault(one.group, []).append((one.lure, flag))
    twins = [pairs for pairs in groups.values() if len({lure for lure, _ in pairs}) == 2]
    right = sum(all(lure == flag for lure, flag in pairs) for pairs in twins)
    return {"groups": len(twins), "right": right, "right_95": wilson(right, len(twins))}


def calibration(examples: Sequence[Example], predictions: Sequence[Prediction]) -> dict[str, Any]:
    """
    How far scores are from frequencies: ECE over ten bins of equal width, and the bins.

    A bin is what the scores in it said on average, the share that were lures, and how many there were.
    """
    scores = np.array([one.score for one in predictions])
    lures = np.array([one.lure for one in examples], dtype=float)
    places = np.minimum((scores * 10).astype(int), 9)
    bins = []
    for place in range(10):
        inside = places == place
        if inside.any():
            said, was = float(scores[inside].mean()), float(lures[inside].mean())
            bins.append({"said": round(said, 3), "were": round(was, 3), "posts": int(inside.sum())})
    wrong = sum(abs(one["said"] - one["were"]) * one["posts"] for one in bins)
    return {"ece": round(wrong / max(1, len(scores)), 4), "bins": bins}


def length_of(example: Example) -> str:
    """A band of lengths."""
    size = len(example.text)
    return "up to 40" if size <= 40 else "41 to 120" if size <= 120 else "over 120"


def coding_of(example: Example) -> str:
    """Whether the normaliser undid anything."""
    lexicon = load_lexicon()
    coded = any(normalise(text, lexicon).devices for _, _, text in example.values)
    return "coded" if coded else "plain"


def stance_f1(examples: Sequence[Example], predictions: Sequence[Prediction]) -> float:
    """Macro F1 over the stances that occur."""
    from sklearn.metrics import f1_score

    known = [(one.stance, p) for one, p in zip(examples, predictions, strict=True) if one.stance]
    said = [max(p.stances, key=p.stances.__getitem__) for _, p in known]
    return float(f1_score([str(s) for s, _ in known], [str(s) for s in said], average="macro"))


def services_f1(
    examples: Sequence[Example], predictions: Sequence[Prediction], limits: Thresholds
) -> float:
    """Micro F1 of the services, over lures."""
    right = said = wanted = 0
    for one, prediction in zip(examples, predictions, strict=True):
        if one.lure:
            found = {s for s in Service if prediction.services[s] >= limits.service}
            right += len(found & set(one.services))
            said, wanted = said + len(found), wanted + len(one.services)
    return 2 * right / max(1, said + wanted)


def unread(classifier: Classifier, examples: Sequence[Example]) -> dict[str, Any]:
    """What the same model reaches on text that the normaliser has not touched."""
    texts = [
        model_text([(field, index, untouched(text)) for field, index, text in one.values])
        for one in examples
    ]
    flags = [one.flagged(classifier.thresholds) for one in classifier.predict(texts)]
    return shown_count(counted(examples, flags))


def untouched(text: str) -> Normalised:
    """A text as it stands, as if nothing had been coded."""
    return Normalised(text, text, (), (), (), ())


def shown_count(count: Count) -> dict[str, Any]:
    """Its three shares."""
    return {
        "precision": round(count.precision, 3),
        "recall": round(count.recall, 3),
        "f1": round(count.f1, 3),
    }


def baselines(train: Sequence[Example], test: Sequence[Example]) -> dict[str, Any]:
    """What a keyword list and a character n-gram linear model reach on the same posts."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    lexicon = load_lexicon()
    listed = [
        any(
            term.grade in "AB" and term.group == "SVC"
            for term in normalise(one.text, lexicon).terms
        )
        for one in test
    ]
    linear = make_pipeline(
        TfidfVectorizer(analyzer="char", ngram_range=(1, 3), min_df=2, sublinear_tf=True),
        LogisticRegression(C=10, max_iter=500),
    )
    linear.fit([one.text for one in train], [one.lure for one in train])
    guessed = linear.predict([one.text for one in test])
    shown = {}
    for name, flags in (("keyword list", listed), ("character n-grams", list(guessed))):
        shown[name] = shown_count(counted(test, [bool(flag) for flag in flags]))
    return shown
