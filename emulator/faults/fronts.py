"""What links suffer while faults are in force: fronts that come and go. SPEC.md, "Fronts".

Every front draws for itself, by (seed, number of its fault, link, broadcast), so that fronts stack, and
end in any order, without knowing of each other.
"""

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from emulator.world.draws import MASK, Stream, draw32, mix
from emulator.world.topology import Wire
from firmware.budget import ALPHA, CHANNELS, ONE


class Effect(IntEnum):
    """What a front does to a message."""

    LOSE = 0
    """It is lost when draw 0 is below ``below``."""

    BURST = 1
    """Draw 1 turns the link bad (below ``enter_below``) or good (``leave_below``); bad, it loses as LOSE."""

    CUT = 2
    """It is lost."""

    CORRUPT = 3
    """When draw 0 is below ``below``, bit ``draw 1 * 192 >> 32`` of the frame flips."""

    DELAY = 4
    """It takes ``amount_us`` longer."""

    JITTER = 5
    """It takes ``draw 0 * (amount_us + 1) >> 32`` longer."""

    STRAY = 6
    """When draw 0 is below ``below``, it takes ``amount_us`` longer and neither waits nor is waited for."""

    ECHO = 7
    """When draw 0 is below ``below``, it arrives again ``amount_us`` later, whatever else is on the way."""

    LIMIT = 8
    """It is lost if less than ``amount_us`` has gone by since a frame of the sender came through."""

    STICK = 9
    """It says what the sender was when the front came in."""

    BABBLE = 10
    """It says draws 0 to 3 of the sender's port 0, as little-endian words."""

    LIE = 11
    """It says draws 0 to 3 of the link, and an alpha of 1.0."""


REMEMBERS: Final = (Effect.BURST, Effect.LIMIT)
"""What happens depends on what has happened."""

VOICES: Final = (Effect.STICK, Effect.BABBLE, Effect.LIE)
DRAWS: Final = 4
"""Draws that each broadcast has."""

LONG_AGO: Final = -(1 << 62)


@dataclass(frozen=True)
class Front:
    """An effect and its numbers; thresholds are compared with draws of 32 bits, 0..2**32."""

    effect: Effect
    below: int = 0
    enter_below: int = 0
    leave_below: int = 0
    amount_us: int = 0


@dataclass
class ActiveFront:
    """A front that is in force.

    Attributes:
        front: what it does.
        base: key of all its links, before the last mixing.
        ports: which ports of which senders, a bit for each, uint8[cells].
        memory: int64[cells], empty where there is none: of a burst, the bad links, a bit for each port;
            of a limit, the time of the last frame that came through.
        said: of a stuck voice, what each sender says, int8[cells, 16], else empty.
    """

    front: Front
    base: int
    ports: NDArray[np.uint8]
    memory: NDArray[np.int64]
    said: NDArray[np.int8]


@dataclass
class Journey:
    """What becomes of a message."""

    lost: bool = False
    flipped_bit: int | None = None
    late_us: int = 0
    stray_us: int | None = None
    echoes_us: list[int] = field(default_factory=list)
    said: bytes | None = None


EFFECT, BELOW, ENTER_BELOW, LEAVE_BELOW, AMOUNT_US, PLACE = range(6)
"""Columns of ``Fronts.rules``: a front's own fields, and its place in ``memory`` or ``said``."""


class Fronts(NamedTuple):
    """All that are in force, by number, for compiled code.

    ``rules`` int64[n, 6] has a row for each, with the columns above; ``memory`` and ``said`` have only those
    fronts that need it. ``copies`` is how many a message may be.
    """

    rules: NDArray[np.int64]
    bases: NDArray[np.uint64]
    ports: NDArray[np.uint8]
    memory: NDArray[np.int64]
    said: NDArray[np.int8]
    voice: NDArray[np.int8]
    """int8[16], scratch."""

    copies: int


