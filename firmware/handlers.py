"""A program as its author writes it: three plain functions on the bytes of a cell.

    def boot(ram, strap): ...           # RAM is blank; the strap is 1 on the chosen cells, else 0
    def hear(ram, port, state): ...     # the 16 public bytes of a neighbour have come in on a port, 0 to 7
    def wake(ram): ...                  # an update; ``return False`` keeps the cell silent this time

``ram[0]`` to ``ram[15]`` are public: they are broadcast and traced, and the first four are the colour.
All up to ``ram[207]`` is the program's; what lies above is the runtime's (``firmware.runtime``).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import FunctionType
from typing import TYPE_CHECKING, Any, Final

from firmware.errors import InputError

if TYPE_CHECKING:
    from firmware.declaration import Declaration
    from firmware.variables import Layout

HANDLERS: Final = {"boot": 2, "hear": 3, "wake": 1}
"""The functions, and how many arguments each takes."""


@dataclass(frozen=True)
class Handlers:
    """The three functions of a program, in the Python that ``firmware.subset`` takes.

    Attributes:
        boot: takes RAM and the strap.
        hear: takes RAM, a port, and 16 bytes that can only be read.
        wake: takes RAM; may return False.
        name: of the program, for people.
        declaration: of its variables, if it has declared any; its functions are then on these, not on bytes.
        others: of the program's other roles, which have the same variables.
    """

    boot: Callable[..., Any]
    hear: Callable[..., Any]
    wake: Callable[..., Any]
    name: str = "program"
    declaration: "Declaration | None" = None
    others: tuple["Handlers", ...] = ()

    @property
    def roles(self) -> int:
        """How many roles the program has."""
        return 1 + len(self.others)

    @property
    def declarations(self) -> "tuple[Declaration, ...]":
        """What the class of each role declares, in their order; empty for a program of bare bytes."""
        return tuple(role.declaration for role in (self, *self.others) if role.declaration)

    @property
    def source(self) -> str:
        """Name of the C file that has the functions, for which those here only stand; else empty."""
        return self.declaration.source if self.declaration else ""

    @property
    def layout(self) -> "Layout | None":
        """Where the variables lie that it declares, the same in all roles; None if it works on bare bytes."""
        return self.declaration.layout if self.declaration else None

    @property
    def parameters(self) -> dict[str, Any]:
        """Numbers in ROM by name; what several roles call alike is that of the first."""
        return {name: value for one in reversed(self.declarations) for name, value in one.parameters.items()}

    @classmethod
    def of(cls, names: Mapping[str, object], name: str) -> "Handlers":
        """The handlers among the names of a module.

        Args:
            names: of the module, e.g. ``vars(module)``.
            name: of the program.

        Raises:
            InputError: one is missing, or is no function.
        """
        found = {handler: names.get(handler) for handler in HANDLERS}
        for handler, arguments in HANDLERS.items():
            if not isinstance(found[handler], FunctionType):
                some = "an argument" if arguments == 1 else f"{arguments} arguments"
                raise InputError(
                    "program", name, f"it has no function {handler}", f"write one that takes {some}"
                )
        return cls(**found, name=name)  # type: ignore[arg-type]
