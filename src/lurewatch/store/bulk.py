"""Insert many rows at once, without the work that SQLAlchemy does for each of them."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Dialect, Table, insert

from lurewatch.store import Db

Columns = list[tuple[str, Any]]  # a name, and what is done to each of its values, if anything


def add(db: Db, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows that all name the same columns, if there are any."""
    if not rows:
        return
    statement, positional, columns = _prepared(db.connection.dialect, table, tuple(rows[0]))
    values = [
        [prepare(row[name]) for row in rows] if prepare else [row[name] for row in rows]
        for name, prepare in columns
    ]
    listed: list[Any] = list(zip(*values, strict=True))
    if not positional:
        names = [name for name, _ in columns]
        listed = [dict(zip(names, one, strict=True)) for one in listed]
    db.connection.exec_driver_sql(statement, listed)


@lru_cache(maxsize=128)
def _prepared(dialect: Dialect, table: Table, names: tuple[str, ...]) -> tuple[str, bool, Columns]:
    """The statement, whether it counts its values, and what each column does to one."""
    statement = insert(table).compile(dialect=dialect, column_keys=list(names))
    columns = [
        (name, table.c[name].type.dialect_impl(dialect).bind_processor(dialect))
        for name in statement.positiontup or names
    ]
    return str(statement), bool(statement.positional), columns
