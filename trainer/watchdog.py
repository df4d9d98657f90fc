"""Explosions: now and then a rule fills its grid. A few do no harm; when they come often, it goes back."""

from typing import Final

from trainer.rule import Parameters

WINDOW_STEPS: Final = 20
EXPLODED_MAX: Final = 6
"""If so many steps of the last ``WINDOW_STEPS`` have exploded, training goes back to a sound rule. As long as
there is none it begins again, if all samples of all of them have: then nothing teaches any more."""

EXPLODED_SHARE: Final = 0.5
"""Of its samples, from which on a step has exploded."""

SCORE_MAX: Final = 1.06
"""From this score on (``Judgement.score``) a rule is not sound: E is 400, of nothing 1,000."""

SLOWER: Final = 0.7
"""Of the learning rate after each return."""


class Watchdog:
    """Keeps the best sound rule that was judged, or else the first one, and returns to it.

    What goes wrong does so for a thousand steps before it explodes: that nothing has exploded as yet does not
    make a rule one to go back to.

    Attributes:
        best: parameters of the rule.
        score: of it, less is better; ``SCORE_MAX`` if it is the first one.
        recent: whether each of the last steps has exploded, the last one last.
        scale: of the learning rate.
        returns: how often training went back.
    """

    def __init__(self, parameters: Parameters) -> None:
        self.best, self.score = parameters.copy(), SCORE_MAX
        self.recent: list[bool] = []
        self.scale = 1.0
        self.returns = 0

    def keep(self, score: float, parameters: Parameters) -> None:
        """Keep a rule that was judged, if it is the best so far.

        Args:
            score: of the rule.
            parameters: of which it was made.
        """
        if score < self.score:
            self.best, self.score = parameters.copy(), score

    def watch(self, exploded: float) -> Parameters | None:
        """Look at a step that was made.

        Args:
            exploded: the share of its samples that did, 0..1.

        Returns:
            What to go back to, or None.
        """
        share, steps = (EXPLODED_SHARE, EXPLODED_MAX) if self.score < SCORE_MAX else (1, WINDOW_STEPS)
        self.recent = [*self.recent[1 - WINDOW_STEPS :], exploded >= share]
        if sum(self.recent) < steps:
            return None
        self.recent, self.returns = [], self.returns + 1
        self.scale *= SLOWER
        return self.best.copy()
