"""When a wound has healed: stated predicates over the error curve, and how long that took.

The legitimate states of self-stabilisation (Dijkstra 1974) are here those whose pattern error E is small,
by three yardsticks side by side: *clean* (E at most 3), *recognisable* (E at most 10), and *relative*: at
least ``gone_fraction`` of what the wound added is gone. A wound has *recovered* at the first sample after
the end of the fault from which E stays there for ``dwell_rounds``, if it is still there at the horizon. If
that does not happen before the next wound or the end of the run, the time is right-censored: "not
recovered by the horizon" is a result, not a missing value.

Only an organism that has grown can be wounded: what strikes before is *not grown*, whatever comes after.
"""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final, NamedTuple

from emulator.record.predicate import CLEAN, RECOGNISABLE
from firmware.picture import Displacement


class Outcome(StrEnum):
    """What became of a wound, by one yardstick."""

    RECOVERED = "recovered"
    NOT_RECOVERED = "not_recovered"
    """Right-censored: not recovered by the horizon."""

    DISPLACED = "displaced"
    """Not recovered in its place, but a few cells beside it: a competing outcome, not censoring."""

    RELAPSED = "relapsed"
    """Recovered, and lost again by the horizon: likewise."""

    EXPLODED = "exploded"
    """Not recovered, and at the horizon more cells were mature than twice the pattern's: likewise."""

    EXTINCT = "extinct"
    """Not recovered, and at the horizon no cell was mature: likewise."""

    UNHARMED = "unharmed"
    """The fault did not raise the error, nor did it rise later: there is nothing to recover from."""

    NOT_GROWN = "not_grown"
    """The fault struck an organism that was not at rest, so that it cannot be said what it did."""


class Yardsticks(NamedTuple):
    """The distances at or below which a world is clean, and recognisable; E's own by default."""

    clean: float = CLEAN
    recognisable: float = RECOGNISABLE


BY_ERROR: Final = Yardsticks()
"""The yardsticks of a picture's error E."""

BY_DISTANCE: Final = Yardsticks(clean=0.0)
"""Those of a program's distance: what it calls legitimate has no noise."""


class Sight(NamedTuple):
    """What is seen of a world at once: how far it is from its goal, and how many of its cells are mature."""

    error: float
    mature: int


class Sample(NamedTuple):
    """The grid at a round boundary.

    Attributes:
        time_us: when.
        error: E of the whole grid.
        updates: cell updates since the start of the run.
        async_rounds: asynchronous rounds since the start of the run.
        mature: number of mature cells.
        messages: frames put on links since the start of the run.
    """

    time_us: int
    error: float
    updates: int
    async_rounds: int
    mature: int
    messages: int


@dataclass(frozen=True)
class Wound:
    """What a fault did to the world.

    Attributes:
        name: the fault's text.
        start_us: when it began.
        end: the grid just after it ended; None while it lasts.
        error_before: E just before it began.
        error_after: the largest E just after it began and just after it ended.
        destroys: whether it took state from cells, so that it is judged by itself.
        stood: where the organism stood just before it began, if it destroys.
    """

    name: str
    start_us: int
    end: Sample | None
    error_before: float
    error_after: float
    destroys: bool = True
    stood: Displacement | None = None


@dataclass(frozen=True)
class Away:
    """The pattern had been away from its place, E above ``RECOGNISABLE``, for the dwell time.

    Attributes:
        time_us: when that was so.
        error: E then.
        stood: where the organism stood then.
    """

    time_us: int
    error: float
    stood: Displacement


@dataclass(frozen=True)
class Judgement:
    """What became of a wound by one yardstick.

    Times count from the end of the fault and are None unless recovered.

    Attributes:
        outcome: what became of it.
        error_limit: E at or below which it counts as healed.
        time_ms: of simulated time until it was healed.
        rounds: the same in mean intervals.
        async_rounds: asynchronous rounds, in which every running cell updates at least once, that were
            over meanwhile.
        updates: of cells, meanwhile.
        back_at_rounds: where E is within the limit at the horizon, but has not been for the dwell time:
            since when, in rounds since the start of the run.
    """

    outcome: Outcome
    error_limit: float
    time_ms: float | None = None
    rounds: float | None = None
    async_rounds: int | None = None
    updates: int | None = None
    back_at_rounds: float | None = None

    @property
    def recovered(self) -> bool:
        """Whether the outcome is ``recovered``."""
        return self.outcome is Outcome.RECOVERED


@dataclass(frozen=True)
class Recovery(Judgement):
    """The result for one wound, or for all faults of a run together.

    Its own outcome and times are those of the relative yardstick; ``clean`` and ``recognisable`` are the
    absolute ones.

    Attributes:
        wound: the fault's text.
        error_before: the largest E in the dwell time before it, which is the organism's noise at rest.
        error_after: the largest E until it was over.
        error_end: E at the last sample that counts for it.
        stood: where the organism stood then.
        end_rounds: when the fault ended, None if it had not by the horizon; a kill for ever ends when it
            strikes.
        observed_rounds: how long the wound was watched, which is where a time is censored.
        clean: by E at most ``CLEAN``.
        recognisable: by E at most ``RECOGNISABLE``.
    """

    wound: str = ""
    error_before: float = 0.0
    error_after: float = 0.0
    error_end: float = 0.0
    stood: Displacement | None = None
    end_rounds: float | None = None
    observed_rounds: float = 0.0
    clean: Judgement = Judgement(Outcome.NOT_RECOVERED, CLEAN)
    recognisable: Judgement = Judgement(Outcome.NOT_RECOVERED, RECOGNISABLE)

    def as_dict(self) -> dict[str, Any]:
        """All fields, ready for JSON."""
        stood = self.stood._asdict() if self.stood else None
        return asdict(self) | {"recovered": self.recovered, "stood": stood}
