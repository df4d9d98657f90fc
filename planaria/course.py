"""A picture of a training as it goes: what its organisms look like after each cut, and how E has fallen."""

from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from firmware.system.atomic import atomic_file
from planaria.pictures.colour import state_on_white, target_on_white
from planaria.pictures.drawing import Figure
from planaria.pictures.labels import in_figure

if TYPE_CHECKING:
    from trainer.training import Training

E_FLOOR = 0.1
WIDTH_IN, HEIGHT_IN = 8.0, 4.5


class Course:
    """Draws a training, from where this command began, whenever its rule has been judged.

    Args:
        path: of the PNG.
        name: of the genome that is to come.
    """

    def __init__(self, path: Path, name: str) -> None:
        self._path, self._name = path, name
        self._points: list[tuple[int, float, float]] = []

    def __call__(self, training: "Training") -> None:
        judged = training.judged
        if judged is None:
            return
        ends = judged.healed or judged.grown
        self._points.append((training.steps_done, median(judged.grown), max(ends)))
        figure = Figure(figsize=(WIDTH_IN, HEIGHT_IN), layout="constrained")
        grid = figure.add_gridspec(2, 1)
        above, below = (figure.add_subfigure(grid[row]) for row in range(2))
        target = training.target.placed(training.rows, training.cols)
        panels = [("target", target_on_white(target))]
        panels += [(f"E {e:.1f}", state_on_white(p)) for e, p in zip(ends, judged.pictures, strict=True)]
        for axes, (title, picture) in zip(above.subplots(1, len(panels)), panels, strict=True):
            axes.imshow(picture, interpolation="nearest")
            axes.set_title(title, fontsize=8)
            axes.set_axis_off()
        axes = below.subplots()
        steps, grown, worst = zip(*self._points, strict=True)
        for errors, label in ((grown, "grown"), (worst, "the worst in the end")):
            axes.semilogy(steps, [max(error, E_FLOOR) for error in errors], label=label)
        axes.set_xlabel("optimiser steps")
        axes.set_ylabel("pattern error E")
        axes.grid(alpha=0.25)
        axes.legend(fontsize=8)
        figure.suptitle(
            f"{in_figure(self._name)}: {100 * training.progress:.0f} % of its training", fontsize=10
        )
        with atomic_file(self._path) as file:
            figure.savefig(file, format="png", dpi=110)
