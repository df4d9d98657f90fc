"""What the predicate of a program sees of the world."""

from types import SimpleNamespace

import networkx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.view import View
from emulator.world.boards import make_boards
from emulator.world.lattices import Cube6, Hex6, Square8
from firmware.variables import Layout, i16, u8

LAYOUT = Layout.of({"phase": u8}, {"heat": i16[2]}, [], {})
TOPOLOGIES = [Square8(3, 4), Square8(4, 4, torus=True), Hex6(3, 4), Cube6(3, 3, 2)]


def view(topology, ram=None, running=None):
    cells = topology.cells
    ram = np.zeros((cells, 256), np.uint8) if ram is None else ram
    running = np.ones(cells, np.bool_) if running is None else running
    states = ram[:, :16].view(np.int8).reshape(*topology.shape, 16)
    boards = make_boards(np.arange(cells, dtype=np.uint8))
    given = {"receivers": topology.receivers, "robots": None}
    world = SimpleNamespace(
        topology=topology, ram=ram, running=running, states=states, boards=boards, **given
    )
    return View(world, LAYOUT)


def living(topology, running):
    """Running cells and their links, as somebody else's graph."""
    graph = networkx.Graph()
    graph.add_nodes_from(np.flatnonzero(running).tolist())
    for cell in graph:
        graph.add_edges_from((cell, wire.receiver) for wire in topology.wires(cell) if running[wire.receiver])
    return graph


def test_variables_of_all_cells():
    ram = np.zeros((12, 256), np.uint8)
    ram[:, 4], ram[5, 16:20] = range(12), (254, 255, 1, 2)
    world = view(Square8(3, 4), ram)
    assert world["phase"].tolist() == list(range(12))
    assert world["heat"][5].tolist() == [-2, 513]
    assert world.states.shape == (12, 16)
    assert world["id"].tolist() == world["strap"].tolist() == list(range(12))
    with pytest.raises(KeyError, match="hops: the program has colour, phase, heat, id, strap"):
        world["hops"]
    with pytest.raises(KeyError, match="hops: the program has declared no variables"):
        View(SimpleNamespace())["hops"]


class First:
    pass


class Second:
    pass


def test_roles():
    """A number on the board, where there are several classes; with one all cells have its role."""
    boards = np.zeros((12, 16), np.uint8)
    boards[[3, 7], 5], boards[9, 5] = 1, 200
    world = SimpleNamespace(topology=Square8(3, 4), boards=boards)
    several = View(world, Layout.of({}, {}, [], {}, several=True), classes=(First, Second))
    assert np.flatnonzero(several.has_role(Second)).tolist() == [3, 7]
    assert np.flatnonzero(~several.has_role(First)).tolist() == [3, 7, 9]
    assert View(world, LAYOUT, classes=(First,)).has_role(First).tolist() == [True] * 12
    with pytest.raises(KeyError, match="int: the program has First, Second"):
        several.has_role(int)
    with pytest.raises(KeyError, match="First: the program has declared no classes"):
        View(world).has_role(First)


@given(st.sampled_from(TOPOLOGIES), st.integers(0, (1 << 18) - 1), st.integers(0, (1 << 18) - 1))
def test_hops_and_components_are_those_of_networkx(topology, runs, chosen):
    bits = np.arange(topology.cells)
    running, chosen = (runs >> bits & 1).astype(bool), (chosen >> bits & 1).astype(bool)
    world, graph = view(topology, running=running), living(topology, running)
    hops = np.full(topology.cells, -1)
    sources = set(np.flatnonzero(running & chosen).tolist())
    if sources:
        for cell, length in networkx.multi_source_dijkstra_path_length(graph, sources).items():
            hops[cell] = length
    assert world.hops_from(chosen).tolist() == hops.tolist()
    for asked, inside in ((None, running), (chosen, running & chosen)):
        first = np.full(topology.cells, -1)
        for component in networkx.connected_components(graph.subgraph(np.flatnonzero(inside).tolist())):
            first[list(component)] = min(component)
        assert world.components(asked).tolist() == first.tolist()


def test_agreement_and_order_of_the_running_cells():
    ram = np.zeros((12, 256), np.uint8)
    running = np.arange(12) < 8
    ram[:, 4] = [0, 0, 0, 0, 0, 64, 128, 192, 9, 9, 9, 9]
    world = view(Square8(3, 4), ram, running)
    assert world.agreement("phase") == 5 / 8
    assert world.order_parameter("phase", 256) == pytest.approx(4 / 8)
    nobody = view(Square8(3, 4), ram, np.zeros(12, np.bool_))
    assert (nobody.agreement("phase"), nobody.order_parameter("phase", 256)) == (1, 1)
