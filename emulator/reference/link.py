"""One direction of a wire between two neighbours: latency, jitter, loss, order, and what faults do to it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from simpy import Environment, Event

from emulator.config import RunConfig
from emulator.faults.fronts import Weather
from emulator.record.traffic import Traffic
from emulator.world.draws import Stream, draw32, key, threshold
from emulator.world.order import Kind, Moment
from emulator.world.topology import Wire
from firmware.frame import SEQUENCE_MODULO, Frame, encode


@dataclass
class Message:
    """A frame on its way.

    Attributes:
        port: of the receiver.
        frame: its bytes, as many of them as will arrive.
        left_us: when the last bit leaves the sender, which has to have power until then.
        arrival_us: when the last bit arrives.
        sound: whether a cell that hears it takes it for a valid frame.
        arrived: whether it has, so that nothing can cut it any more.
    """

    port: int
    frame: bytes
    left_us: int
    arrival_us: int
    sound: bool
    arrived: bool = False


class Link:
    """A directed link from one port to another.

    A wire keeps order: a message never arrives before an earlier one of the same link, but for faults.
    A frame leaves its sender for as long as the wire takes, and waits there for the one before it; what
    faults hold it back is spent in the link. Coming in takes it the latency.

    Args:
        environment: SimPy's.
        wire: which port of which cell to which port of which cell.
        hear: takes a message at the far end, when it has arrived.
        config: seed, latency, jitter and loss.
        weather: faults of links, shared by all.
        traffic: counters, shared by all links.
    """

    def __init__(
        self,
        environment: Environment,
        wire: Wire,
        hear: Callable[[Message], None],
        config: RunConfig,
        weather: Weather,
        traffic: Traffic,
    ) -> None:
        self.environment = environment
        self.wire = wire
        self.hear = hear
        self.latency_us = config.latency_us
        self.jitter_us = config.jitter_us
        self.weather = weather
        self.traffic = traffic
        self.last_arrival_us = 0
        self._leaving: list[Message] = []
        self._lost_below = threshold(config.loss)
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
        sound = journey.flipped_bit is None
        if journey.flipped_bit is not None:
            frame = _flipped(frame, journey.flipped_bit)
        held_us = journey.late_us
        arrival_us = now_us + self.latency_us + journey.late_us
        if self.jitter_us:
            arrival_us += draw32(self._jitter_key, index) * (self.jitter_us + 1) >> 32
        if journey.stray_us is None:
            self.last_arrival_us = arrival_us = max(arrival_us, self.last_arrival_us)
        else:
            held_us += journey.stray_us
            arrival_us += journey.stray_us
        self.traffic.sent += len(journey.echoes_us)
        self.traffic.corrupted += (not sound) * (1 + len(journey.echoes_us))
        self._leaving = [message for message in self._leaving if message.left_us >= now_us]
        for after_us in (0, *journey.echoes_us):
            message = Message(
                self.wire.receiver_port, frame, arrival_us - held_us, arrival_us + after_us, sound
            )
            self._leaving.append(message)
            delay_us = message.arrival_us - now_us
            Moment(self.environment, Kind.DELIVERY, self.wire.number, delay_us, self._arrive, message)

    def cut(self) -> None:
        """The sender has lost power: what has not left it whole is cut short, and its copies are."""
        for message in self._leaving:
            if message.left_us >= self.environment.now and not message.arrived:
                self.traffic.cut += message.sound
                message.sound = False
                message.frame = message.frame[: len(message.frame) // 2]
        self._leaving = []

    def _arrive(self, arrival: Event) -> None:
        message: Any = arrival.value
        message.arrived = True
        self.hear(message)


def _flipped(frame: bytes, bit: int) -> bytes:
    """The frame with one bit changed, if it is that long."""
    spoiled = bytearray(frame)
    spoiled[bit // 8 % len(frame)] ^= 1 << bit % 8
    return bytes(spoiled)
