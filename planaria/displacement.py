"""Where an organism stands, in words."""

from collections.abc import Callable


def describe_displacement(rows: int, cols: int, number: Callable[[int], str] = str) -> str:
    """``1 column to the right``, ``2 rows down and 1 column to the left``; nothing in its place.

    Args:
        rows: below its place, negative above it.
        cols: to the right of it, negative to the left.
        number: how a count of cells is written.
    """
    ways = ((rows, "row", "up", "down"), (cols, "column", "to the left", "to the right"))
    return " and ".join(
        f"{number(abs(cells))} {what}{'s' if abs(cells) > 1 else ''} {back if cells < 0 else on}"
        for cells, what, back, on in ways
        if cells
    )
