"""Waiting intervals: exact values, and the laws that they follow."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.clock import (
    MEAN_INTERVAL_MAX_US,
    QUANTILES_Q10,
    Law,
    Timing,
    exponential_q10,
    wait_us,
)
from firmware.errors import InputError


def test_quantile_table_is_pinned():
    assert QUANTILES_Q10 == (
        710, 648, 589, 534, 481, 431, 384, 338, 295, 253, 213, 174, 137, 101, 66, 33, 0,
    )  # fmt: skip
    assert QUANTILES_Q10[0] == round(1024 * math.log(2))
    assert QUANTILES_Q10[16] == 0
    assert list(QUANTILES_Q10) == sorted(QUANTILES_Q10, reverse=True)


@pytest.mark.parametrize(
    ("word", "quantile"),
    [(2**32 - 1, 1), (2**31, 710), (2**30, 1420), (1, 31 * 710 + 710), (3 << 30, 295), (2**31 + 2**26, 679)],
)
def test_exponential_at_known_words(word, quantile):
    assert exponential_q10(word) == quantile


@given(st.integers(1, 2**32 - 1))
def test_exponential_is_close_to_the_logarithm(word):
    halvings = 32 - word.bit_length()
    assert abs(exponential_q10(word) / 1024 + math.log(word / 2**32)) < 0.0025 + halvings * 0.00022


@pytest.mark.parametrize("law", Law)
@pytest.mark.parametrize("mean_us", [1000, 10_000, 999_999])
def test_mean_is_the_mean_interval(law, mean_us):
    """Over 200,000 evenly spread words the mean wait is within 0.2 % of what was asked for."""
    timing = Timing(law, mean_us)
    words = np.arange(2**31 // 200_000, 2**32, 2**32 // 200_000)
    assert np.mean([wait_us(timing, int(word)) for word in words]) == pytest.approx(mean_us, rel=2e-3)


def test_uniform_ends():
    timing = Timing(Law.UNIFORM, 10_000)
    assert wait_us(timing, 1) == 5000
    assert wait_us(timing, 2**32 - 1) == 10_000 + 10_000 * 511 // 1024


@given(
    law=st.sampled_from(Law),
    mean_us=st.integers(1, MEAN_INTERVAL_MAX_US),
    word=st.integers(1, 2**32 - 1),
)
def test_wait_is_positive_and_bounded(law, mean_us, word):
    wait = wait_us(Timing(law, mean_us), word)
    assert 1 <= wait <= max(1, mean_us * (1.5 if law is Law.UNIFORM else 22.2))


@given(st.integers(1, MEAN_INTERVAL_MAX_US), st.integers(1, 2**32 - 1))
def test_products_fit_in_32_bits(mean_us, word):
    quantile = exponential_q10(word)
    assert mean_us * (quantile >> 10) < 2**32
    assert mean_us * (quantile & 1023) < 2**32
    assert mean_us * (512 + (word >> 22) & 1023) < 2**32


@pytest.mark.parametrize(
    "options", [{"mean_interval_us": 0}, {"mean_interval_us": 2**20}, {"listening_wakes": 0}]
)
def test_bad_timing(options):
    with pytest.raises(InputError, match="it must be 1 to"):
        Timing(**options)
