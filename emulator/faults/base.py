"""What every fault has: which cells, when, for how long; and the text that says so.

``KIND:REGION[,NAME=VALUE...]@ROUND[+ROUNDS]``, SPEC.md, "Faults". A kind is a small frozen dataclass
whose own fields are its parameters. What it does is its ``act``, a generator: it strikes, yields for as
long as it is in force, and unwinds.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, fields
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any, ClassVar, Final

import numpy as np

from emulator.cells import Cells
from emulator.faults.tools import Tools
from emulator.world.region import Everything, Region
from emulator.world.region_text import parse_region
from emulator.world.topology import Topology
from firmware.errors import InputError
from firmware.limits import Limits

Life = Generator[None, bool, None]
"""A fault in force. It is resumed with True when it is over, and with False at each tick before."""

Value = int | float | str

_FORM: Final = re.compile(
    r"(?P<kind>[a-z-]+):(?P<what>[^@]+)@(?P<start>\d+(?:\.\d+)?)(?:\+(?P<length>\d+(?:\.\d+)?))?", re.ASCII
)
_NUMBER: Final = re.compile(r"-?\d*\.?\d+", re.ASCII)
TEXT_MAX: Final = 1000
"""Characters of a fault."""

_NAME: Final = re.compile(r"[a-z0-9-]+", re.ASCII)
_FIX: Final = (
    "write KIND:REGION[,NAME=VALUE]@ROUND[+ROUNDS], "
    "e.g. restart:half:left@200, kill:disc:16,16,5@200+50, loss:0.5@100+50"
)


def parameter(limits: Limits, default: Any = None) -> Any:
    """A field of a kind; without a default the text must give it."""
    return field(kw_only=True, default=default, metadata={"limits": limits})


@dataclass(frozen=True)
class Fault(ABC):
    """A fault of the plan. ``str`` gives a text that ``parse`` reads.

    Attributes:
        region: which cells.
        start_rounds: when, in mean intervals from the start of the run.
        length_rounds: how long; None is for ever, or instantaneous.
    """

    kind: ClassVar[str]
    kinds: ClassVar[dict[str, type["Fault"]]] = {}

    destroys: ClassVar[bool] = False
    """Whether it takes state from cells, so that its recovery is judged by itself."""

    is_instant: ClassVar[bool] = False
    """Whether it has no length."""

    needs_length: ClassVar[bool] = False
    """Whether it cannot last for ever."""

    ticks: ClassVar[bool] = False
    """Whether it goes on doing something, every mean interval."""

    needs_machine_code: ClassVar[bool] = False
    """Whether only a cell that executes its binary can suffer it."""

    changes_ram: ClassVar[bool] = False
    """Whether it writes bytes into the RAM of cells that then go on with them."""

    region: Region
    start_rounds: Decimal
    length_rounds: Decimal | None = None

    def __init_subclass__(cls, kind: str | None = None) -> None:
        if kind is not None:
            cls.kind = kind
            Fault.kinds[kind] = cls

    @abstractmethod
    def act(self, tools: Tools, number: int, cells: Cells) -> Life:
        """Strike, stay in force, unwind.

        Args:
            tools: what it acts with.
            number: of the fault in the plan, from 1.
            cells: of its region.
        """

    @classmethod
    def parse(cls, text: str) -> "Fault":
        """Read the text of a fault, e.g. ``kill:disc:16,16,5@200+50``.

        Raises:
            InputError: not a fault; the message shows the form.
        """
        match = _FORM.fullmatch(text) if len(text) <= TEXT_MAX else None
        if match is None:
            raise InputError("fault", text, "it cannot be read", _FIX)
        kind = Fault.kind_of(match["kind"], text)
        start = Decimal(match["start"])
        length = Decimal(match["length"]) if match["length"] else None
        if kind.is_instant and length is not None:
            raise InputError("fault", text, f"{kind.kind} takes no time", "leave out +ROUNDS, or use kill")
        if length is not None and length == 0:
            raise InputError("fault", text, "it lasts 0 rounds", "give more, or use restart")
        if kind.needs_length and length is None:
            raise InputError("fault", text, f"{kind.kind} needs a length", "add +ROUNDS")
        region, values = kind._read(match["what"], text)
        fault = kind(region, start, length, **values)
        fault.check(text)
        return fault

    @staticmethod
    def kind_of(name: str, text: str) -> type["Fault"]:
        """The kind of this name; ``text`` is what an error shows.

        Raises:
            InputError: there is none.
        """
        if name not in Fault.kinds:
            raise InputError("fault", text, f"there is no kind '{name}'", _known())
        return Fault.kinds[name]

    @classmethod
    @cache
    def parameters(cls) -> dict[str, Limits]:
        """Name -> limits, in the order in which they are written."""
        return {f.name: f.metadata["limits"] for f in fields(cls) if "limits" in f.metadata}

    def check(self, text: str) -> None:  # noqa: B027 # most have nothing to add
        """Refuse what the limits of the single parameters do not.

        Raises:
            InputError: ``text`` asks for something that cannot be.
        """

    def check_interval(self, mean_interval_us: int) -> None:  # noqa: B027 # likewise
        """Refuse what cannot be with clocks of this mean interval.

        Raises:
            InputError: the fault asks for it.
        """

    def check_topology(self, topology: Topology) -> None:  # noqa: B027 # likewise
        """Refuse a topology on which it cannot be.

        Raises:
            InputError: it is one.
        """

    @property
    def may_change_ram(self) -> bool:
        """Whether it writes into RAM, or a fault of which it may consist does."""
        return self.changes_ram

    def start_us(self, mean_interval_us: int) -> int:
        """Begin, in microseconds from the start of the run."""
        return _whole_us(self.start_rounds, mean_interval_us)

    def end_us(self, mean_interval_us: int) -> int | None:
        """End in microseconds; None when it lasts for ever."""
        if self.is_instant:
            return self.start_us(mean_interval_us)
        if self.length_rounds is None:
            return None
        return self.start_us(mean_interval_us) + max(1, _whole_us(self.length_rounds, mean_interval_us))

    @property
    def holds_us(self) -> int:
        """For how long it can keep messages in the links, at most."""
        return 0

    @property
    def parts(self) -> int:
        """Of how many faults it consists."""
        return 1

    def expand(self, seed: int, number: int) -> list["Fault"]:
        """The faults of which it consists, if it is a compound, else itself."""
        del seed, number
        return [self]

    def __str__(self) -> str:
        defaults = {f.name: f.default for f in fields(self)}
        values = {name: getattr(self, name) for name in self.parameters()}
        given = {name: _plain(value) for name, value in values.items() if value != defaults[name]}
        if (
            isinstance(self.region, Everything)
            and list(given) == list(values)[:1]
            and self._starts_with_number()
        ):
            what = next(iter(given.values()))
        else:
            what = ",".join([str(self.region), *(f"{name}={value}" for name, value in given.items())])
        length = "" if self.length_rounds is None else f"+{_shortest(self.length_rounds)}"
        return f"{self.kind}:{what}@{_shortest(self.start_rounds)}{length}"

    @classmethod
    def _starts_with_number(cls) -> bool:
        """Whether a number alone can stand for ``all`` and the first parameter."""
        first = next(iter(cls.parameters().values()), None)
        return first is not None and not first.words and not first.name

    @classmethod
    def _read(cls, what: str, text: str) -> tuple[Region, dict[str, Value]]:
        """Region and parameters; a number alone is the first parameter, everywhere."""
        limits = cls.parameters()
        if cls._starts_with_number() and _NUMBER.fullmatch(what):
            what = f"all,{next(iter(limits))}={what}"
        items = what.split(",")
        where = ",".join(item for item in items if "=" not in item)
        if not where:
            raise InputError("fault", text, "it names no cells", f"write {cls.kind}:all,{what.lstrip(',')}")
        region = parse_region(where)
        named = [item.split("=", 1) for item in items if "=" in item]
        given = dict(named)
        if len(given) < len(named):
            raise InputError("fault", text, "a parameter is there twice", "give each once")
        values: dict[str, Value] = {}
        for name, value in given.items():
            if name not in limits:
                known = ", ".join(limits) or "none"
                raise InputError("fault", text, f"{cls.kind} has no '{name}'", f"its parameters: {known}")
            values[name] = _value(name, value, limits[name], text)
        missing = [
            f.name for f in fields(cls) if f.name in limits and f.default is None and f.name not in given
        ]
        if missing:
            raise InputError(
                "fault", text, f"{cls.kind} needs {missing[0]}", f"add ,{missing[0]}=: {limits[missing[0]]}"
            )
        return region, values


def ram_is_elsewhere(fault: Fault, fix: str) -> InputError:
    """Why a fault cannot write into RAM of cells whose bytes do not mean what they mean on a chip."""
    limit = "this machine keeps the variables of a program for kilolib elsewhere than a chip"
    return InputError("fault", fault, limit, fix)


def last_fault(faults: Sequence[Fault], mean_interval_us: int) -> tuple[int, float]:
    """Place of the fault that is over last, and the round; one that lasts for ever counts from its begin."""
    ends = [fault.end_us(mean_interval_us) or fault.start_us(mean_interval_us) for fault in faults]
    return ends.index(max(ends)), max(ends) / mean_interval_us


def _value(name: str, value: str, limits: Limits, text: str) -> Value:
    if limits.words:
        if value not in limits.words:
            raise InputError("fault", text, f"{name} is '{value}'", f"it must be {limits}")
        return value
    if limits.name:
        if not _NAME.fullmatch(value):
            raise InputError("fault", text, f"{name} is '{value}'", f"it must be {limits}")
        return value
    if not _NUMBER.fullmatch(value):
        raise InputError("fault", text, f"{name}={value} is not a number", f"it must be {limits}")
    number = float(value)
    if number not in limits:
        raise InputError("fault", text, f"{name}={value} is out of its limits", f"it must be {limits}")
    return int(number) if limits.whole else number


def _plain(value: Any) -> str:
    """A number without an exponent."""
    return value if isinstance(value, str) else np.format_float_positional(value, trim="-")


def _known() -> str:
    return f"kinds are {', '.join(sorted(Fault.kinds))}; `planaria faults` explains them"


def _shortest(rounds: Decimal) -> str:
    """All digits, without zeros behind them."""
    digits = f"{rounds:f}"
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def _whole_us(rounds: Decimal, mean_interval_us: int) -> int:
    return int((rounds * mean_interval_us).to_integral_value(ROUND_HALF_UP))
