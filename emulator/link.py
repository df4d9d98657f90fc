"""One direction of a wire between two neighbours: latency, jitter, loss, order, and what faults do to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simpy import Environment, Event

from emulator.draws import Stream, draw32, key, threshold
from emulator.order import Kind, Moment
from emulator.topology import Wire
from emulator.weather import Weather
from firmware.frame import SEQUENCE_MODULO, Frame, encode

if TYPE_CHECKING:
    from emulator.board import Board
    from emulator.config import RunConfig


class Traffic:
    """Counts messages: one message is one frame on one link."""

    def __init__(self) -> None:
        self.sent = 0
        self.delivered = 0
        self.lost = 0
        self.corrupted = 0
        """Spoiled on the wire, so that the cell refuses them."""

        self.unheard = 0
        """Arrived at a board without power."""


class Link:
    """A directed link.

    A wire keeps order: a message never arrives before an earlier one of the same link, but for faults.

    Args:
        environment: SimPy's.
        wire: which port of which cell to which port of which cell.
        receiver: the board at the far end.
        config: seed, latency, jitter and loss.
        weather: faults of links, shared by all.
        traffic: counters, shared by all links.
    """

    def __init__(
        self,
        environment: Environment,
        wire: Wire,
        receiver: Board,
        config: RunConfig,
        weather: Weather,
        traffic: Traffic,
    ) -> None:
        self.environment = environment
        self.wire = wire
        self.receiver = receiver
        self.latency_us = config.latency_us
        self.jitter_us = config.jitter_us
        self.weather = weather
        self.traffic = traffic
        self.last_arrival_us = 0
        self._lost_below = threshold(config.loss_probability)
        self._loss_key = key(config.seed, Stream.LOSS, wire.number)
        self._jitter_key = key(config.seed, Stream.JITTER, wire.number)

    def transmit(self, frame: bytes, index: int) -> None:
        """Put the bytes of the sender's broadcast number ``index`` on the way."""
        now_us = int(self.environment.now)
        journey = self.weather.journey(self.wire, index, now_us)
        self.traffic.sent += 1
        if journey.lost or (self._lost_below and draw32(self._loss_key, index) < self._lost_below):
            self.traffic.lost += 1
            return
        if journey.said is not None:
            frame = encode(Frame(index % SEQUENCE_MODULO, journey.said))
        spoiled = journey.flipped_bit is not None
        if journey.flipped_bit is not None:
            frame = _flipped(frame, journey.flipped_bit)
        arrival_us = now_us + self.latency_us + journey.late_us
        if self.jitter_us:
            arrival_us += draw32(self._jitter_key, index) * (self.jitter_us + 1) >> 32
        if journey.stray_us is None:
            self.last_arrival_us = arrival_us = max(arrival_us, self.last_arrival_us)
        else:
            arrival_us += journey.stray_us
        self.traffic.sent += len(journey.echoes_us)
        self.traffic.corrupted += spoiled * (1 + len(journey.echoes_us))
        for after_us in (0, *journey.echoes_us):
            delay_us = arrival_us + after_us - now_us
            deliver = self._deliver_spoiled if spoiled else self._deliver
            Moment(self.environment, Kind.DELIVERY, self.wire.number, delay_us, deliver, frame)

    def _deliver(self, arrival: Event) -> None:
        frame: Any = arrival.value
        if self.receiver.hear(self.wire.receiver_port, frame):
            self.traffic.delivered += 1
        else:
            self.traffic.unheard += 1

    def _deliver_spoiled(self, arrival: Event) -> None:
        frame: Any = arrival.value
        self.receiver.hear(self.wire.receiver_port, frame)


def _flipped(frame: bytes, bit: int) -> bytes:
    """The frame with one bit changed, if it is that long."""
    spoiled = bytearray(frame)
    spoiled[bit // 8 % len(frame)] ^= 1 << bit % 8
    return bytes(spoiled)
