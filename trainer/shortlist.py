"""The best int8 rules of a training so far: the last one is often not among them."""

from typing import Any, Final, NamedTuple

import numpy as np
import torch
from torch import Tensor

from firmware.arithmetic import Rule

KEPT: Final = 4
"""So many are kept, for a last judgement by somebody with a better world."""


class Candidate(NamedTuple):
    """A rule, the step after which it was taken, and its score (``evaluate.score``; less is better)."""

    step: int
    score: float
    rule: Rule


class Shortlist:
    """At most ``KEPT`` candidates, the best first; of equal ones the later first."""

    def __init__(self, candidates: list[Candidate] | None = None) -> None:
        self.candidates = candidates or []

    def add(self, candidate: Candidate) -> None:
        """Take it in if it is good enough."""
        self.candidates = sorted([*self.candidates, candidate], key=lambda c: (c.score, -c.step))[:KEPT]

    def tensors(self) -> dict[str, Tensor]:
        """The rules, for a checkpoint."""
        return {
            f"candidate.{number}.{name}": torch.from_numpy(getattr(candidate.rule, name))
            for number, candidate in enumerate(self.candidates)
            for name in ("w1", "b1", "w2")
        }

    def facts(self) -> list[dict[str, Any]]:
        """The rest of it, for a checkpoint, as JSON."""
        return [
            {"step": c.step, "score": c.score, "shift1": c.rule.shift1, "shift2": c.rule.shift2}
            for c in self.candidates
        ]

    @classmethod
    def restored(cls, tensors: dict[str, Tensor], facts: list[dict[str, Any]]) -> "Shortlist":
        """What ``tensors`` and ``facts`` gave."""
        candidates = []
        for number, fact in enumerate(facts):
            w1, b1, w2 = (
                tensors[f"candidate.{number}.{name}"].numpy().astype(np.int32) for name in ("w1", "b1", "w2")
            )
            rule = Rule(w1, b1, w2, fact["shift1"], fact["shift2"])
            candidates.append(Candidate(int(fact["step"]), float(fact["score"]), rule))
        return cls(candidates)
