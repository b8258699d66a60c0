"""Which flags belong to the random sample that tells how precise the machine is."""

from typing import Final, TypeVar

from sqlalchemy import ColumnElement

from lurewatch.store import Db

Number = TypeVar("Number", int, ColumnElement[int])
SAMPLED: Final = 100  # of a thousand flags
STRIDE: Final = 389  # steps through the numbers in an order that has nothing to do with posts


def sample_key(db: Db) -> int:
    """Where this installation's sample begins: nobody can tell from outside which post is in it."""
    return int(db.vault.keyed_hash("the sample of flags")[:8], 16) % 1000


def place_of(number: Number, key: int) -> Number:
    """
    The place of a finding among a thousand; those before SAMPLED are the sample.

    Of a thousand findings in a row exactly SAMPLED are in it, whatever they say.

    >>> sum(place_of(number, 7) < SAMPLED for number in range(5000, 6000))
    100
    """
    return (number * STRIDE + key) % 1000
