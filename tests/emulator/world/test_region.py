from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.world.draws import Stream, draw32, key
from emulator.world.graph_file import parse_graph
from emulator.world.lattices import Cube6, Hex6, Square4, Square8
from emulator.world.region import Ball, Everything, LivingTissue, Now, Scatter, check_inside
from emulator.world.region_text import parse_region
from emulator.world.shapes import Disc, Frame, Half, Rectangle, Swipe
from firmware.errors import InputError

GRID = Square8(4, 5)


def nobody():
    raise AssertionError("nobody asked who lives")


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("half:left", [0, 1, 5, 6, 10, 11, 15, 16]),
        ("half:right", [2, 3, 4, 7, 8, 9, 12, 13, 14, 17, 18, 19]),
        ("half:top", list(range(10))),
        ("half:bottom", list(range(10, 20))),
        ("disc:1,1,1", [1, 5, 6, 7, 11]),
        ("disc:3,4,0", [19]),
        ("rect:1,2,2,3", [7, 8, 9, 12, 13, 14]),
        ("frame:1,2,2,3", [0, 1, 2, 3, 4, 5, 6, 10, 11, 15, 16, 17, 18, 19]),
        ("frame:0,0,4,4", [4, 9, 14, 19]),
        ("line:0,0,3,0", [0, 5, 10, 15]),
        ("line:3,4,0,1", [1, 7, 13, 19]),
        ("line:2,2,2,2", [12]),
        ("swipe:1,1,1,3,2", [1, 2, 3, 5, 6, 7, 8, 9, 11, 12, 13]),
        ("swipe:0,0,3,4,1", [0, 6, 7, 12, 13, 19]),
        ("swipe:2,2,2,2,4", [2, 6, 7, 8, 10, 11, 12, 13, 14, 16, 17, 18]),
        ("all", list(range(20))),
        ("random:0", []),
        ("random:1", list(range(20))),
    ],
)
def test_cells(text, cells):
    assert parse_region(text).cells(GRID, 0, 1, nobody).tolist() == cells


GRAPH = parse_graph(b"a b\nb c\nc d\nd e\ne a\nlone\n")


@pytest.mark.parametrize(
    ("topology", "text", "cells"),
    [
        # Rows of 5; those of odd number lie half a cell to the right, and rows are sqrt(3) / 2 apart.
        (Hex6(4, 5), "disc:1,2,1", [2, 3, 6, 7, 8, 12, 13]),
        (Hex6(4, 5), "disc:2,2,1", [6, 7, 11, 12, 13, 16, 17]),
        (Hex6(4, 5), "half:left", [0, 1, 5, 6, 10, 11, 15, 16]),
        (Hex6(4, 5), "line:0,2,3,2", [2, 7, 12, 17]),
        (Hex6(4, 5), "swipe:1,1,1,3,2", [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14]),
        (Hex6(4, 5), "rect:1,2,2,3", [7, 8, 9, 12, 13, 14]),
        (Hex6(4, 5), "ball:7,1", [2, 3, 6, 7, 8, 12, 13]),
        (Square4(4, 5), "disc:1,1,1", [1, 5, 6, 7, 11]),
        (Square4(4, 5), "ball:6,1", [1, 5, 6, 7, 11]),
        # Layers of 2 x 3 cells: 0 to 5, 6 to 11, 12 to 17.
        (Cube6(2, 3, 3), "half:front", list(range(6))),
        (Cube6(2, 3, 3), "half:back", list(range(6, 18))),
        (Cube6(2, 3, 3), "half:top", [0, 1, 2, 6, 7, 8, 12, 13, 14]),
        (Cube6(2, 3, 3), "half:left", [0, 3, 6, 9, 12, 15]),
        (Cube6(2, 3, 3), "band:1,2", [3, 4, 5, 9, 10, 11, 15, 16, 17]),
        (Cube6(2, 3, 3), "disc:1,0,1,1", [1, 6, 7, 8, 10, 13]),
        (Cube6(2, 3, 3), "rect:1,0,1,2,2,1", [7, 10, 13, 16]),
        (Cube6(2, 3, 3), "frame:0,0,0,3,2,2", [2, 5, 8, 11, 14, 17]),
        (Cube6(2, 3, 3), "line:0,0,0,2,0,2", [0, 7, 14]),
        (Cube6(2, 3, 3), "swipe:0,0,0,2,0,0,2", [0, 1, 3, 6, 7, 9, 12, 13, 15]),
        (GRAPH, "all", list(range(6))),
        (GRAPH, "band:1,3", [2, 3]),
        (GRAPH, "ball:a,1", [0, 1, 4]),
        (GRAPH, "ball:2,2", [0, 1, 2, 3, 4]),
        (GRAPH, "ball:lone,9", [5]),
        (GRAPH, "random:1", list(range(6))),
    ],
)
def test_cells_of_other_topologies(topology, text, cells):
    check_inside(parse_region(text), topology, "the fault")
    assert parse_region(text).cells(topology, 0, 1, nobody).tolist() == cells


