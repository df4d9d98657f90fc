"""Compiled code on disk: a folder for each version of the sources, a file for each function and its types.

What lies there is unpickled, and its machine code is run. So the folder must be this user's alone
(``trust`` beside this), which keeps out whoever would forge a file. Each file begins with its SHA-256, which
a forger could write too, but a power cut or a bad disk does not. A file that does not hold is replaced: the
cache is never needed, it only saves time.
"""

import hashlib
import os
import re
import shutil
import time
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

import platformdirs

import emulator
import firmware
from emulator.arrays.compiled.trust import distrust, distrust_way, is_own
from firmware.system.scratch import remove_dead, scratch_file

SUFFIX: Final = ".code"

DIGEST_BYTES: Final = hashlib.sha256().digest_size

UNUSED_DAYS: Final = 90
"""So long is the code of other versions kept."""


def place() -> tuple[Path | None, str]:
    """The folder of this version of the sources; or None, and why nothing is kept."""
    base = Path(os.environ.get("NUMBA_CACHE_DIR") or platformdirs.user_cache_dir("planaria", appauthor=False))
    if not base.is_absolute():
        return None, f"{base} would lie in the current folder, where files may be anybody's"
    return _prepared(base / f"planaria-{_sources_sha256()[:16]}")


def holds(beginning: str) -> bool:
    """Whether there is a file that can be read and whose name begins so."""
    folder, _ = place()
    files = [] if folder is None else sorted(folder.glob(f"{beginning}*{SUFFIX}"))
    return any(read(file.stem) is not None for file in files)


def read(name: str) -> bytes | None:
    """The content of a file; None if there is none, or if it is not what was written."""
    folder, _ = place()
    if folder is None:
        return None
    try:
        handle = os.open(folder / (name + SUFFIX), os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(handle, "rb") as file:
            stored = file.read() if is_own(handle) else b""
    except OSError:
        return None
    digest, content = stored[:DIGEST_BYTES], stored[DIGEST_BYTES:]
    return content if hashlib.sha256(content).digest() == digest else None


def write(name: str, content: bytes) -> None:
    """Write a file whole or not at all; two processes may do so at once.

    Raises:
        OSError: it cannot be written, e.g. because the disk is full.
    """
    folder, _ = place()
    if folder is None:
        return
    _forget_unused(folder.parent)
    path = folder / (name + SUFFIX)
    with scratch_file(folder) as new:
        new.write_bytes(hashlib.sha256(content).digest() + content)
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        new.replace(path)


@cache
def _prepared(folder: Path) -> tuple[Path | None, str]:
    """Make the folder of ``place`` ready, once in a process."""
    try:
        ways = [folder, *folder.parents]
        reason = distrust_way(next(part for part in ways if part.exists()))
        if reason is None:
            for part in reversed(ways):
                if not part.exists():
                    part.mkdir(0o700, exist_ok=True)
            reason = distrust(folder)
        if reason is not None:
            return None, reason
        folder = folder.resolve()
        with scratch_file(folder):
            os.utime(folder)  # it is in use
    except (OSError, ValueError) as error:  # ValueError: a name with a null byte
        return None, f"{folder} cannot be used ({getattr(error, 'strerror', None) or error})"
    return folder, ""


def _forget_unused(base: Path) -> None:
    """Remove the folders of versions that have not been in use for long."""
    long_ago = time.time() - UNUSED_DAYS * 86_400
    for folder in base.glob("planaria-*"):
        if not re.fullmatch("planaria-[0-9a-f]{16}", folder.name) or folder.is_symlink():
            continue
        with suppress(OSError):
            if folder.stat().st_mtime < long_ago and distrust(folder) is None:
                remove_dead(folder)
                for file in folder.glob(f"*{SUFFIX}"):
                    file.unlink()
                folder.rmdir()


@cache
def _sources_sha256() -> str:
    """Of all that can be compiled, or that gives constants to it."""
    digest = hashlib.sha256()
    for package in (emulator, firmware):
        folder = Path(package.__path__[0])
        for path in sorted(folder.rglob("*.py")):
            name = path.relative_to(folder.parent).as_posix()
            digest.update(name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()
