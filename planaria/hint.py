"""Commands that are shown to a person, who may paste them."""

import shlex
import shutil
import sys
from pathlib import Path
from typing import Final

PROGRAM: Final = "planaria"


def paste(*words: object) -> str:
    """A command line, as a shell wants it, on one line; a path that looks like an option no longer does."""
    return " ".join(_quoted(_as_path(word) if isinstance(word, Path) else str(word)) for word in words)


def paste_here(*words: object) -> str:
    """The same for a command of planaria, called as this process was where a shell would not find it."""
    if shutil.which(PROGRAM):
        return paste(PROGRAM, *words)
    started = Path(sys.argv[0])
    if started.stem == PROGRAM:
        return paste(started, *words)
    return paste(sys.executable, "-m", "planaria", *words)


def _quoted(word: str) -> str:
    """In quotes where it needs them: ``$'...'`` where it holds what cannot be seen, or is not UTF-8."""
    return shlex.quote(word) if word.isprintable() else f"$'{''.join(map(_escaped, word))}'"


def _escaped(letter: str) -> str:
    if letter.isprintable():
        return f"\\{letter}" if letter in "\\'" else letter
    of_a_byte = "\udc80" <= letter <= "\udcff"  # as Python decodes names that are not UTF-8
    encoded = letter.encode(errors="surrogateescape" if of_a_byte else "surrogatepass")
    return "".join(f"\\x{byte:02x}" for byte in encoded)


def _as_path(path: Path) -> str:
    return f"./{path}" if str(path).startswith("-") else str(path)
