"""What is on each board and outlives its cell: number, code of its strap, role, inputs. SPEC.md, "Boards"."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from firmware.variables import BOARD_BYTES, BUILT_IN, Variable

STRAP: Final = BUILT_IN["id"].bytes
"""Byte of a board that holds the code of its strap; 0 is none."""

Boards = NDArray[np.uint8]
"""uint8[cells, 16]."""


def make_boards(straps: NDArray[np.uint8]) -> Boards:
    """Boards with these straps, uint8[cells], and no inputs."""
    boards = np.zeros((len(straps), BOARD_BYTES), np.uint8)
    boards[:, :STRAP] = np.arange(len(straps), dtype="<u4")[:, None].view(np.uint8)
    boards[:, STRAP] = straps
    return boards


def set_variable(boards: Boards, variable: Variable, values: NDArray[np.int64]) -> None:
    """Each board has a value of its own, int64[cells]; of a row of numbers int64[cells, count]."""
    kind = variable.kind
    numbers = values.astype(f"<{'i' if kind.signed else 'u'}{kind.size}").reshape(len(boards), -1)
    boards[:, variable.offset : variable.end] = np.ascontiguousarray(numbers).view(np.uint8)
