"""The fingerprint of a run: a hash over every update, in the total order. SPEC.md, "Trace"."""

import hashlib
import struct
from typing import BinaryIO

import numpy as np

RECORD = struct.Struct("<QI16s")
RECORD_DTYPE = np.dtype([("time_us", "<u8"), ("cell", "<u4"), ("state", "i1", 16)])


class Trace:
    """sha256 over one 28-byte record per update: time in us, cell, 16 state bytes.

    Args:
        file: also receives the records, so that its sha256 is the trace's.
    """

    def __init__(self, file: BinaryIO | None = None) -> None:
        self._hash = hashlib.sha256()
        self._file = file

    def record(self, time_us: int, cell: int, state: bytes) -> None:
        """Add an update. Updates come by (time, cell)."""
        self.records(RECORD.pack(time_us, cell, state))

    def records(self, packed: bytes | memoryview) -> None:
        """Add any number of packed records."""
        self._hash.update(packed)
        if self._file is not None:
            self._file.write(packed)

    def sha256(self) -> str:
        """Hash of all records so far, as hexadecimal text."""
        return self._hash.hexdigest()
