"""Waiting intervals: exact values, and the laws that they follow."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware import prng
from firmware.clock import MEAN_INTERVAL_MAX_US, Law, Timing, draw_wait_us
from firmware.errors import InputError

LONGEST = 21
"""Most whole means in a wait, over all 2**32 - 1 states of the generator (SPEC.md section 5)."""

STATES = st.integers(0, 2**32 - 1)
MEANS_US = st.integers(1, MEAN_INTERVAL_MAX_US)


def words_from(state, count):
    words = []
    for _ in range(count):
        state = prng.advance(state)
        words.append(state)
    return words


def waits(law, mean_us, count):
    timing, state, drawn = Timing(law, mean_us), 12345, []
    for _ in range(count):
        state, wait = draw_wait_us(timing, state)
        drawn.append(wait)
    return np.array(drawn)


def test_by_hand():
    second = Timing(Law.EXPONENTIAL, 1_000_000)
    numbers = words_from(1, 9)
    assert numbers == [
        270369, 67634689, 2647435461, 307599695, 2398689233, 745495504, 632435482, 435756210, 2005365029,
    ]  # fmt: skip
    # The run 270369 has an odd length: no whole mean, and 270369 >> 22 = 0 parts of another.
    assert draw_wait_us(second, 1) == (67634689, 1)
    # The run 2647435461 307599695 is even, and 745495504 632435482 435756210 is odd.
    assert draw_wait_us(second, 67634689) == (2005365029, 1_000_000 + 1_000_000 * (745495504 >> 22) // 1024)


def test_uniform_by_hand():
    assert draw_wait_us(Timing(Law.UNIFORM, 10_000), 1) == (67634689, 5000)
    assert (
        draw_wait_us(Timing(Law.UNIFORM, 10_000), 67634689)[1] == 5000 + 10_000 * (2647435461 >> 22) // 1024
    )


@given(law=st.sampled_from(Law), mean_us=MEANS_US, state=STATES)
def test_wait_is_the_definition(law, mean_us, state):
    """SPEC.md section 5, said once more: cut the words into falling runs, stop at an odd one."""
    runs, words = [[]], words_from(state, 400)
    for word in words:
        if runs[-1] and word >= runs[-1][-1]:
            if len(runs[-1]) % 2 or law is Law.UNIFORM:
                break
            runs.append([])
        else:
            runs[-1].append(word)
    offset = mean_us // 2 if law is Law.UNIFORM else mean_us * (len(runs) - 1)
    wait = offset + mean_us * (runs[-1][0] // 2**22) // 1024
    assert draw_wait_us(Timing(law, mean_us), state) == (word, max(1, wait))


@given(law=st.sampled_from(Law), mean_us=MEANS_US, state=STATES)
def test_wait_is_positive_and_bounded(law, mean_us, state):
    _, wait = draw_wait_us(Timing(law, mean_us), state)
    assert 1 <= wait <= max(1, mean_us * (1.5 if law is Law.UNIFORM else LONGEST + 1))


def test_uniform_law():
    drawn = waits(Law.UNIFORM, 10_000, 50_000)
    assert 5000 <= drawn.min() < 5020 < 14_970 < drawn.max() < 15_000
    assert drawn.mean() == pytest.approx(10_000, rel=0.005)
    assert drawn.std() == pytest.approx(10_000 / math.sqrt(12), rel=0.01)


def test_exponential_law():
    """Mean, standard deviation and tail are those of an exponential; successive waits are unrelated."""
    drawn = waits(Law.EXPONENTIAL, 100_000, 50_000) / 100_000
    assert drawn.mean() == pytest.approx(1, abs=0.015)
    assert drawn.std() == pytest.approx(1, abs=0.03)
    for bound in (0.1, 0.5, 1, 2, 4):
        assert np.mean(drawn > bound) == pytest.approx(math.exp(-bound), abs=0.007)
    assert abs(np.corrcoef(drawn[1:], drawn[:-1])[0, 1]) < 0.015


def test_a_product_fits_in_32_bits():
    assert MEAN_INTERVAL_MAX_US * 1023 < 2**32
    assert MEAN_INTERVAL_MAX_US * (LONGEST + 1) < 2**32


@pytest.mark.parametrize(
    "options", [{"mean_interval_us": 0}, {"mean_interval_us": 2**20}, {"listening_wakes": 0}]
)
def test_bad_timing(options):
    with pytest.raises(InputError, match="it must be "):
        Timing(**options)
