"""What Python programs give: numbers of any library, as this one's."""

from numbers import Real
from operator import index
from typing import Any

from firmware.errors import InputError


def whole(what: str, value: Any) -> int:
    """A whole number, NumPy's too.

    Raises:
        InputError: it is none.
    """
    try:
        return index(value)
    except TypeError as error:
        raise InputError(what, repr(value), "it must be a whole number", "e.g. int(...)") from error


def number(what: str, value: Any) -> float:
    """Take a number of any library, NumPy's too.

    Raises:
        InputError: it is none.
    """
    if not isinstance(value, Real):
        raise InputError(what, repr(value), "it must be a number", "e.g. float(...)")
    return float(value)


def text(what: str, value: Any) -> str:
    """Take a text, and nothing else.

    Raises:
        InputError: it is none.
    """
    if not isinstance(value, str):
        raise InputError(what, repr(value), "it must be a text", "e.g. '...'")
    return value


def texts(what: str, values: Any) -> list[str]:
    """Texts; one alone is not taken for its letters.

    Raises:
        InputError: it is no list of them.
    """
    if isinstance(values, str):
        raise InputError(what, repr(values), "it must be a list of texts", f"write [{values!r}]")
    for value in (listed := list(values)):
        if not isinstance(value, str):
            raise InputError(what, repr(value), "it must be a text", "e.g. 'restart:half:left@200'")
    return listed
