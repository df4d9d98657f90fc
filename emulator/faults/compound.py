"""Compounds: faults that consist of others."""

from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Final

from emulator.cells import Cells
from emulator.faults.base import Fault, Life, parameter
from emulator.faults.power import Kill
from emulator.faults.tools import Tools
from emulator.world.draws import Stream, draw32, key
from emulator.world.region import Everything
from emulator.world.shapes import Band
from firmware.errors import InputError
from firmware.limits import Limits

_MENU: Final = (
    "restart:random:0.1",
    "restart:random:0.1,ram=random",
    "kill:random:0.05",
    "pause:random:0.2",
    "slow:random:0.3,factor=3",
    "flips:0.001",
    "loss:0.4",
    "burst:all,enter=0.05,leave=0.2",
    "delay:5000",
    "reorder:0.2",
    "duplicate:0.2",
    "corrupt:0.2",
    "stick:random:0.02",
    "babble:random:0.02",
)
"""What a mix is drawn from."""


_LEAST: Final = Decimal("0.001")
"""Length of a part, and what times are whole multiples of, in rounds."""


def _millionths(rounds: Fraction) -> Decimal:
    """Rounded half up to six places, from the exact value."""
    return Decimal((2_000_000 * rounds + 1) // 2) / 1_000_000


def _down(rounds: Decimal) -> Decimal:
    return rounds.quantize(_LEAST, ROUND_DOWN)


@dataclass(frozen=True)
class Compound(Fault):
    """A fault that is planned as the faults of which it consists."""

    needs_length = True  # which is divided among them

    def act(self, tools: Tools, number: int, cells: Cells) -> Life:
        raise NotImplementedError("a compound is expanded before it begins")

    def check(self, text: str) -> None:
        """A compound decides itself which cells its parts hit."""
        if not isinstance(self.region, Everything):
            raise InputError(
                "fault", text, f"{self.kind} is about the whole grid", "write all for the region"
            )


@dataclass(frozen=True)
class Rolling(Compound, kind="rolling"):
    """A rolling blackout: ``stripes`` bands of rows lose power one after the other, from top to bottom.

    Each goes dark when the one before it is light again, to a millionth of a round.
    """

    stripes: int = parameter(Limits(1, 64, whole=True))

    @property
    def parts(self) -> int:
        return self.stripes

    def expand(self, seed: int, number: int) -> list[Fault]:
        """A kill for each band."""
        assert self.length_rounds is not None
        start, length = Fraction(self.start_rounds), Fraction(self.length_rounds)
        moments = [_millionths(start + length * band / self.stripes) for band in range(self.stripes + 1)]
        return [
            Kill(Band(band, self.stripes), begin, end - begin)
            for band, (begin, end) in enumerate(pairwise(moments))
        ]


@dataclass(frozen=True)
class Mix(Compound, kind="mix"):
    """``count`` faults of all kinds, drawn by the seed, each some time within the length."""

    count: int = parameter(Limits(1, 1000, whole=True))

    @property
    def parts(self) -> int:
        return self.count

    @property
    def may_change_ram(self) -> bool:
        return any(Fault.kinds[text.partition(":")[0]].changes_ram for text in _MENU)

    def check(self, text: str) -> None:
        """Refuse a compound whose parts have no room."""
        super().check(text)
        if self.length_rounds is not None and self.length_rounds < 1:
            raise InputError("fault", text, "a mix needs at least a round", "give it more")

    def expand(self, seed: int, number: int) -> list[Fault]:
        """Kind, beginning and end are draws."""
        assert self.length_rounds is not None
        faults = []
        for place in range(self.count):
            what, start, length = (
                draw32(key(seed, Stream.MIX, number), 3 * place + part) for part in range(3)
            )
            text = _MENU[what * len(_MENU) >> 32]
            begin = _down((self.length_rounds - _LEAST) * start / (1 << 32))
            left = max(_LEAST, _down((self.length_rounds - begin) * (length + 1) / (1 << 32)))
            instant = Fault.kinds[text.partition(":")[0]].is_instant
            ends = "" if instant else f"+{left:f}"
            faults.append(Fault.parse(f"{text}@{self.start_rounds + begin:f}{ends}"))
        return faults
