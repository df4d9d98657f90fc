import pytest

from emulator.world.topology import SquareGrid, Wire


def test_neighbours_of_a_middle_cell_clockwise_from_north():
    assert [SquareGrid(3, 4).neighbour(5, port) for port in range(8)] == [1, 2, 6, 10, 9, 8, 4, 0]


def test_ports_that_face_outwards_are_open():
    assert [SquareGrid(3, 4).neighbour(0, port) for port in range(8)] == [
        None,
        None,
        1,
        5,
        4,
        None,
        None,
        None,
    ]


def test_a_torus_joins_opposite_edges():
    assert [SquareGrid(3, 4, torus=True).neighbour(0, port) for port in range(8)] == [8, 9, 1, 5, 4, 7, 3, 11]


@pytest.mark.parametrize("torus", [False, True])
def test_all_neighbours_at_once(torus):
    grid = SquareGrid(4, 5, torus)
    ends = [[grid.neighbour(cell, port) for port in range(8)] for cell in range(grid.cells)]
    assert grid.neighbours().tolist() == [[-1 if end is None else end for end in row] for row in ends]


@pytest.mark.parametrize("torus", [False, True])
def test_slots_say_the_port_at_the_far_end(torus):
    grid = SquareGrid(4, 5, torus)
    slots = [[8 * grid.cells] * 8 for _ in range(grid.cells)]
    for cell in range(grid.cells):
        for wire in grid.wires(cell):
            slots[cell][wire.port] = 8 * wire.receiver + wire.receiver_port
    assert grid.slots().tolist() == slots


def test_wires_end_at_the_opposite_port():
    assert SquareGrid(1, 2).wires(0) == [Wire(0, 2, 1, 6)]
    assert SquareGrid(1, 2).wires(1) == [Wire(1, 6, 0, 2)]
    assert Wire(3, 6, 2, 2).number == 30


@pytest.mark.parametrize("torus", [False, True])
def test_every_wire_has_one_that_leads_back(torus):
    grid = SquareGrid(4, 5, torus)
    wires = [wire for cell in range(grid.cells) for wire in grid.wires(cell)]
    forth = {(w.sender, w.port, w.receiver, w.receiver_port) for w in wires}
    assert forth == {(w.receiver, w.receiver_port, w.sender, w.port) for w in wires}
    assert len({w.number for w in wires}) == len(wires) == (160 if torus else 110)
