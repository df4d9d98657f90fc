"""Sixteen lanes at a time give what one at a time gives."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from emulator.arrays.compiled.simd import LANES, choose8, draw_waits, lost_ports
from emulator.world.draws import MASK, Stream, draw32, key, mix
from firmware.clock import MEAN_INTERVAL_MAX_US, Law, Timing, draw_wait_us


@njit
def run_waits(prngs, waits, mean_us, exponential):
    draw_waits(prngs, waits, mean_us, exponential)


@njit
def run_lost(base, link, index, threshold):
    return lost_ports(base, link, index, threshold)


@njit
def run_choose(to, source, mask, otherwise):
    choose8(to, 8, source, 4, mask, otherwise)


@pytest.mark.parametrize("law", list(Law))
@pytest.mark.parametrize("mean_us", [1, 7, 10_000, MEAN_INTERVAL_MAX_US])
def test_waits(law, mean_us):
    timing, random = Timing(law, mean_us), np.random.default_rng(mean_us)
    for _ in range(50):
        prngs, waits = random.integers(0, 1 << 32, LANES, np.uint32), np.empty(LANES, np.uint32)
        prngs[:3] = (0, 1, 0xFFFFFFFF)
        expected = [draw_wait_us(timing, int(state)) for state in prngs]
        run_waits(prngs, waits, mean_us, law is Law.EXPONENTIAL)
        assert list(zip(prngs.tolist(), waits.tolist(), strict=True)) == expected


@settings(max_examples=200, deadline=None)
@given(
    seed=st.integers(0, MASK),
    cell=st.integers(0, (1 << 31) - 2),
    index=st.integers(0, (1 << 32) - 1),
    threshold=st.integers(0, 1 << 32),
)
def test_losses(seed, cell, index, threshold):
    base = mix((mix(seed) + Stream.LOSS) & MASK)
    lost = run_lost(*map(np.uint64, (base, 8 * cell, index, threshold)))
    links = (8 * cell + port for port in range(8))
    expected = [draw32(key(seed, Stream.LOSS, link), index) < threshold for link in links]
    assert [bool(lost >> port & 1) for port in range(8)] == expected


def test_choose_between_eight():
    to, source = np.zeros(12, np.int32), np.arange(100, 112, dtype=np.int32)
    run_choose(to, source, 0b10100101, np.int32(-7))
    assert to.tolist() == [0, 0, 101, -7, 103, -7, -7, 106, -7, 108, 0, 0]
