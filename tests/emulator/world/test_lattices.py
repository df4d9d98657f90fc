import numpy as np
import pytest

from emulator.world.lattices import Cube6, Hex6, Square4, Square8
from emulator.world.topology import Wire
from firmware.errors import InputError
from firmware.ports import SOBEL_X, SOBEL_Y

LATTICES = [
    *(
        sheet(rows, cols)
        for sheet in (Square8, Square4, Hex6)
        for rows, cols in ((4, 5), (1, 1), (1, 4), (3, 1))
    ),
    *(sheet(rows, cols, torus=True) for sheet in (Square8, Square4, Hex6) for rows, cols in ((4, 3), (6, 5))),
    *(Cube6(3, 4, 2), Cube6(1, 1, 1), Cube6(1, 1, 4), Cube6(3, 4, 5, torus=True)),
]


def ends(topology, cell):
    """By port, the neighbour, or None where the port is open."""
    found = {wire.port: wire.receiver for wire in topology.wires(cell)}
    return [found.get(port) for port in range(8)]


@pytest.mark.parametrize(
    ("topology", "cell", "expected"),
    [
        (Square8(3, 4), 5, [1, 2, 6, 10, 9, 8, 4, 0]),
        (Square8(3, 4), 0, [None, None, 1, 5, 4, None, None, None]),
        (Square8(3, 4, torus=True), 0, [8, 9, 1, 5, 4, 7, 3, 11]),
        (Square4(3, 4), 5, [1, None, 6, None, 9, None, 4, None]),
        (Square4(3, 4), 0, [None, None, 1, None, 4, None, None, None]),
        (Square4(3, 4, torus=True), 0, [8, None, 1, None, 4, None, 3, None]),
        # Row 1 of 3 lies half a cell to the right, so its cells are between two of the rows beside it.
        (Hex6(3, 4), 5, [None, 2, 6, 10, None, 9, 4, 1]),
        (Hex6(3, 4), 0, [None, None, 1, 4, None, None, None, None]),
        (Hex6(3, 4), 7, [None, None, None, None, None, 11, 6, 3]),
        (Hex6(3, 4), 9, [None, 5, 10, None, None, None, 8, 4]),
        (Hex6(4, 4, torus=True), 0, [None, 12, 1, 4, None, 7, 3, 15]),
        (Hex6(4, 4, torus=True), 15, [None, 8, 12, 0, None, 3, 14, 11]),
        # Layers of 2 x 3 cells: 0 to 5 in front, then 6 to 11, then 12 to 17.
        (Cube6(2, 3, 3), 7, [None, 1, 8, None, 10, 13, 6, None]),
        (Cube6(2, 3, 3), 0, [None, None, 1, None, 3, 6, None, None]),
        (Cube6(3, 3, 3, torus=True), 0, [6, 18, 1, None, 3, 9, 2, None]),
    ],
)
def test_neighbours_by_port(topology, cell, expected):
    assert ends(topology, cell) == expected


@pytest.mark.parametrize("topology", LATTICES, ids=str)
def test_slots_are_what_the_wires_say(topology):
    slots = np.full((topology.cells, 8), 8 * topology.cells)
    for cell in range(topology.cells):
        for wire in topology.wires(cell):
            slots[cell, wire.port] = 8 * wire.receiver + wire.receiver_port
    assert topology.slots().dtype == np.int32
    assert (topology.slots() == slots).all()
    out = np.zeros((topology.cells, 12), np.int32)
    assert topology.slots(out[:, 2:10]).base is out
    assert (out[:, 2:10] == slots).all()
    assert not out[:, :2].any()


def test_wires_end_at_the_opposite_port():
    assert Square8(1, 2).wires(0) == [Wire(0, 2, 1, 6)]
    assert Square8(1, 2).wires(1) == [Wire(1, 6, 0, 2)]
    assert Cube6(1, 1, 2).wires(0) == [Wire(0, 5, 1, 1)]
    assert Wire(3, 6, 2, 2).number == 30


@pytest.mark.parametrize("topology", LATTICES, ids=str)
def test_every_wire_has_one_that_leads_back_and_neighbours_are_near(topology):
    wires = [wire for cell in range(topology.cells) for wire in topology.wires(cell)]
    forth = {(w.sender, w.port, w.receiver, w.receiver_port) for w in wires}
    assert forth == {(w.receiver, w.receiver_port, w.sender, w.port) for w in wires}
    assert len({w.number for w in wires}) == len(wires) == len({(w.sender, w.receiver) for w in wires})
    if topology.torus:
        assert len(wires) == len(topology.steps) * topology.cells
        return
    away = topology.points()[[w.receiver for w in wires]] - topology.points()[[w.sender for w in wires]]
    assert away.tolist() == [list(topology.steps[w.port]) for w in wires]
    if topology.kind != "square8":  # whose corners are neighbours, too
        assert ((away**2 * topology.weights).sum(axis=1) == topology.unit2).all()


