"""Gradients of unit length, and shorter ones where a gradient is longer than usual.

A rollout that is near to explode has a gradient some hundred times as long as others, and what it says is
noise. Were each step as long as any other, such a batch would throw a rule back; so it moves the rule by as
much less as its gradient is longer.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from trainer.rule import Float32

WINDOW_STEPS: Final = 50
"""Whose gradients say what is usual, by their median: it follows when all become longer."""

LONGEST: Final = 2.0
"""Times the usual length, of a gradient that makes a whole step."""

NORM_MIN: Final = 1e-8
"""Added to a length, which may be 0."""


class Usual:
    """How long a tensor's gradients were lately.

    Attributes:
        norms: of the last steps, the last one last.
    """

    def __init__(self) -> None:
        self.norms: list[float] = []

    def shortened(self, gradient: NDArray[np.float64], norm: float) -> Float32:
        """A gradient at unit length, or less: the less, the more it is beyond the longest that is usual.

        Args:
            gradient: of finite numbers.
            norm: its length (``norm_of``), which is finite, too.

        Returns:
            float32 of its shape.
        """
        self.norms = [*self.norms[1 - WINDOW_STEPS :], norm]
        longest = LONGEST * float(np.median(self.norms))
        share = longest / norm if 0 < longest < norm else 1.0
        found: Float32 = (gradient * (share / (norm + NORM_MIN))).astype(np.float32)
        return found


def norm_of(gradient: NDArray[np.float64]) -> float:
    """Root of the sum of squares; without BLAS, whose sums are not the same everywhere."""
    return math.sqrt((gradient * gradient).sum())
