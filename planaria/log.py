"""The variables of a program, cell by cell and round by round, as CSV."""

import csv
import io
from collections.abc import Iterable
from typing import Any, BinaryIO, Final

import numpy as np

from emulator.view import View
from firmware.variables import COLOUR, Layout, Variable

WHERE: Final = ("x_um", "y_um", "heading")
"""Of robots; a heading is 0 up and clockwise, 65,536 is a turn."""


class Log:
    """Writes a line for each cell after each round: round, cell, whether it runs, and its variables.

    A row of numbers has a column for each, such as ``heat.0``; the board is not written again and again. Of
    robots that move x, y and heading stand before the variables.

    Args:
        file: for the bytes of the text.
        layout: of the program's variables.
        moves: whether the cells are robots that move.
    """

    def __init__(self, file: BinaryIO, layout: Layout, moves: bool = False) -> None:
        self._file = file
        self._variables = [variable for name, variable in layout.own.items() if name != COLOUR]
        columns = [column for variable in self._variables for column in _columns(variable)]
        self._moves = moves
        self._write([["round", "cell", "running", *(WHERE if moves else []), *columns]])

    def look(self, round_number: int, view: View) -> None:
        """Write what all cells are now; of cells without power all is 0."""
        running = view.running
        columns = [view[variable.name].reshape(len(running), -1) for variable in self._variables]
        fixed = [np.full(len(running), round_number), np.arange(len(running)), running]
        if self._moves:
            fixed += [*view.places_um.T, view.headings]
        self._write(np.column_stack([*fixed, *columns]).tolist())

    def _write(self, lines: Iterable[Iterable[Any]]) -> None:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(lines)
        self._file.write(text.getvalue().encode())


def _columns(variable: Variable) -> list[str]:
    count = variable.kind.count
    return [variable.name] if count is None else [f"{variable.name}.{number}" for number in range(count)]
