"""What planaria asks of the system before it starts processes."""

import multiprocessing
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from firmware.errors import InputError
from firmware.system.current_folder import search_path

MAIN_GUARD: Final = 'if __name__ == "__main__":'

ONE_THREAD: Final = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""For processes of which there is one on every core."""


def not_from_here() -> dict[str, str]:
    """Environment of a Python that is started: it imports and runs nothing from the current folder.

    Otherwise it would, for what it is started with is no program in a file (``python -c``, ``python -m``).
    """
    return {"PYTHONSAFEPATH": "1", "PATH": search_path()}


@contextmanager
def environment(variables: Mapping[str, str]) -> Iterator[None]:
    """What is started meanwhile has these environment variables, too."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


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
