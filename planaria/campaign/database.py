"""The file under a results folder: an SQLite database of a stated format, locked by who adds to it."""

import os
import platform
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from firmware.atomic import unwritable
from firmware.errors import InputError
from planaria import __version__

try:
    import fcntl
except ModuleNotFoundError:  # Windows
    fcntl = None  # type: ignore[assignment]

FILE: Final = "campaign.db"
TABLE: Final = "results.csv"

APPLICATION_ID: Final = 0x504C4E52
"""``PLNR``, in the header of the file."""

FORMAT: Final = 2
"""SQLite's ``user_version``."""

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
    trace_sha256 TEXT NOT NULL,
    PRIMARY KEY (point, "index")
) WITHOUT ROWID;
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {FORMAT};
"""


def result_files(folder: Path) -> list[Path]:
    """What may not be overwritten: the database, what SQLite keeps beside it, and the table of all trials."""
    return [folder / TABLE, *(folder / f"{FILE}{suffix}" for suffix in ("", "-wal", "-shm", "-journal"))]


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


def connect_to_add(folder: Path) -> sqlite3.Connection:
    """Open the file for the one who adds to it."""
    return _connect(folder, "mode=rwc")


def connect_to_read(folder: Path) -> sqlite3.Connection:
    """Open the file for one of those who read it, who leave nothing behind.

    While somebody adds to it, or after he was killed, part of the results lies in SQLite's log beside it. Who
    may write there lets SQLite clear that up. In an archive one can only take what lies there; without a log
    that is the file alone, which nobody changes.
    """
    if os.access(folder, os.W_OK) and os.access(folder / FILE, os.W_OK):
        connection = _connect(folder, "mode=rw")
        connection.execute("PRAGMA query_only = ON")
        return connection
    return _connect(folder, "mode=ro" if (folder / f"{FILE}-wal").exists() else "mode=ro&immutable=1")


def _connect(folder: Path, how: str) -> sqlite3.Connection:
    path = (folder / FILE).absolute()
    return sqlite3.connect(f"{path.as_uri()}?{how}", uri=True, isolation_level=None)


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


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Turn into an InputError what SQLite says about a file, or what its content, changed by hand, lacks."""
    path = (folder / FILE).absolute()
    try:
        yield
    except sqlite3.OperationalError as error:
        raise InputError(
            "results",
            path,
            f"they cannot be opened ({error})",
            "copy the folder to where there is room and it can be written",
        ) from error
    except sqlite3.DatabaseError as error:
        raise InputError("results", path, f"the file is damaged ({error})", NEW_FOLDER) from error
    except InputError:
        raise
    except (LookupError, TypeError, ValueError) as error:
        raise InputError("results", path, f"the file is damaged ({error!r})", NEW_FOLDER) from error


def begin(
    connection: sqlite3.Connection, facts: dict[str, str], genomes: list[tuple[str, str, bytes]]
) -> None:
    """Make the tables of a new file, whole or not at all.

    Args:
        connection: to an empty file.
        facts: about the campaign; the version of planaria is added.
        genomes: name, SHA-256 and file of each.
    """
    with connection:
        connection.executescript(f"BEGIN IMMEDIATE; {SCHEMA}")
        rows = {"version": __version__, **facts}.items()
        connection.executemany("INSERT INTO facts VALUES (?, ?)", rows)
        connection.executemany("INSERT INTO genomes VALUES (?, ?, ?)", genomes)


def is_new(connection: sqlite3.Connection) -> bool:
    """Whether nobody has written to the file."""
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    return (tables, application) == (0, 0)


def check_format(connection: sqlite3.Connection, folder: Path) -> None:
    """Refuse a file of somebody else, of another version, or a damaged one.

    Raises:
        InputError: it is.
    """
    path = (folder / FILE).absolute()
    if _pragma(connection, "application_id") != APPLICATION_ID:
        raise InputError("results", path, "planaria has not made this file", NEW_FOLDER)
    if (found := _pragma(connection, "user_version")) != FORMAT:
        raise InputError("results", path, f"it has format {found}, and this planaria {FORMAT}", NEW_FOLDER)
    if (damage := _pragma(connection, "quick_check")) != "ok":
        raise InputError("results", path, f"the file is damaged ({damage})", NEW_FOLDER)
    (version,) = connection.execute("SELECT value FROM facts WHERE key = 'version'").fetchone()
    if version != __version__:
        raise InputError(
            "results",
            path,
            f"planaria {version} has made them, and this is {__version__}",
            f"use that version, or {NEW_FOLDER}",
        )


def _pragma(connection: sqlite3.Connection, name: str) -> Any:
    return connection.execute(f"PRAGMA {name}").fetchone()[0]
