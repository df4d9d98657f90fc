"""Figures of a campaign: recovery curves, outcomes, and what a swept parameter does."""

from itertools import cycle
from typing import Final, Literal

import matplotlib
import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from emulator.recovery import Outcome
from planaria.campaign.plan import Plan
from planaria.campaign.statistics import Estimate
from planaria.campaign.summary import OUTCOMES, Summary
from planaria.labels import in_figure

matplotlib.use("Agg")

OUTCOME_COLOURS: Final = {
    Outcome.RECOVERED: "#0072b2",
    Outcome.NOT_RECOVERED: "#c9cdd2",
    Outcome.EXPLODED: "#e69f00",
    Outcome.EXTINCT: "#3a3a3a",
}
LINE_COLOURS: Final = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#5b4a00")
"""Told apart by the colour-blind too (Okabe and Ito 2008); dashed when used again."""

Dashes = Literal["-", "--", ":", "-."]
DASHES: Final[tuple[Dashes, ...]] = ("-", "--", ":", "-.")

SCALE: Final = ListedColormap(colormaps["viridis"](np.linspace(0, 0.92, 256)))
"""For a swept number: read by the colour-blind, and in grey."""

LEGEND_MAX: Final = 12
"""More lines than this are told apart by a scale of colours, and have no bands."""

FEW_LINES: Final = 4
"""The bands of more lines than this would hide each other, and are fainter."""

LOG_SPAN: Final = 30
"""A swept parameter that spans more than this factor gets a logarithmic axis."""

TICKS_MAX: Final = 8

BARS_MAX: Final = 60
"""Of more points than this, those with the fewest recoveries are shown."""

Style = tuple[tuple[float, float, float, float] | str, Dashes]


def draw_recovery(plan: Plan, summaries: list[Summary]) -> Figure:
    """Share recovered against rounds since the last fault, a line for each point, with bands."""
    known = [summary for summary in summaries if summary.curve]
    figure = Figure(figsize=(9, 4.6), layout="constrained")
    axes = figure.add_subplot()
    end = max((s.watch_rounds(t) for s in known for t in s.harmed), default=0.0)
    for summary, (colour, dashes) in zip(known, _styles(plan, known), strict=True):
        curve = summary.curve
        assert curve is not None
        last = max(map(summary.watch_rounds, summary.harmed))
        inside = curve.times <= last
        times = [*curve.times[inside], last]
        share, low, high = (
            [*(1 - line[inside]), 1 - line[inside][-1]] for line in (curve.survival, curve.high, curve.low)
        )
        axes.step(times, share, where="post", color=colour, linestyle=dashes, label=in_figure(summary.label))
        if len(known) <= LEGEND_MAX:
            faint = 0.16 if len(known) <= FEW_LINES else 0.06
            axes.fill_between(times, low, high, step="post", color=colour, alpha=faint, linewidth=0)
    axes.set_xlim(0, end or 1)
    axes.set_ylim(-0.01, 1.01)
    axes.set_xlabel("rounds since the last fault")
    axes.set_ylabel("share of all harmed trials recovered")
    _percent(axes)
    _tidy(axes)
    if len(known) > LEGEND_MAX:
        _colour_bar(figure, axes, plan, known)
    elif len(known) > 1:
        _legend_from_above(figure, axes)
    return figure


