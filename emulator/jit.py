"""numba, with compiled code kept on disk between runs."""

import hashlib
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

import platformdirs
from numba import config, njit
from numba.core.caching import FunctionCache

inner: Final = partial(njit, forceinline=True, _nrt=False)
"""``njit`` for what runs millions of times a second: it becomes part of its caller, may not allocate,
and counts no references to arrays, which would take longer than a cell's update."""


def kept(function: Callable[..., Any]) -> Any:
    """``njit`` whose result stays on disk; where nothing can be written, each process compiles anew.

    numba looks only at the file of the function itself to see whether it has changed, but the
    functions that it calls are compiled into it. Thus the folder is named after all of them.
    """
    compiled = njit(function)
    folder = _folder()
    if folder is not None:
        before, config.CACHE_DIR = config.CACHE_DIR, str(folder)
        try:
            compiled._cache = _Cache(function)
        finally:
            config.CACHE_DIR = before
    return compiled


class _Cache(FunctionCache):
    """numba's, for a disk that may be full."""

    def save_overload(self, signature: Any, result: Any) -> None:
        with suppress(OSError):
            super().save_overload(signature, result)


def is_warm(name: str) -> bool:
    """Whether the function of this name lies compiled on disk."""
    folder = _folder()
    return folder is not None and any(folder.rglob(f"*.{name}-*.nbc"))


def can_keep() -> bool:
    """Whether there is a place on disk for what is compiled."""
    return _folder() is not None


@cache
def _folder() -> Path | None:
    """Where compiled code of this version lies, or None."""
    base = os.environ.get("NUMBA_CACHE_DIR") or platformdirs.user_cache_dir("planaria", appauthor=False)
    folder = Path(base) / _sources_sha256()[:16]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError:
        return None
    return folder


def _sources_sha256() -> str:
    """Of all that can be compiled, or that gives constants to it."""
    digest = hashlib.sha256()
    here = Path(__file__).parent
    for path in sorted([*here.glob("*.py"), *here.parent.joinpath("firmware").glob("*.py")]):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
