"""Reading a file that somebody names, but no more of it than can be meant."""

from pathlib import Path

from firmware.errors import InputError


def read_input(what: str, path: Path, most_bytes: int, fix: str) -> bytes:
    """All of a file, a pipe or a device, unless it goes on and on.

    Args:
        what: the file is, for an error.
        path: of the file.
        most_bytes: that such a file has; a device may have no end.
        fix: what to do about it.

    Raises:
        InputError: it cannot be read, or has more.
    """
    try:
        with path.open("rb") as file:
            content = file.read(most_bytes + 1)
    except (OSError, ValueError) as error:  # ValueError: a name with a null byte
        reason = error.strerror if isinstance(error, OSError) else error
        raise InputError(what, path.absolute(), f"it cannot be read ({reason})", fix) from error
    if len(content) > most_bytes:
        raise InputError(what, path.absolute(), f"it has more than {most_bytes:,} bytes", fix)
    return content