CORNER = st.tuples(*[st.integers(0, 8)] * 3)


@given(CORNER, CORNER, st.integers(1, 9))
def test_a_swipe_through_a_cube(start, end, width):
    """Against exact distances in fractions."""
    cube = Cube6(9, 9, 9)
    near = Swipe(start, end, width).cells(cube, 0, 1, nobody)
    start, end = np.array(start), np.array(end)
    way, from_start = end - start, cube.points() - start
    length2, along = int(way @ way), from_start @ way
    if length2:
        # The distance from the point beside which a cell lies, times length2.
        away = from_start * length2 - np.clip(along, 0, length2)[:, None] * way
    else:
        length2, away = 1, from_start
    assert near.tolist() == np.flatnonzero(4 * (away**2).sum(axis=1) <= width**2 * length2**2).tolist()


def test_a_swipe_as_long_as_can_be_is_exact_on_hexagons():
    """In 64 bits; the last column that is within half the width, by the distance itself."""
    for width in (1, 16_383):
        region = Swipe((0, 0), (0, 16_383), width)
        assert len(region.cells(Hex6(1, 40_000), 0, 1, nobody)) == 16_384 + width // 2
    column = Swipe((0, 0), (16_383, 0), 16_383).cells(Hex6(30_000, 1), 0, 1, nobody)
    # Down along every second cell; beyond the end by sqrt(3) / 2 a row.
    assert column.tolist() == list(range(16_383 + 9_458 + 1))


def test_the_living_of_a_region():
    alive = np.zeros(20, np.bool_)
    alive[[0, 6, 7, 12]] = True
    region = parse_region("living:rect:1,1,2,2")
    assert region.cells(GRID, 0, 1, Now(lambda: alive)).tolist() == [6, 7, 12]
    assert parse_region("living:all").cells(GRID, 0, 1, Now(lambda: alive)).tolist() == [0, 6, 7, 12]


@given(*[st.integers(0, 12)] * 4, st.integers(1, 9))
def test_a_swipe_is_all_that_is_near_a_segment(row, col, end_row, end_col, width):
    """Against exact distances in fractions."""
    grid = Square8(13, 13)
    near = set(Swipe((row, col), (end_row, end_col), width).cells(grid, 0, 1, nobody).tolist())
    down, right = end_row - row, end_col - col
    for cell in range(grid.cells):
        r, c = divmod(cell, 13)
        length2 = down**2 + right**2
        along = Fraction((r - row) * down + (c - col) * right, length2) if length2 else Fraction(0)
        along = min(max(along, Fraction(0)), Fraction(1))
        distance2 = (r - row - along * down) ** 2 + (c - col - along * right) ** 2
        assert (cell in near) == (4 * distance2 <= width**2)


def test_a_swipe_on_a_long_grid():
    grid = Square8(1, 3_000_000)
    assert Swipe((0, 0), (0, 16_383), 16_383).cells(grid, 0, 1, nobody).tolist() == list(
        range(16_383 + 8_192)
    )


def test_opposite_halves_share_no_cell_and_leave_none():
    for sides in (("left", "right"), ("top", "bottom")):
        cells = [cell for side in sides for cell in Half(side).cells(GRID, 0, 1, nobody)]
        assert sorted(cells) == list(range(20))


def test_a_random_region_is_drawn_by_seed_fault_and_cell():
    chosen = Scatter(0.5).cells(GRID, 3, 2, nobody).tolist()
    assert chosen == [cell for cell in range(20) if draw32(key(3, Stream.REGION, 2), cell) < 1 << 31]
    assert chosen != Scatter(0.5).cells(GRID, 3, 1, nobody).tolist()
    assert chosen != Scatter(0.5).cells(GRID, 4, 2, nobody).tolist()


@pytest.mark.parametrize(
    "region",
    [
        Everything(),
        Half("top"),
        Disc((1, 2), 3),
        Rectangle((1, 2), (3, 4)),
        Frame((1, 2), (3, 4)),
        Swipe((1, 2), (3, 4), 1),
        Swipe((1, 2), (3, 4), 5),
        Disc((1, 2, 3), 4),
        Rectangle((1, 2, 3), (4, 5, 6)),
        Frame((1, 2, 3), (4, 5, 6)),
        Swipe((1, 2, 3), (4, 5, 6), 1),
        Swipe((1, 2, 3), (4, 5, 6), 7),
        Half("back"),
        Ball("17", 3),
        Ball("node-a.1_b", 0),
        Scatter(0.33),
        Scatter(1e-05),
        LivingTissue(Scatter(0.5)),
        LivingTissue(Everything()),
    ],
)
def test_text_round_trip(region):
    assert parse_region(str(region)) == region


