"""Writing a file so that it is there whole or not at all, and nothing else comes to harm."""

import errno
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final

from firmware.errors import InputError
from firmware.system.scratch import scratch_file

_DATABASE_HEADS: Final = (
    b"SQLite format 3\0",
    b"\x37\x7f\x06\x82\x00\x2d\xe2\x18",  # its log of what is new, -wal, in either order of bytes
    b"\x37\x7f\x06\x83\x00\x2d\xe2\x18",
    b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7",  # its log of what was there, -journal
)
"""How a database of SQLite begins, or what belongs to one."""

_CANNOT_SYNC: Final = (errno.EINVAL, errno.ENOTSUP, errno.EBADF)
"""What systems say whose folders cannot be synced."""


@contextmanager
def atomic_file(path: Path) -> Iterator[BinaryIO]:
    """A file to write to, which is there whole at the end or not at all, a power cut included.

    It is written under a temporary name in the same folder, synced, and renamed. A file that it replaces
    passes on its mode, and as far as the system allows its owner. A device or a pipe is written to directly.

    Args:
        path: the file to make or replace.

    Raises:
        InputError: ``path`` is a folder, a link to a file or to nothing, write-protected, a database, or a
            pipe that nobody reads; or its folder is missing, not writable, or full. Nothing is left behind,
            and the old file stays, whatever ends the block early.
        BrokenPipeError: the reader of a pipe has gone away.
    """
    try:
        there = _there(path)
        if there is not None and not stat.S_ISREG(there.st_mode):
            with _channel(path) as file:
                yield file
            return
        with scratch_file(path.parent) as temporary:
            with temporary.open("wb") as file:
                yield file
                file.flush()
                _dress(temporary, there)
                os.fsync(file.fileno())
            temporary.replace(path)
            _sync(path.parent)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise unwritable(path, error) from error


def write_atomic(path: Path, content: bytes) -> None:
    """Write a file whole or not at all.

    Raises:
        InputError: as ``atomic_file``.
    """
    write_all({path: content})


def write_all(contents: Mapping[Path, bytes]) -> None:
    """Write files that belong together: none is replaced before there was room for all.

    Raises:
        InputError: as ``atomic_file``.
    """
    with ExitStack() as stack:
        for path, content in contents.items():
            file = stack.enter_context(atomic_file(path))
            file.write(content)
            file.flush()


def check_writable(path: Path) -> None:
    """Find out before long work whether its result can be written where the user wants it.

    A device or a pipe is not touched.

    Raises:
        InputError: as ``atomic_file``, but of a pipe that nobody reads.
    """
    _check(path, path.parent)


def check_creatable(path: Path) -> None:
    """Check a file as ``check_writable`` where its folders may still have to be made; makes none.

    Raises:
        InputError: as ``check_writable``, of the nearest folder that exists.
    """
    try:
        folder, names = path.absolute().parent, [path.name]
        while not os.path.lexists(folder):
            names.append(folder.name)
            folder = folder.parent
        for name in names:
            _lstat(folder / name)  # whatever is too long there is so below it
    except OSError as error:
        raise unwritable(path, error) from error
    _check(path, folder)


def _check(path: Path, folder: Path) -> None:
    try:
        there = _there(path)
        if there is None or stat.S_ISREG(there.st_mode):
            with scratch_file(folder):
                pass
    except OSError as error:
        raise unwritable(path, error) from error


def _there(path: Path) -> os.stat_result | None:
    """What lies at a path: nothing (None), a file that may be replaced, or a device or pipe to write to.

    Raises:
        InputError: something else.
        OSError: nobody can tell.
    """
    found = _lstat(path)
    if found is None:
        return None
    is_link = stat.S_ISLNK(found.st_mode)
    try:
        status = path.stat()
    except FileNotFoundError:
        raise _link(path) from None
    mode = status.st_mode
    if stat.S_ISDIR(mode):
        raise InputError("output", path, "it is a folder", "give a file name")
    if not (stat.S_ISREG(mode) or stat.S_ISCHR(mode) or stat.S_ISFIFO(mode)):
        kind = "a disk" if stat.S_ISBLK(mode) else "a socket"
        raise InputError("output", path, f"it is {kind}", "give a file name")
    if is_link and stat.S_ISREG(mode):
        raise _link(path)
    if not mode & 0o222 or not os.access(path, os.W_OK):
        raise InputError("output", path, "it is write-protected", "choose another file, or let it be written")
    if stat.S_ISREG(mode) and _is_database(path):
        raise InputError("output", path, "it is a database, or belongs to one", "choose another file")
    return status


def _lstat(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except FileNotFoundError:
        return None
    except ValueError as error:  # a null byte, or half a letter
        raise InputError("output", path, f"it is no name of a file ({error})", "give another") from error


def _link(path: Path) -> InputError:
    target = os.path.realpath(path)
    return InputError(
        "output", path, f"it is a link to {target}", "give that file itself, or remove the link"
    )


def _is_database(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(max(map(len, _DATABASE_HEADS))).startswith(_DATABASE_HEADS)
    except PermissionError:  # not by one who may write but not read
        return False


@contextmanager
def _channel(path: Path) -> Iterator[BinaryIO]:
    """A device or a pipe."""
    try:  # without O_NONBLOCK one would wait for a reader, perhaps for ever
        handle = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise InputError("output", path, "nobody reads from it", "start its reader first") from error
        raise
    with os.fdopen(handle, "wb") as file:
        os.set_blocking(handle, True)
        yield file


def _dress(temporary: Path, there: os.stat_result | None) -> None:
    """Give a new file the owner and the mode of the old one, or the mode that new files have."""
    if there is None:
        mode = 0o666 & ~_umask()
    else:
        mode = stat.S_IMODE(there.st_mode) & 0o777
        for owner in ((-1, there.st_gid), (there.st_uid, -1)):
            with suppress(OSError, AttributeError):  # only root may give files away, and not on Windows
                os.chown(temporary, *owner)
    with suppress(PermissionError):  # of a file of our own: its file system knows no modes
        temporary.chmod(mode)


def _sync(folder: Path) -> None:
    """Let a new name outlive a power cut, where the system can."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:  # Windows, or a folder that may be written but not read
        return
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _CANNOT_SYNC:
            raise
    finally:
        os.close(handle)


def unwritable(path: Path, error: OSError) -> InputError:
    """The explanation of a failed write."""
    return InputError(
        "output",
        path.absolute(),
        f"it cannot be written ({error.strerror or error})",
        "choose a folder that exists, is writable and has room",
    )


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
