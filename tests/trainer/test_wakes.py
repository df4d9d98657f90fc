"""Sets of cells as bits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.wakes import draw_fire, draw_lost, packed, unpacked, words

sizes = st.integers(1, 70)


def draws(seed=3):
    return np.random.default_rng(seed)


@given(sizes, sizes, st.integers(0, 3), st.integers(0, 2**32))
def test_what_was_packed_comes_out_again(rows, cols, count, seed):
    masks = draws(seed).random((count, 2, rows, cols)) < 0.5
    sets = packed(masks)
    assert sets.dtype == np.uint64
    assert sets.shape == (count, 2, words(rows, cols))
    assert np.array_equal(unpacked(sets, rows, cols), masks)


@given(sizes, sizes, st.data())
def test_a_cell_has_the_bit_of_its_place_in_the_bordered_grid(rows, cols, data):
    row, col = data.draw(st.integers(0, rows - 1)), data.draw(st.integers(0, cols - 1))
    mask = np.zeros((rows, cols), bool)
    mask[row, col] = True
    bits = int.from_bytes(packed(mask).astype("<u8").tobytes(), "little")
    assert bits == 1 << (row + 1) * (cols + 2) + col + 1


@given(sizes, sizes, st.integers(0, 2**32))
def test_bits_of_the_border_and_beyond_are_nobodys(rows, cols, seed):
    sets = draws(seed).integers(0, 1 << 64, words(rows, cols), np.uint64)
    assert np.array_equal(packed(unpacked(sets, rows, cols)) & ~sets, np.zeros_like(sets))
    assert unpacked(np.full(words(rows, cols), ~np.uint64(0)), rows, cols).all()


@pytest.mark.parametrize(
    ("rows", "cols", "expected"), [(1, 1, 1), (6, 6, 1), (6, 7, 2), (1, 62, 3), (40, 40, 28)]
)
def test_words(rows, cols, expected):
    assert words(rows, cols) == expected


def test_words_are_drawn_as_numbers_are():
    """Two words for each step: a cell wakes if it does in both."""
    one, other = draws(), draws()
    numbers = one.integers(0, 1 << 64, (2, 5, 2), np.uint64)
    assert np.array_equal(draw_fire(other, 5, 2, 6, 7), numbers[0] & numbers[1])
    assert one.bit_generator.state == other.bit_generator.state


@pytest.mark.parametrize("halvings", [1, 2, 4])
def test_share_that_wakes(halvings):
    """Of 200,000; five standard deviations are allowed."""
    fire = unpacked(draw_fire(draws(), 100, halvings, 40, 50), 40, 50)
    assert fire.shape == (100, 40, 50)
    share = 2.0**-halvings
    assert abs(fire.mean() - share) < 5 * (share * (1 - share) / fire.size) ** 0.5
    assert abs(fire.mean((1, 2)) - share).max() < 5 * (share / 2000) ** 0.5
    assert abs(fire.mean(0) - share).max() < 6 * (share / 100) ** 0.5


@pytest.mark.parametrize("sixteenths", range(1, 16))
def test_share_that_is_lost(sixteenths):
    lost = unpacked(draw_lost(draws(), 25, sixteenths, 40, 50), 40, 50)
    assert lost.shape == (25, 8, 40, 50)
    share = sixteenths / 16
    assert abs(lost.mean() - share) < 5 * (share * (1 - share) / lost.size) ** 0.5
    assert abs(lost.mean((0, 2, 3)) - share).max() < 5 * (share * (1 - share) / lost[:, 0].size) ** 0.5


def test_nothing_is_lost():
    assert draw_lost(draws(), 5, 0, 3, 4) is None


@pytest.mark.parametrize(
    "draw", [lambda d, n: draw_fire(d, 8, 1 + n % 3, 3, 4), lambda d, n: draw_lost(d, 8, 1 + n, 3, 4)]
)
def test_the_generator_alone_says_what_happens(draw):
    one, same, other = draws(5), draws(5), draws(6)
    for number in range(5):
        drawn = draw(one, number)
        assert np.array_equal(drawn, draw(same, number))
        assert not np.array_equal(drawn, draw(other, number))
    assert one.bit_generator.state == same.bit_generator.state
