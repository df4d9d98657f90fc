"""Products whose every sum is exact, so that no order of adding can be seen in them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.products import BITS, SUMMED_MAX, fine_product, orthogonal, power_step, product

SEEDS = st.integers(0, 2**32 - 1)


def drawn(seed, shape):
    """Numbers of many sizes; among them whole rows and columns of zeros."""
    draws = np.random.default_rng(seed)
    sizes = np.exp2(draws.integers(-60, 60, (shape[0], 1)) + draws.integers(-9, 9, shape))
    zeros = (draws.random((shape[0], 1)) < 0.9) & (draws.random((1, shape[1])) < 0.9)
    return (draws.normal(size=shape) * sizes * zeros).astype(np.float32)


@given(SEEDS, st.integers(1, 9), st.integers(1, SUMMED_MAX), st.integers(1, 9))
def test_no_order_of_adding_can_be_seen(seed, rows, summed, cols):
    a, b = drawn(seed, (rows, summed)), drawn(seed + 1, (cols, summed)).T
    order = np.random.default_rng(seed + 2).permutation(summed)
    for multiply in (product, fine_product):
        assert np.array_equal(multiply(a, b), multiply(a[:, order], b[order]))


@pytest.mark.parametrize("sign", [1, -1])
def test_the_largest_sums_are_exact(sign):
    """Numbers of 22 bits, as large and as odd as they come, against integers without end."""
    draws = np.random.default_rng(5)
    whole = (1 << BITS) - 1 - 2 * draws.integers(0, 1000, (2, SUMMED_MAX))
    found = product(sign * whole[:1].astype(np.float32), whole[1:].T.astype(np.float32))
    assert int(found[0, 0]) == sign * sum(int(x) * int(y) for x, y in whole.T)
    with pytest.raises(ValueError, match=f"^513 products are added: {SUMMED_MAX} at most are exact$"):
        product(np.zeros((1, 513)), np.zeros((513, 1)))


@pytest.mark.parametrize(("multiply", "digits"), [(product, 6), (fine_product, 12)])
def test_digits(multiply, digits):
    draws = np.random.default_rng(1)
    a, b = draws.normal(size=(20, 128)), draws.normal(size=(128, 30))
    assert abs(multiply(a, b) - a @ b).max() < 10**-digits * (abs(a) @ abs(b)).max()
    assert multiply(a, b) == pytest.approx(a @ b, abs=10**-digits * 128)


@pytest.mark.parametrize("rank", [0, 1, 3, 40, 48, 128])
@pytest.mark.parametrize("size", [1, 5, 16, 17, 128])
def test_power_steps_keep_a_basis_orthogonal_whatever_the_rank(size, rank):
    """A layer has no gradient in the first step of a training, and later one of few columns."""
    draws = np.random.default_rng(size)
    half = draws.normal(size=(size, rank)) * np.exp(-np.arange(size) / 9)[:, None]
    gram, basis = product(half, half.T).astype(np.float32), np.eye(size, dtype=np.float32)
    for _ in range(4):
        basis = power_step(gram, basis).astype(np.float32)
    assert basis.T.astype(np.float64) @ basis == pytest.approx(np.eye(size), abs=1e-6)
    if not rank:
        assert np.array_equal(basis, np.eye(size))


def test_power_steps_come_to_eigenvectors_the_longest_first():
    values = 3.0 ** -np.arange(12)
    axes, _ = np.linalg.qr(np.random.default_rng(2).normal(size=(12, 12)))
    basis = np.eye(12)
    for _ in range(40):
        basis = power_step((axes * values) @ axes.T, basis)
    assert abs(axes.T @ basis) == pytest.approx(np.eye(12), abs=1e-3)


def test_the_orthogonal_factor_is_that_of_householder_but_for_signs():
    a = np.random.default_rng(3).normal(size=(40, 40))
    expected, rest = np.linalg.qr(a)
    assert orthogonal(a) == pytest.approx(expected * np.sign(np.diag(rest)), abs=1e-10)
