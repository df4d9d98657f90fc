"""Reading a file that somebody names: nothing but a file, and no more of it than can be meant."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from firmware.errors import InputError

_CHUNK_BYTES: Final = 1 << 20

_KINDS: Final = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe, no regular file",
    stat.S_IFSOCK: "a socket, no regular file",
    stat.S_IFCHR: "a device, no regular file",
    stat.S_IFBLK: "a disk, no regular file",
}


def read_input(what: str, path: Path, most_bytes: int, fix: str) -> bytes:
    """All of a file. A pipe or a device is refused, for nobody knows when, or whether, it ends.

    Args:
        what: the file is, for an error.
        path: of the file.
        most_bytes: that such a file has.
        fix: what to do about it.

    Raises:
        InputError: it is no file, cannot be read, or has more.
    """
    with _opened(what, path, most_bytes, fix) as handle:
        content = _read(handle, most_bytes + 1)
        if len(content) > most_bytes:
            raise _too_much(what, path, most_bytes, fix)
        return content


def check_input(what: str, path: Path, most_bytes: int, fix: str) -> None:
    """Check a file as ``read_input`` does, for somebody else who will read it.

    Raises:
        InputError: as ``read_input``.
    """
    with _opened(what, path, most_bytes, fix):
        pass


@contextmanager
def _opened(what: str, path: Path, most_bytes: int, fix: str) -> Iterator[int]:
    try:
        _check_kind(what, path, path.stat(), fix)  # already to open a pipe or a device can have effects
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        try:
            status = os.fstat(handle)
            _check_kind(what, path, status, fix)
            if status.st_size > most_bytes:
                raise _too_much(what, path, most_bytes, fix)
            yield handle
        finally:
            os.close(handle)
    except InputError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a name with a null byte
        reason = error.strerror if isinstance(error, OSError) else error
        raise InputError(what, path.absolute(), f"it cannot be read ({reason})", fix) from error


def _too_much(what: str, path: Path, most_bytes: int, fix: str) -> InputError:
    return InputError(what, path.absolute(), f"it has more than {most_bytes:,} bytes", fix)


def _check_kind(what: str, path: Path, status: os.stat_result, fix: str) -> None:
    kind = stat.S_IFMT(status.st_mode)
    if kind != stat.S_IFREG:
        limit = f"it cannot be read: it is {_KINDS.get(kind, 'no regular file')}"
        raise InputError(what, path.absolute(), limit, fix)


def _read(handle: int, most_bytes: int) -> bytes:
    """So much of a file, or all; its size says little of one that grows, or that the system makes up."""
    content = bytearray()
    while chunk := os.read(handle, min(_CHUNK_BYTES, most_bytes - len(content))):
        content += chunk
    return bytes(content)