def draw_outcomes(summaries: list[Summary]) -> Figure:
    """A bar for each point, divided into what became of its harmed trials; of many, the worst points."""
    many = len(summaries) > BARS_MAX
    if many:
        worst = sorted(summaries, key=lambda s: s.share(Outcome.RECOVERED).value or 0.0)[:BARS_MAX]
        summaries = sorted(worst, key=lambda s: s.point.number)
    figure = Figure(figsize=(9, 1.3 + 0.36 * len(summaries)), layout="constrained")
    axes = figure.add_subplot()
    places = range(len(summaries))
    left = [0.0] * len(summaries)
    for outcome in OUTCOMES:
        shares = [summary.share(outcome).value or 0.0 for summary in summaries]
        colour = OUTCOME_COLOURS[outcome]
        axes.barh(places, shares, 0.72, left, color=colour, label=str(outcome).replace("_", " "))
        for place, (summary, share) in enumerate(zip(summaries, shares, strict=True)):
            if share >= 0.05:
                ink = "black" if outcome in (Outcome.NOT_RECOVERED, Outcome.EXPLODED) else "white"
                middle = left[place] + share / 2
                count = f"{summary.count(outcome):,}"
                axes.text(middle, place, count, color=ink, ha="center", va="center", fontsize=8)
        left = [start + share for start, share in zip(left, shares, strict=True)]
    for place, summary in enumerate(summaries):
        unharmed = f", and {summary.unharmed:,} unharmed" if summary.unharmed else ""
        axes.text(1.01, place, f"of {len(summary.harmed):,}{unharmed}", va="center", fontsize=8)
    axes.set_yticks(places, [in_figure(summary.label) for summary in summaries])
    axes.set_ylim(len(summaries) - 0.4, -0.6)
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.set_xlabel("share of harmed trials")
    axes.tick_params(left=False)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    if many:
        axes.set_title(f"the {BARS_MAX} points with the fewest recoveries", fontsize=10)
    figure.legend(loc="outside upper center", ncols=len(OUTCOMES), frameon=False)
    return figure


def dose_name(plan: Plan) -> str | None:
    """The one swept parameter whose values are numbers, and more than one; None otherwise."""
    names = [
        name
        for name, values in plan.sweep.items()
        if len(values) > 1 and not any(isinstance(value, str) for value in values)
    ]
    return names[0] if len(names) == 1 else None


def draw_dose_response(plan: Plan, summaries: list[Summary], horizon_rounds: float | None) -> Figure:
    """Share recovered and restricted mean against the swept number.

    Args:
        plan: with a ``dose_name``.
        summaries: of its points.
        horizon_rounds: of the restricted mean; None leaves it out.
    """
    name = dose_name(plan)
    assert name is not None, "there must be a swept number"
    groups: dict[str, list[Summary]] = {}
    for summary in summaries:
        rest = [f"{key} {value}" for key, value in summary.point.swept.items() if key != name]
        groups.setdefault(", ".join([summary.point.genome, *rest]), []).append(summary)
    figure = Figure(figsize=(9, 4), layout="constrained")
    panels = figure.subplots(1, 1 if horizon_rounds is None else 2, squeeze=False).flat
    for (group, members), style in zip(groups.items(), _cycle(len(groups)), strict=True):
        label = in_figure(group)
        doses = [float(member.point.swept[name]) for member in members]
        _line(panels[0], doses, [member.share(Outcome.RECOVERED) for member in members], style, label)
        if horizon_rounds is not None:
            means = [member.restricted_mean(horizon_rounds) for member in members]
            _line(panels[1], doses, means, style, label)
            panels[1].set_ylim(0, 1.03 * horizon_rounds)
            panels[1].set_ylabel(f"mean rounds to recover, at most {horizon_rounds:g}")
    panels[0].set_ylabel("share of harmed trials recovered")
    panels[0].set_ylim(-0.02, 1.02)
    _percent(panels[0])
    for axes in figure.axes:
        _scale(axes, [float(value) for value in plan.sweep[name]])
        axes.set_xlabel(in_figure(name))
        _tidy(axes)
    if len(groups) > 1:
        handles, labels = figure.axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=min(len(groups), 4), frameon=False)
    return figure


