"""The map of the basin: the chance to be clean again by the place and size of the wound."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from emulator.record.recovery import Outcome
from planaria.campaign.plan import Plan
from planaria.campaign.statistics import clopper_pearson
from planaria.campaign.summary import Summary
from planaria.campaign.trial import TrialResult
from planaria.pictures.drawing import (
    Axes,
    Figure,
    MaxNLocator,
    Normalize,
    PercentFormatter,
    Rectangle,
    ScalarMappable,
    SubFigure,
    colormaps,
)
from planaria.pictures.labels import in_figure

ROW: Final = "row"
COL: Final = "col"
RADIUS: Final = "radius"
"""Names of drawn parameters that say where a wound is and how large."""

FEW: Final = 5
"""A place with fewer trials than this shows its number, and no chance."""

TRIALS_A_PLACE: Final = 10
"""The map is so coarse that a place has about as many, where it can."""

SIDES_MIN: Final = 2
SIDES_MAX: Final = 8
SIZES_MAX: Final = 12
"""Radii shown one by one; more are put together."""

SCALE: Final = colormaps["cividis"]

GENOMES_MAX: Final = 8
"""Of more genomes than this, the first are shown."""

Numbers = NDArray[np.float64]
Range = tuple[float, float]


def has_place(plan: Plan) -> bool:
    """Whether each trial draws the place of its wound, as numbers."""
    return all(
        name in plan.draw and not any(isinstance(value, str) for value in plan.draw[name].extremes)
        for name in (ROW, COL)
    )


def _has_size(plan: Plan) -> bool:
    return RADIUS in plan.draw and not any(isinstance(value, str) for value in plan.draw[RADIUS].extremes)


def draw_basin(plan: Plan, summaries: Sequence[Summary]) -> Figure:
    """For each genome, over all its points: maps by size class, then the chance by size alone.

    Args:
        plan: that ``has_place``.
        summaries: of its points by the clean yardstick, at least one with a harmed trial.
    """
    trials: dict[str, list[TrialResult]] = {}
    for summary in summaries:
        if summary.harmed:
            trials.setdefault(summary.point.genome, []).extend(summary.harmed)
    genomes = list(trials)[:GENOMES_MAX]
    sized = _has_size(plan)
    figure = Figure(figsize=(9, (7.6 if sized else 5) * len(genomes)), layout="constrained")
    ranges = _range(plan, ROW), _range(plan, COL)
    for part, genome in zip(figure.subfigures(len(genomes), 1, squeeze=False).flat, genomes, strict=True):
        if len(plan.genomes) > 1:
            part.suptitle(in_figure(genome))
        _draw_genome(part, trials[genome], ranges, sized)
    return figure


def _draw_genome(
    figure: SubFigure, trials: list[TrialResult], ranges: tuple[Range, Range], sized: bool
) -> None:
    """Up to three maps in a square of panels, the chance by size in its last."""
    side = 2 if sized else 1
    panels = list(figure.subplots(side, side, squeeze=False).flat)
    classes = _size_classes(trials, sized)
    places = int(np.sqrt(len(trials) / len(classes) / TRIALS_A_PLACE))
    edges = [np.linspace(*ends, min(max(places, SIDES_MIN), SIDES_MAX) + 1) for ends in ranges]
    for axes, (title, members) in zip(panels, classes, strict=False):
        _draw_map(axes, members, edges)
        axes.set_title(title, fontsize=10)
    for spare in panels[len(classes) : -1]:
        spare.set_visible(False)
    if sized:
        _draw_by_size(panels[-1], trials)
    colours = ScalarMappable(Normalize(0, 1), SCALE)
    bar = figure.colorbar(colours, ax=panels, shrink=0.6, label="share clean again")
    bar.ax.yaxis.set_major_formatter(PercentFormatter(1))


def _range(plan: Plan, name: str) -> Range:
    """Limits of what is drawn, as edges of cells."""
    numbers = [float(value) for value in plan.draw[name].extremes]
    return min(numbers) - 0.5, max(numbers) + 0.5


def _drawn(trials: list[TrialResult], name: str) -> Numbers:
    return np.array([trial.drawn[name] for trial in trials], float)


def _recovered(trials: list[TrialResult]) -> NDArray[np.bool_]:
    return np.array([trial.clean_outcome is Outcome.RECOVERED for trial in trials], bool)


def _size_classes(trials: list[TrialResult], sized: bool) -> list[tuple[str, list[TrialResult]]]:
    """Three classes of radius with about as many trials each, fewer if there are fewer radii."""
    if not sized:
        return [("", trials)]
    return [
        (
            f"radius {least:g}" if least == most else f"radius {least:g} to {most:g}",
            [trial for trial in trials if least <= float(trial.drawn[RADIUS]) <= most],
        )
        for least, most in _classes(_drawn(trials, RADIUS), 3)
    ]


def _classes(values: Numbers, count: int) -> list[Range]:
    """Up to so many classes of neighbouring values, about equally full: their smallest and largest."""
    distinct, numbers = np.unique(values, return_counts=True)
    middles = (numbers.cumsum() - numbers / 2) / numbers.sum()
    wanted = (middles * count).astype(int)
    groups = [distinct[wanted == number] for number in range(count)]
    return [(float(group[0]), float(group[-1])) for group in groups if group.size]


def _draw_map(axes: Axes, trials: list[TrialResult], edges: list[Numbers]) -> None:
    """Recovered per place, with the number of trials; grey and hatched where those are few.

    Args:
        axes: to draw on.
        trials: whose wounds have a place.
        edges: of the places, along rows and along columns.
    """
    rows, cols = _drawn(trials, ROW), _drawn(trials, COL)
    numbers, *_ = np.histogram2d(rows, cols, edges)
    healed = _recovered(trials)
    successes, *_ = np.histogram2d(rows[healed], cols[healed], edges)
    height, width = (float(axis[1] - axis[0]) for axis in edges)
    size = 10 - len(edges[0]) / 2
    for (down, right), number in np.ndenumerate(numbers):
        corner = (float(edges[1][right]), float(edges[0][down]))
        share = successes[down, right] / number if number >= FEW else None
        looks = {"facecolor": "#eeeeee", "hatch": "///"} if share is None else {"facecolor": SCALE(share)}
        axes.add_patch(Rectangle(corner, width, height, edgecolor="white", linewidth=1, **looks))
        text = f"n {number:.0f}" if share is None else f"{share:.0%}\nn {number:.0f}"
        ink = "#555555" if share is None else "white" if share < 0.55 else "black"
        middle = (corner[0] + width / 2, corner[1] + height / 2)
        axes.annotate(text, middle, ha="center", va="center", fontsize=size, color=ink)
    axes.set_xlim(edges[1][0], edges[1][-1])
    axes.set_ylim(edges[0][-1], edges[0][0])
    axes.set_aspect("equal")
    axes.set_xlabel("column")
    axes.set_ylabel("row")
    for side in axes.spines.values():
        side.set_visible(False)


def _draw_by_size(axes: Axes, trials: list[TrialResult]) -> None:
    """Recovered by radius, wherever the wound is, with Clopper-Pearson's bars."""
    radii, healed = _drawn(trials, RADIUS), _recovered(trials)
    for least, most in _classes(radii, SIZES_MAX):
        inside = (least <= radii) & (radii <= most)
        share = clopper_pearson(int(healed[inside].sum()), int(inside.sum()))
        assert share.value is not None
        assert share.low is not None
        assert share.high is not None
        bars = ([share.value - share.low], [share.high - share.value])
        axes.errorbar((least + most) / 2, share.value, bars, color="#0072b2", marker="o", capsize=2)
    axes.set_ylim(-0.02, 1.02)
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_box_aspect(1)
    axes.set_title("any place", fontsize=10)
    axes.set_xlabel(RADIUS)
    axes.set_ylabel("share clean again")
    axes.grid(alpha=0.25)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
