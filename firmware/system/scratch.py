"""Temporary files and folders, which are removed even if whoever made them is killed.

Each is locked for as long as it is in use. A lock vanishes with its process. So what nobody has locked is
of a dead one, and whoever makes the next one in the same place removes it.
"""

import errno
import os
import re
import secrets
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final

from firmware.errors import InputError

try:
    import fcntl
except ModuleNotFoundError:  # Windows: no lock there vanishes with its process, so nothing is removed
    fcntl = None  # type: ignore[assignment]

PREFIX: Final = ".planaria-"

_NAME: Final = re.compile(re.escape(PREFIX) + "[0-9a-f]{16}")

_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

_NO_LOCKS: Final = (
    *(errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS),
    *(errno.EINVAL, errno.EBADF, errno.EACCES, errno.EPERM),
)
"""What file systems say that know no locks."""


@contextmanager
def scratch_file(folder: Path) -> Iterator[Path]:
    """An empty file of this user alone; removed at the end, unless it was renamed.

    Args:
        folder: where it is made.

    Raises:
        OSError: the folder is missing or cannot be written.
    """
    with _held(folder, _make_file) as path:
        yield path


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """An empty folder of this user alone, where the system keeps what is temporary; removed at the end.

    Raises:
        InputError: there is no such place, or it is full.
    """
    with ExitStack() as held:
        try:
            path = held.enter_context(_held(Path(tempfile.gettempdir()), _make_folder))
        except OSError as error:
            raise no_room(error) from error
        try:
            yield path
        except OSError as error:
            if error.errno in _NO_ROOM:
                raise no_room(error) from error
            raise


def no_room(error: OSError) -> InputError:
    """What is temporary cannot be written."""
    return InputError(
        "temporary folder",
        tempfile.tempdir or os.environ.get("TMPDIR", "none"),
        f"it cannot be written ({error.strerror})",
        "set TMPDIR to a folder that exists, is writable and has room",
    )


def remove_dead(folder: Path) -> None:
    """Remove what killed processes of this user have left in a folder, and nothing else."""
    if fcntl is None:
        return
    with suppress(OSError):
        for path in [Path(entry.path) for entry in os.scandir(folder) if _NAME.fullmatch(entry.name)]:
            with suppress(OSError):
                _remove_if_dead(path)


def _remove_if_dead(path: Path) -> None:
    status = path.lstat()
    if status.st_uid != os.geteuid() or not (stat.S_ISREG(status.st_mode) or stat.S_ISDIR(status.st_mode)):
        return
    handle = _open(path)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if _is(path, handle):
            _remove(path)
    finally:
        os.close(handle)


@contextmanager
def _held(folder: Path, make: Callable[[Path], None]) -> Iterator[Path]:
    """Make something with a new name, locked until it is removed."""
    remove_dead(folder)
    with ExitStack() as held:
        while True:
            path = folder / f"{PREFIX}{secrets.token_hex(8)}"
            held.callback(_remove, path)
            make(path)
            if _lock(path, held):
                break
        yield path


def _make_file(path: Path) -> None:
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))


def _make_folder(path: Path) -> None:
    path.mkdir(0o700)


def _lock(path: Path, held: ExitStack) -> bool:
    """Lock what was just made; False if somebody was faster, who took it for a leftover."""
    if fcntl is None:
        return True
    try:
        handle = _open(path)
    except FileNotFoundError:
        return False
    held.callback(os.close, handle)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
    except OSError as error:
        if error.errno not in _NO_LOCKS:  # otherwise nobody gets one, so nobody removes it
            raise
    return _is(path, handle)


def _open(path: Path) -> int:
    """For a lock; some systems lock only what could be written."""
    how = os.O_RDONLY if path.is_dir() else os.O_RDWR
    return os.open(path, how | os.O_NOFOLLOW | os.O_NONBLOCK)


def _is(path: Path, handle: int) -> bool:
    """Whether a name is still that of an open file."""
    try:
        return os.path.samestat(path.lstat(), os.fstat(handle))
    except FileNotFoundError:
        return False


def _remove(path: Path) -> None:
    with suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink()
