"""The update rule in integers: perception, two layers, alive mask. SPEC.md, "Arithmetic".

Every function takes any number of leading axes, so that one definition serves a single cell, a
batch in a test, and the comparison with the trainer. Values are int8 at the borders and int32 in
between; nothing is ever a float.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from firmware.budget import ALIVE_MIN, ALPHA
from firmware.ports import SOBEL_X, SOBEL_Y

GRADIENT_SHIFT = 2
"""A Sobel sum is divided by 4 before it becomes an int8 input."""

HIDDEN_LIMIT = 127
"""A hidden unit is clamped to 0..127."""

Int8 = NDArray[np.int8]
Int32 = NDArray[np.int32]


class Rule(NamedTuple):
    """Weights of an update rule 48 -> H -> 16, widened to int32 for computing.

    Shapes: ``w1`` [H, 48], ``b1`` [H], ``w2`` [H, 16]. ``shift1`` and ``shift2`` are the right
    shifts that bring the accumulators of the two layers back to units of 1/64.
    """

    w1: Int32
    b1: Int32
    w2: Int32
    shift1: int
    shift2: int


def round_shift(value: Int32, shift: int) -> Int32:
    """``value / 2**shift``, rounded to nearest, halves up. ``shift`` >= 1."""
    return (value + (1 << (shift - 1))) >> shift


def saturate8(value: Int32) -> Int8:
    """Clamp to -128..127 and narrow to int8."""
    narrow: Int8 = np.clip(value, -128, 127).astype(np.int8)
    return narrow


def wrap16(value: Int32) -> Int32:
    """The value that a 16-bit accumulator holds: modulo 2**16, as a signed number."""
    return ((value + 32768) & 65535) - 32768


def perceive(own: Int8, inbox: Int8) -> Int8:
    """What a cell sees: own state, horizontal and vertical Sobel gradient.

    Args:
        own: int8[..., 16], the cell's state.
        inbox: int8[..., 8, 16], the newest state of each neighbour, by port.

    Returns:
        int8[..., 48].
    """
    wide = inbox.astype(np.int32)
    gradient_x = saturate8(round_shift(SOBEL_X @ wide, GRADIENT_SHIFT))
    gradient_y = saturate8(round_shift(SOBEL_Y @ wide, GRADIENT_SHIFT))
    return np.concatenate((own, gradient_x, gradient_y), axis=-1)


def alive(alpha: NDArray[np.int8], inbox: Int8) -> NDArray[np.bool_]:
    """Whether a cell or one of its neighbours is mature (alpha >= 7). Returns bool[...]."""
    mature: NDArray[np.bool_] = np.maximum(alpha, inbox[..., ALPHA].max(axis=-1)) >= ALIVE_MIN
    return mature


def apply(rule: Rule, perception: Int8) -> Int32:
    """The two layers: int8[..., 48] -> the change of state, int32[..., 16], units of 1/64.

    The output accumulator is 16 bits wide and wraps; the sum does not depend on the order.
    """
    sum1 = perception.astype(np.int32) @ rule.w1.T + rule.b1
    hidden = np.clip(round_shift(sum1, rule.shift1), 0, HIDDEN_LIMIT)
    sum2: Int32 = wrap16(hidden @ rule.w2)
    return round_shift(sum2, rule.shift2)


def update(rule: Rule, own: Int8, inbox: Int8) -> Int8:
    """One update of a cell, from what it holds: the state that it has afterwards.

    A cell whose neighbourhood is dead before the update, or is dead after it as far as the cell
    can know (its own new alpha, its neighbours' last messages), becomes blank.

    Args:
        rule: the genome's weights.
        own: int8[..., 16].
        inbox: int8[..., 8, 16].

    Returns:
        int8[..., 16], a new array.
    """
    before = alive(own[..., ALPHA], inbox)
    if not np.any(before):
        return np.zeros_like(own)
    new = saturate8(own + apply(rule, perceive(own, inbox)))
    survives = before & alive(new[..., ALPHA], inbox)
    blank: Any = np.int8(0)
    return np.where(survives[..., np.newaxis], new, blank)
