"""What ``planaria bench`` found: a table for people, a page with figures for the documents."""

from pathlib import Path
from typing import Any, Final

from firmware.system.atomic import atomic_file
from planaria.bench.contenders import ALIVE, ORGANISM, ORGANISM_NAME, SCENES
from planaria.outputs import make_folder
from planaria.pictures.drawing import Axes, Figure

PAGE: Final = "bench.md"
RATES_FIGURE: Final = "images/bench.png"
GROWTH_FIGURE: Final = "images/bench_growth.png"
FILES: Final = (PAGE, RATES_FIGURE, GROWTH_FIGURE)

PAGE_TEXT: Final = """\
# How fast are the engines?

Written by `{command}`; do not edit.
Everything was measured in one run, each line in a process of its own with one thread on one core of one
processor; there is no GPU in it.

{machine}.

{limits}
Computing a cell with 128 hidden units takes 8,192 multiply-adds; the percentages are of the larger limit,
whatever a kernel computes with.

*updated* are cells that lived through an update, *computed* those that ran the network for it; *ran* is the
share of cells that do. Scene *alive*: all cells alive for ever, which is the worst case, for no cell can
skip the network. Scene *organism*: one {organism} in the middle, grown before the measurement; cells with
nothing mature around them skip the network, as in every engine and on the chip. There is no share of the
limit there, for most updates compute nothing.

The dense baselines are the paper's way, synchronous, in float32, without links or time: all cells are
computed, a random half is updated. "x best dense" is the ratio to the fastest of them on the same grid:
per *updated* cell, how much sooner a world is simulated (in scene *organism* this compares skipping with
computing); per *computed* cell, how well the arithmetic is used (vnni computes in int8, f32 and the
baselines in float32). CAX is measured where it is installed: `pip install 'planaria[bench]'`. B/cell is the
peak of resident memory above what the process had before. All event engines here give the same result,
bit for bit.

{table}

![Cells per second by engine and grid]({rates})

What an update costs with the window engine and its best kernel, all cells alive; 128x128 cells where
their number is not varied:

![Cost per update by cells, latency, jitter, loss and clock]({growth})
"""

LABELS: Final = {
    "reference": "reference engine",
    "numpy": "window, NumPy",
    "f32": "window, f32 kernel",
    "vnni": "window, vnni kernel",
    "torch": "dense torch, eager",
    "torch.compile": "dense torch, compiled",
    "jax": "dense JAX",
    "cax": "dense CAX",
}
COLOURS: Final = {
    "reference": "#7a7a7a",
    "numpy": "#8fb8de",
    "f32": "#4a86c0",
    "vnni": "#23405c",
    "torch": "#f3c48a",
    "torch.compile": "#e9963e",
    "jax": "#c2601a",
    "cax": "#7a3a0c",
}


def limits_text(report: dict[str, Any]) -> str:
    """The limits of the arithmetic, in a sentence."""
    limits = ", ".join(f"{rate / 1e6:,.1f} M cells/s ({name})" for name, rate in report["limits"].items())
    return f"This core's arithmetic alone, from registers: {limits}."


