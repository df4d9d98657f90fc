"""Semaphores of a pool, which are removed even if all processes that know them are killed.

multiprocessing gives them names that say nothing, and has a process of its own remove them; killed together
with the others, as by ``kill -9 -- -GROUP``, it leaves them in memory until the machine is started again.
Here their names say whose they are, and whoever makes the next ones removes those of dead processes.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.process import current_process
from pathlib import Path
from typing import Final

PLACE: Final = Path("/dev/shm")  # where Linux keeps them
PREFIX: Final = "planaria"

_NAME: Final = re.compile(rf"sem\.{PREFIX}-([0-9]+)-([0-9]+)-[a-z0-9_]+")


@contextmanager
def removable() -> Iterator[None]:
    """A block in which new semaphores have names by which a later process removes them, on Linux."""
    settings = getattr(current_process(), "_config", {})
    before = settings.get("semprefix")
    if (space := _space()) is None or before is None:
        yield
        return
    remove_dead()
    settings["semprefix"] = f"/{PREFIX}-{space}-{os.getpid()}"
    try:
        yield
    finally:
        settings["semprefix"] = before


def remove_dead() -> None:
    """Remove what killed processes of this user have left, and nothing else."""
    space = _space()
    with suppress(OSError):
        for entry in os.scandir(PLACE):
            name = _NAME.fullmatch(entry.name)
            if name and int(name[1]) == space and not _lives(int(name[2])):
                with suppress(OSError):
                    if entry.stat(follow_symlinks=False).st_uid == os.geteuid():
                        Path(entry.path).unlink()


def _space() -> int | None:
    """Where a process's number is its own: containers may share semaphores, but not these."""
    try:
        return Path("/proc/self/ns/pid").stat().st_ino
    except OSError:
        return None


def _lives(process: int) -> bool:
    return Path(f"/proc/{process}").exists()
