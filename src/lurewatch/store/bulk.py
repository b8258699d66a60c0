"""Insert many rows at once, without the work that SQLAlchemy does for each of them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table, insert

from lurewatch.store import Db


def add(db: Db, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows that all name the same columns, if there are any."""
    if not rows:
        return
    dialect = db.connection.dialect
    statement = insert(table).compile(dialect=dialect, column_keys=list(rows[0]))
    names = tuple(statement.positiontup or rows[0])
    prepare = {
        name: prepared
        for name in names
        if (prepared := table.c[name].type.dialect_impl(dialect).bind_processor(dialect))
    }
    columns = [
        [prepare[name](row[name]) for row in rows]
        if name in prepare
        else [row[name] for row in rows]
        for name in names
    ]
    listed: list[Any] = list(zip(*columns, strict=True))
    if not statement.positional:
        listed = [dict(zip(names, values, strict=True)) for values in listed]
    db.connection.exec_driver_sql(str(statement), listed)
