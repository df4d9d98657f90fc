"""A picture of what was learned: the target, organisms that grew and held, and how each cut healed."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from firmware.genome import Genome
from firmware.system.atomic import atomic_file
from planaria.appraisal import (
    CUTS,
    GROWN_ROUNDS,
    HEALING_ROUNDS,
    HELD_ROUNDS,
    Appraisal,
    Look,
    describe_look,
    room,
)
from planaria.pictures.canvas import canvas
from planaria.pictures.colour import state_on_white, target_on_white
from planaria.pictures.drawing import Figure
from planaria.pictures.labels import in_figure

PANEL_INCHES = 1.7


def save_portrait(path: Path, genome: Genome, appraisal: Appraisal) -> None:
    """Write a PNG, whole or not at all.

    Args:
        path: of the PNG.
        genome: whose target and name are shown.
        appraisal: its organisms; of those that grew and held, the first.

    Raises:
        InputError: the file cannot be written.
    """
    topology = room(genome)
    sheet = canvas(topology)
    panels = [
        ("target", target_on_white(genome.target.placed(*topology.shape))),
        _panel(f"{GROWN_ROUNDS} rounds", appraisal.grown[0]),
        _panel(f"{HELD_ROUNDS:,} rounds", appraisal.held[0]),
    ]
    for cut, look in zip(CUTS, appraisal.healed, strict=True):
        panels.append(_panel(f"{cut} lost,\n{HEALING_ROUNDS} rounds later", look))
    height = PANEL_INCHES * sheet.height / sheet.width + 1.1
    figure = Figure(figsize=(PANEL_INCHES * len(panels), height), layout="constrained")
    for axes, (title, rgb) in zip(figure.subplots(1, len(panels)), panels, strict=True):
        axes.imshow(sheet.paint(rgb), interpolation="nearest")
        axes.set_title(title, fontsize=8)
        axes.set_xticks([])
        axes.set_yticks([])
    figure.suptitle(
        f"{in_figure(genome.name)}: what was learned (E 1 looks perfect, above 10 is bad)", fontsize=10
    )
    with atomic_file(path) as file:
        figure.savefig(file, format="png", dpi=110)


def _panel(title: str, look: Look) -> tuple[str, NDArray[np.uint8]]:
    error = describe_look(look).replace(" (", "\n(")
    return f"{title}\nE {error}", state_on_white(look.picture)
