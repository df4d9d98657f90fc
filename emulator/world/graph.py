"""Any wiring at all: cells with names, and up to eight links each."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import ClassVar, Final

import numpy as np
from numpy.typing import NDArray

from emulator.world.topology import Topology
from firmware.budget import PORTS
from firmware.errors import InputError

NODES_MAX: Final = 1 << 20

NAME_MAX_LETTERS: Final = 64


@dataclass(frozen=True)
class Graph(Topology):
    """Nodes and links between them; it may fall into parts, and a node without links lives alone.

    A cell's ports are its neighbours in their order. So the port at the far end of a link is whatever it is
    there, and the two gradients of a rule mean nothing.

    Attributes:
        names: of the nodes; a node's cell has the number of its place.
        neighbours: of each node, by their numbers, at most 8, in the order of the ports.

    Raises:
        InputError: no nodes, too many, two of the same name, or a name that cannot be one; or a node with
            a ninth link, a link to itself, two to the same neighbour, or one that does not lead back.
    """

    names: tuple[str, ...]
    neighbours: tuple[tuple[int, ...], ...]

    kind = "graph"
    regions: ClassVar[str] = "all, band:NUMBER,COUNT (by number of cell), ball:NODE,HOPS, random: and living:"
    torus = False

    def __post_init__(self) -> None:
        if not 1 <= len(self.names) <= NODES_MAX:
            limit = f"it must have 1 to {NODES_MAX:,}"
            raise InputError("graph", f"{len(self.names):,} nodes", limit, "give another")
        for name in self.names:
            check_node_name(name)
        if len(self._numbers) < len(self.names):
            seen: set[str] = set()
            twice = next(name for name in self.names if name in seen or seen.add(name))  # type: ignore[func-returns-value]
            raise InputError("graph", f"node {twice}", "it is there twice", "leave one out")
        # First of all nodes, for whatever looks through the links of one must find few.
        for name, neighbours in zip(self.names, self.neighbours, strict=True):
            if len(neighbours) > PORTS:
                limit = f"it has {len(neighbours)} links, and a cell has {PORTS} ports"
                raise InputError("graph", f"node {name}", limit, f"leave {len(neighbours) - PORTS} out")
        for number, neighbours in enumerate(self.neighbours):
            self._check_links(number, neighbours)

    def _check_links(self, number: int, neighbours: Sequence[int]) -> None:
        """Refuse links that lead nowhere else, or not back."""
        name = self.names[number]
        for place, other in enumerate(neighbours):
            link = f"link {name} - {self.names[other]}"
            if other == number:
                raise InputError("graph", link, "it leads from a node to itself", "leave it out")
            if other in neighbours[:place]:
                raise InputError("graph", link, "it is there twice", "leave one out")
            if number not in self.neighbours[other]:
                raise InputError("graph", link, "it leads one way only", "give its other direction too")

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {name: number for number, name in enumerate(self.names)}

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self.names),)

    @property
    def middle(self) -> int:
        """The first node: which one is meant, only the file can say."""
        return 0

    @cached_property
    def sha256(self) -> str:
        """Fingerprint of nodes and links: a run is a function of these, and not of where the file lies."""
        nodes = zip(self.names, self.neighbours, strict=True)
        lines = (f"{name}\t{' '.join(map(str, neighbours))}\n" for name, neighbours in nodes)
        return sha256("".join(lines).encode()).hexdigest()

    def __str__(self) -> str:
        return f"{self.kind} {self.size} sha256 {self.sha256}"

    def named(self, name: str) -> int | None:
        """A node by its name; else, if no node is called so, the cell of this number."""
        return self._numbers.get(name, super().named(name))

    def slots(self, out: NDArray[np.int32] | None = None) -> NDArray[np.int32]:
        table = np.empty((self.cells, PORTS), np.int32) if out is None else out
        table[...] = PORTS * self.cells
        for number, neighbours in enumerate(self.neighbours):
            for port, other in enumerate(neighbours):
                table[number, port] = PORTS * other + self.neighbours[other].index(number)
        return table


def check_node_name(name: str) -> None:
    """Refuse a name that no line of a file, and no message, can show.

    Raises:
        InputError: it is empty, too long, or has letters that cannot be seen.
    """
    if not 1 <= len(name) <= NAME_MAX_LETTERS or not name.isprintable() or " " in name:
        limit = f"a name has 1 to {NAME_MAX_LETTERS} letters that can be seen, and no space"
        raise InputError("graph", f"node {name}", limit, "choose another name")
