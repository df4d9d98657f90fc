"""The trained parameters, and the weights in firmware units that they stand for."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor

from firmware import arithmetic
from firmware.budget import CHANNELS, PERCEPTION
from trainer.rollout import Weights

STATE_BITS = 6
"""The state counts in units of 2**-6."""

SHIFT1 = 6
"""First-layer weights are int8 in units of 2**-6: they reach +-2."""

SHIFT2 = 8
"""Second-layer weights are int8 in units of 2**-8: they reach +-0.5."""

_BIAS_BITS = STATE_BITS + SHIFT1

LIMITS: Final = {
    name: (-(1 << bits) / unit, ((1 << bits) - 1) / unit)
    for name, bits, unit in (
        ("w1", 7, 1 << SHIFT1),
        ("b1", 15, 1 << _BIAS_BITS),
        ("w2", 7, 1 << SHIFT2),
    )
}
"""Least and largest parameter that its integer can follow."""


@dataclass
class Parameters:
    """Float parameters in natural units (1.0 = 1.0): w1 [H, 48], b1 [H], w2 [H, 16]."""

    w1: Tensor
    b1: Tensor
    w2: Tensor

    @classmethod
    def initial(cls, hidden: int, generator: torch.Generator, device: torch.device) -> "Parameters":
        """First layer uniform within 1/sqrt(48), second layer zero: the rule starts as "do nothing"."""
        bound = PERCEPTION**-0.5
        uniform = torch.rand(hidden, PERCEPTION, generator=generator, device=device)
        return cls(
            w1=(uniform * 2 - 1) * bound,
            b1=torch.zeros(hidden, device=device),
            w2=torch.zeros(hidden, CHANNELS, device=device),
        )

    @classmethod
    def of(cls, rule: arithmetic.Rule, device: torch.device) -> "Parameters":
        """The parameters that an integer rule stands for, where this trainer's units reach so far."""
        units = (1 << rule.shift1, 1 << (STATE_BITS + rule.shift1), 1 << rule.shift2)
        w1, b1, w2 = (
            torch.from_numpy(weights / unit).float().to(device)
            for weights, unit in zip(rule[:3], units, strict=True)
        )
        parameters = cls(w1, b1, w2)
        parameters.clamp()
        return parameters

    def tensors(self) -> dict[str, Tensor]:
        """The three tensors by name."""
        return {"w1": self.w1, "b1": self.b1, "w2": self.w2}

    def requires_grad(self) -> "Parameters":
        """Mark them as what the optimiser moves."""
        for tensor in self.tensors().values():
            tensor.requires_grad_()
        return self

    @torch.no_grad()
    def clamp(self) -> None:
        """Keep every parameter where its integer can follow."""
        for name, tensor in self.tensors().items():
            tensor.clamp_(*LIMITS[name])

    def weights(self, quantised: bool) -> Weights:
        """The weights in firmware units; quantised ones are whole, and pass gradients straight through."""
        scaled = (self.w1 * (1 << SHIFT1), self.b1 * (1 << _BIAS_BITS), self.w2 * (1 << SHIFT2))
        if quantised:
            scaled = (_whole(scaled[0]), _whole(scaled[1]), _whole(scaled[2]))
        return Weights(*scaled, shift1=SHIFT1, shift2=SHIFT2)

    def rule(self) -> arithmetic.Rule:
        """The quantised weights as the firmware's integers."""
        weights = self.weights(quantised=True)
        w1, b1, w2 = (t.detach().cpu().numpy().astype(np.int32) for t in weights[:3])
        return arithmetic.Rule(w1, b1, w2, SHIFT1, SHIFT2)


def _whole(value: Tensor) -> Tensor:
    """Round half up; the gradient is that of the identity."""
    return value + ((value + 0.5).floor() - value).detach()
