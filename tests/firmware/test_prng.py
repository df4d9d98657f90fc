"""xorshift32 against Marsaglia's definition."""

from hypothesis import given
from hypothesis import strategies as st

from firmware.prng import advance


def test_known_sequence():
    """The sequence from state 1, computed by hand from the three shifts."""
    words, state = [], 1
    for _ in range(4):
        state = advance(state)
        words.append(state)
    assert words == [270369, 67634689, 2647435461, 307599695]


@given(st.integers(0, 2**32 - 1))
def test_words_are_32_bits_and_never_zero(state):
    assert 1 <= advance(state) < 2**32


def test_zero_counts_as_one():
    assert advance(0) == advance(1)
