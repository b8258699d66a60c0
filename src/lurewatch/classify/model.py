"""Run the shipped model: text in, probabilities out."""

import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np

from lurewatch.classify.screen import Screen
from lurewatch.errors import InputError
from lurewatch.finding import LURING, PROTECTED, Service, Stance

T = TypeVar("T")
FILES: Final = ("model.int8.onnx", "tokenizer.json", "thresholds.json", "screen.npz")


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Where the machine flags; chosen on posts kept apart, see CARD.md."""

    version: str
    length: int  # tokens read
    voices: float  # how much the n-grams' word on who speaks counts beside the network's
    slope: float  # calibration: sigmoid(slope * logit + lean * first-stage score + intercept)
    lean: float
    intercept: float
    flag: float  # score from which a post is flagged
    protected: float  # probability of protected stances up to which it may be
    service: float  # probability from which a service counts
    screen: float  # first-stage score under which a post is called OTHER
    named: float  # the same for a post that names a term of the field

    def score(self, logit: float, sieved: float) -> float:
        """
        P(lure) as a frequency: a logistic line over what both readers and the first stage say.

        They err on different posts: the first stage weighs a post against all that is written
        anywhere, the readers against what speaks of money.
        """
        return float(sigmoid(self.slope * logit + self.lean * sieved + self.intercept))


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the model says of one text: the network and the n-grams together."""

    stances: dict[Stance, float]
    services: dict[Service, float]
    score: float  # calibrated P(lure)

    @property
    def odds(self) -> float:
        """The log-odds of SOLICIT and RECRUIT together."""
        return luring_logit(np.array(list(self.stances.values())))

    @property
    def stance(self) -> Stance:
        """The likeliest one."""
        return max(self.stances, key=self.stances.__getitem__)

    def offered(self, limits: Thresholds) -> tuple[Service, ...]:
        """The services that count; of a lure the likeliest one nearly always does."""
        found = [service for service, p in self.services.items() if p >= limits.service]
        if not found and self.stance in LURING:
            best = max(self.services, key=self.services.__getitem__)
            found = [best] if self.services[best] >= limits.service / 3 else []
        return tuple(found)

    def flagged(self, limits: Thresholds) -> bool:
        """The rule of a flag: score, stance, no protected voice, a service."""
        protected = sum(self.stances[one] for one in PROTECTED)
        return (
            self.score >= limits.flag
            and self.stance in LURING
            and protected <= limits.protected
            and bool(self.offered(limits))
        )


class Classifier:
    """An ONNX session with its tokenizer and thresholds."""

    def __init__(self, folder: Path) -> None:
        missing = [name for name in FILES if not (folder / name).is_file()]
        if missing:
            raise InputError(
                f"{folder} is no model folder: it lacks {', '.join(missing)}; set LUREWATCH_MODEL to"
                " one that `lurewatch train` wrote, or leave it unset for the shipped model"
            )
        self.folder = folder
        self.thresholds = self._loaded(FILES[2], lambda path: Thresholds(**json.loads(path.read_text("utf-8"))))  # fmt: skip

    def _loaded(self, name: str, load: Callable[[Path], T]) -> T:
        """A part of the model. Raises InputError naming a file that is broken."""
        try:
            return load(self.folder / name)
        except Exception as error:  # each of the libraries has errors of its own
            raise InputError(
                f"{self.folder / name} is broken ({type(error).__name__}): install lurewatch anew,"
                " or set LUREWATCH_MODEL to a folder that `lurewatch train` wrote"
            ) from None

    @cached_property
    def screen(self) -> Screen:
        """The first stage."""
        return self._loaded(FILES[3], Screen.load)

    @cached_property
    def _session(self) -> Any:
        import onnxruntime

        onnxruntime.set_default_logger_severity(3)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # a post is too small to share: `predict` runs several
        options.enable_cpu_mem_arena = False  # long posts are rare: give their memory back
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # wait asleep
        cpu = ["CPUExecutionProvider"]
        return self._loaded(FILES[0], lambda path: onnxruntime.InferenceSession(str(path), options, providers=cpu))  # fmt: skip

    @cached_property
    def _tokenizer(self) -> Any:
        from tokenizers import Tokenizer

        return self._loaded(FILES[1], lambda path: Tokenizer.from_file(str(path)))

    def predict(self, texts: Sequence[str]) -> list[Prediction]:
        """
        One prediction a text, in order.

        Each text is run alone: 8-bit arithmetic scales by what is run together, and what is said of
        a post must not depend on its neighbours. As many run side by side as there are cores, each
        on one: threads that share one short post wait for each other more than they compute.
        """
        readable = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
        rows = [self._cut(encoding.ids) for encoding in self._tokenizer.encode_batch(readable)]
        if len(rows) < 2:
            return [self._run(*one) for one in zip(rows, texts, strict=True)]
        _ = self._session, self.screen  # loaded once, before several threads ask for them
        with ThreadPoolExecutor(os.cpu_count()) as side_by_side:
            return list(side_by_side.map(self._run, rows, texts))

    def cuts(self, text: str) -> bool:
        """Whether the model reads a text only in part."""
        return len(self._tokenizer.encode(text).ids) > self.thresholds.length

    def _cut(self, ids: list[int]) -> list[int]:
        """Head and tail of a long text: routes stand at its end."""
        length = self.thresholds.length
        return ids if len(ids) <= length else ids[: length - 33] + ids[-33:]

    def _run(self, row: list[int], text: str) -> Prediction:
        ids = np.array([row], dtype=np.int64)
        fed = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
        stance, services = self._session.run(None, fed)
        stances = softmax(stance[0] + self.thresholds.voices * self.screen.spoken(text))
        offered = sigmoid(services[0])
        return Prediction(
            stances=dict(zip(Stance, stances.tolist(), strict=True)),
            services=dict(zip(Service, offered.tolist(), strict=True)),
            score=self.thresholds.score(luring_logit(stances), self.screen.score(text)),
        )


def luring_logit(stances: np.ndarray) -> float:
    """The log-odds of SOLICIT and RECRUIT together."""
    luring = min(max(float(stances[0] + stances[1]), 1e-5), 1 - 1e-5)
    return float(np.log(luring / (1 - luring)))


def softmax(logits: np.ndarray) -> np.ndarray:
    """Over the last axis."""
    raised = np.exp(logits - logits.max(-1, keepdims=True))
    return np.asarray(raised / raised.sum(-1, keepdims=True))


def sigmoid(logits: Any) -> Any:
    """Element by element."""
    return 1 / (1 + np.exp(-logits))
