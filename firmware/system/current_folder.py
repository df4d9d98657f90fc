"""What lies in the current folder may be anybody's: it is not run, and settings there are not read."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def unseen_here(name: str) -> Iterator[None]:
    """A library that is imported meanwhile does not find the file of this name in the current folder.

    The folder itself cannot be left meanwhile: it is that of all threads.
    """
    exists = os.path.exists

    def exists_elsewhere(path: Any) -> bool:
        return path != name and exists(path)

    os.path.exists = exists_elsewhere
    try:
        yield
    finally:
        os.path.exists = exists


def search_path() -> str:
    """``PATH`` without entries that mean the current folder, or one below it; an empty one does."""
    return os.pathsep.join(filter(os.path.isabs, os.get_exec_path()))
