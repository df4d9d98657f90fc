"""The air between robots: who is in range hears what one of them says. SPEC.md, "Robots that move"."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from math import isqrt

from simpy import Environment

from emulator.config import RunConfig
from emulator.faults.fronts import Weather
from emulator.record.traffic import Traffic
from emulator.reference.board import Board
from emulator.reference.link import Link, Message
from emulator.world.boards import Boards
from emulator.world.draws import MASK, Stream, draw32, key, threshold
from emulator.world.light import Light
from emulator.world.plane import UM, Plane
from emulator.world.robots import Robots, distance_lost_below, sector
from emulator.world.senses import NOWHERE, Senses
from emulator.world.topology import Wire


class Air:
    """Carries what each robot says to all that are in range when it arrives.

    Up to there a message is one on a link, that of the robot's port 0, and suffers what faults do to it.

    Args:
        plane: in which the robots are.
        robots: where.
        boards: of the robots.
        on_boards: what is on them, on which distances are written.
        senses: where.
        light: that falls on the floor, of which robots measure what is below them, or None.
        config: seed, latency, jitter and loss.
        weather: faults of links.
        traffic: counts what is sent and lost.
    """

    def __init__(
        self,
        plane: Plane,
        robots: Robots,
        boards: Sequence[Board],
        on_boards: Boards,
        senses: Senses,
        light: Light | None,
        config: RunConfig,
        weather: Weather,
        traffic: Traffic,
    ) -> None:
        self._plane, self._robots, self._boards = plane, robots, boards
        self._on_boards, self._senses, self._light = on_boards, senses, light
        self._seed, self._lost_below = config.seed, threshold(config.loss)
        self._traffic = traffic
        self._busy_until_us = [0] * plane.cells
        # Whom chance deprives of a message is decided for each hearer by itself.
        sure = replace(config, loss=0.0)
        self._environment: Environment = boards[0].environment
        for board in boards:
            wire = Wire(board.number, 0, board.number, 0)
            hear = partial(self._arrive, board.number)
            board.links.append(Link(self._environment, wire, hear, sure, weather, traffic))
            if light is not None and senses.light != NOWHERE:
                board.look = partial(self._note_light, board.number)

    def _arrive(self, sender: int, message: Message) -> None:
        """Bytes arrive at all robots in range, by number."""
        places = self._robots.places_um
        away = places[sender] - places
        near = (away**2).sum(1) <= self._plane.range_um**2
        near[sender] = False
        for receiver in near.nonzero()[0].tolist():
            dx, dy = away[receiver].tolist()
            self._meet(sender, receiver, dx, dy, message)

    def _meet(self, sender: int, receiver: int, dx_um: int, dy_um: int, message: Message) -> None:
        """One robot may hear another, which is so far to the right and down of it."""
        now_us, plane = message.arrival_us, self._plane
        distance_um = isqrt(dx_um * dx_um + dy_um * dy_um)
        lost_below = max(self._lost_below, distance_lost_below(plane, distance_um))
        place = (now_us * plane.cells + receiver) & MASK
        if lost_below and draw32(key(self._seed, Stream.RADIO, sender), place) < lost_below:
            self._traffic.lost += 1
            return
        if self._busy_until_us[receiver] > now_us:
            self._traffic.lost += 1
            return
        self._busy_until_us[receiver] = now_us + plane.air_us
        if self._senses.distance != NOWHERE:
            noted = self._senses.distance_bytes_of(distance_um // UM)
            self._note(receiver, self._senses.distance, noted)
        port = sector(dx_um, dy_um, int(self._robots.headings[receiver]))
        self._boards[receiver].arrive(replace(message, port=port))

    def _note_light(self, robot: int) -> None:
        assert self._light is not None
        now_us = int(self._environment.now)
        light = int(self._light.below(self._plane, self._robots.places_um[robot], now_us))
        self._note(robot, self._senses.light, max(self._senses.least, light).to_bytes(2, "little"))

    def _note(self, robot: int, byte: int, noted: bytes) -> None:
        """Write on a board from this byte on, unless the robot is blind."""
        if self._robots.blind[robot]:
            return
        on_board = self._on_boards[robot]
        on_board[byte : byte + len(noted)] = list(noted)
        self._boards[robot].sense(on_board.tobytes())
