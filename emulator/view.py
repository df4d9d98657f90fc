"""The world as the predicate of a program sees it: variables in every cell, and who hears whom.

All arrays have an entry for each cell, in the order of their numbers; ``view.topology.shape`` is their form
on the grid.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from emulator.world.plane import TURN, UM
from emulator.world.robots import Robots
from emulator.world.topology import Topology
from firmware.variables import ROLE, Layout


class World(Protocol):
    """All cells at one moment, for whoever may look at them and change none.

    Every engine is this.
    """

    @property
    def topology(self) -> Topology:
        """Where the cells are and who hears whom."""
        ...

    @property
    def receivers(self) -> NDArray[np.int32]:
        """Whom each cell is heard by now: int32[cells, n]; the cell after the last is nobody."""
        ...

    @property
    def robots(self) -> Robots | None:
        """Where they are, if the cells are robots that move."""
        ...

    @property
    def states(self) -> NDArray[np.int8]:
        """The 16 public bytes of each cell, int8[..., 16] in the topology's shape; blank without
        power.
        """
        ...

    @property
    def picture(self) -> NDArray[np.int8]:
        """The first four of them, the colour: int8[..., 4], premultiplied RGBA, 64 = 1.0."""
        ...

    @property
    def ram(self) -> NDArray[np.uint8]:
        """All that the cells remember, uint8[cells, 256], a copy."""
        ...

    @property
    def boards(self) -> NDArray[np.uint8]:
        """What is on their boards, uint8[cells, 16]."""
        ...

    @property
    def running(self) -> NDArray[np.bool_]:
        """Which cells have power and a clock that goes: bool[cells]."""
        ...


class View:
    """All cells at one moment.

    Args:
        world: the cells.
        layout: where the program's variables lie; None if it has declared none.
        parameters: the numbers in its ROM by name, as this run has them.
        classes: of its roles.
    """

    def __init__(
        self,
        world: World,
        layout: Layout | None = None,
        parameters: Mapping[str, Any] = MappingProxyType({}),
        classes: Sequence[type] = (),
    ) -> None:
        self._world, self._layout, self._classes = world, layout, classes
        self.parameters = parameters
        self._ram: NDArray[np.uint8] | None = None

    @property
    def topology(self) -> Topology:
        """Where the cells are and who hears whom."""
        return self._world.topology

    @property
    def running(self) -> NDArray[np.bool_]:
        """Which cells have power and a clock that goes: bool[cells]."""
        return self._world.running

    @property
    def states(self) -> NDArray[np.int8]:
        """The 16 public bytes of each cell, int8[cells, 16]; blank without power."""
        return self._world.states.reshape(self.topology.cells, -1)

    @property
    def ram(self) -> NDArray[np.uint8]:
        """All that the cells remember, uint8[cells, 256]."""
        if self._ram is None:
            self._ram = self._world.ram
        return self._ram

    @property
    def places_um(self) -> NDArray[np.int64]:
        """Where robots are, x to the right and y down: int64[cells, 2].

        Raises:
            KeyError: the cells do not move.
        """
        return self._robots.places_um.copy()

    @property
    def headings(self) -> NDArray[np.int64]:
        """Where robots look, 0 up and clockwise, 65,536 is a turn: int64[cells].

        Raises:
            KeyError: the cells do not move.
        """
        return self._robots.headings.copy()

    @property
    def places_mm(self) -> NDArray[np.floating[Any]]:
        """Where robots are, in mm: float64[cells, 2].

        Raises:
            KeyError: the cells do not move.
        """
        return self.places_um / UM

    @property
    def headings_deg(self) -> NDArray[np.floating[Any]]:
        """Where robots look, in degrees below 360: float64[cells].

        Raises:
            KeyError: the cells do not move.
        """
        return self.headings * (360 / TURN)

    @property
    def _robots(self) -> Robots:
        if self._world.robots is None:
            raise KeyError("the cells do not move: choose topology plane")
        return self._world.robots

    def __getitem__(self, name: str) -> NDArray[np.int64]:
        """What a variable is in every cell, or on its board: int64[cells]; of a row int64[cells, count].

        Raises:
            KeyError: the program has declared none of this name.
        """
        own, board = (self._layout.own, self._layout.board) if self._layout else ({}, {})
        if name in own:
            return own[name].read(self.ram)
        if name in board:
            return board[name].read(self._world.boards)
        raise KeyError(f"{name}: the program has {', '.join([*own, *board]) or 'declared no variables'}")

    def has_role(self, role: type) -> NDArray[np.bool_]:
        """Which cells run this class of the program's: bool[cells].

        Raises:
            KeyError: it is none of them.
        """
        if role not in self._classes:
            names = ", ".join(one.__name__ for one in self._classes) or "declared no classes"
            raise KeyError(f"{getattr(role, '__name__', role)}: the program has {names}")
        if self._layout is None or not self._layout.several:
            return np.ones(self.topology.cells, np.bool_)
        has: NDArray[np.bool_] = self[ROLE] == self._classes.index(role)
        return has

    def hops_from(self, cells: NDArray[np.bool_]) -> NDArray[np.int64]:
        """How far each cell is from the nearest of some, over running cells.

        Args:
            cells: bool[cells]; those that do not run do not count.

        Returns:
            int64[cells]: 0 for the cells themselves, -1 where no way leads, or nothing runs.
        """
        hops = np.full(self.topology.cells + 1, -1)  # the last is nobody, to whom open ports lead
        runs = np.append(self.running, False)
        front: NDArray[np.integer] = np.flatnonzero(np.asarray(cells, np.bool_) & self.running)
        count, receivers = 0, self._world.receivers
        while len(front):
            hops[front], count = count, count + 1
            near = np.unique(receivers[front])
            front = near[runs[near] & (hops[near] < 0)]
        return hops[:-1]

    def components(self, cells: NDArray[np.bool_] | None = None) -> NDArray[np.int64]:
        """Which running cells reach each other over running cells.

        Args:
            cells: bool[cells], those that count; None is all.

        Returns:
            int64[cells]: the number of the first cell of its component; -1 for those that do not count.
        """
        inside = np.append(
            self.running if cells is None else np.asarray(cells, np.bool_) & self.running, False
        )
        nobody = len(inside) - 1
        first = np.where(inside, np.arange(len(inside)), nobody)
        receivers = self._world.receivers
        neighbours = np.vstack([receivers, np.full(receivers.shape[1], nobody)])
        while True:
            near = np.minimum(first, first[neighbours].min(1))
            nearer = np.where(inside, near[near], nobody)
            if (nearer == first).all():
                return np.where(inside, first, -1)[:-1]
            first = nearer

    def agreement(self, name: str) -> float:
        """Share of the running cells with the most frequent value of a variable, 0..1; 1 if none runs."""
        values = self[name][self.running]
        counts = np.unique(values, axis=0, return_counts=True)[1]
        return float(counts.max() / len(values)) if len(values) else 1.0

    def order_parameter(self, name: str, period: int) -> float:
        """How much alike the phases of the running cells are, 0..1 (Kuramoto's r); 1 if none runs.

        Args:
            name: of the variable.
            period: value at which a phase begins again.
        """
        phases = self[name][self.running] * (2 * np.pi / period)
        return float(abs(np.exp(1j * phases).mean())) if len(phases) else 1.0
