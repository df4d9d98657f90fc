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
from firmware.budget import HIDDEN_MAX, ROM_BYTES
from firmware.clock import Law, Timing
from firmware.genome import Genome

IMAGE_VERSION: Final = 1
HEADER: Final = struct.Struct("<2s6BI")
HEADER_BYTES: Final = 16
RECORD: Final = np.dtype([("b1", "<i2"), ("w1", "i1", 48), ("w2", "i1", 16)])
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

    Raises:
        ValueError: not an image, or a CRC that does not match.
    """
    magic, version, hidden, shift1, shift2, law, listening, mean = HEADER.unpack_from(rom)
    if magic != b"PL" or version != IMAGE_VERSION:
        raise ValueError(f"not a version {IMAGE_VERSION} flash image: starts with {rom[:3].hex(' ')}")
    end = HEADER_BYTES + hidden * RECORD.itemsize
    if zlib.crc32(rom[:12] + rom[HEADER_BYTES:end]) != int.from_bytes(rom[12:16], "little"):
        raise ValueError("flash image is corrupt: its CRC-32 does not match")
    records = np.frombuffer(rom, RECORD, hidden, HEADER_BYTES)
    wide = {name: records[name].astype(np.int32) for name in ("w1", "b1", "w2")}
    return Rule(**wide, shift1=shift1, shift2=shift2), Timing(Law(law), mean, listening)
