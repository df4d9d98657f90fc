"""The flash image: the exact ROM bytes of a genome, as the C firmware reads them. SPEC.md, "Flash image".

    offset  size  content
         0     2  "PL"
         2     1  image version, 1
         3     1  H, hidden units, 1..128
         4     1  shift1
         5     1  shift2
         6     1  clock law: 0 uniform, 1 exponential
         7     1  listening period in wakes
         8     4  mean interval in us
        12     4  CRC-32 of bytes 0..11 and 16..end
        16  66*H  per hidden unit: int16 bias, int8[48] weights in, int8[16] weights out

All numbers are little-endian. The image of a program other than the neural rule is such a header alone, with
H, shift1 and shift2 of 0: its clock.
"""

import struct
import zlib
from typing import Final

import numpy as np

from firmware.arithmetic import Rule
from firmware.budget import ERASED, HIDDEN_MAX, ROM_BYTES
from firmware.clock import LISTENING_WAKES_MAX, MEAN_INTERVAL_MAX_US, Law, Timing
from firmware.errors import InputError
from firmware.genome import Genome

IMAGE_VERSION: Final = 1
HEADER: Final = struct.Struct("<2s6BI")
HEADER_BYTES: Final = 16
RECORD: Final = np.dtype([("b1", "<i2"), ("w1", "i1", 48), ("w2", "i1", 16)])
_CLOCK_BOUNDS: Final = (
    ("clock law", min(Law), max(Law)),
    ("listening period", 1, LISTENING_WAKES_MAX),
    ("mean interval", 1, MEAN_INTERVAL_MAX_US),
)
_GENOME_BOUNDS: Final = (("H", 1, HIDDEN_MAX), ("shift1", 1, 15), ("shift2", 1, 15), *_CLOCK_BOUNDS)
"""The least and the most of the numbers in a genome's header, in their order."""

_PROGRAM_BOUNDS: Final = (("H", 0, 0), ("shift1", 0, 0), ("shift2", 0, 0), *_CLOCK_BOUNDS)

CODE_RESERVE_BYTES: Final = ROM_BYTES - HEADER_BYTES - HIDDEN_MAX * RECORD.itemsize
"""ROM that every genome leaves for program code: 1,776 B."""


def build(genome: Genome, timing: Timing) -> bytes:
    """The image of a genome with its clock settings, ``16 + 66 * H`` bytes."""
    records = np.zeros(genome.hidden, RECORD)
    records["b1"], records["w1"], records["w2"] = genome.b1, genome.w1, genome.w2
    return _signed((genome.hidden, genome.shift1, genome.shift2), timing, records.tobytes())


def build_program(timing: Timing) -> bytes:
    """The image of a program that is no genome, 16 bytes with its clock settings."""
    return _signed((0, 0, 0), timing, b"")


def parse(rom: bytes) -> tuple[Rule, Timing]:
    """Read a genome's image back, as the cell does at boot.

    Args:
        rom: an image, or a ROM that holds one and is erased behind it.

    Raises:
        InputError: it is not exactly what SPEC.md says, or its CRC-32 does not match.
    """
    numbers = _numbers(rom, _GENOME_BOUNDS)
    hidden, shift1, shift2, *_ = numbers
    records = np.frombuffer(rom, RECORD, hidden, HEADER_BYTES)
    wide = {name: records[name].astype(np.int32) for name in ("w1", "b1", "w2")}
    return Rule(**wide, shift1=shift1, shift2=shift2), _timing(numbers)


def parse_timing(rom: bytes) -> Timing:
    """Read the image of a program that is no genome back, which is its clock settings.

    Args:
        rom: as of ``parse``.

    Raises:
        InputError: as ``parse``; it may be a genome's.
    """
    return _timing(_numbers(rom, _PROGRAM_BOUNDS))


def holds_genome(rom: bytes) -> bool:
    """Whether a valid image is a genome's; otherwise it is a program's."""
    return rom[3] > 0


def _signed(rule: tuple[int, int, int], timing: Timing, body: bytes) -> bytes:
    clock = (timing.law, timing.listening_wakes, timing.mean_interval_us)
    head = HEADER.pack(b"PL", IMAGE_VERSION, *rule, *clock)
    return head + zlib.crc32(head + body).to_bytes(4, "little") + body


def _numbers(rom: bytes, bounds: tuple[tuple[str, int, int], ...]) -> list[int]:
    """The numbers of a header, of an image that is whole and within these bounds."""
    if len(rom) < HEADER_BYTES:
        raise _refused(f"{len(rom)} B", f"its header alone has {HEADER_BYTES} B")
    magic, version, *numbers = HEADER.unpack_from(rom)
    if magic != b"PL" or version != IMAGE_VERSION:
        raise _refused(rom[:3].hex(" "), f"it must begin with 50 4c {IMAGE_VERSION:02x}")
    for (name, least, most), number in zip(bounds, numbers, strict=True):
        if not least <= number <= most:
            raise _refused(f"{name} {number}", f"it must be {_range(least, most)}")
    end = HEADER_BYTES + numbers[0] * RECORD.itemsize
    if len(rom) < end or rom[end:].strip(ERASED):
        raise _refused(f"{len(rom)} B", f"with H = {numbers[0]} it has {end} B, and nothing behind")
    if zlib.crc32(rom[:12] + rom[HEADER_BYTES:end]) != int.from_bytes(rom[12:16], "little"):
        raise _refused(f"CRC-32 {rom[12:16][::-1].hex()}", "it does not match the content")
    return numbers


def _range(least: int, most: int) -> str:
    return f"{least} to {most:,}" if least < most else str(least)


def _timing(numbers: list[int]) -> Timing:
    *_, law, listening, mean = numbers
    return Timing(Law(law), mean, listening)


def _refused(value: str, limit: str) -> InputError:
    return InputError("flash image", value, limit, "build it anew from its genome")
