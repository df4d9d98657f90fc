"""Faults: what happens, where, when, for how long; as text for the command line and as data."""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

import numpy as np

from emulator.region import Region, parse_region
from firmware.errors import InputError

_FORM = re.compile(
    r"(?P<action>[a-z]+):(?P<what>[^@]+)@(?P<start>\d+(?:\.\d+)?)(?:\+(?P<length>\d+(?:\.\d+)?))?", re.ASCII
)
_FIX = (
    "write ACTION:REGION@ROUND[+ROUNDS], "
    "e.g. restart:half:left@200, kill:disc:16,16,5@200+50, loss:0.5@100+50"
)


class Action(StrEnum):
    """What a fault does."""

    RESTART = "restart"
    """Power fails for an instant: the cells boot again from blank RAM."""

    KILL = "kill"
    """Power fails, for a time or for ever; then the cells boot from blank RAM."""

    LOSS = "loss"
    """Every link loses messages with a further, independent probability, for a time or for ever."""

    UPSET = "upset"
    """One random bit of RAM or registers flips in the middle of each cell's next update."""

    ROT = "rot"
    """One random bit of the genome in each cell's ROM flips, for ever."""


_INSTANT = (Action.RESTART, Action.UPSET, Action.ROT)


@dataclass(frozen=True)
class Fault:
    """A fault of the plan. ``str`` gives the text that ``parse`` reads.

    Attributes:
        action: what happens.
        region: which cells; None for loss, which is everywhere.
        loss_probability: for loss; 0 otherwise.
        start_rounds: when, in mean intervals from the start of the run.
        length_rounds: how long; None is for ever, or instantaneous.
    """

    action: Action
    region: Region | None
    loss_probability: float
    start_rounds: Decimal
    length_rounds: Decimal | None = None

    @classmethod
    def parse(cls, text: str) -> "Fault":
        """Read e.g. ``kill:disc:16,16,5@200+50``.

        Raises:
            InputError: not a fault; the message shows the form.
        """
        match = _FORM.fullmatch(text)
        if match is None:
            raise InputError("fault", text, "it cannot be read", _FIX)
        if match["action"] not in tuple(Action):
            raise InputError("fault", text, f"there is no action '{match['action']}'", _FIX)
        action = Action(match["action"])
        start = Decimal(match["start"])
        length = Decimal(match["length"]) if match["length"] else None
        if action in _INSTANT and length is not None:
            raise InputError("fault", text, f"{action} takes no time", "leave out +ROUNDS, or use kill")
        if length is not None and length == 0:
            raise InputError("fault", text, "it lasts 0 rounds", "give more, or use restart")
        if action is Action.LOSS:
            return cls(action, None, _probability(match["what"], text), start, length)
        return cls(action, parse_region(match["what"]), 0.0, start, length)

    @property
    def is_wound(self) -> bool:
        """Whether it destroys state, so that there is something to recover from."""
        return self.action in (Action.RESTART, Action.KILL)

    @property
    def is_instant(self) -> bool:
        """Whether it has no length."""
        return self.action in _INSTANT

    @property
    def needs_machine_code(self) -> bool:
        """Whether only a cell that executes its binary can suffer it."""
        return self.action in (Action.UPSET, Action.ROT)

    def start_us(self, mean_interval_us: int) -> int:
        """Begin, in microseconds from the start of the run."""
        return _whole_us(self.start_rounds, mean_interval_us)

    def end_us(self, mean_interval_us: int) -> int | None:
        """End in microseconds; None when it lasts for ever."""
        if self.is_instant:
            return self.start_us(mean_interval_us)
        if self.length_rounds is None:
            return None
        return self.start_us(mean_interval_us) + max(1, _whole_us(self.length_rounds, mean_interval_us))

    def __str__(self) -> str:
        what = self.region or np.format_float_positional(self.loss_probability, trim="0")
        length = "" if self.length_rounds is None else f"+{self.length_rounds:f}"
        return f"{self.action}:{what}@{self.start_rounds:f}{length}"


def _whole_us(rounds: Decimal, mean_interval_us: int) -> int:
    return int((rounds * mean_interval_us).to_integral_value(ROUND_HALF_UP))


def _probability(text: str, fault: str) -> float:
    if not re.fullmatch(r"\d*\.?\d+", text, re.ASCII):
        raise InputError("fault", fault, "the loss is not a number", _FIX)
    if float(text) > 1:
        raise InputError(
            "fault", fault, f"a loss of {text} is above 1", "give a probability, e.g. loss:0.5@100+50"
        )
    return float(text)
