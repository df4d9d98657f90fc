"""Which wounds are practised: what heals seldom comes more often.

Some targets heal of a square at once and not of a half; in wide areas of one colour nothing but the cells'
own count tells where an edge belongs. How a rule heals of each kind decides how often the kind comes.
"""

from typing import Final

from trainer.damage import FAULTY_KINDS, KINDS
from trainer.recipe import shares

MEMORY: Final = 50
"""The running mean goes over about so many wounds of a kind."""

PRACTISED: Final = tuple(kind for kind in KINDS if kind not in FAULTY_KINDS)
"""Kinds whose cells restart; what faulty cells do may be beyond hope, and would push all else aside."""


class Practice:
    """Remembers how often each kind of wound did not heal.

    Args:
        evenness: added to that; the larger it is, the less what happened counts.
    """

    def __init__(self, evenness: float) -> None:
        self._evenness = evenness
        self.unhealed = dict.fromkeys(PRACTISED, 0.5)
        """Of ``PRACTISED``, the share that did not heal lately, 0..1."""

    def shares(self, usual: dict[str, float]) -> dict[str, float]:
        """How often each kind comes, all together 1; those of ``PRACTISED`` have in sum what is usual."""
        hard = {kind: usual[kind] * (self._evenness + self.unhealed[kind]) for kind in PRACTISED}
        total = sum(usual[kind] for kind in PRACTISED)
        return usual | {kind: total * share for kind, share in shares(hard).items()}

    def note(self, kind: str, healed: bool) -> None:
        """What became of a wound."""
        if kind in self.unhealed:
            self.unhealed[kind] += ((not healed) - self.unhealed[kind]) / MEMORY
