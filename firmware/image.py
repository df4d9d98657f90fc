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

All numbers are little-endian.
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
_BOUNDS: Final = (
    ("H", 1, HIDDEN_MAX),
    ("shift1", 1, 15),
    ("shift2", 1, 15),
    ("clock law", min(Law), max(Law)),
    ("listening period", 1, LISTENING_WAKES_MAX),
    ("mean interval", 1, MEAN_INTERVAL_MAX_US),
)
"""The least and the most of the numbers in a header, in their order."""

CODE_RESERVE_BYTES: Final = ROM_BYTES - HEADER_BYTES - HIDDEN_MAX * RECORD.itemsize
"""ROM that every genome leaves for program code: 1,776 B."""


def build(genome: Genome, timing: Timing) -> bytes:
    """The image of a genome with its clock settings, ``16 + 66 * H`` bytes."""
    head = HEADER.pack(
        b"PL",
        IMAGE_VERSION,
        genome.hidden,
        genome.shift1,
        genome.shift2,
        timing.law,
        timing.listening_wakes,
        timing.mean_interval_us,
    )
    records = np.zeros(genome.hidden, RECORD)
    records["b1"], records["w1"], records["w2"] = genome.b1, genome.w1, genome.w2
    body = records.tobytes()
    return head + zlib.crc32(head + body).to_bytes(4, "little") + body


def parse(rom: bytes) -> tuple[Rule, Timing]:
    """Read an image back, as the cell does at boot.

    Args:
        rom: an image, or a ROM that holds one and is erased behind it.

    Raises:
        InputError: it is not exactly what SPEC.md says, or its CRC-32 does not match.
    """
    if len(rom) < HEADER_BYTES:
        raise _refused(f"{len(rom)} B", f"its header alone has {HEADER_BYTES} B")
    magic, version, *numbers = HEADER.unpack_from(rom)
    if magic != b"PL" or version != IMAGE_VERSION:
        raise _refused(rom[:3].hex(" "), f"it must begin with 50 4c {IMAGE_VERSION:02x}")
    for (name, least, most), number in zip(_BOUNDS, numbers, strict=True):
        if not least <= number <= most:
            raise _refused(f"{name} {number}", f"it must be {least} to {most:,}")
    hidden, shift1, shift2, law, listening, mean = numbers
    end = HEADER_BYTES + hidden * RECORD.itemsize
    if len(rom) < end or rom[end:].strip(ERASED):
        raise _refused(f"{len(rom)} B", f"with H = {hidden} it has {end} B, and nothing behind")
    if zlib.crc32(rom[:12] + rom[HEADER_BYTES:end]) != int.from_bytes(rom[12:16], "little"):
        raise _refused(f"CRC-32 {rom[12:16][::-1].hex()}", "it does not match the content")
    records = np.frombuffer(rom, RECORD, hidden, HEADER_BYTES)
    wide = {name: records[name].astype(np.int32) for name in ("w1", "b1", "w2")}
    return Rule(**wide, shift1=shift1, shift2=shift2), Timing(Law(law), mean, listening)


def _refused(value: str, limit: str) -> InputError:
    return InputError("flash image", value, limit, "build it anew from its genome")
