"""Pieces that are carried away, byte by byte; test_window compares the other engines with this one."""

from dataclasses import replace

import numpy as np
import pytest

from emulator.config import RunConfig
from emulator.faults import Fault
from emulator.world.lattices import Cube6, Hex6, Square4, Square8
from firmware.errors import InputError
from firmware.memory import FIELD

CELLS = np.arange(144)
KEPT = [i for i in range(256) if not FIELD["prng"].offset <= i < FIELD["prng"].end]
"""All RAM but the PRNG, which a boot sets."""

JUST_AFTER_US = 35_001


def grids(build, *faults, **world):
    """RAM of 12 rows and columns just before and just after faults at 3.5 rounds: uint8[12, 12, 256]."""
    found = []
    for some in ((), faults):
        engine = build(seed=3, faults=tuple(map(Fault.parse, some)), **world)
        engine.run(3)
        engine.environment.run(until=JUST_AFTER_US)
        found.append(engine.read_ram(CELLS)[:, KEPT].reshape(12, 12, -1))
    assert found[0].any(2).mean() > 0.9
    return found


@pytest.mark.parametrize(("down", "right"), [(-2, 5), (1, -1)])
def test_what_the_cells_have_is_found_elsewhere_and_where_it_was_is_blank(build, down, right):
    """Also where a piece comes to lie in part on where it was."""
    before, after = grids(build, f"carry:rect:4,4,3,3,down={down},right={right}@3.5")
    expected = before.copy()
    expected[4:7, 4:7] = 0
    expected[4 + down : 7 + down, 4 + right : 7 + right] = before[4:7, 4:7]
    assert np.array_equal(after, expected)


def test_what_leaves_the_grid_is_lost(build):
    before, after = grids(build, "carry:half:left,right=-4@3.5")
    expected = before.copy()
    expected[:, :6] = 0
    expected[:, :2] = before[:, 4:6]
    assert np.array_equal(after, expected)


@pytest.mark.parametrize(("down", "right"), [(0, 9), (-15, 1_000_000)])
def test_out_of_sight(build, down, right):
    before, after = grids(build, f"carry:rect:4,4,3,3,down={down},right={right}@3.5")
    expected = before.copy()
    expected[4:7, 4:7] = 0
    assert np.array_equal(after, expected)


def test_around_a_torus(build):
    before, after = grids(build, "carry:all,down=-5,right=14@3.5", topology=Square8(12, 12, torus=True))
    assert np.array_equal(after, np.roll(before, (-5, 2), (0, 1)))


def test_two_halves_at_once(build):
    before, after = grids(build, "carry:half:left,right=-2@3.5", "carry:half:right,right=2@3.5")
    expected = np.zeros_like(before)
    expected[:, :4], expected[:, 8:] = before[:, 2:6], before[:, 6:10]
    assert np.array_equal(after, expected)


def test_where_another_fault_keeps_power_away(build):
    """Nothing comes from there, and what is carried there is lost."""
    before, after = grids(build, "kill:rect:4,4,2,1@3.2+3", "carry:rect:4,4,2,2,right=3@3.5")
    assert not after[4:6, [4, 5, 7]].any()
    assert np.array_equal(after[4:6, 8, :16], before[4:6, 5, :16])
    before, after = grids(build, "kill:rect:4,7,2,1@3.2+3", "carry:rect:4,4,2,2,right=3@3.5")
    assert not after[4:6, [4, 5, 7]].any()
    assert np.array_equal(after[4:6, 8, :16], before[4:6, 5, :16])


@pytest.mark.parametrize("topology", [Hex6(12, 12), Cube6(12, 12, 3)])
def test_where_a_piece_would_not_keep_its_form(topology):
    fault = Fault.parse("carry:all,right=1@3")
    with pytest.raises(InputError, match=f"needs rows and columns of squares, and this is {topology.kind}"):
        RunConfig(topology, faults=(fault,))
    assert replace(RunConfig(Square4(12, 12)), faults=(fault,)).faults == (fault,)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("carry:all,right=1.5@3", "right=1.5 is out of its limits; it must be a whole number"),
        ("carry:all,left=1@3", "carry has no 'left'; its parameters: down, right"),
        ("carry:all,down=1000001@3", "down=1000001 is out of its limits"),
        ("carry:all,down=1@3+4", "carry takes no time"),
        ("carry:all@3", "it is carried nowhere; give down or right"),
    ],
)
def test_refused(text, message):
    with pytest.raises(InputError, match=message):
        Fault.parse(text)
