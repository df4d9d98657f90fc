"""The file under a results folder: an SQLite database of a stated format, locked by who adds to it."""

import os
import platform
import re
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, Final

from firmware.errors import InputError
from firmware.system.atomic import unwritable
from planaria.worth import CAMPAIGN_FILE, CAMPAIGN_TABLE

try:
    import fcntl
except ModuleNotFoundError:  # Windows
    fcntl = None  # type: ignore[assignment]

APPLICATION_ID: Final = 0x504C4E52
"""``PLNR``, in the header of the file."""

FORMAT: Final = 4
"""SQLite's ``user_version``."""

VERSION: Final = re.compile(r"[0-9A-Za-z.+]{1,40}", re.ASCII)
"""How a version of planaria is written."""

NEW_FOLDER: Final = "give a new folder with -o"

SCHEMA: Final = f"""
CREATE TABLE facts (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE genomes (name TEXT PRIMARY KEY, sha256 TEXT NOT NULL, bytes BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE results (
    point INTEGER,
    "index" INTEGER,
    seed TEXT NOT NULL, -- it has 64 bits and no sign
    drawn TEXT NOT NULL, -- JSON
    clean_outcome TEXT NOT NULL,
    clean_rounds REAL,
    clean_updates INTEGER,
    clean_messages INTEGER,
    recognisable_outcome TEXT NOT NULL,
    recognisable_rounds REAL,
    outcome TEXT NOT NULL,
    rounds REAL,
    time_ms REAL,
    async_rounds INTEGER,
    updates INTEGER,
    observed_rounds REAL NOT NULL,
    error_before REAL NOT NULL,
    error_after REAL NOT NULL,
    error_limit REAL NOT NULL,
    error_end REAL NOT NULL,
    displaced_rows INTEGER NOT NULL,
    displaced_cols INTEGER NOT NULL,
    error_displaced REAL NOT NULL,
    away INTEGER NOT NULL,
    relapses INTEGER NOT NULL,
    disturbed REAL,
    trace_sha256 TEXT NOT NULL,
    sha256 TEXT NOT NULL, -- of the other columns
    PRIMARY KEY (point, "index")
) WITHOUT ROWID;
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {FORMAT};
"""


TABLES: Final = ("facts", "genomes", "results")


def result_files(folder: Path) -> list[Path]:
    """What may not be overwritten: the database, what SQLite keeps beside it, and the table of all trials."""
    return [
        folder / CAMPAIGN_TABLE,
        *(folder / f"{CAMPAIGN_FILE}{suffix}" for suffix in ("", "-wal", "-shm", "-journal")),
    ]


def lock(folder: Path) -> int:
    """Make a folder, and lock it for this process: the lock vanishes with it, however it ends.

    Returns:
        The handle that holds the lock until it is closed.

    Raises:
        InputError: the folder cannot be made, or another process holds it, or the system knows no such locks.
    """
    if fcntl is None:
        raise InputError(
            "system", platform.system(), "it cannot lock a folder of results", "measure on Linux or macOS"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise unwritable(folder, error) from error
    try:
        with ExitStack() as unlocked:
            unlocked.callback(os.close, handle)
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            unlocked.pop_all()
    except BlockingIOError as error:
        raise InputError(
            "output",
            folder.absolute(),
            "another 'planaria measure' is adding to it",
            "wait until it ends, or give another folder",
        ) from error
    except OSError as error:
        raise unwritable(folder, error) from error
    return handle


@contextmanager
def is_locked(folder: Path) -> Iterator[bool]:
    """Whether somebody adds to a folder. If not, nobody begins to within."""
    if fcntl is None:
        yield False
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        yield not _share(handle)
    finally:
        os.close(handle)


def _share(handle: int) -> bool:
    """Whether nobody has what this handle opens for himself, as far as the file system knows locks."""
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def log_ahead(connection: sqlite3.Connection) -> None:
    """Let others read while this connection adds; every commit reaches the disk."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")


def end_log(connection: sqlite3.Connection) -> None:
    """Put all results into the one file, which can then be read where nothing can be written.

    While somebody still reads, the log stays: he clears it up.
    """
    with suppress(sqlite3.Error):
        connection.execute("PRAGMA journal_mode = DELETE")


class DamageError(ValueError):
    """Results that planaria has not left so; says what is wrong with them."""


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Turn into an InputError what is wrong with a file, or what keeps SQLite from opening it."""
    path = (folder / CAMPAIGN_FILE).absolute()
    try:
        yield
    except (sqlite3.DatabaseError, DamageError, UnicodeDecodeError) as error:  # the last from words of SQLite
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in _OF_THE_PLACE:
            raise _unopened(path, error) from error
        raise damaged(path, str(error)) from error
    except OSError as error:
        raise _unopened(path, error.strerror or error) from error


_OF_THE_PLACE: Final = (
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_NOLFS,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_READONLY,
)
"""Errors of SQLite that say nothing about a file's content."""


def damaged(path: Path, how: str) -> InputError:
    """The refusal of a file."""
    return InputError(
        "results", path, f"the file is damaged ({how})", f"bring back a copy of it, or {NEW_FOLDER}"
    )


def _unopened(path: Path, why: object) -> InputError:
    return InputError(
        "results",
        path,
        f"they cannot be opened ({why})",
        "copy the folder to where there is room and it can be written",
    )


def make_tables(connection: sqlite3.Connection) -> None:
    """Begin a transaction with the tables of a new file."""
    connection.executescript(f"BEGIN IMMEDIATE; {SCHEMA}")


def is_new(connection: sqlite3.Connection) -> bool:
    """Whether nobody has written to the file."""
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return (tables, _pragma(connection, "application_id")) == (0, 0)


def check_format(connection: sqlite3.Connection, folder: Path) -> None:
    """Refuse a file of somebody else, of another version, or a damaged one.

    Raises:
        DamageError: its tables are others than ours, or broken.
        InputError: it is another's, or of another format.
    """
    path = (folder / CAMPAIGN_FILE).absolute()
    if _pragma(connection, "application_id") != APPLICATION_ID:
        raise InputError("results", path, "planaria has not made this file", NEW_FOLDER)
    if (found := _pragma(connection, "user_version")) != FORMAT:
        raise InputError("results", path, f"it has format {found}, and this planaria {FORMAT}", NEW_FOLDER)
    if _tables(connection) != _our_tables():
        raise DamageError("its tables are not those that planaria makes")
    connection.set_progress_handler(None, 0)  # what our tables make of our statements comes to an end
    if (damage := _pragma(connection, "quick_check(1)")) != "ok":
        raise DamageError(damage)


def _tables(connection: sqlite3.Connection) -> list[tuple[str, ...]]:
    """All that a schema holds: tables, and what could hide among them (views, triggers, indices)."""
    ours_and_one = f"SELECT type, name, tbl_name, sql FROM sqlite_master LIMIT {len(TABLES) + 1}"
    return sorted(connection.execute(ours_and_one), key=str)


@cache
def _our_tables() -> list[tuple[str, ...]]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(SCHEMA)
        return _tables(connection)


def _pragma(connection: sqlite3.Connection, name: str) -> Any:
    return connection.execute(f"PRAGMA {name}").fetchone()[0]
