"""A picture of all genomes that come with planaria, each by an organism that grew."""

import math
from pathlib import Path
from typing import Final

from tqdm import tqdm

from firmware.genome import Genome
from firmware.system.atomic import atomic_file
from planaria.appraisal import GROWN_ROUNDS, Look, describe_look, room, world
from planaria.pictures.canvas import canvas
from planaria.pictures.colour import state_on_white
from planaria.pictures.drawing import Figure
from planaria.pictures.labels import in_figure
from planaria.shipped import shipped_paths

PANELS_IN_ROW: Final = 7
PANEL_INCHES: Final = 1.6


def save_gallery(path: Path) -> None:
    """Grow an organism of each shipped genome for ``GROWN_ROUNDS``, and write a PNG, whole or not at all.

    Raises:
        InputError: the file cannot be written.
    """
    shipped = shipped_paths()
    across, down = min(PANELS_IN_ROW, len(shipped)), math.ceil(len(shipped) / PANELS_IN_ROW)
    size = PANEL_INCHES * across, (PANEL_INCHES + 0.3) * down + 0.4
    figure = Figure(figsize=size, layout="constrained")
    panels = figure.subplots(down, across, squeeze=False).flat
    for axes in panels:
        axes.set_axis_off()
    for number, name in enumerate(tqdm(shipped, unit=" genomes", disable=None, leave=False)):
        axes, genome = panels[number], Genome.load(shipped[name])
        grid = world(genome, 0)
        grid.run(GROWN_ROUNDS)
        look = Look.at(grid)
        axes.imshow(canvas(room(genome)).paint(state_on_white(look.picture)), interpolation="nearest")
        axes.set_title(f"{in_figure(name)}\nE {describe_look(look)}", fontsize=8)
    figure.suptitle(f"after {GROWN_ROUNDS} rounds (E 1 looks perfect, above 10 is bad)", fontsize=10)
    with atomic_file(path) as picture:
        figure.savefig(picture, format="png", dpi=110)
