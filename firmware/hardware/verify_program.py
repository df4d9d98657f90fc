"""A program in C against the same program in Python, event by event and byte by byte."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.random import Generator

from firmware import frame
from firmware.budget import CHANNELS, PORTS, RAM_BYTES
from firmware.errors import InputError
from firmware.frame import Frame
from firmware.memory import FIELD, Ram
from firmware.program import BoardProgram, MachineError, Program
from firmware.system import interrupts
from firmware.variables import BOARD_BYTES, ROLE_AT

CELLS: Final = 4
"""So many cells live together, in a ring."""

RUNTIME: Final = tuple(FIELD[name] for name in ("prng", "sequence", "heard", "frame_errors"))
"""What the runtime remembers of a program that is no genome."""


EVENTS: Final = ("boot", "receive", "wake")

FAILURES_MAX: Final = 5
"""After so many failures of the machine nothing more is to be learned, and each may take seconds."""

CASES_THAT_TELL: Final = 100
"""Of so many some are of each kind."""


class Event(NamedTuple):
    """What happens to a cell: boot, receive or wake, with its arguments; its RAM before, and its board."""

    kind: str
    ram: bytes
    board: bytes
    arguments: tuple[int | bytes, ...] = ()


@dataclass(frozen=True)
class Comparison:
    """``mismatches`` counts events, ``first`` describes the first; ``left_out`` failed in Python."""

    cases: int
    bytes_compared: int
    mismatches: int
    left_out: int
    first: str = ""


def verify_program(
    reference: BoardProgram,
    program: BoardProgram,
    own_bytes: int,
    cases: int,
    seed: int = 0,
    on_case: Callable[[], object] = lambda: None,
    roles: int = 1,
) -> Comparison:
    """Run events of a life, and events from random RAM, through a program and its reference.

    Compared are the program's own variables, what the runtime remembers, the frame, and the wait.

    Args:
        reference: in Python.
        program: to be verified.
        own_bytes: of RAM, from its first, that are the program's variables.
        cases: how many events.
        seed: of the events.
        on_case: called after each.
        roles: how many the program has; no board has another one.

    Raises:
        InputError: events of some kind always fail in Python, so that nothing was compared.
    """
    compared = Counter[str]()
    mismatches = left_out = failures = done = 0
    first = ""
    for number, event in zip(range(cases), _events(reference, seed, roles), strict=False):
        expected = _outcome(reference.on(event.board), event, own_bytes)
        done = number + 1
        if isinstance(expected, str):
            # The machine is not asked: what goes beyond a row in C may write anywhere.
            left_out += 1
        else:
            compared[event.kind] += len(expected)
            actual = _outcome(program.on(event.board), event, own_bytes)
            if expected != actual:
                mismatches += 1
                first = first or f"event {number}, {event.kind}: {_difference(expected, actual, own_bytes)}"
                failures += isinstance(actual, str)
        interrupts.check()
        on_case()
        if failures == FAILURES_MAX:
            break
    never = [kind for kind in EVENTS if not compared[kind] and not mismatches]
    if never and cases >= CASES_THAT_TELL:
        limit = f"in Python {' and '.join(never)} failed in each of {cases:,} cases"
        raise InputError("program", "in Python", limit, "mend it: planaria test shows where")
    return Comparison(done, sum(compared.values()), mismatches, left_out, first)


def _outcome(program: Program, event: Event, own_bytes: int) -> bytes | str:
    """All that an event changes, then what came out; or why it did not end."""
    ram = Ram(bytearray(event.ram))
    try:
        output = getattr(program, event.kind)(ram, *event.arguments)
    except MachineError as failure:
        return str(failure)
    if event.kind == "wake":
        output = output.frame + output.wait_us.to_bytes(4, "little")
    elif event.kind == "boot":
        output = output.to_bytes(4, "little")
    runtime = b"".join(bytes(ram.bytes[field.offset : field.end]) for field in RUNTIME)
    return bytes(ram.bytes[:own_bytes]) + runtime + (output or b"")


def _difference(expected: bytes, actual: bytes | str, own_bytes: int) -> str:
    if isinstance(actual, str):
        return actual
    places = [place for place, (one, other) in enumerate(zip(expected, actual, strict=False)) if one != other]
    if not places:
        return f"{len(actual)} B came out, must be {len(expected)} B"
    place = places[0]
    where = f"byte {place} of its RAM" if place < own_bytes else "what it sends, or the runtime remembers,"
    return f"{where} is 0x{actual[place]:02x}, must be 0x{expected[place]:02x}"


def _events(reference: BoardProgram, seed: int, roles: int) -> Iterator[Event]:
    """Without end: of a life, and in turn from any RAM."""
    rng = np.random.default_rng(seed)
    life = _life(reference, rng, roles)
    while True:
        yield from (next(life) for _ in range(6))
        for _ in range(3):
            yield Event("wake", _any(rng, RAM_BYTES), _board(rng, roles))
        boot = _word(rng), int(rng.integers(256))
        yield Event("boot", _any(rng, RAM_BYTES), _board(rng, roles), boot)
        yield Event("receive", _any(rng, RAM_BYTES), _board(rng, roles), _noise(rng))


def _board(rng: Generator, roles: int) -> bytes:
    """Any board, with one of so many roles."""
    content = _any(rng, BOARD_BYTES)
    return _with_role(content, roles, content[ROLE_AT])


def _with_role(board: bytes, roles: int, role: int) -> bytes:
    """A board with this role, counted on from the last one to the first; with its own where there is one."""
    return board if roles == 1 else board[:ROLE_AT] + bytes([role % roles]) + board[ROLE_AT + 1 :]


def _life(reference: BoardProgram, rng: Generator, roles: int) -> Iterator[Event]:
    """Cells that hear one another with losses, and restart now and then; one that fails restarts at once."""
    boards = [
        _with_role(number.to_bytes(4, "little") + rng.bytes(BOARD_BYTES - 4), roles, number)
        for number in range(1, CELLS + 1)
    ]
    rams = [Ram() for _ in boards]
    fresh = set(range(CELLS))
    while True:
        number = int(rng.integers(CELLS))
        ram, board = rams[number], boards[number]
        if number in fresh or rng.random() < 0.02:
            ram.clear()
            event = Event("boot", bytes(ram.bytes), board, (_word(rng), board[4] if number in fresh else 0))
            fresh.discard(number)
        else:
            event = Event("wake", bytes(ram.bytes), board)
        yield event
        try:
            said = getattr(reference.on(board), event.kind)(ram, *event.arguments)
        except MachineError:
            fresh.add(number)
            continue
        if event.kind == "boot" or not said.frame:
            continue
        for port in range(PORTS):
            other = (number + port) % CELLS
            if rng.random() < 0.7:
                heard = Event("receive", bytes(rams[other].bytes), boards[other], (port, said.frame))
                yield heard
                try:
                    reference.on(boards[other]).receive(rams[other], port, said.frame)
                except MachineError:
                    fresh.add(other)


def _any(rng: Generator, count: int) -> bytes:
    """Random bytes; or such as programs treat differently: none, small ones, ends of their range."""
    uniform = rng.integers(0, 256, count)
    ends = np.array([255, 128, 127, 254])[uniform % 4]
    kinds = np.stack([uniform, np.zeros_like(uniform), uniform % 72, uniform % 4, ends])
    chosen = rng.integers(0, len(kinds), count) if rng.random() < 0.7 else np.zeros(count, np.int64)
    return bytes(kinds[chosen, np.arange(count)].tolist())


def _word(rng: Generator) -> int:
    return int(rng.integers(1, 1 << 32))


def _noise(rng: Generator) -> tuple[int, bytes]:
    """A port, and a frame with any state, or one that is spoiled."""
    wire = bytearray(frame.encode(Frame(int(rng.integers(frame.SEQUENCE_MODULO)), rng.bytes(CHANNELS))))
    if rng.random() < 0.3:
        wire[int(rng.integers(len(wire)))] ^= 1 << int(rng.integers(8))
    if rng.random() < 0.1:
        wire += rng.bytes(int(rng.integers(1, 30)))
    elif rng.random() < 0.2:
        del wire[int(rng.integers(len(wire))) :]
    return int(rng.integers(PORTS)), bytes(wire)
