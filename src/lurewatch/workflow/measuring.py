"""What the work comes to, in numbers."""

from dataclasses import dataclass
from datetime import datetime

from lurewatch.figures import Figures, figures_of
from lurewatch.store import (
    Store,
    firings,
    measured,
    posts,
    runs,
    sources,
)
from lurewatch.store import findings as kept
from lurewatch.workflow.common import current
from lurewatch.workflow.scheduling import why_not


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there is of everything: what a monitoring system asks."""

    posts: int
    findings: dict[tuple[str, bool], int]  # by grade, and whether decided
    pages: dict[tuple[str, str], int]  # by platform and coverage state
    resting: dict[str, bool]  # by platform
    fired: dict[tuple[str, str], datetime]  # by watch and state: when it ended last


def counts(store: Store) -> Counts:
    """All counts at this moment."""
    now = current()
    with store.reading() as db:
        return Counts(
            posts=posts.count(db),
            findings=kept.counts(db),
            pages=runs.page_counts(db),
            resting={one.platform: bool(why_not(one, now)) for one in sources.every(db)},
            fired=firings.ended(db),
        )


def figures(store: Store, since: datetime, until: datetime) -> Figures:
    """What the work came to from *since* to *until*, as it stood then; of a time not over, as it stands."""
    now = min(current(), until)
    with store.reading() as db:
        return figures_of(
            since,
            until,
            now,
            measured.covered(db, since, until),
            measured.finding_times(db, since, until, now),
            measured.request_times(db, since, until, now),
        )
