"""Which line of a figure is which: one thing that varies by colour, the others by dashes and marks."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np

from planaria.campaign.plan import Plan
from planaria.campaign.summary import Summary
from planaria.campaign.trial import Point, Value
from planaria.pictures.drawing import ListedColormap, colormaps

LINE_COLOURS: Final = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#5b4a00")
"""Told apart by the colour-blind too (Okabe and Ito 2008)."""

PATTERNS: Final = tuple(
    (dashes, mark) for mark, dashes in product(("", "o", "s", "^"), ("-", "--", ":", "-."))
)
"""Dashes, and marks where four of them are not enough."""

SCALE: Final = ListedColormap(colormaps["viridis"](np.linspace(0, 0.92, 256)))
"""For many values or numbers in order: read by the colour-blind, and in grey."""

LEGEND_MAX: Final = 12
"""More lines than this are not named one by one."""

GENOME: Final = "genome"


@dataclass(frozen=True)
class Look:
    """How a line is drawn."""

    colour: tuple[float, float, float, float] | str
    dashes: str = "-"
    mark: str = ""


@dataclass(frozen=True)
class Lines:
    """The lines of a figure.

    Attributes:
        looks: of each line.
        by_colour: name of what the colour tells; None where each line has a look of its own.
        steps: its values, from one end of the scale to the other.
        patterns: what dashes and marks tell: label -> look, its colour black.
    """

    looks: list[Look]
    by_colour: str | None
    steps: list[Value]
    patterns: dict[str, Look]


def varied(plan: Plan) -> dict[str, Sequence[Value]]:
    """What sets points apart: name -> values, at least two."""
    given: dict[str, Sequence[Value]] = {GENOME: plan.genomes, **plan.sweep}
    return {name: values for name, values in given.items() if len(values) > 1}


def dose_name(plan: Plan) -> str | None:
    """The one swept parameter whose values are numbers, and more than one; None otherwise."""
    names = [name for name, values in varied(plan).items() if _numbers(values)]
    return names[0] if len(names) == 1 else None


def lines(plan: Plan, summaries: Sequence[Summary]) -> Lines:
    """The looks of these points' lines, no two alike unless there are very many.

    Few lines without a swept number have colours in turn. Otherwise the colour tells the swept number,
    of several the one with most values, or else whatever has most values; dashes and marks tell the rest.
    """
    if len(summaries) <= LEGEND_MAX and dose_name(plan) is None:
        return Lines(in_turn(len(summaries)), None, [], {})
    values = varied(plan)
    numbers = {name: given for name, given in values.items() if _numbers(given)}
    candidates = numbers or values
    by_colour = max(candidates, key=lambda name: len(candidates[name]))
    steps = sorted(numbers[by_colour], key=float) if numbers else list(values[by_colour])
    rests = [_rest(plan, summary.point, by_colour) for summary in summaries]
    patterns = {rest: PATTERNS[place % len(PATTERNS)] for place, rest in enumerate(dict.fromkeys(rests))}
    places = [steps.index(_value(summary.point, by_colour)) / max(len(steps) - 1, 1) for summary in summaries]
    return Lines(
        [Look(SCALE(place), *patterns[rest]) for place, rest in zip(places, rests, strict=True)],
        by_colour,
        steps,
        {rest: Look("black", *pattern) for rest, pattern in patterns.items() if rest},
    )


def in_turn(count: int) -> list[Look]:
    """So many looks, colours first."""
    turns = product(PATTERNS, LINE_COLOURS)
    looks = [Look(colour, *pattern) for pattern, colour in turns]
    return [looks[number % len(looks)] for number in range(count)]


def _rest(plan: Plan, point: Point, by_colour: str) -> str:
    """What the colour does not tell about a point."""
    others = [name for name in varied(plan) if name != by_colour]
    return ", ".join(
        str(_value(point, name)) if name == GENOME else f"{name} {_value(point, name)}" for name in others
    )


def _value(point: Point, name: str) -> Value:
    return point.genome if name == GENOME else point.swept[name]


def _numbers(values: Sequence[Value]) -> bool:
    return not any(isinstance(value, str) for value in values)
