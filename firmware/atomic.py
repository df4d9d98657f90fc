"""Writing a file so that it is there whole or not at all."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from firmware.errors import InputError


def write_atomic(path: Path, content: bytes | Callable[[Path], None]) -> None:
    """Write to a temporary name in the same folder, then rename.

    Args:
        path: the file to make or replace.
        content: the bytes, or a function that writes them to the path that it is given.

    Raises:
        InputError: the folder is missing, not writable, or full. Nothing is left behind.
    """
    temporary: Path | None = None
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        if callable(content):
            content(temporary)
        else:
            temporary.write_bytes(content)
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
        temporary = None
    except OSError as error:
        raise unwritable(path, error) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def check_writable(path: Path) -> None:
    """Find out before long work whether its result can be written where the user wants it.

    Raises:
        InputError: ``path`` is a folder, or its folder is missing or not writable.
    """
    if path.is_dir():
        raise InputError("output", path, "it is a folder", "give a file name")
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.stem}-", dir=path.parent)
    except OSError as error:
        raise unwritable(path, error) from error
    os.close(handle)
    os.unlink(name)


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
