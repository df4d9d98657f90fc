"""Programs in Python, compiled: three functions to be called by their addresses.

They take addresses and numbers, and return how the event ended; nothing is raised.
"""

from typing import Any, Final, NamedTuple

import numpy as np

from emulator.arrays.compiled.jit import CompilationError, entry_point, njit, types
from emulator.arrays.programs.numbers import are_spent, as_ram, as_state, new_turns, spent
from firmware.errors import InputError
from firmware.handlers import HANDLERS, Handlers
from firmware.subset import SPENT, EndlessError, translate

SILENT, DONE, TRAP, HANG, REFUSED = 0, 1, -1, -2, -3
"""How an event ended."""


class Compiled(NamedTuple):
    """Addresses of a program's functions of int64, which return how the event ended, as int64.

    Attributes:
        boot: takes addresses of RAM, and the strap.
        hear: takes that of RAM, a port, and that of 16 bytes.
        wake: takes that of RAM.
        keep: what must live as long as they are called.
    """

    boot: int
    hear: int
    wake: int
    keep: Any


def compiled(handlers: Handlers) -> Compiled:
    """Compile a program, or take it from the disk.

    Raises:
        InputError: it is not such that it can be compiled; says where and why.
    """
    functions = translate(handlers)
    known: dict[int, Any] = {}
    names = {SPENT: spent, EndlessError.__name__: RuntimeError}
    entries = []
    for handler, arguments in HANDLERS.items():
        function = functions[handler].make(njit, known, **names)
        signature = types.int64(*[types.int64] * arguments)
        try:
            entries.append(entry_point(_ENTRIES[handler](function), signature, functions[handler].text))
        except CompilationError as failure:
            place = failure.place or handlers.name
            raise InputError("program", place, failure.reason, "docs/SPEC.md says what it may be") from None
    boot, hear, wake = (entry.address for entry in entries)
    return Compiled(boot, hear, wake, entries)


def _boot_entry(boot: Any) -> Any:
    def enter_boot(ram, strap):
        turns = new_turns()
        try:
            return np.int64(boot(as_ram(ram), strap, turns))
        except Exception:
            return np.int64(HANG) if are_spent(turns) else np.int64(TRAP)

    return enter_boot


def _hear_entry(hear: Any) -> Any:
    def enter_hear(ram, port, state):
        turns = new_turns()
        try:
            return np.int64(hear(as_ram(ram), port, as_state(state), turns))
        except Exception:
            return np.int64(HANG) if are_spent(turns) else np.int64(TRAP)

    return enter_hear


def _wake_entry(wake: Any) -> Any:
    def enter_wake(ram):
        turns = new_turns()
        try:
            return np.int64(wake(as_ram(ram), turns))
        except Exception:
            return np.int64(HANG) if are_spent(turns) else np.int64(TRAP)

    return enter_wake


_ENTRIES: Final = {"boot": _boot_entry, "hear": _hear_entry, "wake": _wake_entry}
