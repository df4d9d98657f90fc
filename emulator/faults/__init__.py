"""The vocabulary of faults: each kind a small class with units and limits, by the part that fails."""

from emulator.faults import clocks, compound, links, machine, memory, power, robots, tissue, versions, voices
from emulator.faults.base import Fault

__all__ = [
    "Fault",
    "clocks",
    "compound",
    "links",
    "machine",
    "memory",
    "power",
    "robots",
    "tissue",
    "versions",
    "voices",
]
