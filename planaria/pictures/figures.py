"""Figures: the error over time with faults and recoveries, and the organism before, wounded, after."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emulator.config import RunConfig
from emulator.faults import Fault
from emulator.record.result import RunResult
from emulator.world.lattices import Cube6, Square8
from firmware.genome import Genome
from firmware.system.atomic import atomic_file
from planaria.code import Code
from planaria.pictures.canvas import Canvas, canvas
from planaria.pictures.colour import state_on_white, target_on_white
from planaria.pictures.drawing import Axes, Figure
from planaria.pictures.labels import in_figure
from planaria.pictures.projection import projected
from planaria.pictures.recording import Recording

ERROR_FLOOR = 0.1
"""The error axis is logarithmic and begins here."""

WIDTH_IN, PLOT_IN = 9.0, 3.6
"""Of the figure, and of the curve's height."""

PICTURE_MAX_IN, TITLE_IN = 2.25, 0.35
"""Height of a picture of cells, and of what stands above it."""


def save_figure(
    path: Path,
    code: Code,
    config: RunConfig,
    faults: list[Fault],
    result: RunResult,
    pictures: Recording,
    where: Recording | None = None,
) -> None:
    """Write a PNG, whole or not at all.

    Args:
        path: of the PNG.
        code: whose picture is shown, if it has one.
        config: of the run.
        faults: planned and added.
        result: of the run.
        pictures: one a round.
        where: robots were then, int32[cells, 3] a round; None if cells do not move.

    Raises:
        InputError: the file cannot be written.
    """
    panels = _panels(code, config, faults, pictures, where)
    across, strip_in = _strip(len(panels), canvas(config.topology))
    figure = Figure(figsize=(WIDTH_IN, PLOT_IN + strip_in), layout="constrained")
    plot, strip = figure.subfigures(2, 1, height_ratios=(PLOT_IN, strip_in), squeeze=False).flat
    _draw_error(plot.add_subplot(), config, faults, result)
    places = list(strip.subplots(-(-len(panels) // across), across, squeeze=False).flat)
    for axes in places:
        axes.set_axis_off()
    for axes, (title, rgb) in zip(places, panels, strict=False):
        axes.set_axis_on()
        axes.imshow(rgb, interpolation="nearest")
        axes.set_title(title, fontsize=9)
        axes.set_xticks([])
        axes.set_yticks([])
    topology = config.topology
    kind = "" if topology.kind == Square8.kind else f"{topology.kind}, "
    world = f"{kind}{topology.size} cells, {config.loss:.0%} loss, seed {config.seed}"
    figure.suptitle(f"{in_figure(code.name)} on {world}")
    with atomic_file(path) as file:
        figure.savefig(file, format="png", dpi=110)


def _strip(count: int, canvas: Canvas) -> tuple[int, float]:
    """How many of ``count`` pictures stand beside each other, so that they are large, and their height."""
    height, width = canvas.height, canvas.width
    across = 1 if width > 4 * height else -(-count // 2) if width > 2 * height else count
    picture_in = min(WIDTH_IN / across * height / width, PICTURE_MAX_IN)
    return across, -(-count // across) * (picture_in + TITLE_IN)


def _draw_error(axes: Axes, config: RunConfig, faults: list[Fault], result: RunResult) -> None:
    """E by round, faults as red spans; as green lines when it was clean again, or at least recognisable."""
    mean_us = config.timing.mean_interval_us
    errors = np.array(result.error_by_round)
    if result.stood:
        axes.semilogy(range(len(errors)), np.maximum(errors, ERROR_FLOOR), color="#23405c", linewidth=1.4)
    else:
        # A program's distance is often exactly 0, which a logarithm has no place for.
        axes.set_yscale("symlog", linthresh=1)
        axes.plot(range(len(errors)), errors, color="#23405c", linewidth=1.4)
        axes.set_ylim(bottom=0)
    labels: dict[float, list[str]] = {}
    for fault in faults:
        start = fault.start_us(mean_us) / mean_us
        end_us = fault.end_us(mean_us)
        end = len(errors) - 1 if end_us is None else min(end_us / mean_us, len(errors) - 1)
        axes.axvspan(start, max(end, start + 0.3), color="#d62828", alpha=0.25, linewidth=0)
        labels.setdefault(start, []).append(in_figure(str(fault).partition("@")[0]))
    for start, texts in labels.items():
        _label(axes, start, 0.97, "\n".join(texts), "#a01818", "right")
    for recovery in result.recoveries:
        rounds, how = recovery.clean.rounds, "clean"
        if rounds is None:
            rounds, how = recovery.recognisable.rounds, "recognisable"
        if rounds is not None and recovery.end_rounds is not None:
            at = recovery.end_rounds + rounds
            axes.axvline(at, color="#2a9d4a", linewidth=1.2)
            _label(axes, at, 0.97, f"{how} after {rounds:.0f} rounds", "#1d7436", "left")
    axes.set_xlabel(f"rounds (mean intervals of {mean_us / 1000:g} ms)")
    axes.set_ylabel("pattern error E" if result.stood else "distance from legitimate")
    axes.grid(alpha=0.25)
    axes.margins(x=0.01)


def _label(axes: Axes, round_number: float, height: float, text: str, colour: str, side: str) -> None:
    """Upright text beside a moment; ``height`` is a fraction of the axes."""
    place: dict[str, Any] = {"xycoords": ("data", "axes fraction"), "rotation": 90, "va": "top", "ha": side}
    axes.annotate(text, (round_number, height), fontsize=8, color=colour, **place)


def _panels(
    code: Code, config: RunConfig, faults: list[Fault], pictures: Recording, where: Recording | None
) -> list[tuple[str, NDArray[np.uint8]]]:
    """Target, and the grid before the first wound, just after it, and at the end."""
    ground = canvas(config.topology)

    def paint(number: int) -> NDArray[np.uint8]:
        return ground.at(where[number] if where else None).paint(state_on_white(pictures[number]))

    panels = []
    if isinstance(code, Genome):
        panels.append(("target", ground.paint(target_on_white(code.target.placed(*config.topology.shape)))))
    mean_us = config.timing.mean_interval_us
    wounds = [part.start_us(mean_us) for part in _parts(faults, config.seed) if part.destroys]
    if wounds:
        hit = -(-min(wounds) // mean_us)
        if 1 <= hit < len(pictures):
            panels.append((f"before, round {hit - 1}", paint(hit - 1)))
            panels.append((f"wounded, round {hit}", paint(hit)))
    panels.append((f"end, round {len(pictures) - 1}", paint(len(pictures) - 1)))
    if isinstance(config.topology, Cube6):
        panels.append(("end, all layers", projected(pictures[-1])))
    return panels


def _parts(faults: list[Fault], seed: int) -> list[Fault]:
    """What the faults of a run consist of, numbered as the injector does it."""
    parts: list[Fault] = []
    for fault in faults:
        parts += fault.expand(seed, len(parts) + 1)
    return parts
