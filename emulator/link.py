"""One direction of a wire between two neighbours: latency, jitter, loss, and never out of order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simpy import Environment, Event

from emulator.draws import Stream, draw32, key, threshold
from emulator.order import Kind, Moment
from emulator.topology import Wire

if TYPE_CHECKING:
    from emulator.board import Board


class Weather:
    """What all links suffer at the moment: the loss of messages.

    Independent causes of loss combine: a message arrives when it survives each of them.

    Args:
        loss_probability: what is always lost.
    """

    def __init__(self, loss_probability: float) -> None:
        self.always = loss_probability
        self.causes: dict[int, float] = {}
        self.loss_threshold = threshold(loss_probability)

    def begin(self, fault: int, loss_probability: float) -> None:
        """A further cause of loss sets in, known by the number of its fault."""
        self.causes[fault] = loss_probability
        self._combine()

    def end(self, fault: int) -> None:
        """A cause of loss is over."""
        del self.causes[fault]
        self._combine()

    def _combine(self) -> None:
        survives = 1 - self.always
        for fault in sorted(self.causes):
            survives *= 1 - self.causes[fault]
        self.loss_threshold = threshold(1 - survives) if self.causes else threshold(self.always)


class Traffic:
    """Counts messages: one message is one frame on one link."""

    def __init__(self) -> None:
        self.sent = 0
        self.delivered = 0
        self.lost = 0
        self.unheard = 0
        """Arrived at a board without power."""


class Link:
    """A directed link.

    A wire keeps order: a message never arrives before an earlier one of the same link.

    Args:
        environment: SimPy's.
        wire: which port of which cell to which port of which cell.
        receiver: the board at the far end.
        seed: of the run.
        latency_us: least time on the way, >= 1.
        jitter_us: each message takes a uniform 0..jitter_us longer.
        weather: loss, shared by all links.
        traffic: counters, shared by all links.
    """

    def __init__(
        self,
        environment: Environment,
        wire: Wire,
        receiver: Board,
        seed: int,
        latency_us: int,
        jitter_us: int,
        weather: Weather,
        traffic: Traffic,
    ) -> None:
        self.environment = environment
        self.wire = wire
        self.receiver = receiver
        self.latency_us = latency_us
        self.jitter_us = jitter_us
        self.weather = weather
        self.traffic = traffic
        self.last_arrival_us = 0
        self._loss_key = key(seed, Stream.LOSS, wire.number)
        self._jitter_key = key(seed, Stream.JITTER, wire.number)

    def transmit(self, frame: bytes, index: int) -> None:
        """Put the bytes of the sender's broadcast number ``index`` on the way."""
        self.traffic.sent += 1
        lost_below = self.weather.loss_threshold
        if lost_below and draw32(self._loss_key, index) < lost_below:
            self.traffic.lost += 1
            return
        now_us = int(self.environment.now)
        arrival_us = now_us + self.latency_us
        if self.jitter_us:
            arrival_us += draw32(self._jitter_key, index) * (self.jitter_us + 1) >> 32
        self.last_arrival_us = max(arrival_us, self.last_arrival_us)
        delay_us = self.last_arrival_us - now_us
        Moment(self.environment, Kind.DELIVERY, self.wire.number, delay_us, self._deliver, frame)

    def _deliver(self, arrival: Event) -> None:
        frame: Any = arrival.value
        if self.receiver.hear(self.wire.receiver_port, frame):
            self.traffic.delivered += 1
        else:
            self.traffic.unheard += 1
