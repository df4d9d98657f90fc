"""The first failure of a program in a run: what one needs to see it again."""

from dataclasses import dataclass

from firmware.program import Failure


@dataclass(frozen=True)
class Crash:
    """How a program failed by itself, with no flipped bit in its ROM or in the middle of an update.

    Attributes:
        time_us: when.
        cell: which cell.
        failure: as what.
        text: why; of a program in Python with file and line.
    """

    time_us: int
    cell: int
    failure: Failure
    text: str
