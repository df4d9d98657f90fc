"""The 256 bytes of a cell as a picture."""

from collections.abc import Sequence
from pathlib import Path

from firmware.budget import RAM_BYTES
from firmware.memory import Field
from firmware.system.atomic import atomic_file
from planaria.pictures.drawing import Axes, Figure, Rectangle

ROW_BYTES = 16
PERSISTENT, SCRATCH_COLOUR, STACK = "#9ecae1", "#fdd0a2", "#c7c7c7"
SCRATCH = ("gradient_x", "gradient_y", "accumulator", "frame", "guard", "free")
"""Names of fields that mean nothing between two events."""


def save_ram_map(path: Path, fields: Sequence[Field]) -> None:
    """Write a PNG: 16 rows of 16 bytes, coloured by what outlives an event.

    Args:
        path: of the file.
        fields: all of the RAM.

    Raises:
        InputError: the file cannot be written.
    """
    figure = Figure(figsize=(8, 5.2), layout="constrained")
    axes = figure.add_subplot()
    rows = RAM_BYTES // ROW_BYTES
    for field in fields:
        _draw(axes, field)
    axes.set(xlim=(0, ROW_BYTES), ylim=(rows, 0), aspect="equal")
    axes.set_xticks(range(0, ROW_BYTES + 1, 4))
    axes.set_yticks([row + 0.5 for row in range(rows)], [f"{row * ROW_BYTES}" for row in range(rows)])
    axes.tick_params(length=0)
    axes.set_title("a cell's 256 bytes of RAM")
    axes.set_xlabel("s sequence, h heard, l listened, f frame_errors")
    kinds = ((PERSISTENT, "outlives an event"), (SCRATCH_COLOUR, "scratch"), (STACK, "stack, grows down"))
    marks = [Rectangle((0, 0), 1, 1, color=colour) for colour, _ in kinds]
    axes.legend(
        marks, [text for _, text in kinds], loc="center left", bbox_to_anchor=(1.02, 0.5), frameon=False
    )
    with atomic_file(path) as file:
        figure.savefig(file, format="png", dpi=110)


def _draw(axes: Axes, field: Field) -> None:
    """A field, row by row, with its name where there is room."""
    colour = PERSISTENT
    if field.name == "stack":
        colour = STACK
    elif field.name in SCRATCH:
        colour = SCRATCH_COLOUR
    for at in range(field.offset, field.end):
        row, column = divmod(at, ROW_BYTES)
        axes.add_patch(Rectangle((column, row), 1, 1, facecolor=colour, edgecolor="white", linewidth=0.6))
    row, column = divmod(field.offset, ROW_BYTES)
    width = min(field.size, ROW_BYTES - column)
    text = f"{field.name} {field.size}" if width > 3 else field.name[:3] if width > 1 else field.name[0]
    tall = max(1, field.size // ROW_BYTES) if column == 0 else 1
    axes.text(column + width / 2, row + tall / 2, text, ha="center", va="center", fontsize=7)
