"""Explosions: now and then a rule fills its grid. A few do no harm; when they come often, it goes back."""

from typing import Final

from trainer.rule import Parameters

WINDOW_STEPS: Final = 20
EXPLODED_MAX: Final = 6
"""So many steps of the last ``WINDOW_STEPS`` may have exploded."""

KEEP_EVERY_STEPS: Final = 300
KEPT_MIN: Final = 2

SLOWER: Final = 0.7
"""Of the learning rate after each return."""


class Watchdog:
    """Keeps two sound rules of the past, and returns to the older one.

    Attributes:
        older, newer: running means of parameters, taken when nothing had exploded for a while.
        recent: whether each of the last steps has exploded, the last one last.
        kept: how many rules have been kept so far; before there are two, there is nothing to go back to.
        scale: of the learning rate.
        returns: how often training went back.
    """

    def __init__(self, parameters: Parameters) -> None:
        self.older, self.newer = parameters.copy(), parameters.copy()
        self.recent: list[bool] = []
        self.kept = 0
        self.scale = 1.0
        self.returns = 0

    def watch(self, step: int, exploded: bool, average: Parameters) -> Parameters | None:
        """Look at a step that was made.

        Args:
            step: its number.
            exploded: whether at least half of its samples did.
            average: running mean of the parameters.

        Returns:
            What to go back to, or None.
        """
        self.recent = [*self.recent[1 - WINDOW_STEPS :], exploded]
        if sum(self.recent) >= EXPLODED_MAX and self.kept >= KEPT_MIN:
            self.newer = self.older
            self.recent, self.returns = [], self.returns + 1
            self.scale *= SLOWER
            return self.older.copy()
        if step % KEEP_EVERY_STEPS == 0 and not any(self.recent):
            self.older, self.newer, self.kept = self.newer, average.copy(), self.kept + 1
        return None
