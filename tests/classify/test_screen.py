"""What characters alone say: the sieve before the network, and the second reader beside it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lurewatch.classify.encode import model_text
from lurewatch.classify.model import Classifier
from lurewatch.classify.screen import BUCKETS, Screen
from lurewatch.detect import Detector
from lurewatch.finding import Stance
from lurewatch.post import Post
from lurewatch.text.lexicon import load_lexicon

MODEL = Path(__file__).parents[2] / "models" / "lure-bert-zh"


@pytest.fixture
def classifier() -> Classifier:
    return Classifier(MODEL)


def test_what_is_saved_says_the_same(tmp_path: Path) -> None:
    pick = np.random.default_rng(1)
    made = Screen(
        pick.normal(size=BUCKETS).astype(np.float32),
        -0.5,
        pick.normal(size=(BUCKETS, len(Stance))).astype(np.float32),
        pick.normal(size=len(Stance)),
    )
    made.save(tmp_path / "screen.npz")
    kept = Screen.load(tmp_path / "screen.npz")
    text = "谁能做停息挂账，费用好说"
    assert kept.score(text) == pytest.approx(made.score(text), abs=0.01)
    assert kept.spoken(text) == pytest.approx(made.spoken(text), abs=0.01)


@pytest.mark.parametrize("text", ["", "停", "谁能做停息挂账，费用好说", "\ud800😀" * 500])
def test_voices_are_log_probabilities(classifier: Classifier, text: str) -> None:
    said = classifier.screen.spoken(text)
    assert said.shape == (len(Stance),)
    assert np.exp(said).sum() == pytest.approx(1)


def test_the_second_reader_is_heard(classifier: Classifier) -> None:
    text = "文：欠八家，想归成一家，谁能做，费用好谈"
    said = classifier.screen.spoken(text)
    read = []
    for share in (0.5, 0.0):
        classifier.thresholds = replace(classifier.thresholds, voices=share)
        stances = classifier.predict([text])[0].stances
        assert sum(stances.values()) == pytest.approx(1)
        read.append(np.log(list(stances.values())))
    left = read[0] - read[1] - 0.5 * said  # the same for each stance: what makes them sum to one
    assert left == pytest.approx(left.mean(), abs=1e-3)
    assert np.ptp(said) > 1


def test_of_what_names_a_term_the_sieve_must_be_surer(classifier: Classifier) -> None:
    detector = Detector(load_lexicon(), classifier)
    named, other = (detector.read(Post("", "", "", text)) for text in ("花呗怎么关", "门票怎么退"))
    scores = [classifier.screen.score(model_text(bundle)) for bundle in (named, other)]
    classifier.thresholds = replace(
        classifier.thresholds, screen=max(scores) + 0.1, named=min(scores) - 0.1
    )
    assert detector.worth_reading(named, model_text(named))
    assert not detector.worth_reading(other, model_text(other))
    classifier.thresholds = replace(classifier.thresholds, named=max(scores) + 0.1)
    assert not detector.worth_reading(named, model_text(named))
