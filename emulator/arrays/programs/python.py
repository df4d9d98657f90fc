"""Programs in Python, compiled: three functions to be called by their addresses.

They take addresses and numbers, and return how the event ended; nothing is raised. Before an event RAM is
copied, for whoever asks why it failed; of an event that cannot fail, the compiler sees that nobody reads the
copy, and makes none.
"""

from typing import Any, Final, NamedTuple

import numpy as np

from emulator.arrays.compiled.jit import CompilationError, entry_point, inner, njit, types
from emulator.arrays.programs.call import copy256, load8, load32, new256, store8
from emulator.arrays.programs.numbers import WHOLE, are_spent, as_board, as_ram, as_state, new_turns, spent
from emulator.arrays.programs.variables import VARIABLES
from firmware import roles
from firmware.budget import PORTS, RAM_BYTES
from firmware.errors import InputError
from firmware.handlers import HANDLERS, Handlers
from firmware.memory import FIELD
from firmware.subset import SPENT, EndlessError

SILENT, DONE, TRAP, HANG, REFUSED = 0, 1, -1, -2, -3
"""How an event ended."""

STATUS_BITS: Final = 2
"""How an event ended, negated, needs so many bits."""

HEARD: Final = FIELD["heard"].offset

BOARD_PITCH: Final = 96
"""Bytes from a board to the next one: they lie in the rows of cells."""


class Compiled(NamedTuple):
    """Addresses of a program's functions of int64, which return how the event ended, as int64.

    Attributes:
        boot: takes the address of RAM, the strap, and the address of the board.
        hear: takes the addresses of all RAM, of all boards, and of eight int32, where the sender's ports
            lead; a bit for each port on which it is heard; the addresses of 16 bytes, and of where RAM before
            a failure is copied. Returns 0, or after a failure how the event ended, negated, and above these
            ``STATUS_BITS`` the ports on which the sender is still to be heard.
        wake: takes the addresses of RAM, of where RAM before a failure is copied, and of the board.
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
    functions = roles.functions(handlers)
    known: dict[int, Any] = {}
    names = {SPENT: spent, EndlessError.__name__: RuntimeError, **WHOLE, **VARIABLES}
    entries = []
    for handler in HANDLERS:
        function = inner(functions[handler].make(njit, known, **names).py_func)
        make, arguments = _ENTRIES[handler]
        signature = types.int64(*[types.int64] * arguments)
        try:
            entries.append(entry_point(make(function), signature, functions[handler].text))
        except CompilationError as failure:
            place = failure.place or handlers.name
            raise InputError("program", place, failure.reason, "docs/SPEC.md says what it may be") from None
    boot, hear, wake = (entry.address for entry in entries)
    return Compiled(boot, hear, wake, entries)


def _boot_entry(boot: Any) -> Any:
    def enter_boot(ram, strap, board):
        turns = new_turns()
        try:
            return np.int64(boot(as_ram(ram), strap, turns, as_board(board)))
        except Exception:
            return np.int64(HANG) if are_spent(turns) else np.int64(TRAP)

    return enter_boot


def _hear_entry(hear: Any) -> Any:
    @inner
    def hear_once(ram, board, port, state, kept):
        turns, before = new_turns(), new256()
        copy256(before, ram)
        store8(ram + HEARD, load8(ram + HEARD) | 1 << port)
        try:
            hear(as_ram(ram), port, as_state(state), turns, as_board(board))
        except Exception:
            copy256(kept, before)
            return np.int64(HANG) if are_spent(turns) else np.int64(TRAP)
        return np.int64(0)

    def enter_hear(memory, boards, slots, ports, state, kept):
        for port in range(PORTS):
            if ports >> port & 1:
                ports ^= 1 << port
                slot = load32(slots + 4 * port)
                cell = slot >> 3
                ram, board = memory + RAM_BYTES * cell, boards + BOARD_PITCH * cell
                status = hear_once(ram, board, slot & 7, state, kept)
                if status < 0:
                    return ports << STATUS_BITS | -status
        return np.int64(0)

    return enter_hear


def _wake_entry(wake: Any) -> Any:
    @inner
    def wake_once(ram, kept, board):
        turns, before = new_turns(), new256()
        copy256(before, ram)
        try:
            return np.int64(wake(as_ram(ram), turns, as_board(board)))
        except Exception:
            copy256(kept, before)
            return np.int64(HANG) if are_spent(turns) else np.int64(TRAP)

    def enter_wake(ram, kept, board):
        # Inlined, for only of a function that is called the compiler knows that nothing was wrong before.
        return wake_once(ram, kept, board)

    return enter_wake


_ENTRIES: Final = {"boot": (_boot_entry, 3), "hear": (_hear_entry, 6), "wake": (_wake_entry, 3)}
"""What makes them, and how many arguments they take."""
