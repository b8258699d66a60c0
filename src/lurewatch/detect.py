"""From a post to a verdict: normaliser, lexicon, contacts and model meet here, and only here."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Final

from lurewatch.classify.attribution import carried
from lurewatch.classify.encode import model_text, picture_text
from lurewatch.classify.model import Classifier, Prediction
from lurewatch.config import Settings
from lurewatch.finding import (
    LURING,
    PROTECTED,
    Contact,
    Grade,
    Owner,
    Reason,
    Stance,
    Verdict,
)
from lurewatch.post import Post
from lurewatch.text.contacts import Piece, find_contacts
from lurewatch.text.lexicon import OVERLAY, Lexicon, load_lexicon
from lurewatch.text.normalise import normalise
from lurewatch.text.signals import find_signals

LIFTS: Final = frozenset({"promise", "fee", "method", "policy", "papers", "impersonation"})
OTHERS_OFFERS: Final = PROTECTED - {Stance.EXPERIENCE}  # voices that show what others offer
OWNERS: Final[dict[Stance, Owner]] = {
    Stance.SOLICIT: "author",
    Stance.RECRUIT: "author",
    Stance.VICTIM: "suspect",
    Stance.WARN: "suspect",
}
SHOWN_MODEL: Final = "lure-bert-zh"


def lexicon_for(settings: Settings) -> Lexicon:
    """The shipped lexicon with the operator's own rows."""
    return load_lexicon(settings.home / OVERLAY)


def model_folder(settings: Settings) -> Path:
    """Where the model is: as set, as installed, or as in a checkout."""
    if settings.model_dir:
        return settings.model_dir
    installed = Path(str(files("lurewatch"))) / "model"
    checkout = Path(__file__).parents[2] / "models" / SHOWN_MODEL
    return installed if installed.is_dir() else checkout


@dataclass(frozen=True, slots=True)
class WhyNot:
    """The first rule that kept a post from being flagged: a key of WHY_NOT, and what it measured."""

    rule: str
    stance: Stance = Stance.OTHER
    value: float = 0.0
    limit: float = 0.0

    def __str__(self) -> str:
        return WHY_NOT[self.rule].format(
            stance=self.stance, value=f"{self.value:.2f}", limit=self.limit
        )


WHY_NOT: Final = {
    "short": "it says too little to be judged",
    "screen": "the first stage found nothing of the field",
    "stance": "it reads as {stance}",
    "protected": "a protected voice is too likely ({value} > {limit})",
    "score": "its score is too low ({value} < {limit})",
    "service": "no service is recognised",
    "asks": "it only asks about an offer",
}


