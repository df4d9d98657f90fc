"""What commands tell a person, with names and texts of other people in it."""

import sys
from typing import Final, TextIO

from firmware.errors import visible

LINE_MAX: Final = 10_000
"""Letters of a line: a command to paste, with long paths, has room in it."""

BAR_MAX: Final = 40
"""Letters of a name before a progress bar."""


def say(line: object = "", file: TextIO | None = None) -> None:
    """Print one line: no text in it is another line, or a command to the terminal."""
    print(visible(line, LINE_MAX), file=file)


def before_bar(name: str) -> str:
    """A name as it stands before a progress bar."""
    return visible(name, BAR_MAX)


def warn(text: str) -> None:
    """Print a warning, on one line of standard error."""
    say(f"planaria: warning: {' '.join(text.splitlines())}", file=sys.stderr)
