"""How a command ends: whatever happens becomes a status, and one line for whoever still listens."""

import os
import sys
import warnings
from collections.abc import Callable
from contextlib import suppress
from io import TextIOWrapper
from typing import Final, TextIO

from firmware.errors import InputError, explained, visible
from firmware.system.interrupts import check, taken_over

try:
    import resource
except ModuleNotFoundError:  # Windows
    resource = None  # type: ignore[assignment]

DIFFERS: Final = 1
BAD_INPUT: Final = 2
DEFECT: Final = 70
INTERRUPTED: Final = 130
BROKEN_PIPE: Final = 141

STANDARD_OUTPUT, STANDARD_ERROR = 1, 2

TRACEBACK: Final = "PLANARIA_TRACEBACK"
"""Environment variable: whether to show where an error came from."""

ROOM_MIN_BYTES: Final = 3 << 28
"""Addresses that libraries take before anything is computed, the compiler of the engine among them."""

DATA_MIN_BYTES: Final = 1 << 29
"""Likewise memory for data."""

DEFECT_MAX: Final = 400
"""Letters of what it says."""

PACKAGES: Final = ("planaria", "emulator", "firmware", "trainer")

UNUSUAL: Final = "\N{CHECK MARK}\udcff"
"""Letters that few encodings have, and half a character."""


def ended(command: Callable[[], int], is_program: bool) -> int:
    """Run a command to its end; returns the exit status.

    0 is success, ``DIFFERS`` that something differs from the reference and nothing else, then bad input, a
    defect of planaria, INT, TERM or HUP, and that the reader of the output has gone away.

    Args:
        command: gives 0 or ``DIFFERS``, or raises.
        is_program: whether this process is nothing but this command.
    """
    try:
        with taken_over(for_good=is_program) as came, warnings.catch_warnings():
            _open_streams()
            if is_program:
                os.environ["MPLBACKEND"] = "Agg"  # whatever somebody else has chosen
                if not sys.warnoptions:
                    warnings.simplefilter("ignore")  # those of libraries are for their programmers
            status = _end(command)
            if came:
                status = INTERRUPTED
            _let_go_of_output(is_program and status == INTERRUPTED)
            return status
    except KeyboardInterrupt:  # while something else was told
        return INTERRUPTED


def _end(command: Callable[[], int]) -> int:
    """Every way in which a command ends."""
    try:
        status = command()
        sys.stdout.flush()
        return status
    except BrokenPipeError:
        return BROKEN_PIPE
    except KeyboardInterrupt:
        _tell("interrupted")
        return INTERRUPTED
    except BaseException as error:  # of libraries there are some that are no Exception
        check()  # what somebody has made of an interrupt is none
        refusal = _refusal(error)
        _tell(refusal or _defect(error))
        if os.environ.get(TRACEBACK) and refusal is not error:
            from traceback import format_exception

            for lines in format_exception(error):
                for line in lines.splitlines():
                    _tell(visible(line))
        return DEFECT if refusal is None else BAD_INPUT


def check_room(addresses_bytes: int = ROOM_MIN_BYTES) -> None:
    """Refuse a limit on memory with which libraries end the process with 1, or try again without end.

    Args:
        addresses_bytes: that they take.

    Raises:
        InputError: it is too small.
    """
    if resource is None:
        return
    for limit, needed_bytes, kind, option in (
        (resource.RLIMIT_AS, addresses_bytes, "addresses", "-v"),
        (resource.RLIMIT_DATA, DATA_MIN_BYTES, "data", "-d"),
    ):
        most_bytes, _ = resource.getrlimit(limit)
        if most_bytes == resource.RLIM_INFINITY:
            continue
        os.environ["OPENBLAS_NUM_THREADS"] = "1"  # each takes its share of it
        if most_bytes < needed_bytes:
            reason = f"its libraries alone take {needed_bytes >> 20} MB of {kind}"
            raise InputError("memory", f"{most_bytes >> 20} MB", reason, f"raise the limit (ulimit {option})")


def _refusal(error: BaseException) -> InputError | None:
    """What a person can put right, in words; None is a defect."""
    if isinstance(error, InputError):
        return error
    if isinstance(error, OSError):
        return explained(error)
    if isinstance(error, MemoryError):
        fix = "make the grid smaller, or raise the limit (ulimit -v)"
        return InputError("memory", error if str(error) else "all that there is", "it is used up", fix)
    if isinstance(error, ImportError) and (error.name or "").partition(".")[0] not in PACKAGES:
        fix = "install it again, or see whether memory runs out (ulimit -v)"
        return InputError("library", error.name or "unknown", f"it cannot be loaded ({error})", fix)
    return None


def _defect(error: BaseException) -> str:
    text = f"this is a defect of planaria: {type(error).__name__}: {error}"
    return f"{visible(text, DEFECT_MAX)} ({TRACEBACK}=1 shows where)"


def _open_streams() -> None:
    """Give what the shell has closed (``>&-``) a device that swallows all, before a file gets its number.

    Whatever its encoding, a stream then takes every letter.
    """
    while (handle := os.open(os.devnull, os.O_RDWR)) <= STANDARD_ERROR:
        pass
    os.close(handle)
    sys.stdout = sys.stdout or os.fdopen(STANDARD_OUTPUT, "w", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(STANDARD_ERROR, "w", closefd=False)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            try:
                UNUSUAL.encode(stream.encoding, "backslashreplace")
                stream.reconfigure(errors="backslashreplace")
            except UnicodeError:  # Python has encodings that are made for something else, such as idna
                stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _tell(message: object) -> None:
    """A last word, where there is somebody to hear it: the exit status says the same."""
    with suppress(OSError):
        print(f"planaria: {message}", file=sys.stderr, flush=True)


def _let_go_of_output(at_once: bool) -> None:
    """What cannot be said, or only to somebody who does not listen, Python does not try to say at its end."""
    for stream in (sys.stdout, sys.stderr):
        if at_once or not _flushes(stream):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _flushes(stream: TextIO) -> bool:
    try:
        stream.flush()
    except (OSError, ValueError):
        return False
    return True
