"""Robots that move in a plane and talk by radio: where they start, and what they and their radio are like.

SPEC.md, "Robots that move". Lengths are whole micrometres inside, x to the right and y down, from the corner
at the top left. A heading is 0 up, and grows clockwise; a turn is ``TURN``.
"""

import math
import re
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Final, Self

import numpy as np
from numpy.typing import NDArray

from emulator.world.lattices import Sheet
from firmware.errors import InputError
from firmware.limits import PROBABILITY, Limits
from firmware.option import check_options, option, options_by_field

TURN: Final = 1 << 16
"""All headings."""

STEP_US: Final = 1 << 15
"""Robots move in steps of so long; between them they stand."""

UM: Final = 1000
"""In a millimetre."""

_NUMBER: Final = re.compile(r"\d{1,9}(?:\.\d{1,20})?", re.ASCII)

_FAR: Final = Limits(1, 100_000, whole=True)
_NEAR: Final = Limits(1, 10_000, whole=True)
"""Square roots are exact up to there."""


def _length(default: int, text: str, limits: Limits) -> Any:
    return option(default, text, "MM", limits)


@dataclass(frozen=True)
class Plane(Sheet):
    """Robots that stand in rows and columns when power comes, on a floor with walls, and then go away.

    Their numbers and their regions are those of rows and columns, wherever they begin. No port is wired:
    whoever is in range hears what a robot says, on the port that faces it.

    Attributes:
        pitch_mm: from robot to robot at the beginning.
        margin_mm: from the outer robots to the walls.
        diameter_mm: of a robot.
        range_mm: of the radio, from middle to middle.
        clear_mm: within it no message is lost by distance; from there to the end of the range the share that
            is grows to all.
        air_us: how long a frame keeps whoever hears it from hearing another.
        speed_mm_s: of a robot straight ahead, both motors full on.
        turn_deg_s: of a robot with one motor full on.
        spread: each motor is so much stronger or weaker, at most.

    Raises:
        InputError: an option is out of its limits, or robots stand in each other or in a wall.
    """

    pitch_mm: int = _length(50, "from robot to robot at the beginning", _FAR)
    margin_mm: int = _length(300, "from the outer robots to the walls", _FAR)
    diameter_mm: int = _length(33, "of a robot", _NEAR)
    range_mm: int = _length(100, "of the radio", _NEAR)
    clear_mm: int = _length(10_000, "within it distance loses nothing", Limits(0, 10_000, whole=True))
    air_us: int = option(
        0, "a frame keeps its hearers busy for so long", "US", Limits(0, 1_000_000, whole=True)
    )
    speed_mm_s: int = option(7, "straight ahead", "MM", Limits(0, 1000, whole=True))
    turn_deg_s: int = option(13, "of a turn", "DEG", Limits(0, 1000, whole=True))
    spread: float = option(0.0, "a motor is so much stronger or weaker, at most", "SHARE", PROBABILITY)

    kind: ClassVar = "plane"
    steps: ClassVar = {}
    regions: ClassVar[str] = (
        "near:X,Y,RADIUS in mm, by where robots are; and by their numbers all of square8 but ball:"
    )

    def __post_init__(self) -> None:
        if self.torus:
            raise InputError("torus", "yes", "a plane has walls", "leave it out")
        super().__post_init__()
        check_options(self)
        if self.pitch_mm < self.diameter_mm:
            limit = f"robots have a diameter of {self.diameter_mm} mm, and would stand in each other"
            raise InputError("pitch_mm", self.pitch_mm, limit, "place them farther apart")
        if 2 * self.margin_mm < self.diameter_mm:
            limit = f"robots have a diameter of {self.diameter_mm} mm, and would stand in a wall"
            raise InputError("margin_mm", self.margin_mm, limit, "give them more room")
        for side_um in self.walls_um:
            if side_um >= 1 << 30:
                raise InputError(
                    "grid",
                    self.size,
                    "the floor is longer than 1 km",
                    "take fewer robots, or a smaller pitch",
                )

    @classmethod
    def parse(cls, text: str, rows: int, cols: int, torus: bool) -> Self:
        """The plane that a text says: ``plane``, or ``plane:range_mm=70,spread=0.1``.

        Raises:
            InputError: it cannot be read.
        """
        options = options_by_field(cls)
        values: dict[str, float] = {}
        for given in text.removeprefix(cls.kind).removeprefix(":").split(",") if text != cls.kind else ():
            name, _, value = given.partition("=")
            if name not in options:
                limit = f"'{given}' is none of {', '.join(options)}"
                raise InputError("topology", text, limit, "write e.g. plane:range_mm=70,spread=0.1")
            if name in values:
                raise InputError("topology", text, f"{name} is there twice", "give it once")
            if not _NUMBER.fullmatch(value):
                raise InputError(name, value, f"it must be {options[name].limits}", "e.g. 70, or 0.1")
            values[name] = options[name].of(_whole_if_it_is(float(value)))
        return cls(rows, cols, torus, **values)  # type: ignore[arg-type]

    def __str__(self) -> str:
        return ",".join([super().__str__(), *self.given])

    @property
    def given(self) -> list[str]:
        """What is not as usual, as people write it."""
        usual = {field.name: field.default for field in fields(self)}
        values = ((name, getattr(self, name)) for name in options_by_field(type(self)))
        return [
            f"{name}={np.format_float_positional(value, trim='-')}"
            for name, value in values
            if value != usual[name]
        ]

    @property
    def walls_um(self) -> tuple[int, int]:
        """Width and height of the floor."""
        return tuple(
            UM * (2 * self.margin_mm + (side - 1) * self.pitch_mm) for side in (self.cols, self.rows)
        )  # type: ignore[return-value]

    @property
    def radius_um(self) -> int:
        """Half the diameter of a robot."""
        return self.diameter_mm * UM // 2

    @property
    def range_um(self) -> int:
        """Reach of the radio, from middle to middle."""
        return self.range_mm * UM

    @property
    def clear_um(self) -> int:
        """Within it distance loses nothing."""
        return min(self.clear_mm, self.range_mm) * UM

    @property
    def step_um(self) -> int:
        """A step of a robot straight ahead."""
        return self.speed_mm_s * UM * STEP_US // 1_000_000

    @property
    def step_turn(self) -> int:
        """A step of a robot that turns."""
        return self.turn_deg_s * TURN * STEP_US // 360_000_000

    @property
    def neighbours(self) -> float:
        """How many a robot can hear where they begin, about, and at most all."""
        return min(self.cells - 1.0, math.pi * (self.range_mm / self.pitch_mm + 1) ** 2)

    def starts_um(self) -> NDArray[np.int64]:
        """Where robots begin: int64[cells, 2], x and y."""
        row, col = np.divmod(np.arange(self.cells), self.cols)
        return UM * (self.margin_mm + self.pitch_mm * np.stack([col, row], axis=1))


def _whole_if_it_is(value: float) -> float:
    return int(value) if value == int(value) else value
