"""What computes rollouts: torch, to be read and for GPUs, or compiled code; equal to the bit in int8."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from trainer.rule import Float32, Gradient, Weights
from trainer.wakes import Sets

Grade = Callable[["Sample", Float32], Float32 | None]
"""Takes a sample and its states at the end of the rollout, float32[rows, cols, 16], and returns the loss's
gradient with respect to them, or None if nothing is to be learned from it."""


class Babble(NamedTuple):
    """Cells that say something else than what they are, whenever they wake in the first steps of a rollout.

    Attributes:
        cells: bool[rows, cols], which n cells these are.
        said: float32[steps, n, 16] in units of 1/64, whole; what they say, in the order of their rows.
    """

    cells: NDArray[np.bool_]
    said: Float32


class Sample(NamedTuple):
    """An organism and what happens to it in a rollout.

    Attributes:
        states: float32[rows, cols, 16] in units of 1/64.
        heard: whether all cells have just heard their neighbours' states; else power has just come on.
        hole: bool[rows, cols], cells that restart at the beginning.
        fire: which cells wake in each step, uint64[steps, words].
        lost: what is lost in each step, uint64[steps, 8, words], or None.
        quantised: whether it rounds as the firmware does.
        babble: cells that babble, or None if none does.
        whole: what it was when it was whole, int8[rows, cols, 16], or None if it never was. Only the grade
            asks for it.
    """

    states: Float32
    heard: bool
    hole: NDArray[np.bool_]
    fire: Sets
    lost: Sets | None
    quantised: bool
    babble: Babble | None = None
    whole: NDArray[np.int8] | None = None


class World(ABC):
    """Organisms that live by one quantised rule."""

    @property
    @abstractmethod
    def states(self) -> Float32:
        """What all cells are, float32[n, rows, cols, 16] in units of 1/64, a copy."""

    @abstractmethod
    def live(self, fire: Sets, lost: Sets | None) -> None:
        """Live for some steps: uint64[steps, n, words] and uint64[steps, n, 8, words], as in ``Sample``."""

    @abstractmethod
    def restart(self, hole: NDArray[np.bool_]) -> None:
        """Cells restart: bool[n, rows, cols]."""


class Backend(ABC):
    """Computes rollouts of grids of one size.

    Attributes:
        name: what computes, for people and for the facts of a genome.
    """

    name: str

    @abstractmethod
    def learn(
        self, weights: tuple[Weights, Weights], samples: Sequence[Sample], grade: Grade, penalty: float
    ) -> tuple[list[Float32], Gradient]:
        """Roll samples out, and back.

        Args:
            weights: the rule in float, and quantised.
            samples: of a batch.
            grade: asked at the end of each rollout, of several at once.
            penalty: gradient of each unit by which an output accumulator is beyond its limit.

        Returns:
            The states at the ends, and the sum of the gradients, in the order of the samples.
        """

    @abstractmethod
    def world(self, weights: Weights, states: Float32) -> World:
        """Organisms of a quantised rule when power comes on, float32[n, rows, cols, 16] in units of 1/64."""
