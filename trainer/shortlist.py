"""The best int8 rules of a training so far: the last one is often not among them."""

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from firmware.arithmetic import Rule
from firmware.budget import CHANNELS, PERCEPTION
from trainer.checkpoint import taken

KEPT: Final = 4
"""So many are kept, for a last judgement by somebody with a better world."""


class Candidate(NamedTuple):
    """A rule, the step after which it was taken, and its score (``Judgement.score``; less is better)."""

    step: int
    score: float
    rule: Rule


class Shortlist:
    """At most ``KEPT`` candidates, the best first; of equal ones the later first."""

    def __init__(self, candidates: list[Candidate] | None = None) -> None:
        self.candidates = candidates or []

    def add(self, candidate: Candidate) -> None:
        """Take it in if it is good enough, and no other one of the same rule is there."""
        if any(_same(candidate.rule, other.rule) for other in self.candidates):
            return
        self.candidates = sorted([*self.candidates, candidate], key=lambda c: (c.score, -c.step))[:KEPT]

    def tensors(self) -> dict[str, NDArray[Any]]:
        """The rules, for a checkpoint."""
        return {
            f"candidate.{number}.{name}": getattr(candidate.rule, name)
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
    def taken(cls, tensors: dict[str, NDArray[Any]], facts: list[dict[str, Any]], hidden: int) -> "Shortlist":
        """What ``tensors`` and ``facts`` gave; its tensors are taken out of those of a checkpoint.

        Raises:
            ValueError: one is missing, or is no weights of so many hidden units.
        """
        candidates = []
        for number, fact in enumerate(facts):
            w1, b1, w2 = (
                taken(tensors, f"candidate.{number}.{name}", np.int32, shape, -(1 << bits), (1 << bits) - 1)
                for name, shape, bits in (
                    ("w1", (hidden, PERCEPTION), 7),
                    ("b1", (hidden,), 15),
                    ("w2", (hidden, CHANNELS), 7),
                )
            )
            rule = Rule(w1, b1, w2, fact["shift1"], fact["shift2"])
            candidates.append(Candidate(fact["step"], float(fact["score"]), rule))
        return cls(candidates)


def _same(one: Rule, other: Rule) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ("w1", "b1", "w2"))
