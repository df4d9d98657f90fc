"""What variables are read and stored with: whole numbers of one, two or four bytes, little-endian.

For Python's own interpreter; compiled code has functions of the same names, which ``firmware.access`` puts
into what is run.
"""

from collections.abc import Callable
from typing import Any, Final, Protocol

from firmware.variables import KINDS, Kind

PREFIX: Final = "_number_"
"""Of their names: no function of a program begins like this."""


class SomeBytes(Protocol):
    """RAM, or the state of a neighbour."""

    def __getitem__(self, place: int) -> int: ...

    def __setitem__(self, place: int, value: int) -> None: ...


def _reader(kind: Kind) -> Callable[[SomeBytes, int], int]:
    def read(some_bytes: SomeBytes, place: int) -> int:
        content = bytes(some_bytes[place + byte] for byte in range(kind.size))
        return int.from_bytes(content, "little", signed=kind.signed)

    return read


def _storer(size: int) -> Callable[[int, SomeBytes, int], None]:
    def store(value: int, some_bytes: SomeBytes, place: int) -> None:
        for byte in range(size):
            some_bytes[place + byte] = value >> 8 * byte

    return store


def index(number: int, count: int) -> int:
    """A number that counts one of so many."""
    if not 0 <= number < count:
        raise IndexError(f"number {number} of {count}")
    return number


def grow_old(some_bytes: SomeBytes, place: int) -> None:
    """A wake less is left until what was heard is as old as what was never heard."""
    some_bytes[place] = max(0, some_bytes[place] - 1)


INTERPRETED: Final[dict[str, Callable[..., Any]]] = {
    **{f"{PREFIX}read_{kind.name}": _reader(kind) for kind in KINDS},
    **{f"{PREFIX}store_{8 * size}": _storer(size) for size in sorted({kind.size for kind in KINDS})},
    f"{PREFIX}index": index,
    f"{PREFIX}grow_old": grow_old,
}
"""What Python's interpreter calls."""
