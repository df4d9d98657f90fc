"""Pictures of a run, one a round: in memory while they are few, then on disk."""

import weakref
from collections.abc import Iterator, Sequence
from contextlib import suppress
from math import prod
from tempfile import SpooledTemporaryFile
from typing import Any, Final, overload

import numpy as np
from numpy.typing import DTypeLike, NDArray

from firmware.system.scratch import no_room

IN_MEMORY_BYTES = 1 << 26

NOTHING: Final = int(np.iinfo(np.int64).min)
"""Among numbers, stands for that of a cell that does not run."""

Picture = NDArray[Any]


class Recording(Sequence[Picture]):
    """Pictures of one form; the file vanishes with it.

    Args:
        shape: of each, the cells' own and what is shown of each, such as (rows, cols, 4).
        dtype: of its numbers.
    """

    def __init__(self, shape: tuple[int, ...], dtype: DTypeLike = np.int8) -> None:
        self._shape, self._dtype = shape, np.dtype(dtype)
        self._bytes = prod(self._shape) * self._dtype.itemsize
        self._count = 0
        self._file = SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115 # as long as this lives
        weakref.finalize(self, _close, self._file)

    def append(self, picture: Picture) -> None:
        """Add the picture of the next round.

        Raises:
            InputError: they no longer fit into memory, and there is no room for them on disk.
        """
        try:
            self._file.seek(self._count * self._bytes)
            self._file.write(picture.tobytes())
            self._file.flush()
        except OSError as error:
            raise no_room(error) from error
        self._count += 1

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Picture: ...
    @overload
    def __getitem__(self, index: slice) -> list[Picture]: ...
    def __getitem__(self, index: int | slice) -> Picture | list[Picture]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(self._count))]
        place = range(self._count)[index]
        self._file.seek(place * self._bytes)
        return np.frombuffer(self._file.read(self._bytes), self._dtype).reshape(self._shape)

    def every(self, step: int) -> Iterator[Picture]:
        """Each ``step``-th, from the first, one at a time."""
        return (self[i] for i in range(0, self._count, step))


def _close(file: SpooledTemporaryFile[bytes]) -> None:
    """What a full disk has said already it may say again here."""
    with suppress(OSError):
        file.close()
