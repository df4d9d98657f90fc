"""The calendar of wakes says who is next, whatever the waits are."""

import random

import pytest

from emulator.world.rate import DARK, NEVER

pytest.importorskip("numba", reason="the calendar is compiled")


@pytest.mark.parametrize("cells", [1, 5, 90])
@pytest.mark.parametrize("mean_us", [1, 3000])
def test_the_first_is_the_first_of_all(cells, mean_us):
    from emulator.arrays.programs.wakes import first_cell, first_due, make_wakes, move

    wakes, kept = make_wakes(cells, mean_us)
    dues, choose = [DARK] * cells, random.Random(cells + mean_us)
    assert first_due(wakes) == DARK
    for turn in range(3000):
        now, first = min((due, cell) for cell, due in enumerate(dues))
        waits = 1, choose.randrange(1, 3), choose.randrange(1, 4 * mean_us), choose.randrange(1, 99 * mean_us)
        due = (0 if now >= NEVER else now) + choose.choice(waits)
        usual = turn >= cells and choose.random() < 0.7
        cell = first if usual else turn if turn < cells else choose.randrange(cells)
        dues[cell] = due if usual or choose.random() < 0.8 else choose.choice([NEVER, DARK])
        move(wakes, cell, dues[cell])
        expected, first = min((due, cell) for cell, due in enumerate(dues))
        if expected < NEVER:
            assert (first_due(wakes), first_cell(wakes)) == (expected, first)
        else:
            assert first_due(wakes) == DARK
    assert len(kept) == 6
