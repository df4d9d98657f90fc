"""From gradients to steps: SOAP, Muon and Adam, on a rule's three tensors, alike on every machine.

A rule has 8,320 parameters and a step takes tens of milliseconds: a second-order optimiser costs little.
"""

from abc import ABC, abstractmethod
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from trainer.products import power_step, product
from trainer.rule import Float32

EPSILON: Final = np.float32(1e-8)


class Optimiser(ABC):
    """The direction of a parameter tensor's next step.

    Attributes:
        state: what it remembers, by name, as arrays that change in place.
    """

    def __init__(self) -> None:
        self.state: dict[str, Float32] = {}

    @abstractmethod
    def direction(self, gradient: Float32, step: int) -> Float32:
        """The step to take away from the parameters, times the learning rate.

        Args:
            gradient: of unit length, or less.
            step: how many came before.
        """


class Adam(Optimiser):
    """Kingma and Ba 2014, arXiv 1412.6980."""

    MEAN, SQUARE = 0.9, 0.999

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.state = {name: np.zeros(shape, np.float32) for name in ("mean", "square")}

    def direction(self, gradient: Float32, step: int) -> Float32:
        _mix(self.state["mean"], gradient, self.MEAN)
        _mix(self.state["square"], gradient * gradient, self.SQUARE)
        return self._scaled(self.state["mean"], step)

    def _scaled(self, mean: NDArray[Any], step: int) -> Float32:
        known, known_square = (np.float32(1 - beta ** (step + 1)) for beta in (self.MEAN, self.SQUARE))
        found: Float32 = mean / known / (np.sqrt(self.state["square"] / known_square) + EPSILON)
        return found


class Soap(Adam):
    """Adam in the eigenbasis of the two Gram matrices of a matrix (Vyas et al. 2024, arXiv 2409.11321)."""

    GRAM: Final = 0.95
    EVERY_STEPS: Final = 10
    """So often the basis follows the Gram matrices, by one power iteration."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__(shape)
        for side, size in zip(("left", "right"), shape, strict=True):
            self.state[side] = np.zeros((size, size), np.float32)
            self.state[f"{side}_basis"] = np.eye(size, dtype=np.float32)

    def direction(self, gradient: Float32, step: int) -> Float32:
        state = self.state
        _mix(state["left"], product(gradient, gradient.T), self.GRAM if step else 0)
        _mix(state["right"], product(gradient.T, gradient), self.GRAM if step else 0)
        _mix(state["mean"], gradient, self.MEAN)
        left, right = state["left_basis"], state["right_basis"]
        turned = product(product(left.T, gradient), right)
        _mix(state["square"], turned * turned, self.SQUARE)
        mean = product(product(left.T, state["mean"]), right)
        found = product(product(left, self._scaled(mean, step)), right.T).astype(np.float32)
        if step % self.EVERY_STEPS == 0:
            for side in ("left", "right"):
                state[f"{side}_basis"][...] = power_step(state[side], state[f"{side}_basis"])
        return found


class Muon(Optimiser):
    """Nearly the orthogonal factor of the mean gradient, by five Newton-Schulz steps (Jordan et al. 2024)."""

    MEAN: Final = 0.95
    LENGTH: Final = 3.0
    """A step's singular values, about, which takes Adam's learning rates."""

    STEPS: Final = 5
    FACTORS: Final = 3.4445, -4.7750, 2.0315
    """Of x, x**3 and x**5: what brings singular values from 0.005 to 1 to between 0.6 and 1.3."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.state = {"mean": np.zeros(shape, np.float32)}

    def direction(self, gradient: Float32, step: int) -> Float32:
        mean = self.state["mean"]
        _mix(mean, gradient, self.MEAN)
        ahead = gradient * np.float32(1 - self.MEAN) + mean * np.float32(self.MEAN)
        x = ahead / (np.sqrt((ahead * ahead).sum()) + EPSILON)
        first, third, fifth = self.FACTORS
        for _ in range(self.STEPS):
            gram = product(x.T, x)
            x = first * x + product(x, third * gram + fifth * product(gram, gram))
        found: Float32 = (self.LENGTH * x).astype(np.float32)
        return found


OPTIMISERS: Final[dict[str, type[Soap] | type[Muon] | type[Adam]]] = {
    "soap": Soap,
    "muon": Muon,
    "adam": Adam,
}
"""For matrices; a vector has Adam."""


def make_optimiser(name: str, shape: tuple[int, ...]) -> Optimiser:
    """An optimiser for a tensor of this shape."""
    kind = OPTIMISERS[name] if len(shape) > 1 else Adam
    return kind(shape)


def _mix(mean: Float32, new: NDArray[Any], keep: float) -> None:
    mean += np.float32(1 - keep) * (new - mean)
