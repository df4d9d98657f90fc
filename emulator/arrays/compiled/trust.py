"""Folders whose files nobody else can put there, change, or exchange: as ssh asks of its keys."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH


def distrust(folder: Path) -> str | None:
    """Why somebody else may decide what lies in a folder; None if only this user and root can.

    Args:
        folder: there must be one, of any path: links are followed, and looked at as well.

    Raises:
        OSError: there is none.
    """
    if not hasattr(os, "geteuid"):  # Windows, where a user's folders are his own
        return None
    found = folder.stat()  # of links that lead in a circle, too
    if found.st_uid != os.geteuid():
        return f"{folder} belongs to another user"
    if found.st_mode & OTHERS_WRITE:
        return f"{folder} can be written by others"
    return distrust_way(folder)


def distrust_way(path: Path) -> str | None:
    """Why somebody else may decide where a path leads; None if only this user and root can.

    Raises:
        OSError: there is no such path.
    """
    if not hasattr(os, "geteuid"):
        return None
    return next(filter(None, map(_who_else, _ways(path.absolute()))), None)


def is_own(file: int) -> bool:
    """Whether an open file is a regular one that only this user could write."""
    found = os.fstat(file)
    if not stat.S_ISREG(found.st_mode):
        return False
    return not hasattr(os, "geteuid") or (found.st_uid == os.geteuid() and not found.st_mode & OTHERS_WRITE)


def _ways(path: Path) -> Iterator[Path]:
    """All that decides where a path leads: each folder on it, and each link with the ways of its own."""
    for part in reversed([path, *path.parents]):
        yield part
        if part.is_symlink():
            yield from _ways(part.parent / part.readlink())


def _who_else(part: Path) -> str | None:
    """Who else can exchange what is in a folder, or where a link leads; in a sticky one nobody can."""
    found = part.lstat()
    if found.st_uid not in (0, os.geteuid()):
        return f"{part} belongs to another user"
    open_to_all = found.st_mode & OTHERS_WRITE and not found.st_mode & stat.S_ISVTX
    if open_to_all and not stat.S_ISLNK(found.st_mode):
        return f"{part} can be written by others"
    return None
