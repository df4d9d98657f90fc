"""Refusing what does not fit into memory, before anything is allocated.

What is free is the least of what the machine has, what a container leaves (control groups, version 1 and
2), and what this process may still take (``ulimit -v``, ``ulimit -d``).
"""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

from firmware.errors import InputError

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

ROOT: Final = Path("/")


def check_memory(what: str, value: str, needed_bytes: int, fix: str) -> None:
    """Refuse what needs more memory than there is.

    Args:
        what: is to be refused.
        value: of it.
        needed_bytes: about.
        fix: what to do then.

    Raises:
        InputError: it does.
    """
    free_bytes = free_memory_bytes()
    if free_bytes is not None and needed_bytes > free_bytes:
        limit = f"it would need {needed_bytes:,} bytes of memory and {free_bytes:,} are free"
        raise InputError(what, value, limit, fix)


def free_memory_bytes(root: Path = ROOT) -> int | None:
    """Memory that this process can have without swapping; None where the system says nothing.

    Args:
        root: of the file system.
    """
    found = [*_of_machine(root), *_of_groups(root), *_of_process(root)]
    return max(0, min(found)) if found else None


def _of_machine(root: Path) -> Iterator[int]:
    """What can be had without swapping; else all that there is."""
    available = re.search(r"^MemAvailable:\s+(\d+) kB", _read(root / "proc/meminfo"), re.MULTILINE)
    if available is not None:
        yield int(available[1]) * 1024
    elif hasattr(os, "sysconf"):  # not on Windows
        yield os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _of_process(root: Path) -> Iterator[int]:
    """What the limits of this process leave of the addresses and of the data that it may have."""
    if resource is None:
        return
    used = _numbers(_read(root / "proc/self/status").replace(":", ""))
    for number, name in ((resource.RLIMIT_AS, "VmSize"), (resource.RLIMIT_DATA, "VmData")):
        limit_bytes, _ = resource.getrlimit(number)
        if limit_bytes != resource.RLIM_INFINITY:
            yield limit_bytes - used.get(name, 0) * 1024


class _Version(NamedTuple):
    """How a version of control groups names things."""

    controllers: str
    folder: str
    limit: str
    usage: str
    cache: tuple[str, str]


_VERSIONS: Final = (
    _Version("", "", "memory.max", "memory.current", ("inactive_file", "active_file")),
    _Version(
        *("memory", "memory", "memory.limit_in_bytes", "memory.usage_in_bytes"),
        ("total_inactive_file", "total_active_file"),
    ),
)


def _of_groups(root: Path) -> Iterator[int]:
    """What each control group of this process leaves: its own, and all that this one is part of.

    In a container the path may be that outside of it, of which there is only the end: the root.
    """
    for line in _read(root / "proc/self/cgroup").splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        for version in _VERSIONS:
            if version.controllers in controllers.split(","):
                group = PurePosixPath(path.lstrip("/"))
                for part in (group, *group.parents):
                    yield from _of_group(root / "sys/fs/cgroup" / version.folder / part, version)


def _of_group(folder: Path, version: _Version) -> Iterator[int]:
    """What a control group leaves, if it has a limit; cached files do not count, for they give way."""
    limit, usage = (_read(folder / name).strip() for name in (version.limit, version.usage))
    if limit.isdecimal() and usage.isdecimal():
        held = _numbers(_read(folder / "memory.stat"))
        yield int(limit) - int(usage) + sum(held.get(name, 0) for name in version.cache)


def _numbers(text: str) -> dict[str, int]:
    """Of lines that begin with a name and a number."""
    return {name: int(number) for name, number in re.findall(r"^(\w+)\s+(\d+)\b", text, re.MULTILINE)}


def _read(path: Path) -> str:
    with suppress(OSError, ValueError):
        return path.read_text()
    return ""