class Detector:
    """Judges posts. Loading the model itself waits until a post needs it."""

    def __init__(self, lexicon: Lexicon, classifier: Classifier) -> None:
        self._lexicon = lexicon
        self._classifier = classifier
        self.model = f"{SHOWN_MODEL}-{classifier.thresholds.version}"
        self.lexicon = lexicon.version

    @classmethod
    def load(cls, settings: Settings) -> "Detector":
        """The detector that the settings describe."""
        return cls(lexicon_for(settings), Classifier(model_folder(settings)))

    def judge(
        self, posts: Sequence[Post], *, screen: bool = True, explain: bool = False
    ) -> list[Verdict]:
        """
        One verdict a post, in order; without *screen* every post is read by the model.

        *explain* adds to each flag the clauses that carried it: about 16 runs of the model more.
        """
        bundles = [self.read(post) for post in posts]
        texts = [model_text(bundle) for bundle in bundles]
        wanted = [
            at
            for at, bundle in enumerate(bundles)
            if says_something(bundle) and (not screen or self.worth_reading(bundle, texts[at]))
        ]
        predictions = dict(
            zip(wanted, self._classifier.predict([texts[at] for at in wanted]), strict=True)
        )
        for at in wanted:
            predictions[at] = self.with_pictures(bundles[at], texts[at], predictions[at])
        verdicts = [
            self.verdict(bundle, predictions.get(at), model_only=not screen)
            for at, bundle in enumerate(bundles)
        ]
        if not explain:
            return verdicts
        return [
            self.explained(verdict, bundles[at], predictions[at]) if verdict.flagged else verdict
            for at, verdict in enumerate(verdicts)
        ]

    def with_pictures(
        self, bundle: Sequence[Piece], text: str, prediction: Prediction
    ) -> Prediction:
        """
        What the model says of a post with text in its pictures, when its own words are heard alone too.

        Who asks, warns or complains often shows the offer it is about: where the words by themselves
        are of a protected voice, they decide. Words so long that the model could not read the
        pictures with them are no hiding place: the pictures are read a second time, with little else.
        """
        limits = self._classifier.thresholds
        if not any(field == "ocr" for field, _, _ in bundle):
            return prediction
        if not prediction.flagged(limits):
            if prediction.stance in PROTECTED or not self._classifier.cuts(text):
                return prediction
            second = self._classifier.predict([picture_text(bundle)])[0]
            if not second.flagged(limits):
                return prediction
            prediction = second
        words = [piece for piece in bundle if piece[0] != "ocr"]
        alone = self._classifier.predict([model_text(words)])[0]
        return alone if alone.stance in OTHERS_OFFERS else prediction

    def explained(
        self, verdict: Verdict, bundle: Sequence[Piece], prediction: Prediction
    ) -> Verdict:
        """A flag with the clauses that carried it."""
        found = carried(bundle, prediction.odds, lambda texts: [one.odds for one in self._classifier.predict(texts)])  # fmt: skip
        return replace(verdict, reasons=(*verdict.reasons, *found))

    def why_not(self, post: Post) -> "WhyNot | None":
        """
        What kept a post that names terms of the field from being flagged; nothing for one that is.

        For the people who wonder why: the first of the rules that says no.
        """
        bundle = self.read(post)
        prediction = self._classifier.predict([model_text(bundle)])[0]
        limits, stance = self._classifier.thresholds, prediction.stance
        reasons, contacts = [*term_reasons(bundle), *find_signals(bundle)], find_contacts(bundle)
        guarded = sum(prediction.stances[one] for one in PROTECTED)
        if not says_something(bundle):
            return WhyNot("short")
        if not self.worth_reading(bundle, model_text(bundle)):
            return WhyNot("screen")
        if stance not in LURING:
            return WhyNot("stance", stance)
        if guarded > limits.protected:
            return WhyNot("protected", stance, guarded, limits.protected)
        if prediction.score < limits.flag:
            return WhyNot("score", stance, prediction.score, limits.flag)
        if not prediction.offered(limits):
            return WhyNot("service", stance)
        return WhyNot("asks", stance) if only_asks(bundle, reasons, contacts) else None

    def read(self, post: Post) -> list[Piece]:
        """Every text of a post, normalised."""
        return [
            (field, index, normalise(value, self._lexicon)) for field, index, value in post.values()
        ]

    def worth_reading(self, bundle: Sequence[Piece], text: str) -> bool:
        """Whether a text goes on to the model; of one that names a term of the field the sieve must be surer."""
        limits = self._classifier.thresholds
        named = any(term.group == "SVC" for _, _, found in bundle for term in found.terms)
        limit = limits.named if named else limits.screen
        return self._classifier.screen.score(text) >= limit

    def verdict(
        self, bundle: Sequence[Piece], prediction: Prediction | None, *, model_only: bool
    ) -> Verdict:
        """What the model and the rules make of one post."""
        if prediction is None:
            return self._nothing("model" if model_only else "screen")
        stance = prediction.stance
        contacts = find_contacts(bundle)
        reasons = [*term_reasons(bundle), *find_signals(bundle)]
        grade = self.grade(prediction, reasons, contacts)
        if only_asks(bundle, reasons, contacts):
            grade = Grade.L0
        owner = OWNERS.get(stance, "unknown")
        return Verdict(
            stance=stance,
            services=prediction.offered(self._classifier.thresholds),
            grade=grade,
            stage="model",
            score=round(prediction.score, 4),
            reasons=tuple(reasons),
            contacts=tuple(replace(contact, owner=owner) for contact in contacts),
            devices=tuple(dict.fromkeys(d for _, _, found in bundle for d in found.devices)),
            model=self.model,
            lexicon=self.lexicon,
        )

    def _nothing(self, stage: str) -> Verdict:
        return Verdict(
            stance=Stance.OTHER,
            services=(),
            grade=Grade.L0,
            stage="screen" if stage == "screen" else "model",
            score=0.0,
            reasons=(),
            contacts=(),
            devices=(),
            model=self.model,
            lexicon=self.lexicon,
        )

    def grade(
        self,
        prediction: Prediction,
        reasons: Sequence[Reason],
        contacts: Sequence[Contact],
    ) -> Grade:
        """
        What a flag is worth, or what else a post may be good for.

        L3 when rules find a route and one element more in what the post itself says; an offer seen
        only in tags, pictures, comments or the account is L2.
        """
        kinds = {reason.kind for reason in reasons}
        body = {reason.kind for reason in reasons if reason.field in OWN_WORDS}
        if prediction.flagged(self._classifier.thresholds):
            routed = "route" in kinds or bool(contacts)
            lifted = bool(LIFTS & body) or "coding" in body
            return Grade.L3 if routed and lifted and body - {"route"} else Grade.L2
        stance = prediction.stance
        if (stance is Stance.TUTORIAL and "method" in kinds) or (
            stance is Stance.VICTIM and any(one.channel != "pointer" for one in contacts)
        ):
            return Grade.L1
        return Grade.L0


