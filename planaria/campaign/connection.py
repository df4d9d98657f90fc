"""Connections to results, which may be a stranger's: SQLite is to trust nothing, and to come to an end.

See "Defense Against The Dark Arts" of SQLite's own documentation.
"""

import os
import shutil
import sqlite3
import stat
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

from firmware.genome import FILE_MAX_BYTES as GENOME_MAX_BYTES
from firmware.system.scratch import scratch_folder
from planaria.campaign.database import DamageError, is_locked
from planaria.worth import CAMPAIGN_FILE

FILE_MAX_BYTES: Final = 1 << 34
"""More than the trials of the largest plan need."""

COPY_MAX_BYTES: Final = 1 << 30
"""What is copied, and held in memory, to read what nobody may change."""

STEPS_MAX: Final = 1_000_000
"""Of SQLite's machine, for a statement, until it is known that the tables are ours."""

BESIDE: Final = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a database while somebody adds to it, and after he was killed."""

_LIMITS: Final = {
    sqlite3.SQLITE_LIMIT_LENGTH: GENOME_MAX_BYTES + (1 << 16),
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 10_000,
    sqlite3.SQLITE_LIMIT_COLUMN: 100,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 20,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 2,
    sqlite3.SQLITE_LIMIT_FUNCTION_ARG: 2,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 10,
    sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER: 100,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 0,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}

_NAMES_A_FILE: Final = bytes.fromhex("d9d505f920a163d7")
"""Ends a journal that names a file, which SQLite would delete."""


def connect_to_add(folder: Path) -> sqlite3.Connection:
    """Open the file for the one who adds to it.

    Raises:
        DamageError: it is no file of this folder, or too large, or something odd lies beside it.
    """
    path = folder / CAMPAIGN_FILE
    if path.is_symlink():
        raise DamageError("it is a link: give the folder in which the file is")
    if path.exists() and not path.is_file():
        raise DamageError("it is no file")
    _check_files(path)
    return _connect(path, "mode=rwc")


def connect_to_read(folder: Path) -> sqlite3.Connection:
    """Open the file for one of those who read it, who leave nothing behind.

    While somebody adds to it, or after he was killed, part of the results lies in SQLite's log beside it. Who
    may write there lets SQLite clear that up. In an archive it does so with a copy; without a log that is
    the file alone, which nobody changes.

    Raises:
        DamageError: as ``connect_to_add``, but links to files are followed.
        OSError: there is no room for the copy.
    """
    path = (folder / CAMPAIGN_FILE).resolve()
    _check_files(path)
    if os.access(path.parent, os.W_OK) and os.access(path, os.W_OK):
        connection = _connect(path, "mode=rw")
    elif not any(_lies(path, suffix) for suffix in ("-wal", "-journal")):
        connection = _connect(path, "mode=ro&immutable=1")
    else:
        with is_locked(path.parent) as somebody_adds:
            connection = _connect(path, "mode=ro") if somebody_adds else _copied(path)
    connection.execute("PRAGMA query_only = ON")
    return connection


def _check_files(path: Path) -> None:
    """Refuse what SQLite would wait for, follow, delete, or read without end."""
    for suffix in ("", *BESIDE):
        file = Path(f"{path}{suffix}")
        with suppress(FileNotFoundError):
            state = file.lstat()
            if not stat.S_ISREG(state.st_mode):
                raise DamageError(f"{file.name} is no file")
            if state.st_size > FILE_MAX_BYTES:
                raise DamageError(f"{file.name} has more than {FILE_MAX_BYTES:,} bytes")
    if _lies(path, "-journal"):
        with Path(f"{path}-journal").open("rb") as journal:
            journal.seek(-len(_NAMES_A_FILE), os.SEEK_END)
            if journal.read() == _NAMES_A_FILE:
                raise DamageError(f"{path.name}-journal names a file that would be deleted")


def _lies(path: Path, suffix: str) -> bool:
    """Whether something of use lies beside the file."""
    beside = Path(f"{path}{suffix}")
    return beside.exists() and beside.stat().st_size > len(_NAMES_A_FILE)


def _connect(path: Path, how: str) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?{how}"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None)
    with _closed_on_error(connection):
        _harden(connection)
    return connection


def _copied(path: Path) -> sqlite3.Connection:
    """A database in memory, of a file in a place of its own, where SQLite clears up."""
    files = [Path(f"{path}{suffix}") for suffix in ("", "-wal", "-journal")]
    files = [file for file in files if file.exists()]
    if sum(file.stat().st_size for file in files) > COPY_MAX_BYTES:
        raise OSError(0, f"with its log it has more than {COPY_MAX_BYTES:,} bytes")
    connection = sqlite3.connect(":memory:", isolation_level=None)
    with _closed_on_error(connection), scratch_folder() as place:
        for file in files:
            shutil.copyfile(file, place / file.name)
        with closing(_connect(place / path.name, "mode=rw")) as source:
            source.backup(connection)
        _harden(connection)
    return connection


def _harden(connection: sqlite3.Connection) -> None:
    """Restrict what a database may do, before anything is read."""
    for limit, most in _LIMITS.items():
        connection.setlimit(limit, most)
    connection.set_progress_handler(lambda: 1, STEPS_MAX)
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    connection.execute("PRAGMA mmap_size = 0")
    if sys.version_info >= (3, 12):
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_DEFENSIVE, True)
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_ENABLE_TRIGGER, False)
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_ENABLE_VIEW, False)


@contextmanager
def _closed_on_error(connection: sqlite3.Connection) -> Iterator[None]:
    try:
        yield
    except BaseException:
        connection.close()
        raise
