"""What a program of a cell is written with: ``from planaria.swarm import Program, u8, u16``."""

from firmware.declaration import Program
from firmware.variables import i8, i16, i32, u8, u16, u32

__all__ = ["Program", "i8", "i16", "i32", "u8", "u16", "u32"]
