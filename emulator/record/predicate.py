"""What counts as grown and as healed; all else about wounds is in ``emulator.record.recovery``."""

from dataclasses import dataclass
from typing import Final

from firmware.limits import Limits
from firmware.option import option

CLEAN: Final = 3.0
"""An organism with an E of at most this is clean: nobody sees a difference."""

RECOGNISABLE: Final = 10.0
"""One with an E of at most this is recognisable: one sees what it is, and that something is wrong."""


@dataclass(frozen=True)
class Predicate:
    """What counts as at rest, and as recovered.

    Attributes:
        gone_fraction: share of the wound's error that must be gone, above 0 and at most 1.
        dwell_rounds: for how many rounds it must stay gone.
        grown_error: an organism has grown when E was at most this in all of the dwell time.
        while_growing: wounds are meant to strike before that; they are then judged by the absolute
            yardsticks alone, and all trials count as wounded.
    """

    gone_fraction: float = option(
        0.95,
        "share of the wound's error that must go, for the relative yardstick",
        "F",
        Limits(0, 1, above=True),
    )
    dwell_rounds: int = option(25, "how long a recovery must last", "N", Limits(0, 1_000_000, whole=True))
    grown_error: float = option(
        RECOGNISABLE,
        "an organism has grown when E was at most this in all of the dwell time",
        "E",
        Limits(0, 1000),
        says="it must be 0 to 1000: an empty grid has 1000",
    )
    while_growing: bool = option(
        False, "wounds are meant to strike before an organism has grown, and are judged by E alone"
    )
