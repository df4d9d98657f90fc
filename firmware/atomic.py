"""Writing a file so that it is there whole or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from firmware.errors import InputError

TEMPORARY: Final = ".planaria-"
"""Begins the names of files that are not yet whole; as short as a name that fills its 255 bytes allows."""


@contextmanager
def atomic_file(path: Path) -> Iterator[BinaryIO]:
    """A file to write to under a temporary name in the same folder; it is renamed at the end.

    Args:
        path: the file to make or replace.

    Raises:
        InputError: ``path`` is a folder or a device, or its folder is missing, not writable, or full.
            Nothing is left behind, whatever ends the block early.
    """
    try:
        _refuse_no_file(path)
        handle, name = tempfile.mkstemp(prefix=TEMPORARY, dir=path.parent)
    except OSError as error:
        raise unwritable(path, error) from error
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except OSError as error:
        raise unwritable(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def write_atomic(path: Path, content: bytes) -> None:
    """Write a file whole or not at all.

    Raises:
        InputError: as ``atomic_file``.
    """
    with atomic_file(path) as file:
        file.write(content)


def check_writable(path: Path) -> None:
    """Find out before long work whether its result can be written where the user wants it.

    Raises:
        InputError: ``path`` is a folder or a device, or its folder is missing or not writable.
    """
    _check(path, path.parent)


def check_creatable(path: Path) -> None:
    """As ``check_writable``, of a file whose folders may still have to be made; makes none.

    Raises:
        InputError: ``path`` is a folder, or the nearest folder that exists is none or not writable.
    """
    folder = path.absolute().parent
    while not folder.exists():
        folder = folder.parent
    _check(path, folder)


def _check(path: Path, folder: Path) -> None:
    try:
        _refuse_no_file(path)
        handle, name = tempfile.mkstemp(prefix=TEMPORARY, dir=folder)
    except OSError as error:  # a name that is too long is one already where it is looked for
        raise unwritable(path, error) from error
    os.close(handle)
    os.unlink(name)


def _refuse_no_file(path: Path) -> None:
    """Whoever may do all would otherwise replace ``/dev/null`` for everybody."""
    if path.is_dir():
        raise InputError("output", path, "it is a folder", "give a file name")
    if path.exists() and not path.is_file():
        raise InputError("output", path, "it is no file, and would be replaced by one", "give a file name")


def unwritable(path: Path, error: OSError) -> InputError:
    """The explanation of a failed write."""
    return InputError(
        "output",
        path.absolute(),
        f"it cannot be written ({error.strerror or error})",
        "choose a folder that exists, is writable and has room",
    )


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
