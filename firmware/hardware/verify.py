"""The C cell against the Python reference, event by event and byte by byte."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from firmware import frame
from firmware.budget import ALIVE_MIN, ALPHA, CHANNELS, ONE, PORTS, RAM_BYTES
from firmware.cell import NeuralProgram
from firmware.frame import Frame
from firmware.genome import Genome
from firmware.memory import FIELD, SCRATCH, Ram
from firmware.program import MachineError, Program
from firmware.system import interrupts


class Case(NamedTuple):
    """One event: ``event`` is boot, receive or wake, with its arguments."""

    kind: str
    ram: bytes
    event: str
    arguments: tuple[int | bool | bytes, ...]


@dataclass(frozen=True)
class Report:
    """``mismatches`` counts cases; ``first`` describes the first of them."""

    cases: int
    bytes_compared: int
    mismatches: int
    first: str = ""


def verify(
    image: bytes,
    program: Program,
    cases: int,
    seed: int = 0,
    on_case: Callable[[], object] = lambda: None,
) -> Report:
    """Run random, adversarial and lived-through events through a program and the reference.

    Compared are all of the RAM that outlives an event, the frame, and the wait. An event that comes to no
    regular end is a mismatch.

    Args:
        image: flash image that ``program`` runs.
        program: to be verified.
        cases: how many events.
        seed: of the cases.
        on_case: called after each.
    """
    reference = NeuralProgram(image)
    compared = mismatches = 0
    first = ""
    for number, case in zip(range(cases), make_cases(reference, seed), strict=False):
        expected, actual = (_outcome(each, case) for each in (reference, program))
        assert isinstance(expected, bytes)
        compared += len(expected)
        if expected != actual:
            mismatches += 1
            first = first or f"case {number}, {case.kind}: {_difference(expected, actual)}"
        interrupts.check()
        on_case()
    return Report(cases, compared, mismatches, first)


def _outcome(program: Program, case: Case) -> bytes | MachineError:
    """All that an event changes: persistent RAM, then what came out; or why it did not end."""
    ram = Ram(bytearray(case.ram))
    try:
        output = getattr(program, case.event)(ram, *case.arguments)
    except MachineError as failure:
        return failure
    if case.event == "boot":
        output = output.to_bytes(4, "little")
    elif case.event == "wake":
        output = output.frame + output.wait_us.to_bytes(4, "little")
    return ram.persistent_bytes() + (output or b"")


def _difference(expected: bytes, actual: bytes | MachineError) -> str:
    if isinstance(actual, MachineError):
        return str(actual)
    for position, (a, b) in enumerate(zip(expected, actual, strict=False)):
        if a != b:
            where = position if position < SCRATCH.start else position + SCRATCH.stop - SCRATCH.start
            field = next((f.name for f in FIELD.values() if f.offset <= where < f.end), "output")
            field = "output" if where >= FIELD["stack"].offset else field
            return f"byte {where} ({field}) is 0x{b:02x}, must be 0x{a:02x}"
    return f"{len(actual)} B came out, must be {len(expected)} B"


def make_cases(reference: NeuralProgram, seed: int) -> Iterator[Case]:
    """Cases without end: of every kind in turn."""
    rng = np.random.default_rng(seed)
    life = _life(reference, rng)

    def wake(kind: str, ram: bytes) -> Case:
        return Case(kind, ram, "wake", ())

    def receive(kind: str, wire: bytes, ram: bytes | None = None) -> Case:
        return Case(kind, ram or rng.bytes(RAM_BYTES), "receive", (int(rng.integers(PORTS)), wire))

    while True:
        yield wake("random RAM", rng.bytes(RAM_BYTES))
        yield wake("small values", _near(rng, rng.integers(-24, 25, (9, CHANNELS))))
        yield wake("extremes", _near(rng, rng.choice([-128, 127, 0], (9, CHANNELS))))
        yield wake("edge of life", _edge_of_life(rng))
        yield wake("silent neighbours", _silence(rng, reference))
        yield receive("frame", _frame(rng))
        yield receive("bad frame", _bad_frame(rng))
        yield receive("many errors", _bad_frame(rng), _many_errors(rng))
        yield Case("boot", bytes(RAM_BYTES), "boot", (_word(rng), bool(rng.integers(2))))
        yield from (next(life), next(life))


def _word(rng: Generator) -> int:
    """Mostly any 32 bits, sometimes none or all of them."""
    return int(rng.choice([0, 2**32 - 1, *rng.integers(0, 2**32, 6)]))


def _ram(rng: Generator) -> Ram:
    return Ram(bytearray(rng.bytes(RAM_BYTES)))


def _near(rng: Generator, values: NDArray[np.int64]) -> bytes:
    """A cell with this state (row 0) and these neighbours."""
    ram = _ram(rng)
    ram.state[:], ram.inbox[:] = values[0], values[1:]
    return bytes(ram.bytes)


def _edge_of_life(rng: Generator) -> bytes:
    """Alphas at, and on both sides of, what counts as mature."""
    values = rng.integers(-128, 128, (9, CHANNELS))
    values[:, ALPHA] = rng.integers(ALIVE_MIN - 7, ALIVE_MIN, 9)
    values[rng.integers(9), ALPHA] = rng.integers(ALIVE_MIN - 1, ALIVE_MIN + 2)
    return _near(rng, values)


def _silence(rng: Generator, reference: NeuralProgram) -> bytes:
    """About the end of a listening period."""
    ram = _ram(rng)
    ram.listened = (reference.timing.listening_wakes + int(rng.integers(-3, 2))) % 256
    ram.prng = _word(rng)
    return bytes(ram.bytes)


def _many_errors(rng: Generator) -> bytes:
    ram = _ram(rng)
    ram.frame_errors = int(rng.integers(253, 256))
    return bytes(ram.bytes)


def _frame(rng: Generator) -> bytes:
    return frame.encode(Frame(int(rng.integers(frame.SEQUENCE_MODULO)), rng.bytes(CHANNELS)))


def _bad_frame(rng: Generator) -> bytes:
    """Flipped, cut, too long, with a false but checked head, or noise."""
    wire = bytearray(_frame(rng))
    match rng.integers(6):
        case 0:
            wire[rng.integers(len(wire))] ^= 1 << rng.integers(8)
        case 1:
            del wire[int(rng.integers(len(wire))) :]
        case 2:
            wire += rng.bytes(int(rng.integers(1, 40)))
        case 3:
            wire[int(rng.choice([0, 2, 3, 20, 21]))] = int(rng.integers(256))
        case 4:
            wire[1] |= 128
            wire[22:] = frame.check(wire[1], bytes(wire[4:20]))
        case _:
            wire = bytearray(rng.bytes(int(rng.integers(30))))
    return bytes(wire)


def _life(reference: NeuralProgram, rng: Generator) -> Iterator[Case]:
    """Four cells in a ring, seeded, that hear one another with losses and restart now and then."""
    cells = [Ram() for _ in range(4)]
    for number, ram in enumerate(cells):
        reference.boot(ram, number, number == 0)
        ram.state[ALPHA] = ONE
    while True:
        number = int(rng.integers(len(cells)))
        ram = cells[number]
        ram.bytes[SCRATCH] = rng.bytes(SCRATCH.stop - SCRATCH.start)
        if rng.random() < 0.01:
            ram.clear()
            arguments = (_word(rng), bool(rng.integers(2)))
            yield Case("restart", bytes(ram.bytes), "boot", arguments)
            reference.boot(ram, *arguments)
        yield Case("life", bytes(ram.bytes), "wake", ())
        wire = reference.wake(ram).frame
        for port in range(PORTS):
            if rng.random() < 0.7:
                reference.receive(cells[(number + port) % len(cells)], port, wire)


def random_genome(genome: Genome, seed: int) -> Genome:
    """A genome as wide as this one, with weights and shifts from their whole range."""
    rng = np.random.default_rng(seed)
    return replace(
        genome,
        name=f"random {seed}",
        w1=rng.integers(-128, 128, genome.w1.shape).astype(np.int8),
        b1=rng.integers(-(2**15), 2**15, genome.b1.shape).astype(np.int16),
        w2=rng.integers(-128, 128, genome.w2.shape).astype(np.int8),
        shift1=int(rng.integers(1, 16)),
        shift2=int(rng.integers(1, 16)),
    )
