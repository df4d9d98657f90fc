"""Linear algebra that comes out alike on every machine, to the bit.

A matrix product of floating-point numbers depends on the order of its sums, and that on the processor, the
library and its threads. Here both factors are cut into slices of so few bits that every sum is exact in
float64, whatever its order (Ozaki et al. 2012, doi 10.1007/s11075-011-9478-1); NumPy then multiplies those.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]

BITS: Final = 22
"""Of a slice. Float32 has 24."""

SUMMED_MAX: Final = 1 << 53 - 2 * BITS
"""So many products of two numbers of a slice still fit into the 53 bits of float64."""

PANEL: Final = 16
"""Columns that are made orthogonal one by one; more at a time is less to do with one call of NumPy."""

PASSES_MAX: Final = 4
"""So often is taken from columns what they have of those before. Two do, unless these all but span them."""

FLOOR: Final = 2.0**-30
"""How much of an axis stays where a Gram matrix does not turn it, as a share of its largest number."""


def product(a: NDArray[Any], b: NDArray[Any]) -> Float64:
    """The matrix product of two matrices of finite numbers, to about six digits.

    Every row of ``a`` and column of ``b`` is rounded to ``BITS`` of its largest number.

    Raises:
        ValueError: sums of more than ``SUMMED_MAX`` products might not be exact.
    """
    _check(a)
    (whole_a, unit_a), (whole_b, unit_b) = _whole(a, 1), _whole(b, 0)
    return np.ldexp(whole_a @ whole_b, unit_a + unit_b)


def fine_product(a: NDArray[Any], b: NDArray[Any]) -> Float64:
    """The matrix product of two matrices of finite numbers, to about thirteen digits.

    Both factors are cut into two slices; only what the second ones have in common is left out.

    Raises:
        ValueError: as for ``product``.
    """
    _check(a)
    (high_a, unit_a), (high_b, unit_b) = _whole(a, 1), _whole(b, 0)
    low_a, fine_a = _whole(a - np.ldexp(high_a, unit_a), 1)
    low_b, fine_b = _whole(b - np.ldexp(high_b, unit_b), 0)
    low = np.ldexp(high_a @ low_b, unit_a + fine_b) + np.ldexp(low_a @ high_b, fine_a + unit_b)
    found: Float64 = np.ldexp(high_a @ high_b, unit_a + unit_b) + low
    return found


def _check(a: NDArray[Any]) -> None:
    if a.shape[1] > SUMMED_MAX:
        raise ValueError(f"{a.shape[1]} products are added: {SUMMED_MAX} at most are exact")


def _whole(a: NDArray[Any], axis: int) -> tuple[Float64, NDArray[np.integer]]:
    """The first slice: whole numbers, and for each vector along an axis the power of two that they count."""
    wide = a.astype(np.float64)
    _, exponent = np.frexp(abs(wide).max(axis=axis, keepdims=True, initial=0))
    unit = exponent - BITS
    return np.rint(np.ldexp(wide, -unit)), unit


def power_step(gram: NDArray[Any], basis: NDArray[Any]) -> Float64:
    """Turn an orthogonal basis towards the eigenvectors of a Gram matrix, that of the largest value first.

    Args:
        gram: of numbers that float32 can hold, or all zeros.
        basis: of the same shape.
    """
    floor = FLOOR * abs(gram).max() + np.finfo(np.float64).tiny
    return orthogonal(product(gram, basis) + floor * basis)


def orthogonal(a: NDArray[Any]) -> Float64:
    """The orthogonal factor of a square matrix: each of its columns less what those before have of it.

    Gram and Schmidt's way, some columns at a time. Where most of a column lies among those before, the rest
    is mostly rounding and not at right angles to them, so that the same is done once more. Of a column that
    lies among them to the last bit nothing may be left but zeros.
    """
    rows = a.T.astype(np.float64)
    for first in range(0, len(rows), PANEL):
        before, panel = rows[:first], rows[first : first + PANEL]
        for _ in range(PASSES_MAX):
            lengths = np.sqrt((panel * panel).sum(axis=1))
            panel -= fine_product(fine_product(panel, before.T), before)
            if (_spread(panel) > 0.5 * lengths).all():
                break
    return rows.T


def _spread(rows: Float64) -> Float64:
    """Make rows orthogonal and of unit length, in place; how long each was before it was made so long."""
    lengths = np.zeros(len(rows))
    for number, row in enumerate(rows):
        lengths[number] = np.sqrt((row * row).sum())
        row /= lengths[number] + np.finfo(np.float64).tiny
        rest = rows[number + 1 :]
        rest -= (rest * row).sum(axis=1, keepdims=True) * row
    return lengths
