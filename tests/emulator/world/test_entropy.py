"""Entropy of boots: no two boards of a run ever get the same."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.world.entropy import Entropy


def test_by_hand():
    """Keys of seed 0, and the two rounds written out."""
    assert [Entropy(0, 1 << 20).draw(cell, 0) for cell in range(3)] == [566574106, 2737015064, 4286809757]


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**64 - 1))
def test_no_two_boards_ever_draw_the_same(seed):
    cells = 1 << 14
    entropy = Entropy(seed, cells)
    numbers = np.arange(cells, dtype=np.uint64)
    drawn = np.concatenate([entropy.draw(numbers, np.full(cells, boots, np.uint64)) for boots in range(8)])
    assert len(np.unique(drawn)) == 8 * cells
    assert drawn.min() > 0
    assert drawn.max() < 1 << 32


@pytest.mark.parametrize("cells", [1, 3, 1024, (1 << 31) - 2])
def test_numbers_and_arrays_agree_up_to_the_last_boot(cells):
    entropy, last = Entropy(7, cells), (2**32 - 1) // cells
    for cell in {0, cells // 2, cells - 1}:
        for boots in (0, 1, last - 1, last, 5 * last + 3):
            one = entropy.draw(np.array([cell], np.uint64), np.array([boots], np.uint64))
            assert one.tolist() == [entropy.draw(cell, boots)]
            assert entropy.draw(cell, boots) == entropy.draw(cell, boots % last)


def test_no_board_gets_nothing():
    """0 counts as 1 in a cell's generator; the one place that is permuted to 0 gets what no other has."""
    entropy = Entropy(3, 1)
    table = {entropy._permuted(place): place for place in range(4)}
    assert len(table) == 4
    moved = Entropy.__new__(Entropy)
    moved._cells, moved.boots, moved.free = 1, 2**32 - 1, 77
    moved._permuted = lambda word: word * 0
    assert moved.draw(0, 5) == 77
    assert moved.draw(np.array([0], np.uint64), np.array([5], np.uint64)).tolist() == [77]


def test_bits_are_fair():
    drawn = Entropy(5, 1 << 16).draw(np.arange(1 << 16, dtype=np.uint64), np.zeros(1 << 16, np.uint64))
    ones = [int(np.count_nonzero(drawn >> np.uint64(bit) & np.uint64(1))) for bit in range(32)]
    assert all(abs(count - (1 << 15)) < 5 * 128 for count in ones)
    neighbours = drawn[1:] ^ drawn[:-1]
    differing = np.bitwise_count(neighbours).astype(float)
    assert abs(differing.mean() - 16) < 0.06