def _line(axes: Axes, doses: list[float], estimates: list[Estimate], style: Style, label: str) -> None:
    """Points with intervals, joined; a value without an interval has no bar, one that is unknown no point."""
    known = sorted(
        (dose, e.value, e.low, e.high)
        for dose, e in zip(doses, estimates, strict=True)
        if e.value is not None
    )
    if not known:
        return
    places, values, lows, highs = zip(*known, strict=True)
    below = [value - (value if low is None else low) for value, low in zip(values, lows, strict=True)]
    above = [(value if high is None else high) - value for value, high in zip(values, highs, strict=True)]
    colour, dashes = style
    bars = (below, above)
    axes.errorbar(places, values, bars, color=colour, linestyle=dashes, marker="o", capsize=3, label=label)


def _scale(axes: Axes, values: list[float]) -> None:
    """A logarithmic axis for a wide span, with a place for zero; ticks at the values if they are few."""
    positive = [value for value in values if value > 0]
    if min(values) >= 0 and positive and max(positive) > LOG_SPAN * min(positive):
        if 0 in values:
            axes.set_xscale("symlog", linthresh=min(positive))
        else:
            axes.set_xscale("log")
        axes.set_xlim(-0.3 * min(positive) if 0 in values else min(positive) / 1.5, 1.5 * max(positive))
    if len(values) <= TICKS_MAX:
        axes.set_xticks(values, [_plain(value) for value in values])
        axes.minorticks_off()


def _plain(value: float) -> str:
    return np.format_float_positional(value, trim="-")


def _styles(plan: Plan, summaries: list[Summary]) -> list[Style]:
    """A cycle of colours; a scale of them where lines are many or a swept number puts them in order."""
    if len(summaries) <= LEGEND_MAX and (len(plan.genomes) > 1 or dose_name(plan) is None):
        return _cycle(len(summaries))
    steps = _steps(plan, summaries)
    place = {step: number / max(len(steps) - 1, 1) for number, step in enumerate(steps)}
    return [
        (SCALE(place[_step(plan, s)]), DASHES[plan.genomes.index(s.point.genome) % len(DASHES)])
        for s in summaries
    ]


def _cycle(count: int) -> list[Style]:
    colours = len(LINE_COLOURS)
    return [(LINE_COLOURS[n % colours], DASHES[n // colours % len(DASHES)]) for n in range(count)]


def _step(plan: Plan, summary: Summary) -> float:
    """Place on the scale of colours: the swept number, or the point's."""
    name = dose_name(plan)
    return summary.point.number if name is None else float(summary.point.swept[name])


def _steps(plan: Plan, summaries: list[Summary]) -> list[float]:
    return sorted({_step(plan, summary) for summary in summaries})


def _colour_bar(figure: Figure, axes: Axes, plan: Plan, summaries: list[Summary]) -> None:
    """The scale of colours in even steps, some of them named, and the dashes of the genomes."""
    steps = _steps(plan, summaries)
    shown = sorted({round(part * (len(steps) - 1) / (TICKS_MAX - 1)) for part in range(TICKS_MAX)})
    mappable = ScalarMappable(Normalize(0, len(steps) - 1), SCALE)
    bar = figure.colorbar(mappable, ax=axes, label=in_figure(dose_name(plan) or "point"))
    bar.set_ticks(shown, labels=[_plain(steps[place]) for place in shown])
    if len(plan.genomes) > 1:
        dashes = zip(plan.genomes, cycle(DASHES), strict=False)
        lines = [Line2D([], [], color="black", ls=dash, label=in_figure(name)) for name, dash in dashes]
        figure.legend(handles=lines, loc="outside upper center", ncols=4, frameon=False)


def _legend_from_above(figure: Figure, axes: Axes) -> None:
    """Beside the axes, in the order in which the lines end."""
    lines = sorted(axes.get_lines(), key=lambda line: -float(np.asarray(line.get_ydata())[-1]))
    figure.legend(handles=lines, loc="outside right upper", frameon=False, fontsize=9)


def _percent(axes: Axes) -> None:
    axes.yaxis.set_major_formatter(PercentFormatter(1))


def _tidy(axes: Axes) -> None:
    axes.grid(alpha=0.25)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
