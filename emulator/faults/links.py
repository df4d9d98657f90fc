"""Links: messages that are lost, late, out of order, twice there, spoiled, or cut off.

A link belongs to the cell that sends on it: ``loss:half:left`` is about what the left half says.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from emulator.cells import Cells
from emulator.faults.base import Fault, Life, parameter
from emulator.faults.fronts import Effect, Front
from emulator.faults.tools import Tools
from emulator.world.draws import threshold
from emulator.world.plane import Plane
from emulator.world.topology import Topology
from firmware.budget import PORTS
from firmware.errors import InputError
from firmware.limits import PROBABILITY, Limits

_TIME: Final = Limits(0, 1_000_000_000, whole=True)
ALL_PORTS: Final = (1 << PORTS) - 1


@dataclass(frozen=True)
class LinkFault(Fault):
    """A fault of links: what they suffer while it is in force."""

    def front(self) -> Front:
        """The effect and its numbers."""
        raise NotImplementedError

    def ports(self, topology: Topology, cells: Cells) -> NDArray[np.uint8]:
        """Which ports of which senders: a bit for each port, uint8[all cells]."""
        ports = np.zeros(topology.cells, np.uint8)
        ports[cells] = ALL_PORTS
        return ports

    def act(self, tools: Tools, number: int, cells: Cells) -> Life:
        """A front comes in, and goes."""
        tools.begin_front(number, self.front(), self.ports(tools.topology, cells))
        yield
        tools.end_front(number)


@dataclass(frozen=True)
class Loss(LinkFault, kind="loss"):
    """Each message is lost with this ``probability``, whatever else may lose it."""

    probability: float = parameter(PROBABILITY)

    def front(self) -> Front:
        """A front that loses each message by itself."""
        return Front(Effect.LOSE, below=threshold(self.probability))


@dataclass(frozen=True)
class Burst(LinkFault, kind="burst"):
    """Losses in bursts (Gilbert 1960, Elliott 1963): each link is good or bad, and loses when it is bad.

    ``enter``, ``leave``: chance that a message finds a good link turned bad, and a bad one turned good.
    ``loss``: probability that a message on a bad link is lost.
    """

    enter: float = parameter(PROBABILITY)
    leave: float = parameter(PROBABILITY)
    loss: float = parameter(PROBABILITY, 1.0)

    def front(self) -> Front:
        """All links are good at the beginning."""
        return Front(
            Effect.BURST,
            below=threshold(self.loss),
            enter_below=threshold(self.enter),
            leave_below=threshold(self.leave),
        )


@dataclass(frozen=True)
class Corrupt(LinkFault, kind="corrupt"):
    """Each frame has one random bit flipped on the wire with this ``probability``, and is refused."""

    probability: float = parameter(PROBABILITY)

    def front(self) -> Front:
        """CRC-16 finds every single bit."""
        return Front(Effect.CORRUPT, below=threshold(self.probability))


@dataclass(frozen=True)
class Delay(LinkFault, kind="delay"):
    """Every message takes ``by_us`` longer; the order is kept."""

    by_us: int = parameter(_TIME)

    @property
    def holds_us(self) -> int:
        return self.by_us

    def front(self) -> Front:
        """A front that holds messages for a fixed time."""
        return Front(Effect.DELAY, amount_us=self.by_us)


@dataclass(frozen=True)
class Jitter(LinkFault, kind="jitter"):
    """Every message takes uniform 0..``to_us`` longer; the order is kept."""

    to_us: int = parameter(_TIME)

    @property
    def holds_us(self) -> int:
        return self.to_us

    def front(self) -> Front:
        """A front that holds messages for a random time."""
        return Front(Effect.JITTER, amount_us=self.to_us)


@dataclass(frozen=True)
class Reorder(LinkFault, kind="reorder"):
    """With this ``probability`` a message takes ``by_us`` longer, and others overtake it."""

    probability: float = parameter(PROBABILITY)
    by_us: int = parameter(_TIME, 20_000)

    @property
    def holds_us(self) -> int:
        return self.by_us

    def front(self) -> Front:
        """A front that holds some messages, and nobody behind them."""
        return Front(Effect.STRAY, below=threshold(self.probability), amount_us=self.by_us)


@dataclass(frozen=True)
class Duplicate(LinkFault, kind="duplicate"):
    """With this ``probability`` a message arrives again, ``after_us`` later."""

    probability: float = parameter(PROBABILITY)
    after_us: int = parameter(_TIME, 1000)

    @property
    def holds_us(self) -> int:
        return self.after_us

    def front(self) -> Front:
        """A front that makes copies of messages."""
        return Front(Effect.ECHO, below=threshold(self.probability), amount_us=self.after_us)


@dataclass(frozen=True)
class Replay(Duplicate, kind="replay"):
    """An old frame comes again, much later than with ``duplicate``, and is believed."""

    after_us: int = parameter(_TIME, 500_000)


@dataclass(frozen=True)
class Limit(LinkFault, kind="limit"):
    """Limited bandwidth: a frame within ``interval_us`` of the last that a cell got through is dropped."""

    interval_us: int = parameter(_TIME)

    def front(self) -> Front:
        """All ports of a cell speak at once."""
        return Front(Effect.LIMIT, amount_us=self.interval_us)


@dataclass(frozen=True)
class Mute(LinkFault, kind="mute"):
    """The cells fall silent: nobody hears them."""

    def front(self) -> Front:
        """A front that lets nothing come through."""
        return Front(Effect.CUT)


@dataclass(frozen=True)
class WireFault(Mute):
    """A fault of links that lead to the cells, or to others."""

    def check_topology(self, topology: Topology) -> None:
        """Refuse robots, whom no wire joins."""
        if isinstance(topology, Plane):
            limit = "no wire leads to a robot that moves"
            raise InputError("fault", self, limit, "choose mute, loss, babble or lie: what robots say")


@dataclass(frozen=True)
class Deaf(WireFault, kind="deaf"):
    """The cells hear nobody: whatever leads to them is lost."""

    def ports(self, topology: Topology, cells: Cells) -> NDArray[np.uint8]:
        """All links that lead to them."""
        return _links(topology, cells, range(PORTS), np.zeros(topology.cells, np.bool_))


@dataclass(frozen=True)
class Cut(WireFault, kind="cut"):
    """Partition: links between the cells and the rest are cut; ``way``: ``both``, ``in`` or ``out``."""

    way: str = parameter(Limits(words=("both", "in", "out")), "both")

    def ports(self, topology: Topology, cells: Cells) -> NDArray[np.uint8]:
        """All links that cross the border, in these directions."""
        inside = np.zeros(topology.cells, np.bool_)
        inside[cells] = True
        outside = np.flatnonzero(~inside)
        cut = np.zeros(topology.cells, np.uint8)
        if self.way != "out":
            cut |= _links(topology, cells, range(PORTS), inside)
        if self.way != "in":
            cut |= _links(topology, outside, range(PORTS), ~inside)
        return cut


def _links(
    topology: Topology, receivers: Cells, ports: Iterable[int], spared: NDArray[np.bool_]
) -> NDArray[np.uint8]:
    """Links that lead to these receivers, but not those of the spared senders."""
    senders, far_ports = np.divmod(topology.slots()[receivers], PORTS)
    cut = np.zeros(topology.cells + 1, np.uint8)
    for port in ports:
        np.bitwise_or.at(cut, senders[:, port], np.uint8(1) << far_ports[:, port].astype(np.uint8))
    cut[:-1][spared] = 0
    return cut[:-1]
