"""Commands that are shown to a person, who may paste them."""

import shlex
import shutil
import sys
from pathlib import Path
from typing import Final

PROGRAM: Final = "planaria"


def paste(*words: object) -> str:
    """A command line, as a shell wants it; a path that looks like an option no longer does."""
    return shlex.join(_as_path(word) if isinstance(word, Path) else str(word) for word in words)


def paste_here(*words: object) -> str:
    """The same for a command of planaria, called as this process was where a shell would not find it."""
    if shutil.which(PROGRAM):
        return paste(PROGRAM, *words)
    started = Path(sys.argv[0])
    if started.stem == PROGRAM:
        return paste(started, *words)
    return paste(sys.executable, "-m", "planaria.cli", *words)


def _as_path(path: Path) -> str:
    return f"./{path}" if str(path).startswith("-") else str(path)