LEAST: Final = 3  # words of Latin letters, characters and signs together
WORD: Final = re.compile(r"[a-z0-9]+|[^\W_]|[\u2190-\u2bff\U0001f000-\U0001ffff]", re.IGNORECASE)


def says_something(bundle: Sequence[Piece]) -> bool:
    """
    Whether a post says enough to be judged: LEAST words, or a service by name, or a contact.

    What a model makes of one letter or of a lone 咨询 is an accident, and nobody is put in a queue by one.
    A name alone says nothing.
    """
    said = [piece for piece in bundle if piece[0] != "author_name"]
    if sum(len(WORD.findall(found.plain)) for _, _, found in said) >= LEAST:
        return True
    named = any(term.group == "SVC" for _, _, found in said for term in found.terms)
    return named or bool(find_contacts(said))


OWN_WORDS: Final = frozenset({"title", "text"})  # what the author says, not what is shown beside it
QUESTION: Final = 40  # characters of a post that is a question and no more


def only_asks(
    bundle: Sequence[Piece], reasons: Sequence[Reason], contacts: Sequence[Contact]
) -> bool:
    """
    Whether a post only asks if somebody's offer can be trusted, a picture of it beside the question.

    Such a post is no lure, whatever the model makes of the picture: its own few words offer nothing
    and lead to nobody.
    """
    own = [found.plain for field, _, found in bundle if field in OWN_WORDS]
    kinds = {reason.kind for reason in reasons if reason.field in OWN_WORDS}
    reached = any(contact.field in OWN_WORDS for contact in contacts)
    short = sum(map(len, own)) <= QUESTION
    return "doubt" in kinds and short and not reached and not kinds & {"offer", "route"}


def term_reasons(bundle: Sequence[Piece]) -> list[Reason]:
    """Terms of the lexicon as reasons; those that were coded say so."""
    return [
        Reason(
            field=field,
            index=index,
            start=term.raw_start,
            end=term.raw_end,
            surface=term.surface,
            meaning=term.plain if term.device != "plain" else term.concept,
            kind="term" if term.device == "plain" else "coding",
            confidence=term.confidence,
        )
        for field, index, found in bundle
        for term in found.terms
    ]
