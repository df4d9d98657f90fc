"""What a program of a cell says of itself: how far a world is from legitimate, and what is on its boards."""

import sys
from collections.abc import Callable, Iterable, Mapping
from numbers import Real
from types import MappingProxyType
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from emulator.goal import Goal
from emulator.record.recovery import BY_DISTANCE
from emulator.view import View, World
from emulator.world.boards import Boards, make_boards, set_input
from emulator.world.topology import Topology
from firmware.errors import InputError, written
from firmware.foreign import ForeignError, called
from firmware.variables import BUILT_IN, Layout, Variable

Result = TypeVar("Result")

LEGITIMATE_UNIT: Final = 1000
"""Distance of a world that is as far from legitimate as can be, as an empty grid is from a picture."""


class ProgramGoal(Goal):
    """What a program of a cell says of itself.

    Args:
        name: of the program, for messages.
        legitimate: takes a ``View`` and returns how far it is from legitimate: 0 is legitimate, 0.01
            recognisable, 1 as bad as nothing at all. The distance is 1000 times that, as E is.
        straps: takes the topology and returns the cells with a strap by their numbers, or their codes, 1 to
            255, by these; None is a 1 for the middle cell.
        inputs: takes the topology and returns for each input that the program declares a value for each cell,
            or one for all; None if all are 0.
        layout: where the program's variables lie; None if it has declared none.
        parameters: the numbers in its ROM by name.
    """

    def __init__(
        self,
        name: str,
        legitimate: Callable[[View], float],
        straps: Callable[[Topology], Any] | None = None,
        inputs: Callable[[Topology], Any] | None = None,
        layout: Layout | None = None,
        parameters: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        self.name = name
        self.yardsticks = BY_DISTANCE
        self._legitimate = legitimate
        self._straps, self._inputs = straps, inputs
        self._layout, self._parameters = layout, parameters

    def boards(self, topology: Topology) -> Boards:
        boards = make_boards(self._codes(topology))
        for name, values in self._values(topology).items():
            set_input(boards, self._known[name], values)
        return boards

    @property
    def _known(self) -> dict[str, Variable]:
        """Inputs that the program has declared."""
        board = self._layout.board if self._layout else {}
        return {name: variable for name, variable in board.items() if name not in BUILT_IN}

    def _codes(self, topology: Topology) -> NDArray[np.uint8]:
        """Of each cell the code of its strap."""
        codes = np.zeros(topology.cells, np.uint8)
        if self._straps is None:
            codes[topology.middle] = 1
            return codes
        straps = self._straps
        given = self._asked("straps", straps, lambda: straps(topology))
        pairs = given.items() if isinstance(given, Mapping) else ((cell, 1) for cell in self._listed(given))
        for cell, code in pairs:
            if not _is_number(cell, topology.cells - 1) or not _is_number(code, 255) or code == 0:
                last = topology.cells - 1
                limit = f"its straps must be numbers of cells, 0 to {last}, or codes by them, 1 to 255"
                raise InputError(
                    "program", self.name, limit, "return e.g. [topology.middle], or {0: 1, 9: 2}"
                )
            codes[cell] = code
        return codes

    def _listed(self, given: Any) -> list[Any]:
        listed = given if isinstance(given, np.ndarray) or not isinstance(given, Iterable) else list(given)
        return self._asked("straps", self._straps, lambda: np.asarray(listed).reshape(-1).tolist())

    def _values(self, topology: Topology) -> dict[str, NDArray[np.int64]]:
        """Of each input a number for each cell."""
        if self._inputs is None:
            return {}
        inputs = self._inputs
        given = self._asked("inputs", inputs, lambda: dict(inputs(topology)))
        return {name: self._fitting(name, value, topology) for name, value in given.items()}

    def _fitting(self, name: str, value: Any, topology: Topology) -> NDArray[np.int64]:
        """Numbers for an input, in its form and within its limits."""
        if name not in self._known:
            limit = f"it declares no input {written(name)}"
            raise InputError("program", self.name, limit, f"it has {', '.join(self._known) or 'none'}")
        kind = self._known[name].kind
        row = () if kind.count is None else (kind.count,)
        array = self._asked("inputs", self._inputs, lambda: np.asarray(value))
        if array.dtype.kind not in "iub" or array.shape not in (*_forms(topology, row), row, ()):
            cells = topology.cells
            limit = f"its input {name} must be whole numbers, {kind} for each of {cells} cells, or for all"
            raise InputError("program", self.name, limit, f"it is {array.dtype}{list(array.shape)}")
        low = -(1 << 8 * kind.size - 1) if kind.signed else 0
        if array.size and not low <= array.min() <= array.max() < low + (1 << 8 * kind.size):
            limit = f"its input {name} has {array.min()} to {array.max()}, and is {kind}"
            raise InputError("program", self.name, limit, "declare a larger kind, or give smaller numbers")
        found = array.reshape(-1, *row) if array.shape in _forms(topology, row) else array
        return np.broadcast_to(found, (topology.cells, *row)).astype(np.int64)

    def distance(self, world: World) -> float:
        view = View(world, self._layout, self._parameters)
        given = self._asked("legitimate", self._legitimate, lambda: self._legitimate(view))
        limit = f"its legitimate says {written(given)}"
        if not isinstance(given, Real | np.bool_):
            limit = f"its legitimate returns a {type(given).__name__}"
        elif 0 <= given <= sys.float_info.max / LEGITIMATE_UNIT:
            return LEGITIMATE_UNIT * float(given)
        raise InputError("program", self.name, limit, "return a number >= 0: 0 is legitimate")

    def _asked(self, name: str, function: Callable[..., Any] | None, call: Callable[[], Result]) -> Result:
        """What one of the program's functions says."""
        try:
            return called(getattr(getattr(function, "__code__", None), "co_filename", ""), call)
        except ForeignError as error:
            raise InputError("program", self.name, f"its {name} raises {error}", "mend it") from error


def _forms(topology: Topology, row: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """What an array of a number, or a row of them, for each cell looks like."""
    return (topology.cells, *row), (*topology.shape, *row)


def _is_number(value: object, most: int) -> bool:
    """A whole number from 0 to this."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool) and bool(0 <= value <= most)
