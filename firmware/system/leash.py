"""Programs that this one runs, such as compilers, and that end with it, with all that they have started."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen
from typing import Final

from firmware.system.interrupts import held

GUARD: Final = ("/bin/sh", "-c", "trap '' HUP INT TERM; read nothing; kill -KILL 0")
"""Kills its process group when the other end of its standard input is closed, as this process's end does."""


def run_leashed(
    command: Sequence[str],
    timeout_s: float | None = None,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> "subprocess.CompletedProcess[str]":
    """Run a program to its end, which hears nothing of Ctrl-C and has nothing to read.

    It and all that it starts are one process group, which is killed when this function is left, and by a
    guard in it when this process is gone.

    Args:
        command: its words.
        timeout_s: how long it may take.
        folder: where it runs.
        environment: variables that it has, instead of this process's.

    Raises:
        OSError: it cannot be started.
        TimeoutExpired: it took longer.
    """
    if os.name != "posix":
        return subprocess.run(
            command, cwd=folder, env=environment, stdin=DEVNULL, capture_output=True, text=True,
            errors="backslashreplace", timeout=timeout_s, check=False,
        )  # fmt: skip
    with ExitStack() as stack:
        with held():  # what is half started could not be killed
            guard = stack.enter_context(
                Popen(GUARD, stdin=PIPE, stdout=DEVNULL, stderr=DEVNULL, process_group=0)
            )
            process = stack.enter_context(
                Popen(
                    command, cwd=folder, env=environment, stdin=DEVNULL, stdout=PIPE, stderr=PIPE, text=True,
                    errors="backslashreplace", process_group=guard.pid,
                )
            )  # fmt: skip
            stack.callback(os.killpg, guard.pid, signal.SIGKILL)
        output, errors = process.communicate(timeout=timeout_s)
    return subprocess.CompletedProcess(command, process.returncode, output, errors)