@pytest.mark.parametrize("topology", LATTICES, ids=str)
def test_points_and_places_are_one_to_one(topology):
    place = np.unravel_index(np.arange(topology.cells), topology.shape)
    assert (np.stack(topology.point(place), axis=1) == topology.points()).all()
    assert (np.stack(topology.place(topology.point(place))) == np.stack(place)).all()


def test_what_they_are_called():
    assert str(Square8(3, 4)) == "square8 4x3"
    assert str(Hex6(4, 5, torus=True)) == "hex6 5x4 torus"
    assert str(Cube6(rows=2, cols=3, layers=4)) == "cube6 3x2x4"
    assert Cube6(rows=2, cols=3, layers=4).shape == (4, 2, 3)
    assert Square8(3, 4) == Square8(3, 4) != Square4(3, 4)


@pytest.mark.parametrize(
    ("topology", "middle"), [(Square8(9, 8), 4 * 8 + 4), (Hex6(1, 1), 0), (Cube6(4, 5, 3), 20 + 2 * 5 + 2)]
)
def test_the_middle(topology, middle):
    assert topology.middle == middle


@pytest.mark.parametrize(
    ("topology", "cell", "hops", "cells"),
    [
        (Square8(4, 5), 0, 1, [0, 1, 5, 6]),
        (Square4(4, 5), 0, 2, [0, 1, 2, 5, 6, 10]),
        (Hex6(3, 4), 5, 1, [1, 2, 4, 5, 6, 9, 10]),
        (Cube6(2, 3, 2), 0, 1, [0, 1, 3, 6]),
        (Square8(4, 5), 7, 0, [7]),
        (Square8(4, 5), 7, 99, list(range(20))),
        (Square8(1, 1), 0, 3, [0]),
    ],
)
def test_cells_within_hops(topology, cell, hops, cells):
    assert topology.within(cell, hops).tolist() == cells


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Square8(0, 32), "grid: 32x0 - it needs at least 1x1 cells; 32x32 is usual"),
        (lambda: Square4(32, -1), "grid: -1x32 - it needs at least 1x1 cells"),
        (lambda: Cube6(2, 3, 0), "grid: 3x2x0 - it needs at least 1x1x1 cells; 32x32x4 is usual"),
        (
            lambda: Square8(2, 32, True),
            "32x2 - a torus needs at least 3x3 cells; make it larger, or bounded",
        ),
        (lambda: Square4(3, 2, True), "grid: 2x3 - a torus needs at least 3x3 cells"),
        (lambda: Hex6(2, 3, True), "grid: 3x2 - a torus needs at least 3x4 cells"),
        (lambda: Hex6(5, 4, True), "grid: 4x5 - a hexagonal torus needs an even number of rows; e.g. 4x6"),
        (lambda: Cube6(3, 3, 2, True), "grid: 3x3x2 - a torus needs at least 3x3x3 cells"),
        (lambda: Square8(10**6, 10**6), "grid: 1000000x1000000 - it has more than 268,435,454 cells"),
    ],
)
def test_what_no_lattice_can_be(make, message):
    with pytest.raises(InputError) as caught:
        make()
    assert message in str(caught.value)


def test_what_a_lattice_can_just_be():
    assert Square8(1, (1 << 28) - 2).cells == (1 << 28) - 2
    assert Square4(3, 3, True).cells == 9
    assert Hex6(4, 3, True).cells == 12


@pytest.mark.parametrize(
    ("topology", "across", "down"),
    [
        (Square8(5, 5), (8, 0), (0, 8)),
        (Square4(5, 5), (4, 0), (0, 4)),
        # In half columns and rows: 6 columns, and 4 rows of sqrt(3) / 2.
        (Hex6(5, 5), (12, 0), (0, 4)),
        # Oblique: what lies in front counts as north-east, what lies behind as south-west.
        (Cube6(5, 5, 5), (4, 0, -2), (0, 4, 2)),
    ],
    ids=str,
)
def test_gradients_by_port_of_a_slope(topology, across, down):
    """What the two gradients of a rule are where the state is a coordinate: column, row, and then layer."""
    middle = topology.middle
    wires = topology.wires(middle)
    away = topology.points()[[wire.receiver for wire in wires]] - topology.points()[middle]
    ports = [wire.port for wire in wires]
    assert tuple((SOBEL_X[ports] @ away)[[-1, -2, 0][: away.shape[1]]]) == across
    assert tuple((SOBEL_Y[ports] @ away)[[-1, -2, 0][: away.shape[1]]]) == down
