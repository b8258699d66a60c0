"""What people say of findings."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from lurewatch.errors import InputError, NotAllowedError
from lurewatch.finding import LURING, Decision, Finding, Grade, Label, Service, Stance
from lurewatch.store import (
    Db,
    Store,
    audit,
    claims,
    deliveries,
    folding,
    golden,
    history,
    people,
    quality,
)
from lurewatch.store import findings as kept
from lurewatch.store.claims import Claim
from lurewatch.store.findings import Wanted
from lurewatch.store.history import History
from lurewatch.store.people import User
from lurewatch.store.posts import PostRow
from lurewatch.store.quality import Referral, Sample, SecondLook
from lurewatch.takedown import (
    named_in,
)
from lurewatch.workflow.common import current, note_findings

TAKEN_AT_ONCE = 20  # places tried for the next finding: more than people who ask at once
LEASE: Final = timedelta(minutes=10)  # how long an opened finding is one person's
OWN_RULE: Final = "it names our institution: only a lead can call it a lure"
UNREADABLE_RULE: Final = (
    "the institution's profile cannot be read, so nobody can tell whether it is named: only a lead can"
    " call it a lure"
)
SECOND_SHARE: Final = 0.05  # of decisions a second person is asked about
TOGETHER: Final = 50  # findings of like wording that one decision settles at most


def findings_to_review(
    store: Store,
    *,
    limit: int = 50,
    offset: int = 0,
    grade: Grade | None = None,
    decided: bool | None = False,
    platform: str | None = None,
    reader: str = "",
) -> list[Finding]:
    """Findings by rank; that a *reader* was shown them is on record."""
    wanted = Wanted(decided, grade or "", platform or "")
    with store.reading() as db:
        found = kept.to_review(db, wanted, current(), limit=limit, offset=offset)
    if reader and found:
        with store.begin() as db:
            note_findings(db, reader, "list findings", (one.finding_id for one in found))
    return found


def count_findings(
    store: Store,
    *,
    grade: Grade | None = None,
    decided: bool | None = False,
    platform: str | None = None,
) -> int:
    """How many findings of a kind there are."""
    with store.reading() as db:
        return kept.count(db, Wanted(decided, grade or "", platform or ""), current())


@dataclass(frozen=True, slots=True)
class Queue:
    """One page of the queue, who holds what on it, and how many of each kind there are."""

    findings: list[Finding]
    claims: dict[int, Claim]
    blind: frozenset[int]  # whose decision this person may not see: a second look is waited for
    tally: dict[tuple[str, str, str, str], int]  # by grade, platform, stance, services, unfiltered
    looks: int  # that wait for a second look of this person
    referred: int  # that wait for a lead
    folded: dict[int, int]  # findings of nearly the same wording as one before them, and as which


def queue(store: Store, wanted: Wanted, *, user: User, limit: int, offset: int) -> Queue:
    """The queue as asked for, by rank; what was shown of it is on record."""
    now = current()
    everything = replace(wanted, grade="", platform="", service="", stance="")
    with store.reading() as db:
        found = kept.to_review(db, wanted, now, limit=limit, offset=offset)
        numbers = [one.finding_id for one in found]
        shown = Queue(
            found,
            claims.held(db, numbers, now),
            frozenset(quality.waiting_for(db, numbers, user.name)),
            kept.tally(db, everything, now),
            *quality.waiting(db, user.name),
            folding.folded(db, numbers),
        )
    if numbers:
        with store.begin() as db:
            note_findings(db, user.name, "list findings", numbers)
    return shown


def finding(store: Store, finding_id: int, *, reader: str) -> Finding:
    """One finding; that it was read is on record. Raises NotAllowedError when there is none."""
    with store.begin() as db:
        found = found_in(store, db, finding_id)
        audit.note(db, current(), reader, "read finding", str(finding_id))
    return found


def several(store: Store, finding_ids: Sequence[int], *, reader: str) -> dict[int, Finding]:
    """Some findings by number; that they were read is on record."""
    with store.begin() as db:
        found = {number: found_in(store, db, number) for number in finding_ids}
        note_findings(db, reader, "list findings", found)
    return found


ONCE: Final = timedelta(hours=72)  # how long a password holds that an admin gave


@dataclass(frozen=True, slots=True)
class Rules:
    """What an installation sets for its people."""

    lease: timedelta = LEASE
    second_share: float = SECOND_SHARE
    password: timedelta = ONCE


@dataclass(frozen=True, slots=True)
class Opened:
    """A finding as one person sees it; `look` waits for that person, who must not see decisions."""

    finding: Finding
    claim: Claim | None
    look: SecondLook | None
    referral: Referral | None
    decisions: list[Decision]
    golden: bool = False  # has an agreed answer; not told to whoever is asked about it
    like: tuple[tuple[Finding, float], ...] = ()  # what the decision settles as well, and how alike


def open_finding(store: Store, finding_id: int, *, user: User, lease: timedelta = LEASE) -> Opened:
    """
    Show a finding to a person, and claim it for them if it waits for them.

    While somebody else holds it, that claim is what is given.
    """
    now = current()
    with store.begin() as db:
        found = found_in(store, db, finding_id)
        look = quality.waiting_look(db, finding_id) if user.decides else None
        if look and look.first_reviewer == user.name:
            look = None
        look = golden.waiting(db, finding_id, user.name) or look
        agreed = not look and golden.is_golden(db, finding_id)
        made = kept.decisions_on(db, finding_id)
        referral = quality.referral(db, finding_id)
        waits = not made or made[-1].label is Label.UNSURE or look or referral
        if user.decides and waits:
            claims.take(db, finding_id, user.name, now + lease, now)
        audit.note(db, now, user.name, "read finding", str(finding_id))
        claim = claims.held(db, [finding_id], now).get(finding_id)
        free = user.decides and not look and (claim is None or claim.holder == user.name)
        like = _like(store, db, finding_id, user, now) if free and not found.decision else ()
    if look:
        found, made = replace(found, decision=None), []
    return Opened(found, claim, look, referral, made, agreed, like)


def _like(
    store: Store, db: Db, finding_id: int, user: User, now: datetime
) -> tuple[tuple[Finding, float], ...]:
    """What a decision of this person may settle as well; nothing that another holds or a lead decides."""
    shares = folding.near(db, finding_id, TOGETHER)
    held = claims.held(db, list(shares), now)
    free = [at for at in shares if at not in held or held[at].holder == user.name]
    found = [(found_in(store, db, at), shares[at]) for at in free]
    shown = tuple((one, share) for one, share in found if not one.named or user.role == "lead")
    note_findings(db, user.name, "list findings", (one.finding_id for one, _ in shown))
    return shown


def next_finding(
    store: Store, wanted: Wanted, *, user: User, after: int | None = None, lease: timedelta = LEASE
) -> int | None:
    """
    Claim the next finding that nobody else holds, by rank; *after* one, which is let go.

    Behind the last it begins again from the first. None when there is no other. Now and then it is
    one of the golden set instead, of which this person knows no answer.
    """
    now = current()
    with store.begin() as db:
        if after is not None:
            claims.release(db, user.name, after)
        asked = golden.due(db, user.name) if user.decides else None
        if asked and asked != after and claims.take(db, asked, user.name, now + lease, now):
            golden.ask(db, asked, user.name, now)
            audit.note(db, now, user.name, "claim finding", str(asked))
            return asked
        for start in (after, None) if after is not None else (None,):
            free = kept.places(db, wanted, user.name, now, after=start, limit=TAKEN_AT_ONCE)
            for finding_id in free:
                if finding_id != after and claims.take(db, finding_id, user.name, now + lease, now):
                    audit.note(db, now, user.name, "claim finding", str(finding_id))
                    return finding_id
    return None


def release(store: Store, *, user: User, finding_id: int | None = None) -> None:
    """Let go of a finding, or of all that a person holds."""
    with store.begin() as db:
        claims.release(db, user.name, finding_id)


def show_contacts(store: Store, finding_id: int, *, reader: str) -> None:
    """That a person asked to see the contacts of a finding unmasked is on record."""
    with store.begin() as db:
        audit.note(db, current(), reader, "show contacts", str(finding_id))


def histories(
    store: Store, found: Finding, *, user: User, limit: int = 8
) -> tuple[History, History]:
    """
    Other posts of the finding's account, and other posts with one of its contacts.

    Decisions that this person may be asked to look at again are left out. That these were shown is on record.
    """
    with store.reading() as db:
        known = found.post.author_id or found.post.author_name
        account = history.of_account(db, found.finding_id, limit) if known else history.NOTHING
        contact = history.of_contact(db, found.finding_id, limit)
        numbers = [one.finding_id for one in (*account.newest, *contact.newest) if one.finding_id]
        blind = quality.waiting_for(db, numbers, user.name)
    if numbers:
        with store.begin() as db:
            note_findings(db, user.name, "list findings", dict.fromkeys(numbers))

    def told(past: History) -> History:
        return replace(
            past,
            newest=[
                replace(one, decision=None) if one.finding_id in blind else one
                for one in past.newest
            ],
        )

    return told(account), told(contact)


def decisions_on(store: Store, finding_id: int) -> list[Decision]:
    """The decisions that stand, oldest first."""
    with store.reading() as db:
        return kept.decisions_on(db, finding_id)


def decide(
    store: Store,
    finding_id: int,
    *,
    reviewer: str,
    label: Label,
    stance: Stance,
    services: Sequence[Service],
    note: str = "",
    second_share: float = 0.0,
    also: Sequence[int] = (),
) -> Decision:
    """
    Record what a person says of a finding; a share of them another person is asked about as well.

    *also* names findings of nearly the same wording, of which the same is said: a decision for each,
    all of them or none.

    Raises NotAllowedError for a lure whose stance is not SOLICIT or RECRUIT: calling a debtor, a
    victim or a journalist a lure is the worst error there is. So would be to call a complaint about
    ourselves one: where we are named, or nobody can tell, only a lead may. And for what somebody
    else holds.
    """
    check_founded(label, stance, services)
    with store.begin() as db:
        leads = is_lead(db, reviewer)
        like = folding.near(db, finding_id, TOGETHER) if also else {}
        for number in (*also, finding_id):
            found = found_in(store, db, number)
            if number != finding_id and number not in like:
                raise NotAllowedError(
                    f"finding {number}: it was decided meanwhile, or is worded otherwise; reload the page"
                )
            _check_claim(db, number, reviewer)
            if label is Label.LURE and not leads and (rule := lead_rule(found)):
                raise NotAllowedError(f"finding {number}: {rule}")
            made = _decide(db, number, label, stance, services, note, reviewer)
            if leads:
                quality.settle(db, number)
            quality.ask_no_more(db, number)
            if label is not Label.UNSURE and _drawn(db, number, second_share):
                quality.ask_again(db, made, current())
    return made


def ask_lead(
    store: Store,
    finding_id: int,
    *,
    reviewer: str,
    stance: Stance,
    services: Sequence[Service],
    note: str = "",
) -> Decision:
    """Leave a finding that names the institution, or may, to a lead; the person who asks is unsure."""
    with store.begin() as db:
        found = found_in(store, db, finding_id)
        _check_claim(db, finding_id, reviewer)
        made = _decide(db, finding_id, Label.UNSURE, stance, services, note, reviewer)
        reason = quality.UNREADABLE if found.unreadable else quality.OWN
        quality.refer(db, finding_id, reason, reviewer, current())
    return made


def look_again(
    store: Store,
    finding_id: int,
    *,
    reviewer: str,
    label: Label,
    stance: Stance,
    services: Sequence[Service],
    note: str = "",
) -> bool:
    """
    Record what a second person says, who was not shown the first decision; gives whether both agree.

    It is no decision: where they differ, a lead is asked for one.
    """
    check_founded(label, stance, services)
    with store.begin() as db:
        if asked := golden.waiting(db, finding_id, reviewer):
            golden.answered(db, finding_id, reviewer, label, stance, current())
            claims.release(db, reviewer, finding_id)
            audit.note(db, current(), reviewer, f"second look {label}", str(finding_id))
            return label is asked.first_label
        look = quality.waiting_look(db, finding_id)
        if look is None or look.first_reviewer == reviewer:
            raise NotAllowedError(f"finding {finding_id}: it waits for no second look of yours")
        _check_claim(db, finding_id, reviewer)
        quality.looked(
            db,
            finding_id,
            label=label,
            stance=stance,
            services=services,
            note=note,
            reviewer=reviewer,
            at=current(),
        )
        claims.release(db, reviewer, finding_id)
        audit.note(db, current(), reviewer, f"second look {label}", str(finding_id))
        agree = label is look.first_label
        if not agree:
            quality.refer(db, finding_id, quality.DISAGREEMENT, reviewer, current())
    return agree


def set_golden(store: Store, finding_id: int, *, who: str, agreed: bool) -> None:
    """
    Put the standing decision on a finding among the agreed answers, or take it out again.

    Raises NotAllowedError for anybody but a lead, and where there is no answer to agree on.
    """
    with store.begin() as db:
        if not is_lead(db, who):
            raise NotAllowedError("only a lead settles the golden set")
        made = kept.decisions_on(db, finding_id)
        if agreed and (not made or made[-1].label is Label.UNSURE):
            raise NotAllowedError(
                f"finding {finding_id}: nobody has decided it; there is no answer to agree on"
            )
        if agreed:
            golden.put(db, made[-1], who, current())
        elif not golden.take_out(db, finding_id):
            raise NotAllowedError(f"finding {finding_id} is not in the golden set")
        what = "put into" if agreed else "take out of"
        audit.note(db, current(), who, f"{what} the golden set", str(finding_id))


def golden_looks(store: Store) -> list[SecondLook]:
    """What people said of the golden set, oldest first."""
    with store.reading() as db:
        return golden.looks(db)


def undo_decision(store: Store, finding_id: int, *, reviewer: str) -> None:
    """Take the last decision back; that it was made and taken back both stay on record."""
    with store.begin() as db:
        standing = kept.decisions_on(db, finding_id)
        if not standing:
            raise NotAllowedError(f"there is no decision on finding {finding_id} to take back")
        look = quality.waiting_look(db, finding_id)
        if look and look.first_reviewer != reviewer:
            raise NotAllowedError(
                f"finding {finding_id}: it waits for a second look: only who decided it takes it back"
            )
        last = standing[-1]
        kept.decide(
            db, finding_id, kept.UNDONE, last.stance, last.services, "", reviewer, current()
        )
        quality.ask_no_more(db, finding_id)
        referral = quality.referral(db, finding_id)
        asked = referral and referral.reason in (quality.OWN, quality.UNREADABLE)
        if referral and asked and referral.referred_by == reviewer:
            quality.settle(db, finding_id)
        audit.note(db, current(), reviewer, "undo decision", str(finding_id))
        deliveries.announce(db, "finding.undone", finding_id, current())


def check_founded(label: Label, stance: Stance, services: Sequence[Service]) -> None:
    """Raises NotAllowedError for a lure that says neither who lures nor to what."""
    if label is Label.LURE and stance not in LURING:
        raise NotAllowedError(
            "a lure solicits or recruits: choose SOLICIT or RECRUIT, or not a lure"
        )
    if label is Label.LURE and not services:
        raise NotAllowedError("a lure offers at least one service: choose which")


def found_in(store: Store, db: Db, finding_id: int) -> Finding:
    """A finding, with whether it names the institution as the profile says now, where that can be read."""
    found = kept.get(db, finding_id)
    if found is None:
        raise NotAllowedError(f"there is no finding {finding_id}; see: lurewatch findings list")
    try:
        return replace(found, named=named_in(found.post, store.names()))
    except InputError as error:
        return replace(found, unreadable=str(error))


def lead_rule(found: Finding) -> str:
    """Why only a lead can call it a lure; nothing where everybody who decides can."""
    if found.unreadable:
        return UNREADABLE_RULE
    return OWN_RULE if found.named else ""


def _check_claim(db: Db, finding_id: int, reviewer: str) -> None:
    claim = claims.held(db, [finding_id], current()).get(finding_id)
    if claim and claim.holder != reviewer:
        raise NotAllowedError(
            f"finding {finding_id}: somebody else is looking at it: {claim.holder}, until"
            f" {claim.until.astimezone(UTC):%Y-%m-%dT%H:%MZ}"
        )


def is_lead(db: Db, name: str) -> bool:
    user = people.get(db, name)
    return user is not None and user.role == "lead" and not user.disabled


def _drawn(db: Db, finding_id: int, share: float) -> bool:
    """Whether a finding is of the sample: the same answer always, which nobody can foresee."""
    return int(db.vault.keyed_hash(f"second look {finding_id}")[:8], 16) < share * 2**32


def _decide(
    db: Db,
    finding_id: int,
    label: Label,
    stance: Stance,
    services: Sequence[Service],
    note: str,
    reviewer: str,
) -> Decision:
    kept.decide(db, finding_id, label, stance, services, note, reviewer, current())
    claims.release(db, reviewer, finding_id)
    audit.note(db, current(), reviewer, f"decide {label}", str(finding_id))
    deliveries.announce(db, f"finding.{label}", finding_id, current())
    return kept.decisions_on(db, finding_id)[-1]


def draw_samples(store: Store, size: int, *, user: User) -> int:
    """Draw posts that were judged and not flagged, for people to look at; gives how many."""
    with store.begin() as db:
        drawn = quality.draw(db, size, current())
        audit.note(db, current(), user.name, "draw samples", str(drawn))
    return drawn


def next_sample(store: Store, *, reader: str) -> tuple[int, PostRow] | None:
    """The next sample nobody has looked at; that it was read is on record."""
    with store.begin() as db:
        found = quality.next_sample(db)
        if found:
            audit.note(db, current(), reader, "read sample", str(found[0]))
    return found


def judge_sample(store: Store, sample_id: int, *, reviewer: str, label: Label) -> int | None:
    """
    Record what a person says of a sample; a lure becomes a finding, whose number is given.

    The finding still waits for a decision: that it was missed is one thing, what to do another.
    """
    with store.begin() as db:
        post_key = quality.sampled_post(db, sample_id)
        if post_key is None:
            raise NotAllowedError(f"sample {sample_id} does not wait for anybody")
        quality.judge_sample(db, sample_id, label, reviewer, current())
        audit.note(db, current(), reviewer, f"sample {label}", str(sample_id))
        return kept.find_missed(db, post_key, current()) if label is Label.LURE else None


def samples(store: Store) -> list[Sample]:
    """All samples, oldest first."""
    with store.reading() as db:
        return quality.every_sample(db)


def second_looks(store: Store) -> list[SecondLook]:
    """Every second look that was taken, oldest first."""
    with store.reading() as db:
        return quality.second_looks_done(db)
