"""What moves a robot, and what it senses: variables of its program that have these names.

``motors``, u8[2] of what it shows or keeps, are the powers of its motors, 0 to 255: the first alone turns it
left, the second right, both go ahead. ``distance_mm``, an input, is how far away whoever is heard is, and
``light``, another, how much falls on the robot when it wakes.
"""

from typing import Final, NamedTuple, Self

from firmware.budget import CHANNELS
from firmware.errors import InputError
from firmware.variables import BUILT_IN, Layout, u8, u16

MOTORS, DISTANCE, LIGHT = "motors", "distance_mm", "light"

NOWHERE: Final = -1


class Senses(NamedTuple):
    """Where a robot's program has them; ``NOWHERE`` what it has not.

    Attributes:
        motors: the first of two bytes in RAM.
        distance: byte of the board.
        distance_bytes: of that number, little-endian; what is farther than it can say is the largest.
        light: the first of two bytes of the board.
        least: what is noted of less; 1 where 0 means that nothing is measured.
    """

    motors: int = NOWHERE
    distance: int = NOWHERE
    distance_bytes: int = 1
    light: int = NOWHERE
    least: int = 0

    @classmethod
    def of(cls, layout: Layout | None) -> "Senses":
        """Places in a program that has declared these variables, or none.

        Raises:
            InputError: one of the names is something else there.
        """
        if layout is None:
            return cls()
        motors, distance, light = layout.own.get(MOTORS), layout.board.get(DISTANCE), layout.board.get(LIGHT)
        if motors is not None and motors.kind != u8[2]:
            raise InputError(
                "program: variable", MOTORS, f"it moves a robot, and is {motors.kind}", "declare it as u8[2]"
            )
        if distance is not None and distance.kind not in (u8, u16):
            limit = f"it is how far away the heard robot is, and is {distance.kind}"
            raise InputError("program: inputs", DISTANCE, limit, "declare it as u8 or u16")
        if light is not None and light.kind != u16:
            limit = f"it is how much light falls on a robot, and is {light.kind}"
            raise InputError("program: inputs", LIGHT, limit, "declare it as u16")
        return cls(
            NOWHERE if motors is None else motors.offset,
            NOWHERE if distance is None else distance.offset,
            1 if distance is None else distance.kind.size,
            NOWHERE if light is None else light.offset,
        )

    @classmethod
    def of_kilolib(cls, pointer_bytes: int) -> Self:
        """Places of a program for kilolib, where pointers have so many bytes: ``firmware/c/kilolib.c``."""
        board = sum(kind.bytes for kind in BUILT_IN.values())
        return cls(CHANNELS + 2 * pointer_bytes + 8, board, 1, board + 1, least=1)

    def distance_bytes_of(self, distance_mm: int) -> bytes:
        """A distance as it stands on the board."""
        most = (1 << 8 * self.distance_bytes) - 1
        return max(self.least, min(distance_mm, most)).to_bytes(self.distance_bytes, "little")
