"""Everything that is kept: one database, opened once a command."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from lurewatch.config import Secrets, Settings, made_folder
from lurewatch.errors import StoreError
from lurewatch.store import tables
from lurewatch.store.vault import Vault
from lurewatch.takedown import read_institution

READING: Final = "lurewatch_reading"
PATIENCE: Final = 30  # seconds a writer waits for another


@dataclass(frozen=True, slots=True)
class Db:
    """One transaction: what the queries of this package take."""

    connection: Connection
    vault: Vault


@dataclass(frozen=True, slots=True)
class Store:
    """An open database."""

    engine: Engine
    vault: Vault
    shown: str  # its address without a password
    profile: Path | None = None  # of the institution: who must not judge its own complaints
    pictures: Path | None = None  # the folder of sealed pictures

    def names(self) -> tuple[str, ...]:
        """How posts name the institution, as its profile says now."""
        return read_institution(self.profile).names if self.profile else ()

    @contextmanager
    def begin(self) -> Iterator[Db]:
        """One transaction: kept whole at the end, or not at all."""
        with self._told(), self.engine.begin() as connection:
            yield Db(connection, self.vault)

    @contextmanager
    def reading(self) -> Iterator[Db]:
        """One transaction that only reads: it holds no writer up."""
        engine = self.engine.execution_options(**{READING: True})
        with self._told(), engine.begin() as connection:
            yield Db(connection, self.vault)

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise StoreError(f"{self.shown}: {advice(error)}") from error


def advice(error: DBAPIError) -> str:
    """What happened to the database and what to do, in one line."""
    said = str(error.orig).splitlines()[0] if error.orig else str(error)
    for mark, words in ADVICE:
        if mark in said.lower():
            return f"{said}; {words}"
    return said


ADVICE: Final = (
    ("full", "the disk has no room: free some and run this again; nothing was half-written"),
    ("readonly", "the file or its folder cannot be written; check its owner and rights"),
    ("unable to open", "the folder cannot be used; check LUREWATCH_HOME and LUREWATCH_DB"),
    ("not a database", "this file is something else; check LUREWATCH_DB"),
    ("locked", "another program holds it; stop that one and run this again"),
    ("connection", "the server cannot be reached; check LUREWATCH_DB"),
    ("disk i/o", "the disk cannot be written; free some room and run this again"),
)


def open_store(settings: Settings, secrets: Secrets) -> Store:
    """
    The store that the settings name, made or brought to this program's version first.

    Raises StoreError when it is newer than this program, out of reach, full, or no database.
    """
    try:
        url = make_url(settings.db_url)
        shown = url.render_as_string(hide_password=True)
        if url.get_backend_name() == "sqlite" and url.database:
            made_folder(Path(url.database).parent, "LUREWATCH_DB")
        engine = create_engine(url)
    except ModuleNotFoundError as error:
        raise StoreError(
            f"LUREWATCH_DB: the driver {error.name} is not installed; for PostgreSQL write"
            " postgresql+psycopg://... and run: pip install 'lurewatch[postgres]'"
        ) from None
    except (ArgumentError, NoSuchModuleError) as error:
        raise StoreError(
            f"LUREWATCH_DB: cannot use {settings.db_url.split('@')[-1]!r} ({error}); write"
            " sqlite:///FILE or postgresql+psycopg://..."
        ) from None
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    vault = Vault(secrets.data_key, secrets.hash_key)
    store = Store(engine, vault, shown, settings.profile_file, settings.pictures_dir)
    with store.begin() as db:
        migrate(db.connection, shown)
        check_key(db)
    return store


def check_key(db: Db) -> None:
    """
    Raises StoreError when what the store holds was sealed with another key.

    Nothing may be added then: rows under two keys could never be read together again.
    """
    sealed = db.connection.scalar(
        select(tables.posts.c.sealed).order_by(tables.posts.c.post_key).limit(1)
    )
    if sealed is not None:
        db.vault.open(sealed)


def _prepare_sqlite(connection: Any, _: Any) -> None:
    """Readers beside one writer; what was committed survives a kill."""
    connection.isolation_level = None  # transactions begin when we say so
    for pragma in (
        f"busy_timeout = {PATIENCE * 1000}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    """A writer takes its lock at once, so that it waits at the start and not in the middle."""
    reading = connection.get_execution_options().get(READING)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def migrate(connection: Connection, shown: str) -> None:
    """Bring the schema to this program's version; one that is newer is left alone."""
    config = Config()
    config.set_main_option("script_location", "lurewatch.store:migrations")
    config.attributes["connection"] = connection
    known = ScriptDirectory.from_config(config)
    current = MigrationContext.configure(connection).get_current_revision()
    if current == known.get_current_head():
        return
    if current and current not in {script.revision for script in known.walk_revisions()}:
        raise StoreError(
            f"{shown} was written by a newer lurewatch (schema {current}); install that version,"
            " or set LUREWATCH_DB to another database"
        )
    command.upgrade(config, "head")
