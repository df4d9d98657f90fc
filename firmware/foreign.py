"""Functions that somebody else has written, and what they raise."""

import traceback
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


class ForeignError(Exception):
    """What somebody's code has raised; its text says what, and in which line of the file."""


def called(file: str, function: Callable[[], Result]) -> Result:
    """The result of somebody's code.

    Args:
        file: in which it stands; what it calls in other files is not to blame.
        function: is called.

    Raises:
        ForeignError: it raises anything, an end of the process too.
        KeyboardInterrupt: a person, or the code, ends planaria.
        MemoryError: there is none left.
    """
    try:
        return function()
    except (KeyboardInterrupt, MemoryError):
        raise
    except BaseException as error:  # SystemExit too: what it stops is a planaria that it does not know
        raise ForeignError(_explained(error, file)) from error


def _explained(error: BaseException, file: str) -> str:
    lines = [at.lineno for at in traceback.extract_tb(error.__traceback__) if at.filename == file]
    line = error.lineno if isinstance(error, SyntaxError) else lines[-1] if lines else None
    where = f" in line {line}" if line else ""
    try:
        text = str(getattr(error, "msg", error))
    except Exception:  # it cannot even say what it is
        text = "it has no text"
    return f"{type(error).__name__}{where}: {text}"