@pytest.mark.parametrize(
    "text",
    ["", "half", "half:middle", "disc:1,2", "disc:1,2,3,4,5", "disc:-1,2,3", "disc:1.5,2,3", "rect:1,2,3",

     "ring:1", "all:",

     "ball:", "ball:1", "ball:,1", "ball:a b,1", "ball:a,-1", "disc:1,2,3,", "disc:,1,2,3",

     "line:1,2,3", "swipe:1,2,3,4", "living", "living:", "living:living:all",
     "random:", "random:-0.1", "random:nan", "random:1e-1", "disc:\u0661,2,3",
     "disc:" + "1" * 5000 + ",2,3"],
)  # fmt: skip
def test_what_is_not_a_region(text):
    with pytest.raises(InputError, match="it is not a region; regions are all, half:left, disc:16,16,5"):
        parse_region(text)


def test_a_fraction_above_1():
    with pytest.raises(InputError, match=r"region: random:1\.5 - a fraction must be 0 to 1"):
        parse_region("random:1.5")


@pytest.mark.parametrize("text", ["line:0,0,0,16384", "swipe:0,0,1,1,20000"])
def test_a_swipe_out_of_all_bounds(text):
    with pytest.raises(InputError, match=f"region: {text} - its numbers must be below 16384"):
        parse_region(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("swipe:2,2,2,2,0", "the width of its swipe is 0; give at least 1"),
        ("rect:2,2,0,3", "the height of its rectangle is 0; give at least 1"),
        ("rect:2,2,3,0", "the width of its rectangle is 0; give at least 1"),
        ("band:0,0", "it asks for 0 bands of 4 rows; choose 1 to 4 bands"),
        ("band:0,5", "it asks for 5 bands of 4 rows; choose 1 to 4 bands"),
        ("band:3,3", "there is no band 3 of 3; bands have the numbers 0 to 2"),
        ("living:band:3,3", "there is no band 3 of 3"),
        ("frame:0,0,4,5", "its rectangle is the whole grid, around which there is nothing; make it smaller"),
        ("frame:0,0,0,2", "the height of its rectangle is 0; give at least 1"),
        ("frame:1,0,4,5", "its rectangle is the whole grid"),
        ("disc:4,0,1", "its region is outside the grid of 5x4 cells; rows and columns count from 0"),
        ("rect:3,3,2,1", "its region is outside the grid of 5x4 cells"),
        ("line:0,0,0,5", "its region is outside the grid of 5x4 cells"),
    ],
)
def test_what_no_cell_belongs_to_says_why(text, says):
    with pytest.raises(InputError) as caught:
        check_inside(parse_region(text), GRID, "the fault")
    assert f"fault: the fault - {says}" in str(caught.value)


@pytest.mark.parametrize(
    ("topology", "text", "says"),
    [
        (GRAPH, "half:left", "graph has no such half; its regions are all, band:NUMBER,COUNT (by number"),
        (GRAPH, "disc:0,0,1", "graph has no such disc; its regions are all, band:"),
        (GRAPH, "living:rect:0,0,1,1", "graph has no such rect; its regions"),
        (GRAPH, "line:0,0,1,1", "graph has no such swipe; its regions"),
        (GRAPH, "band:0,7", "it asks for 7 bands of 6 cells; choose 1 to 6 bands"),
        (GRAPH, "ball:nobody,1", "there is no cell nobody; cells count from 0 to 5"),
        (GRAPH, "ball:6,1", "there is no cell 6; cells count from 0 to 5"),
        (GRID, "ball:20,1", "there is no cell 20; cells count from 0 to 19"),
        (GRID, "half:front", "square8 has no front; its sides are left, right, top and bottom"),
        (GRID, "disc:0,1,1,1", "square8 has no such disc; its regions are all, half:left|right|top|bottom"),
        (
            Cube6(2, 3, 3),
            "disc:1,1,1",
            "cube6 has no such disc; its regions are all, half:left|right|top|bot",
        ),
        (Cube6(2, 3, 3), "disc:3,0,0,1", "its region is outside the grid of 3x2x3 cells; rows and columns"),
        (Cube6(2, 3, 3), "rect:0,0,0,0,1,1", "the depth of its rectangle is 0; give at least 1"),
        (Cube6(2, 3, 3), "frame:0,0,0,3,2,3", "its rectangle is the whole grid"),
    ],
)
def test_regions_that_a_topology_has_not(topology, text, says):
    with pytest.raises(InputError) as caught:
        check_inside(parse_region(text), topology, "the fault")
    assert f"fault: the fault - {says}" in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "disc:3,4,0",
        "rect:3,4,1,1",
        "rect:0,0,4,5",
        "line:3,4,0,0",
        "band:3,4",
        "all",
        "frame:0,0,4,4",
        "frame:3,4,1,1",
    ],
)
def test_what_lies_at_the_edge_is_inside(text):
    check_inside(parse_region(text), GRID, "the fault")
