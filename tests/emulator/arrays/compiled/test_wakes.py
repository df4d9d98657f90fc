import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from emulator.arrays.compiled.loop import Cells, World
from emulator.arrays.compiled.simd import LANES
from emulator.arrays.compiled.wakes import BINS, CELL, collect, first_from, sort
from emulator.arrays.rows import Population
from emulator.config import RunConfig
from emulator.world.lattices import Square8
from firmware.clock import Law, Timing, draw_wait_us


@njit
def first_from_alone(wakes, starts, shift, count, time):
    return first_from(wakes, starts, shift, count, time)


@settings(max_examples=200, deadline=None)
@given(
    times=st.lists(st.integers(0, 300), max_size=80),
    scale=st.sampled_from([1, 3, 1000, 100_000]),
    seed=st.integers(0, 99),
)
def test_sort_and_search(times, scale, seed):
    random = np.random.default_rng(seed)
    times = np.array(times, np.int64) * scale
    keys = times << 32 | random.integers(0, 1 << 31, len(times))
    span = int(times.max(initial=0)) + 1
    ordered, starts = np.empty(len(keys), np.int64), np.empty(BINS + 2, np.int32)
    shift = sort(keys, ordered, starts, len(keys), span)
    assert (ordered == np.sort(keys)).all()
    for time in {0, span - 1, *times.tolist(), *(times + 1).tolist()}:
        if time < span:
            expected = np.searchsorted(ordered >> 32, time)
            assert first_from_alone(ordered, starts, shift, len(keys), time) == expected


def test_all_wakes_of_a_slice():
    """Against the clock of SPEC.md, one cell after another; some wake many times."""
    timing, config = Timing(Law.EXPONENTIAL, 1000), RunConfig(Square8(3, 7), seed=4)
    population = Population(config, timing)
    population.boot(np.arange(21), 0)
    population.blank(np.array([5]))
    population.rates[7:14] *= 3
    wakes, prngs = population.wakes.copy(), population.prngs.copy()
    world = World(
        True, 1000, 16, 1, 1, 1, 0, 40, 41, False, False, True, np.uint64(0), np.uint64(0), 250, False
    )
    cells = Cells(None, None, population.wakes, population.prngs, None, population.rates, None, None, None)
    start, end = int(wakes.min()), 4000
    keys, count = collect(world, cells, np.empty(21 + 1 + LANES, np.int64), start, end)
    expected = []
    for cell in range(21):
        time, state = int(wakes[cell]), int(prngs[cell])
        while time < end:
            expected.append((time, cell))
            state, wait_us = draw_wait_us(timing, state)
            time += wait_us * (3 if 7 <= cell < 14 else 1) + 40
        assert (population.wakes[cell], population.prngs[cell]) == (time, state)
    found = [(start + (key >> 32), key & CELL) for key in keys[:count].tolist()]
    assert sorted(found) == sorted(expected)
    assert len(expected) > 60
