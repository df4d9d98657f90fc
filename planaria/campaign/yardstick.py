"""The three yardsticks by which a trial is judged, side by side (``emulator.record.recovery``)."""

from enum import StrEnum
from typing import Final

from emulator.record.predicate import CLEAN, RECOGNISABLE, Predicate
from emulator.record.recovery import Outcome

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

    def describe(self, predicate: Predicate) -> str:
        """What has recovered by it, for people."""
        dwell = f"for {predicate.dwell_rounds} rounds, and at the end"
        if self is Yardstick.RELATIVE:
            return f"{100 * predicate.gone_fraction:g} % of the error that the faults added gone {dwell}"
        return f"E at most {CLEAN if self is Yardstick.CLEAN else RECOGNISABLE:g} {dwell}"
