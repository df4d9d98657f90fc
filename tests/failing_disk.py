"""A disk whose n-th call fails: what Python asks of the system about the files of one folder.

What SQLite asks for itself cannot be seen from Python; of it the statements fail.
"""

import builtins
import errno
import fcntl
import io
import os
import sqlite3
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest import mock

ERRORS = {
    "full": lambda: OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
    "broken": lambda: OSError(errno.EIO, os.strerror(errno.EIO)),
    "interrupt": KeyboardInterrupt,
    "memory": MemoryError,
}

_OF_SQLITE = {
    errno.ENOSPC: ("database or disk is full", sqlite3.SQLITE_FULL),
    errno.EIO: ("disk I/O error", sqlite3.SQLITE_IOERR),
}

_BY_PATH = ("open", "rename", "replace", "unlink", "mkdir", "rmdir", "chmod", "chown", "scandir")
_BY_HANDLE = ("fsync",)


class FailingDisk:
    """Counts the calls, and lets one of them fail.

    Args:
        folder: whose files are meant.
        at: which call fails, from 1; 0 none.
        error: makes what is raised.
        late: whether the call has done its work before it is said to have failed.
    """

    def __init__(self, folder, at=0, error=KeyboardInterrupt, late=False):
        self.folder, self.at, self.error, self.late = Path(folder), at, error, late
        self.calls, self.failed = 0, None

    def call(self, name, function, *arguments, **options):
        self.calls += 1
        if self.calls != self.at:
            return function(*arguments, **options)
        self.failed = name
        if self.late or name == "close":  # which closes, whatever it says
            result = function(*arguments, **options)
            if hasattr(result, "close"):
                result.close()
        raise self.error()

    def execute(self, name, function, *arguments):
        """As ``call``, of SQLite, which has exceptions of its own."""
        try:
            return self.call(name, function, *arguments)
        except OSError as error:
            text, code = _OF_SQLITE[error.errno]
            of_sqlite = sqlite3.OperationalError(text)
            of_sqlite.sqlite_errorcode = code
            raise of_sqlite from error

    def is_meant(self, path):
        if isinstance(path, int):
            return False
        return os.path.abspath(os.fspath(path)).startswith(str(self.folder))  # noqa: PTH100

    @contextmanager
    def inserted(self):
        """Within, this disk is the one that is there."""
        with ExitStack() as stack:
            for module, name, wrapped in (
                *((os, name, self._by_path(name)) for name in _BY_PATH),
                *((os, name, self._by_handle(name, getattr(os, name))) for name in _BY_HANDLE),
                (fcntl, "flock", self._by_handle("flock", fcntl.flock)),
                (io, "open", self._open()),
                (builtins, "open", self._open()),
                (sqlite3, "connect", self._connect()),
            ):
                stack.enter_context(mock.patch.object(module, name, wrapped))
            yield self

    def _by_path(self, name):
        function = getattr(os, name)

        def wrapped(path, *arguments, **options):
            if self.is_meant(path):
                return self.call(name, function, path, *arguments, **options)
            return function(path, *arguments, **options)

        return wrapped

    def _by_handle(self, name, function):
        def wrapped(handle, *arguments):
            return self.call(name, function, handle, *arguments)

        return wrapped

    def _open(self):
        function = io.open

        def wrapped(file, mode="r", *arguments, **options):
            if not self.is_meant(file):
                return function(file, mode, *arguments, **options)
            opened = self.call("open", function, file, mode, *arguments, **options)
            return opened if "r" in mode else FailingFile(self, opened)

        return wrapped

    def _connect(self):
        function, disk = sqlite3.connect, self

        class FailingConnection(sqlite3.Connection):
            """Whose statements fail, and whose commits."""

            def execute(self, *arguments):
                return disk.execute(f"execute {arguments[0]}", super().execute, *arguments)

            def executemany(self, *arguments):
                return disk.execute(f"executemany {arguments[0]}", super().executemany, *arguments)

            def executescript(self, *arguments):
                return disk.execute("executescript", super().executescript, *arguments)

            def commit(self):
                return disk.execute("commit", super().commit)

        def wrapped(database, *arguments, **options):
            if str(self.folder) in str(database):
                options.setdefault("factory", FailingConnection)
            return function(database, *arguments, **options)

        return wrapped


class FailingFile:
    """A file that is written, whose writes fail."""

    def __init__(self, disk, file):
        self._disk, self._file = disk, file

    def write(self, content):
        return self._disk.call("write", self._file.write, content)

    def flush(self):
        return self._disk.call("flush", self._file.flush)

    def fileno(self):
        return self._file.fileno()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._disk.call("close", self._file.close)
