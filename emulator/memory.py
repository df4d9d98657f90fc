"""Refusing what does not fit into memory, before anything is allocated."""

import os
import re
from pathlib import Path

from firmware.errors import InputError


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


def free_memory_bytes() -> int | None:
    """Memory that can be had without swapping; else all that there is, or None, as far as the system says."""
    meminfo = Path("/proc/meminfo")
    available = re.search(r"MemAvailable:\s+(\d+) kB", meminfo.read_text()) if meminfo.exists() else None
    if available is not None:
        return int(available[1]) * 1024
    if not hasattr(os, "sysconf"):  # Windows
        return None
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
