"""What is on the boards of a program's cells, as its file says: straps, inputs and roles."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from emulator.world.boards import Boards, make_boards, set_variable
from emulator.world.region import LivingTissue, Near, Now, Region
from emulator.world.region_text import parse_region
from emulator.world.topology import Topology
from firmware.errors import InputError, shortened, written
from firmware.foreign import ForeignError, called
from firmware.variables import ROLE, Layout, Variable

Result = TypeVar("Result")

ROLE_DRAWS: Final = 1 << 32
"""Where a role goes by chance, this plus its number stands for the number of a fault: there are fewer."""

WHERE_MAX: Final = 40
"""Letters of what a role was given to that are shown."""


@dataclass(frozen=True)
class ProgramBoards:
    """What the file of a program says of boards.

    Attributes:
        name: of the program, for messages.
        straps: takes the topology and returns the cells with a strap by their numbers, or their codes, 1 to
            255, by these; None is a 1 for the middle cell.
        inputs: takes the topology and returns for each input that the program declares a value for each cell,
            or one for all; None if all are 0.
        roles: takes the topology and returns for some of the classes which cells run them: their numbers, a
            bool for each cell, or a region as of faults. A cell runs the last one that has it, and the first
            class if none has. There is such a function where there are several classes.
        layout: where the program's variables lie; None if it has declared none.
        classes: of its roles; with fewer than two there is no choice.
    """

    name: str
    straps: Callable[[Topology], Any] | None = None
    inputs: Callable[[Topology], Any] | None = None
    roles: Callable[[Topology], Any] | None = None
    layout: Layout | None = None
    classes: tuple[type, ...] = ()

    def of(self, topology: Topology, seed: int) -> Boards:
        """The boards of a run.

        Args:
            topology: the cells.
            seed: of the run, by which a role goes to cells by chance.

        Raises:
            InputError: a function raises, or says what cannot be.
        """
        boards = make_boards(self._codes(topology))
        for name, values in self._values(topology).items():
            set_variable(boards, self._known[name], values)
        if self.layout and self.layout.several:
            set_variable(boards, self.layout.board[ROLE], self._roles(topology, seed))
        return boards

    @property
    def _known(self) -> dict[str, Variable]:
        """Inputs that the program has declared."""
        return self.layout.inputs if self.layout else {}

    def _codes(self, topology: Topology) -> NDArray[np.uint8]:
        """Of each cell the code of its strap."""
        codes = np.zeros(topology.cells, np.uint8)
        if self.straps is None:
            codes[topology.middle] = 1
            return codes
        straps = self.straps
        given = self._asked("straps", lambda: straps(topology))
        for cell, code in self._asked("straps", lambda: _coded(given)):
            if not is_number(cell, topology.cells - 1) or not is_number(code, 255) or code == 0:
                last = topology.cells - 1
                limit = f"its straps must be numbers of cells, 0 to {last}, or codes by them, 1 to 255"
                raise InputError(
                    "program", self.name, limit, "return e.g. [topology.middle], or {0: 1, 9: 2}"
                )
            codes[cell] = code
        return codes

    def _values(self, topology: Topology) -> dict[str, NDArray[np.int64]]:
        """Of each input a number for each cell."""
        if self.inputs is None:
            return {}
        inputs = self.inputs
        given = self._asked("inputs", lambda: dict(inputs(topology)))
        return {name: self._fitting(name, value, topology) for name, value in given.items()}

    def _fitting(self, name: str, value: Any, topology: Topology) -> NDArray[np.int64]:
        """Numbers for an input, in its form and within its limits."""
        known = self._known
        if name not in known:
            limit = f"it declares no input {written(name)}"
            raise InputError("program", self.name, limit, f"it has {', '.join(known) or 'none'}")
        kind = known[name].kind
        row = () if kind.count is None else (kind.count,)
        array = self._asked("inputs", lambda: np.asarray(value))
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

    def _roles(self, topology: Topology, seed: int) -> NDArray[np.int64]:
        """Of each cell the number of its role."""
        roles, numbers = self.roles, np.zeros(topology.cells, np.int64)
        assert roles is not None
        given = self._asked("roles", lambda: roles(topology))
        if not isinstance(given, Mapping):
            limit = f"its roles return a {type(given).__name__}"
            raise InputError(
                "program", self.name, limit, 'return classes with cells, e.g. {Liar: "random:0.02"}'
            )
        for role, where in self._asked("roles", lambda: list(given.items())):
            if role not in self.classes:
                named = role.__name__ if isinstance(role, type) else f"a {type(role).__name__}"
                own = ", ".join(one.__name__ for one in self.classes)
                raise InputError(
                    "program", self.name, f"its roles name {named}", f"name one of its classes, {own}"
                )
            number = self.classes.index(role)
            numbers[self._players(where, number, topology, seed)] = number
        return numbers

    def _players(self, where: Any, role: int, topology: Topology, seed: int) -> NDArray[np.integer]:
        """The cells that are to play a role."""
        if isinstance(where, str):
            return self._region(where, role, topology).cells(
                topology, seed, ROLE_DRAWS + role, _nobody(topology)
            )
        cells = self._asked("roles", lambda: np.asarray(_listed(where)))
        if cells.dtype == np.bool_ and cells.shape in _forms(topology, ()):
            return np.flatnonzero(cells)
        fits = cells.ndim == 1 and (cells.size == 0 or cells.dtype.kind in "iu")
        wrong = [cell for cell in cells.tolist() if not 0 <= cell < topology.cells] if fits else [where]
        if wrong:
            raise self._misplaced(
                role, written(wrong[0]), f"cells have numbers from 0 to {topology.cells - 1}"
            )
        return cells.astype(np.intp)

    def _region(self, text: str, role: int, topology: Topology) -> Region:
        """The region of a role, which this topology has."""
        try:
            region = parse_region(text)
        except InputError as error:
            raise self._misplaced(role, text, error.limit, error.fix) from error
        if objection := region.objection(topology):
            raise self._misplaced(role, text, *objection)
        if isinstance(region, LivingTissue):
            raise self._misplaced(role, text, "no cell lives yet when roles are given")
        if isinstance(region, Near):
            raise self._misplaced(role, text, "no robot is anywhere yet when roles are given")
        return region

    def _misplaced(
        self, role: int, where: str, why: str, fix: str = 'e.g. [0, 9] or "random:0.02"'
    ) -> InputError:
        limit = f"its roles give {self.classes[role].__name__} to {shortened(where, WHERE_MAX)}: {why}"
        return InputError("program", self.name, limit, fix)

    def _asked(self, name: str, call: Callable[[], Result]) -> Result:
        return asked(self.name, name, getattr(self, name), call)


def asked(program: str, name: str, function: Callable[..., Any] | None, call: Callable[[], Result]) -> Result:
    """What one of the functions of a program's file says.

    Args:
        program: its name, for messages.
        name: of the function.
        function: it, for the line in which it fails.
        call: asks it.

    Raises:
        InputError: it raises.
    """
    try:
        return called(getattr(getattr(function, "__code__", None), "co_filename", ""), call)
    except ForeignError as error:
        raise InputError("program", program, f"its {name} raises {error}", "mend it") from error


def _coded(straps: Any) -> list[tuple[Any, Any]]:
    """Cells with a strap, each with its code: 1 for those that are only listed."""
    if isinstance(straps, Mapping):
        return list(straps.items())
    return [(cell, 1) for cell in np.asarray(_listed(straps)).reshape(-1).tolist()]


def _listed(given: Any) -> Any:
    """What is like a list, as one."""
    if isinstance(given, np.ndarray | str | bytes | Mapping) or not isinstance(given, Iterable):
        return given
    return list(given)


def _nobody(topology: Topology) -> Now:
    return Now(lambda: np.zeros(topology.cells, np.bool_))


def _forms(topology: Topology, row: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """What an array of a number, or a row of them, for each cell looks like."""
    return (topology.cells, *row), (*topology.shape, *row)


def is_number(value: object, most: int) -> bool:
    """Whether a value is a whole number from 0 to this, NumPy's too; truth values are none."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool) and bool(0 <= value <= most)
