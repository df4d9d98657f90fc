"""What planaria asks of the system before it starts processes."""

import multiprocessing
import os
import sys
from typing import Final

from firmware.errors import InputError

MAIN_GUARD: Final = 'if __name__ == "__main__":'


def usable_cores() -> int:
    """How many cores this process may use; where the system does not say, how many there are."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def check_main_guard() -> None:
    """Refuse to start processes in one that has itself just been started.

    A started process first imports the program of the one that has started it. What is not below a main
    guard there runs again, and would start processes without end.

    Raises:
        InputError: this process is still importing.
    """
    if getattr(multiprocessing.current_process(), "_inheriting", False):  # as multiprocessing itself asks
        raise InputError(
            "program", sys.argv[0], "this program starts itself again", f"put it below {MAIN_GUARD}"
        )
