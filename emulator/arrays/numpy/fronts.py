"""The fronts of ``emulator.faults.fronts`` in NumPy: what becomes of many messages at once."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from emulator.faults.fronts import DRAWS, VOICES, ActiveFront, Effect
from emulator.world.draws import draw32, mix
from firmware.budget import ALPHA, CHANNELS, ONE, PORTS

Int64 = NDArray[np.int64]
Flags = NDArray[np.bool_]


class Sent(NamedTuple):
    """Messages: when, by whom, on which port, and the number of the broadcast; no link comes twice."""

    times: Int64
    senders: Int64
    ports: Int64
    indices: NDArray[np.uint64]

    @property
    def links(self) -> NDArray[np.uint64]:
        """The numbers of the messages' links."""
        return (PORTS * self.senders + self.ports).astype(np.uint64)

    def draws(self, active: ActiveFront, number: int, links: NDArray[np.uint64]) -> Int64:
        """Draw ``number`` of each, under a front."""
        keys = mix(np.uint64(active.base) + links)
        drawn: NDArray[np.uint64] = draw32(keys, np.uint64(DRAWS) * self.indices + np.uint64(number))
        return drawn.astype(np.int64)


@dataclass
class Fates:
    """What becomes of n messages, as ``emulator.faults.fronts.Journey`` says it of one."""

    lost: Flags
    corrupt: Flags
    stray: Flags
    false: Flags
    late_us: Int64
    said: NDArray[np.int8]
    echoes: list[tuple[Flags, int]] = field(default_factory=list)


def meet_fronts(fronts: list[ActiveFront], sent: Sent) -> Fates:
    """What becomes of messages under these fronts."""
    count = len(sent.times)
    lost, corrupt, stray, false = np.zeros((4, count), np.bool_)
    said = np.zeros((count, CHANNELS), np.int8)
    fates = Fates(lost, corrupt, stray, false, np.zeros(count, np.int64), said)
    for active in fronts:
        under = active.ports[sent.senders] >> sent.ports & 1 != 0
        if active.front.effect in VOICES:
            _speak(fates, active, sent, under)
        else:
            _meet(fates, active, sent, under)
    return fates


def _meet(fates: Fates, active: ActiveFront, sent: Sent, under: Flags) -> None:
    front, effect = active.front, active.front.effect
    draws = sent.draws(active, 0, sent.links)
    hit = under & (draws < front.below)
    match effect:
        case Effect.LOSE:
            fates.lost |= hit
        case Effect.BURST:
            fates.lost |= hit & _bad_links(active, sent, under)
        case Effect.CUT:
            fates.lost |= under
        case Effect.CORRUPT:
            fates.corrupt |= hit
        case Effect.DELAY:
            fates.late_us[under] += front.amount_us
        case Effect.JITTER:
            fates.late_us[under] += draws[under] * (front.amount_us + 1) >> 32
        case Effect.STRAY:
            fates.stray |= hit
            fates.late_us[hit] += front.amount_us
        case Effect.ECHO:
            fates.echoes.append((hit, front.amount_us))
        case Effect.LIMIT:
            last = active.memory[sent.senders]
            early = (last < sent.times) & (sent.times < last + front.amount_us)
            fates.lost |= under & early
            through = under & ~early
            active.memory[sent.senders[through]] = sent.times[through]


def _bad_links(active: ActiveFront, sent: Sent, under: Flags) -> Flags:
    """Which links are bad, after they have changed."""
    front = active.front
    bad: Flags = active.memory[sent.senders] >> sent.ports & 1 != 0
    turns = under & (sent.draws(active, 1, sent.links) < np.where(bad, front.leave_below, front.enter_below))
    np.bitwise_xor.at(active.memory, sent.senders[turns], np.int64(1) << sent.ports[turns])
    return bad ^ turns


def _speak(fates: Fates, active: ActiveFront, sent: Sent, under: Flags) -> None:
    """Messages say what is not so."""
    fates.false |= under
    effect = active.front.effect
    if effect is Effect.STICK:
        fates.said[under] = active.said[sent.senders[under]]
        return
    links = (PORTS * sent.senders).astype(np.uint64) if effect is Effect.BABBLE else sent.links
    words = np.stack([sent.draws(active, number, links) for number in range(DRAWS)], axis=1)
    voices = words.astype("<u4").view(np.int8)
    if effect is Effect.LIE:
        voices[:, ALPHA] = ONE
    fates.said[under] = voices[under]