def table(report: dict[str, Any]) -> list[str]:
    """Lines of a Markdown table."""
    lines = [
        "| grid | scene | engine | updated/s | ran | computed/s | x reference | x best dense, updated "
        "| x best dense, computed | % of limit | B/cell |",
        "|---|---|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for row in report["rows"]:
        first = f"| {row['side']}x{row['side']} | {row['scene']} | {LABELS[row['name']]} |"
        if "left_out" in row:
            lines.append(f"{first} left out: {row['left_out']} |{' |' * 7}")
            continue
        cells = [
            f"{row['updates_per_s']:,.0f}",
            f"{100 * row['computing_share']:.3g} %",
            f"{row['computed_per_s']:,.0f}",
            _number(row.get("times_reference"), ",.1f"),
            _number(row.get("times_best_dense_updated"), ",.2f"),
            _number(row.get("times_best_dense_computed"), ",.2f"),
            _number(row.get("percent_of_limit"), ".2f"),
            _number(row.get("bytes_per_cell"), ",.0f"),
        ]
        lines.append(f"{first} {' | '.join(cells)} |")
    return lines


def _number(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


def save_report(folder: Path, report: dict[str, Any], command: str) -> list[Path]:
    """Write the page and its figures; returns their paths.

    Raises:
        InputError: a file cannot be written.
    """
    make_folder((folder / RATES_FIGURE).parent)
    figures = {RATES_FIGURE: draw_rates(report), GROWTH_FIGURE: draw_growth(report["growth"])}
    for name, figure in figures.items():
        with atomic_file(folder / name) as file:
            figure.savefig(file, format="png", dpi=110)
    with atomic_file(folder / PAGE) as file:
        file.write(page(report, command).encode())
    return [folder / name for name in FILES]


def page(report: dict[str, Any], command: str) -> str:
    """The report as a page of Markdown."""
    machine = ", ".join(f"{name} {value}" for name, value in report["machine"].items())
    return PAGE_TEXT.format(
        command=command,
        machine=machine,
        limits=limits_text(report),
        organism=ORGANISM_NAME,
        table="\n".join(table(report)),
        rates=RATES_FIGURE,
        growth=GROWTH_FIGURE,
    )


def draw_rates(report: dict[str, Any]) -> Figure:
    """Bars by grid, one for each engine: cells computed, beside the limits; cells updated where some skip."""
    figure = Figure(figsize=(10, 4.2), layout="constrained")
    computed, updated = figure.subplots(1, len(SCENES), sharey=True)
    for axes, scene, rate in ((computed, ALIVE, "computed_per_s"), (updated, ORGANISM, "updates_per_s")):
        rows = [row for row in report["rows"] if row["scene"] == scene and "left_out" not in row]
        _bars(axes, rows, rate)
    for name, limit in report["limits"].items():
        computed.axhline(limit, color="#d62828", linewidth=1, linestyle=":")
        computed.annotate(
            f"limit, {name}", (0.01, limit), xycoords=("axes fraction", "data"), fontsize=8, va="bottom"
        )
    computed.set_title("scene alive: cells computed", fontsize=10)
    updated.set_title("scene organism: cells updated, most of them without the network", fontsize=10)
    computed.set_ylabel("cells per second, one core")
    handles, labels = computed.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=8)
    return figure


def _bars(axes: Axes, rows: list[dict[str, Any]], rate: str) -> None:
    sides = sorted({row["side"] for row in rows})
    names = [name for name in LABELS if any(row["name"] == name for row in rows)]
    width = 0.8 / max(1, len(names))
    for place, name in enumerate(names):
        own = {row["side"]: row[rate] for row in rows if row["name"] == name}
        where = [sides.index(side) + (place - len(names) / 2 + 0.5) * width for side in own]
        axes.bar(where, list(own.values()), width, color=COLOURS[name], label=LABELS[name])
    axes.set_yscale("log")
    axes.set_xticks(range(len(sides)), [f"{side}x{side}" for side in sides])
    axes.grid(axis="y", alpha=0.25)


def draw_growth(growth: dict[str, list[tuple[Any, float]]]) -> Figure:
    """A panel for each thing varied: ns per update."""
    figure = Figure(figsize=(12, 3.2), layout="constrained")
    panels = figure.subplots(1, len(growth), sharey=True)
    for axes, (name, points) in zip(panels, growth.items(), strict=True):
        values, costs = zip(*points, strict=True)
        axes.plot(range(len(values)), costs, "o-", color=COLOURS["vnni"])
        axes.set_xticks(range(len(values)), [_short(value) for value in values], rotation=45, fontsize=8)
        axes.set_xlabel(name, fontsize=9)
        axes.margins(x=0.15)
        axes.grid(alpha=0.25)
    panels[0].set_ylim(bottom=0)
    panels[0].set_ylabel("ns per update")
    return figure


def _short(value: Any) -> str:
    return value if isinstance(value, str) else f"{value:,}" if isinstance(value, int) else f"{value:g}"