class Weather:
    """The fronts over a grid.

    Args:
        seed: of the run.
        cells: number of cells.
    """

    def __init__(self, seed: int, cells: int) -> None:
        self._stream = mix((mix(seed) + Stream.FRONT) & MASK)
        self._cells = cells
        self._active: dict[int, ActiveFront] = {}
        self.had_fronts = False
        """Whether there ever was a front."""

        self.fronts = self._stack()
        """For compiled code."""

    @property
    def active(self) -> list[ActiveFront]:
        """By number of the fault."""
        return [self._active[number] for number in sorted(self._active)]

    def begin(
        self, number: int, front: Front, ports: NDArray[np.uint8], said: NDArray[np.int8] | None
    ) -> None:
        """A front comes in, known by the number of its fault."""
        start = LONG_AGO if front.effect is Effect.LIMIT else 0
        remembered = self._cells if front.effect in REMEMBERS else 0
        self._active[number] = ActiveFront(
            front,
            mix((self._stream + number) & MASK),
            ports,
            np.full(remembered, start, np.int64),
            np.zeros((0, CHANNELS), np.int8) if said is None else said,
        )
        self.had_fronts = True
        self.fronts = self._stack()

    def end(self, number: int) -> None:
        """The front of this fault goes."""
        del self._active[number]
        self.fronts = self._stack()

    def journey(self, wire: Wire, index: int, now_us: int) -> Journey:
        """What becomes of broadcast number ``index`` of a sender on one of its wires."""
        journey = Journey()
        for active in self.active:
            if active.ports[wire.sender] >> wire.port & 1:
                _meet(journey, active, wire, index, now_us)
        return journey

    def _stack(self) -> Fronts:
        """All arrays in one; each front's memory becomes a part of it."""
        active, cells = self.active, self._cells
        remembers = [one for one in active if one.front.effect in REMEMBERS]
        speaks = [one for one in active if one.front.effect is Effect.STICK]
        rules = np.zeros((len(active), PLACE + 1), np.int64)
        for rule, one in zip(rules, active, strict=True):
            front = one.front
            rule[:PLACE] = front.effect, front.below, front.enter_below, front.leave_below, front.amount_us
            for those in (remembers, speaks):
                rule[PLACE] += sum(place for place, other in enumerate(those) if other is one)
        fronts = Fronts(
            rules,
            np.array([one.base for one in active], np.uint64),
            np.array([one.ports for one in active], np.uint8).reshape(len(active), cells),
            np.array([one.memory for one in remembers], np.int64).reshape(len(remembers), cells),
            np.array([one.said for one in speaks], np.int8).reshape(len(speaks), cells, CHANNELS),
            np.zeros(CHANNELS, np.int8),
            1 + sum(one.front.effect is Effect.ECHO for one in active),
        )
        for place, one in enumerate(remembers):
            one.memory = fronts.memory[place]
        return fronts


def _meet(journey: Journey, active: ActiveFront, wire: Wire, index: int, now_us: int) -> None:
    """A message comes under a front."""
    front, sender, memory = active.front, wire.sender, active.memory

    def draw(number: int, link: int = wire.number) -> int:
        return int(draw32(mix((active.base + link) & MASK), DRAWS * index + number))

    def words(link: int) -> bytes:
        return b"".join(draw(number, link).to_bytes(4, "little") for number in range(DRAWS))

    match front.effect:
        case Effect.LOSE:
            journey.lost |= draw(0) < front.below
        case Effect.BURST:
            bad, turn = bool(memory[sender] >> wire.port & 1), draw(1)
            if turn < (front.leave_below if bad else front.enter_below):
                memory[sender] ^= 1 << wire.port
                bad = not bad
            journey.lost |= bad and draw(0) < front.below
        case Effect.CUT:
            journey.lost = True
        case Effect.CORRUPT:
            if draw(0) < front.below:
                journey.flipped_bit = draw(1) * 192 >> 32
        case Effect.DELAY:
            journey.late_us += front.amount_us
        case Effect.JITTER:
            journey.late_us += draw(0) * (front.amount_us + 1) >> 32
        case Effect.STRAY:
            if draw(0) < front.below:
                journey.stray_us = (journey.stray_us or 0) + front.amount_us
        case Effect.ECHO:
            if draw(0) < front.below:
                journey.echoes_us.append(front.amount_us)
        case Effect.LIMIT:
            if memory[sender] < now_us < memory[sender] + front.amount_us:
                journey.lost = True
            else:
                memory[sender] = now_us
        case Effect.STICK:
            journey.said = active.said[sender].tobytes()
        case Effect.BABBLE:
            journey.said = words(wire.number - wire.port)
        case Effect.LIE:
            lie = words(wire.number)
            journey.said = lie[:ALPHA] + bytes([ONE]) + lie[ALPHA + 1 :]
