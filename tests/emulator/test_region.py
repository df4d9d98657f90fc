import pytest

from emulator.draws import Stream, draw32, key
from emulator.region import Disc, Half, Rectangle, Scatter, parse_region
from emulator.topology import SquareGrid
from firmware.errors import InputError

GRID = SquareGrid(4, 5)


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
        ("random:0", []),
        ("random:1", list(range(20))),
    ],
)
def test_cells(text, cells):
    assert parse_region(text).cells(GRID, seed=0, fault=1).tolist() == cells


def test_opposite_halves_share_no_cell_and_leave_none():
    for sides in (("left", "right"), ("top", "bottom")):
        cells = [cell for side in sides for cell in Half(side).cells(GRID, 0, 1)]
        assert sorted(cells) == list(range(20))


def test_a_random_region_is_drawn_by_seed_fault_and_cell():
    chosen = Scatter(0.5).cells(GRID, seed=3, fault=2).tolist()
    assert chosen == [cell for cell in range(20) if draw32(key(3, Stream.REGION, 2), cell) < 1 << 31]
    assert chosen != Scatter(0.5).cells(GRID, seed=3, fault=1).tolist()
    assert chosen != Scatter(0.5).cells(GRID, seed=4, fault=2).tolist()


@pytest.mark.parametrize(
    "region", [Half("top"), Disc(1, 2, 3), Rectangle(1, 2, 3, 4), Scatter(0.33), Scatter(1e-05)]
)
def test_text_round_trip(region):
    assert parse_region(str(region)) == region


@pytest.mark.parametrize(
    "text",
    ["", "half", "half:middle", "disc:1,2", "disc:1,2,3,4", "disc:-1,2,3", "disc:1.5,2,3", "rect:1,2,3",
     "ring:1", "random:", "random:-0.1", "random:nan", "random:1e-1", "disc:\u0661,2,3",
     "disc:" + "1" * 5000 + ",2,3"],
)  # fmt: skip
def test_what_is_not_a_region(text):
    with pytest.raises(InputError, match="it is not a region; regions are half:left, disc:16,16,5"):
        parse_region(text)


def test_a_fraction_above_1():
    with pytest.raises(InputError, match=r"region: random:1\.5 - a fraction must be 0 to 1"):
        parse_region("random:1.5")
