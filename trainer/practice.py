"""Which wounds are practised: what heals seldom comes more often.

Some targets heal of a square at once, and of a half seldom. How well a rule heals of each kind decides how
often the kind comes. *Healed* is here what it is in ``recipe.toml``: an error of at most ``unhealed``.
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
        evenness: added to each such share; the larger it is, the more evenly the kinds come.
    """

    def __init__(self, evenness: float) -> None:
        self._evenness = evenness
        self.failed = dict.fromkeys(PRACTISED, 0.5)
        """Of ``PRACTISED``, the share that did not heal lately, 0..1."""

    def shares(self, usual: dict[str, float]) -> dict[str, float]:
        """How often each kind of ``KINDS`` comes, all together 1.

        Args:
            usual: the same of a recipe; those of ``PRACTISED`` together keep what they have there.
        """
        hard = {kind: usual[kind] * (self._evenness + self.failed[kind]) for kind in PRACTISED}
        total = sum(usual[kind] for kind in PRACTISED)
        return usual | {kind: total * share for kind, share in shares(hard).items()}

    def note(self, kind: str, healed: bool) -> None:
        """What became of a wound; those that are not of ``PRACTISED`` do not count."""
        if kind in self.failed:
            self.failed[kind] += ((not healed) - self.failed[kind]) / MEMORY
