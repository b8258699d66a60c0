"""Which lures belong together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lurewatch.errors import InputError, NotAllowedError
from lurewatch.link.wording import Signer, chinese
from lurewatch.store import (
    Store,
    audit,
    carrying,
    links,
    pictures,
)
from lurewatch.store import clusters as grouped
from lurewatch.store.carrying import Carrier
from lurewatch.store.clusters import Cluster
from lurewatch.store.linked import Linked, linked_to
from lurewatch.text.contacts import contacts_in
from lurewatch.workflow.acting import Alarm, raise_alarms
from lurewatch.workflow.campaigning import follow_all
from lurewatch.workflow.common import current, note_findings

if TYPE_CHECKING:
    from lurewatch.text.lexicon import Lexicon


@dataclass(frozen=True, slots=True)
class LinkedUp:
    """What a run of linking came to."""

    posts: int  # that were new or changed
    clusters: int  # that there are now
    alarms: tuple[Alarm, ...] = ()  # requests that are open again


def link_pending(
    store: Store,
    lexicon: "Lexicon",
    *,
    batch: int = 1000,
    progress: Callable[[int, int], object] | None = None,
) -> LinkedUp:
    """
    Compare what was judged or changed since the last time with all there is, and group the lures.

    A batch is read first and recorded in one transaction then: a stop loses at most a batch of
    work, and the next call goes on. Called again with nothing new it changes nothing. A lure that
    shows again what was taken down reopens that request.
    """
    signer = wording_signer(store)
    with store.begin() as db:
        links.lock(db)
        pictures.regroup(db)
        total = links.count_pending(db)
    done = 0
    while True:
        with store.reading() as db:
            some = links.pending(db, batch)
            signs = pictures.likenesses(db, [key for key, _, _ in some])
        if not some:
            break
        found = links.signed(store.vault, signer, lexicon, some, signs)
        with store.begin() as db:
            links.lock(db)
            links.keep(db, found, current())
        done += len(some)
        if progress:
            progress(done, max(done, total))
    with store.begin() as db:
        links.lock(db)
        count = grouped.regroup(db)
    return LinkedUp(done, count, tuple(raise_alarms(store)))


def wording_signer(store: Store) -> Signer:
    """What hashes texts with this installation's key."""
    return Signer(store.vault.keyed_hash("wording"))


def clusters(store: Store, *, reader: str, limit: int = 50, offset: int = 0) -> list[Cluster]:
    """The clusters of lures, those with the most posts first; that they were listed is on record."""
    with store.reading() as db:
        found = grouped.largest(db, limit, offset)
    with store.begin() as db:
        note_findings(db, reader, "list clusters", (one.number for one in found))
    return found


def cluster(store: Store, finding_id: int) -> Cluster | None:
    """The cluster that a finding is in, described whole."""
    with store.reading() as db:
        number = grouped.number_of(db, finding_id)
        return None if number is None else grouped.described(db, number)


def cluster_of(store: Store, finding_id: int, *, reader: str, limit: int = 20) -> Linked:
    """
    What belongs to a finding: its cluster, at most *limit* of the other posts and why, and who names it.

    Which of them were shown is on record. Raises NotAllowedError when there is no such finding.
    """
    with store.reading() as db:
        found = linked_to(db, finding_id, limit)
    if found is None:
        raise NotAllowedError(f"there is no finding {finding_id}; see: lurewatch findings list")
    if found.members:
        with store.begin() as db:
            note_findings(db, reader, "list findings", (one.finding_id for one in found.members))
    return found


def cluster_sizes(store: Store, finding_ids: Sequence[int]) -> dict[int, int]:
    """How many posts are in the cluster of each of these findings that has one."""
    with store.reading() as db:
        return grouped.size_of(db, finding_ids)


def open_cluster(
    store: Store, finding_id: int, *, reader: str, limit: int = 200
) -> tuple[Cluster | None, Linked]:
    """
    What a page of a cluster shows: the whole of it, and its posts beside this finding; goes on record.

    Raises NotAllowedError when there is no such finding.
    """
    linked = cluster_of(store, finding_id, reader=reader, limit=limit)
    with store.begin() as db:
        number = grouped.number_of(db, finding_id)
        audit.note(db, current(), reader, "read cluster", str(finding_id))
        return None if number is None else grouped.described(db, number), linked


def name_campaign(store: Store, finding_id: int, name: str, *, who: str) -> Cluster:
    """
    A person confirms that the cluster of a finding is one campaign, and names it.

    The posts in it now are the campaign's. Those that join the cluster later are not until somebody
    gives the same name again.
    """
    called = name.strip()
    if not called or not called.isprintable() or len(called) > 100:
        raise NotAllowedError("a campaign's name is 1 to 100 characters that can be seen")
    with store.begin() as db:
        links.lock(db)
        number = grouped.number_of(db, finding_id)
        if number is None:
            raise NotAllowedError(
                f"finding {finding_id} is in no cluster; see: lurewatch clusters list"
            )
        campaign = grouped.name(db, number, called, who, current())
        audit.note(db, current(), who, "name campaign", f"{campaign} cluster {number}")
        follow_all(db, "", who=who)
        return grouped.described(db, number)


def withdraw_campaign(store: Store, name: str, *, who: str) -> None:
    """Take a campaign's name back; who gave it and who took it back stay on record."""
    with store.begin() as db:
        links.lock(db)
        campaign = grouped.withdraw(db, name.strip(), who, current())
        audit.note(db, current(), who, "withdraw campaign", str(campaign))


def posts_carrying(
    store: Store, lexicon: "Lexicon", sought: str, *, reader: str, limit: int = 50
) -> list[Carrier]:
    """
    The posts that carry a contact, however it is written, or else a wording; that it was sought is on record.

    Raises InputError where *sought* is neither a contact nor at least four Chinese characters.
    """
    found = contacts_in(sought, lexicon)
    words = wording_signer(store).shingles(chinese(sought, lexicon))
    if not found and len(words) < FEWEST_SOUGHT:
        raise InputError(
            f"{sought[:40]!r} is neither a contact nor a wording: give a handle, a number or an"
            " address, or at least four Chinese characters"
        )
    with store.reading() as db:
        carriers = carrying.of_contacts(db, found, limit) if found else carrying.of_words(db, words, limit)  # fmt: skip
    what = "a contact" if found else f"{len(words)} shingles"
    with store.begin() as db:
        audit.note(db, current(), reader, "search posts", f"{what}: {len(carriers)} posts")
        found_ids = (one.finding_id for one in carriers if one.finding_id is not None)
        note_findings(db, reader, "found findings", found_ids)
    return carriers


FEWEST_SOUGHT: Final = 3  # shingles
