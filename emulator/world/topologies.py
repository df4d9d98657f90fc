"""All topologies by name, and what makes one of a text."""

import re
from pathlib import Path
from typing import Final

from emulator.world.graph import Graph
from emulator.world.graph_file import read_graph
from emulator.world.lattices import Cube6, Hex6, Sheet, Square4, Square8
from emulator.world.plane import Plane
from emulator.world.topology import Topology
from firmware.errors import InputError

SHEETS: Final[dict[str, type[Sheet]]] = {sheet.kind: sheet for sheet in (Square8, Square4, Hex6)}

FORMS: Final = (*SHEETS, Cube6.kind, f"{Plane.kind}[:NAME=VALUE,...]", f"{Graph.kind}:FILE")
"""How each topology is written."""

USUAL_SIZE: Final = "32x32"

USUAL_LAYERS: Final = "4"

_SIZE: Final = re.compile(r"(\d{1,9})x(\d{1,9})(?:x(\d{1,9}))?", re.ASCII)


def topology_of(kind: str = Square8.kind, size: str = USUAL_SIZE, torus: bool = False) -> Topology:
    """Cells that are wired like this.

    Args:
        kind: one of ``FORMS``; a file is a list of edges or GraphML.
        size: COLSxROWS, of a cube COLSxROWSxLAYERS, by default 4 layers; a graph has its own.
        torus: whether opposite edges are joined.

    Raises:
        InputError: there is no such topology, it cannot have this size, or a graph's file cannot be used.
    """
    name, _, file = kind.partition(":")
    if name == Graph.kind and file:
        check_no_sides(size, torus)
        return read_graph(Path(file))
    if name != Plane.kind and kind not in (*SHEETS, Cube6.kind):
        raise InputError("topology", kind, "there is none of this name", f"choose one of {', '.join(FORMS)}")
    match = _SIZE.fullmatch(size)
    if kind == Cube6.kind:
        if match is None:
            raise InputError("grid", size, "it must be COLSxROWSxLAYERS", "e.g. 32x32x4")
        cols, rows, layers = (int(side or USUAL_LAYERS) for side in match.groups())
        return Cube6(rows, cols, layers, torus)
    if match is None or match[3]:
        raise InputError("grid", size, "it must be COLSxROWS", "e.g. 64x64")
    rows, cols = int(match[2]), int(match[1])
    if name == Plane.kind:
        return Plane.parse(kind, rows, cols, torus)
    return SHEETS[kind](rows, cols, torus)


def check_no_sides(size: str, torus: bool) -> None:
    """Refuse sides or a torus of a graph, which has none.

    Raises:
        InputError: somebody has asked for them.
    """
    if size != USUAL_SIZE:  # which stands there when nobody has said any
        raise InputError("grid", size, "a graph has as many cells as its file has nodes", "leave it out")
    if torus:
        raise InputError("torus", "yes", "a graph has no edges to be joined", "leave it out")
