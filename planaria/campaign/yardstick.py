"""The three yardsticks by which a trial is judged, side by side (``emulator.record.recovery``)."""

from enum import StrEnum
from typing import Final

from emulator.record.predicate import Predicate
from emulator.record.recovery import BY_DISTANCE, BY_ERROR, Outcome

APART: Final = (Outcome.UNHARMED, Outcome.NOT_GROWN)
"""What is no wound: such trials are counted apart, and are in no denominator."""


class Yardstick(StrEnum):
    """The yardsticks, from strict to lax."""

    CLEAN = "clean"
    """E at most 3: nobody sees a difference."""

    RECOGNISABLE = "recognisable"
    """E at most 10."""

    RELATIVE = "relative"
    """Nearly all of what the faults added to E is gone."""

    def describe(self, predicate: Predicate, program: bool = False) -> str:
        """What has recovered by it, for people; ``program`` if it is the distance of one that is judged."""
        dwell = f"for {predicate.dwell_rounds} rounds, and at the end"
        if self is Yardstick.RELATIVE:
            error = "distance" if program else "error"
            return f"{100 * predicate.gone_fraction:g} % of the {error} that the faults added gone {dwell}"
        return f"{self._limit(program)} {dwell}"

    def heading(self, program: bool) -> str:
        """The yardstick's name with its limit, to stand above a plot."""
        return str(self) if self is Yardstick.RELATIVE else f"{self}: {self._limit(program)}"

    def _limit(self, program: bool) -> str:
        what, limits = ("distance", BY_DISTANCE) if program else ("E", BY_ERROR)
        return f"{what} at most {limits.clean if self is Yardstick.CLEAN else limits.recognisable:g}"
