"""Where the nodes of a graph are drawn: springs along the links, and all nodes push each other away.

Fruchterman and Reingold 1991. The layout is a function of the graph alone.
"""

from collections.abc import Iterator
from math import pi, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

from emulator.world.graph import Graph

SPRINGS_MAX: Final = 1000
"""Nodes whose pushes are computed, each on each; of more, nodes stay on the spiral where they begin."""

STEPS: Final = 250

GOLDEN_ANGLE: Final = pi * (3 - sqrt(5))

Places = NDArray[np.float64]


def layout(graph: Graph) -> Places:
    """Down and across of each node, float64[cells, 2], each from 0 to 1."""
    numbers = np.arange(graph.cells)
    radius, angle = np.sqrt(numbers + 0.5), GOLDEN_ANGLE * numbers
    places = np.stack([radius * np.sin(angle), radius * np.cos(angle)], axis=1)
    if 1 < graph.cells <= SPRINGS_MAX:
        places = _relaxed(places / np.abs(places).max(), graph)
    low, high = places.min(axis=0), places.max(axis=0)
    size = (high - low).max()
    return (places - low) / size + (1 - (high - low) / size) / 2 if size else np.full_like(places, 0.5)


def _relaxed(places: Places, graph: Graph) -> Places:
    """Nodes let go, in ever smaller steps; a weak pull to the middle keeps parts together."""
    ends = links(graph)
    spring = 1 / sqrt(graph.cells)
    for step in range(STEPS):
        down, across = (along[:, None] - along for along in places.T)
        push = spring**2 / np.maximum(down**2 + across**2, 1e-6)
        force = places * push.sum(axis=1, keepdims=True) - push @ places - spring * places
        along = places[ends[:, 1]] - places[ends[:, 0]]
        pull = along * np.sqrt((along**2).sum(axis=1, keepdims=True)) / spring
        np.add.at(force, ends[:, 0], pull)
        np.add.at(force, ends[:, 1], -pull)
        longest = 0.1 * (1 - step / STEPS)
        length = np.maximum(np.sqrt((force**2).sum(axis=1, keepdims=True)), 1e-12)
        places = places + force / length * np.minimum(length, longest)
    return places


def links(graph: Graph) -> NDArray[np.intp]:
    """Both ends of each link, the smaller number first: intp[links, 2]."""
    pairs = [(one, other) for one, near in enumerate(graph.neighbours) for other in near if one < other]
    return np.array(pairs, np.intp).reshape(-1, 2)


def lines(graph: Graph, at: Places) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """The pixels of each link, (rows, columns), from node to node at these pixels, float64[cells, 2]."""
    for one, other in links(graph):
        count = int(np.abs(at[one] - at[other]).max()) + 2
        pixels = np.linspace(at[one], at[other], count).round().astype(np.intp)
        yield pixels[:, 0], pixels[:, 1]
