"""Figures of a campaign: recovery curves, outcomes, and what a swept parameter does. Clean leads."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from emulator.record.recovery import Outcome
from planaria.campaign.lines import LEGEND_MAX, SCALE, Lines, Look, dose_name, in_turn, lines
from planaria.campaign.plan import Plan
from planaria.campaign.statistics import Estimate
from planaria.campaign.summary import OUTCOMES, Summary
from planaria.campaign.yardstick import APART, Yardstick
from planaria.pictures.drawing import Axes, Figure, Line2D, Normalize, PercentFormatter, ScalarMappable
from planaria.pictures.labels import in_figure

OUTCOME_COLOURS: Final = {
    Outcome.RECOVERED: "#0072b2",
    Outcome.NOT_RECOVERED: "#c9cdd2",
    Outcome.DISPLACED: "#56b4e9",
    Outcome.RELAPSED: "#cc79a7",
    Outcome.EXPLODED: "#e69f00",
    Outcome.EXTINCT: "#3a3a3a",
}

DARK: Final = (Outcome.RECOVERED, Outcome.EXTINCT)
"""Of these, white is read better."""

FEW_LINES: Final = 4
"""The bands of more lines than this would hide each other, and are fainter."""

LOG_SPAN: Final = 30
"""A swept parameter that spans more than this factor gets a logarithmic axis."""

TICKS_MAX: Final = 8

BARS_MAX: Final = 60
"""Of more points than this, those with the fewest recoveries are shown."""

Judged = Mapping[Yardstick, Sequence[Summary]]
"""The points, by each yardstick."""


def draw_recovery(plan: Plan, judged: Judged) -> Figure:
    """Cumulative incidence of recovery since the last fault, a line for each point, with bands.

    The first and widest panel is by the clean yardstick.
    """
    figure = Figure(figsize=(11, 4.6), layout="constrained")
    panels = figure.subplots(1, len(judged), width_ratios=[2, *[1] * (len(judged) - 1)], sharey=True)
    for axes, (yardstick, summaries) in zip(np.atleast_1d(panels), judged.items(), strict=True):
        known = [summary for summary in summaries if summary.curve]
        looks = lines(plan, known)
        _draw_curves(axes, known, looks)
        axes.set_title(yardstick.heading(plan.of_program), fontsize=10)
    first, *_ = figure.axes
    first.set_ylabel("share of all harmed trials recovered\n(cumulative incidence)")
    _percent(first)
    known = [summary for summary in judged[Yardstick.CLEAN] if summary.curve]
    looks = lines(plan, known)
    if len(known) > LEGEND_MAX:
        _colour_bar(figure, looks)
    elif len(known) > 1:
        _legend_from_above(figure, first)
    return figure


def _draw_curves(axes: Axes, known: Sequence[Summary], looks: Lines) -> None:
    for summary, look in zip(known, looks.looks, strict=True):
        curve = summary.curve
        assert curve is not None
        last = max(map(summary.watch_rounds, summary.harmed))
        inside = curve.times <= last
        times = [*curve.times[inside], last]
        share, low, high = (
            [*line[inside], line[inside][-1]] for line in (curve.share, curve.low, curve.high)
        )
        (line,) = axes.step(times, share, where="post", color=look.colour, label=in_figure(summary.label))
        line.set(linestyle=look.dashes, marker=look.mark, markevery=max(len(times) // 6, 1), markersize=4)
        if len(known) <= LEGEND_MAX:
            faint = 0.16 if len(known) <= FEW_LINES else 0.06
            axes.fill_between(times, low, high, step="post", color=look.colour, alpha=faint, linewidth=0)
    axes.set_xlim(0, max((s.watch_rounds(t) for s in known for t in s.harmed), default=0.0) or 1)
    axes.set_ylim(-0.01, 1.01)
    axes.set_xlabel("rounds since the last fault")
    _tidy(axes)


def draw_outcomes(summaries: Sequence[Summary]) -> Figure:
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
        label = "clean again" if outcome is Outcome.RECOVERED else str(outcome).replace("_", " ")
        axes.barh(places, shares, 0.72, left, color=colour, label=label)
        for place, (summary, share) in enumerate(zip(summaries, shares, strict=True)):
            if share >= 0.05:
                ink = "white" if outcome in DARK else "black"
                middle = left[place] + share / 2
                count = f"{summary.count(outcome):,}"
                axes.text(middle, place, count, color=ink, ha="center", va="center", fontsize=8)
        left = [start + share for start, share in zip(left, shares, strict=True)]
    for place, summary in enumerate(summaries):
        counts = ((summary.count(outcome), str(outcome).replace("_", " ")) for outcome in APART)
        apart = "".join(f", {count:,} {name}" for count, name in counts if count)
        axes.text(1.01, place, f"of {len(summary.harmed):,}{apart}", va="center", fontsize=8)
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


def draw_dose_response(plan: Plan, judged: Judged, horizon_rounds: float | None) -> Figure:
    """Share recovered against the swept number by each yardstick, and the restricted mean to clean.

    Args:
        plan: with a ``dose_name``.
        judged: its points.
        horizon_rounds: of the restricted mean; None leaves it out.
    """
    name = dose_name(plan)
    assert name is not None, "there must be a swept number"
    figure = Figure(figsize=(9, 7), layout="constrained")
    panels = list(figure.subplots(2, 2, squeeze=False).flat)
    places = dict(zip((Yardstick.CLEAN, Yardstick.RECOGNISABLE, Yardstick.RELATIVE), (0, 2, 3), strict=True))
    for yardstick, summaries in judged.items():
        axes = panels[places[yardstick]]
        for (label, members), look in _by_dose(name, summaries):
            shares = [member.share(Outcome.RECOVERED) for member in members]
            _line(axes, _doses(name, members), shares, look, label)
        axes.set_title(yardstick.heading(plan.of_program), fontsize=10)
        axes.set_ylabel("share of harmed trials recovered")
        axes.set_ylim(-0.02, 1.02)
        _percent(axes)
    if horizon_rounds is None:
        panels[1].set_visible(False)
    else:
        for (label, members), look in _by_dose(name, judged[Yardstick.CLEAN]):
            means = [member.restricted_mean(horizon_rounds) for member in members]
            _line(panels[1], _doses(name, members), means, look, label)
        panels[1].set_ylim(0, 1.03 * horizon_rounds)
        panels[1].set_ylabel(f"mean rounds to clean, at most {horizon_rounds:g}")
    for axes in panels:
        _scale(axes, [float(value) for value in plan.sweep[name]])
        axes.set_xlabel(in_figure(name))
        _tidy(axes)
    handles, labels = panels[0].get_legend_handles_labels()
    if len(labels) > 1:
        figure.legend(handles, labels, loc="outside upper center", ncols=min(len(labels), 4), frameon=False)
    return figure


def _by_dose(name: str, summaries: Sequence[Summary]) -> list[tuple[tuple[str, list[Summary]], Look]]:
    """Points that differ in nothing but the dose, with a label and a look."""
    groups: dict[str, list[Summary]] = {}
    for summary in summaries:
        rest = [f"{key} {value}" for key, value in summary.point.swept.items() if key != name]
        groups.setdefault(", ".join([summary.point.genome, *rest]), []).append(summary)
    return list(zip(groups.items(), in_turn(len(groups)), strict=True))


def _doses(name: str, members: Sequence[Summary]) -> list[float]:
    return [float(member.point.swept[name]) for member in members]


def _line(axes: Axes, doses: list[float], estimates: list[Estimate], look: Look, label: str) -> None:
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
    looks: dict[str, Any] = {"color": look.colour, "linestyle": look.dashes, "marker": look.mark or "o"}
    axes.errorbar(places, values, (below, above), capsize=3, label=in_figure(label), **looks)


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


def _colour_bar(figure: Figure, looks: Lines) -> None:
    """The scale of colours in even steps, some of them named, and what dashes and marks tell."""
    last = len(looks.steps) - 1
    shown = sorted({round(part * last / (TICKS_MAX - 1)) for part in range(TICKS_MAX)})
    mappable = ScalarMappable(Normalize(0, last), SCALE)
    bar = figure.colorbar(mappable, ax=figure.axes, label=looks.by_colour and in_figure(looks.by_colour))
    steps = [looks.steps[place] for place in shown]
    bar.set_ticks(shown, labels=[in_figure(s) if isinstance(s, str) else _plain(float(s)) for s in steps])
    handles = [
        Line2D(
            [], [], color=look.colour, ls=look.dashes, marker=look.mark, markersize=4, label=in_figure(label)
        )
        for label, look in looks.patterns.items()
    ]
    if handles:
        figure.legend(handles=handles, loc="outside upper center", ncols=4, frameon=False)


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
