"""The trained parameters, and the weights in firmware units that they stand for."""

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from firmware import arithmetic
from firmware.budget import CHANNELS, PERCEPTION

STATE_BITS: Final = 6
"""The state counts in units of 2**-6."""

SHIFT1: Final = 6
"""First-layer weights are int8 in units of 2**-6: they reach +-2."""

SHIFT2: Final = 8
"""Second-layer weights are int8 in units of 2**-8: they reach +-0.5."""

BITS: Final = {"w1": (7, SHIFT1), "b1": (15, STATE_BITS + SHIFT1), "w2": (7, SHIFT2)}
"""Of each tensor: its integers are -(1 << n) to (1 << n) - 1, and count in units of 2**-m."""

LIMITS: Final = {name: (-(1 << n) / 2**m, ((1 << n) - 1) / 2**m) for name, (n, m) in BITS.items()}
"""Least and largest parameter that its integer can follow."""

Float32 = NDArray[np.float32]


class Weights(NamedTuple):
    """A rule in firmware units: w1 [H, 48], b1 [H], w2 [H, 16] float32, and the two shifts.

    The tensors are NumPy's, or torch's where that computes.
    """

    w1: Any
    b1: Any
    w2: Any
    shift1: int
    shift2: int

    @classmethod
    def of(cls, rule: arithmetic.Rule) -> "Weights":
        """The weights of an integer rule, as NumPy's."""
        w1, b1, w2 = (weights.astype(np.float32) for weights in rule[:3])
        return cls(w1, b1, w2, rule.shift1, rule.shift2)


@dataclass
class Parameters:
    """Float parameters in natural units (1.0 = 1.0), float32: w1 [H, 48], b1 [H], w2 [H, 16]."""

    w1: Float32
    b1: Float32
    w2: Float32

    @classmethod
    def initial(cls, hidden: int, draws: np.random.Generator) -> "Parameters":
        """First layer uniform within 1/sqrt(48), second layer zero: the rule starts as "do nothing"."""
        bound = PERCEPTION**-0.5
        w1 = draws.uniform(-bound, bound, (hidden, PERCEPTION)).astype(np.float32)
        return cls(w1, np.zeros(hidden, np.float32), np.zeros((hidden, CHANNELS), np.float32))

    @classmethod
    def of(cls, rule: arithmetic.Rule) -> "Parameters":
        """The parameters that an integer rule stands for, where this trainer's units reach so far."""
        units = (1 << rule.shift1, 1 << (STATE_BITS + rule.shift1), 1 << rule.shift2)
        parameters = cls(*((w / unit).astype(np.float32) for w, unit in zip(rule[:3], units, strict=True)))
        parameters.clamp()
        return parameters

    def copy(self) -> "Parameters":
        """The same numbers in arrays of their own."""
        return Parameters(*(tensor.copy() for tensor in self.tensors().values()))

    def tensors(self) -> dict[str, Float32]:
        """The three tensors by name."""
        return {"w1": self.w1, "b1": self.b1, "w2": self.w2}

    def clamp(self) -> None:
        """Keep every parameter where its integer can follow."""
        for name, tensor in self.tensors().items():
            tensor.clip(*LIMITS[name], out=tensor)

    def approach(self, other: "Parameters", share: float) -> None:
        """Go a share of the way to others."""
        for name, tensor in self.tensors().items():
            tensor += np.float32(share) * (other.tensors()[name] - tensor)

    def weights(self, quantised: bool) -> Weights:
        """The weights in firmware units; quantised ones are whole."""
        scaled = (tensor * np.float32(1 << BITS[name][1]) for name, tensor in self.tensors().items())
        w1, b1, w2 = (np.floor(w + np.float32(0.5)) if quantised else w for w in scaled)
        return Weights(w1, b1, w2, SHIFT1, SHIFT2)

    def rule(self) -> arithmetic.Rule:
        """The quantised weights as the firmware's integers."""
        w1, b1, w2 = (w.astype(np.int32) for w in self.weights(quantised=True)[:3])
        return arithmetic.Rule(w1, b1, w2, SHIFT1, SHIFT2)


class Gradient(NamedTuple):
    """Of a loss with respect to weights in firmware units: float32, of the shapes of ``Parameters``."""

    w1: Float32
    b1: Float32
    w2: Float32

    def natural(self) -> dict[str, NDArray[np.float64]]:
        """With respect to the parameters, by name; rounding passes it through."""
        return {name: g * np.float64(1 << BITS[name][1]) for name, g in self._asdict().items()}
