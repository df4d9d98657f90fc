"""The one exception for what a person can put right, and how texts of other people are shown."""

import errno
import unicodedata
from typing import Final

VALUE_MAX: Final = 200
"""Letters of a value that an error repeats."""

MESSAGE_MAX: Final = 5000
"""Letters of an error: a command to paste, with the longest of paths, has room in it."""

SHOWN_MAX: Final = 4096
"""Letters of any other text that are shown: a path has at most so many."""

COMMANDS: Final = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Unicode's categories of what a terminal obeys rather than shows: controls, changes of direction, halves of
characters, and ends of lines."""

ZERO_WIDTH_JOINER: Final = "\u200d"

FIXES: Final = {
    "EACCES": "choose another, or have its permissions changed",
    "EPERM": "choose another, or have its permissions changed",
    "EROFS": "choose a folder that can be written",
    "ENOSPC": "make room where the output goes, and in the folder of temporary files (TMPDIR)",
    "EFBIG": "raise the limit on the size of files (ulimit -f)",
    "EDQUOT": "make room where the output goes, and in the folder of temporary files (TMPDIR)",
    "ENAMETOOLONG": "choose a shorter name",
    "ENOENT": "check the path",
    "ENOTDIR": "check the path",
    "EISDIR": "give a file name",
    "ELOOP": "check where the link leads",
    "EMFILE": "raise the limit on open files (ulimit -n)",
    "ENFILE": "close other programs",
    "EAGAIN": "close other programs, or raise the limit on processes (ulimit -u)",
    "ENOMEM": "close other programs, or raise the limit on memory (ulimit -v)",
    "EIO": "see whether the disk is sound",
}
"""What helps, by the name of the system's error."""


class InputError(ValueError):
    """Bad input, explained: the offending value, the limit that it breaks, and the fix.

    The command line prints it as one message and exits with status 2.
    """

    limit_max = 1000
    """Letters of the limit that are shown."""

    def __init__(self, what: str, value: object, limit: str, fix: str) -> None:
        # SimPy and pickle make an exception again from its arguments.
        super().__init__(what, value, limit, fix)
        self.what = what
        self.value = value
        self.limit = limit
        self.fix = fix

    def __str__(self) -> str:
        return visible(self.text, MESSAGE_MAX)

    @property
    def text(self) -> str:
        """The message with all its letters, but no more of the value than a person reads."""
        value = shortened(written(self.value), VALUE_MAX) or "''"
        return f"{self.what}: {value} - {shortened(self.limit, self.limit_max)}; {self.fix}"

    def __reduce__(self) -> tuple[type["InputError"], tuple[str, str, str, str]]:
        """For processes that tell each other: an exception is otherwise made again from its message."""
        return InputError, (self.what, written(self.value), self.limit, self.fix)


def written(value: object) -> str:
    """Any value as a text; of a whole number decimal digits have a limit, and others none.

    What cannot be written, for it may be somebody else's, is known by its type.
    """
    try:
        return str(value)
    except Exception:
        return hex(value) if isinstance(value, int) else type(value).__name__


def explained(error: OSError) -> InputError:
    """What the operating system refuses: the file, if it names one, the reason, and what helps."""
    name = errno.errorcode.get(error.errno or 0, type(error).__name__)
    what, value = ("system", name) if error.filename is None else ("file", error.filename)
    fix = FIXES.get(name, "see what the system says about it")
    return InputError(what, value, error.strerror or str(error), fix)


def visible(text: object, most: int = SHOWN_MAX) -> str:
    """A text of somebody as one line, which is no command to a terminal, either.

    Args:
        text: any; a path, for example.
        most: letters of it that are shown; of a longer one the middle is left out.
    """
    return shortened("".join(map(_shown, shortened(str(text), most))), most)


def shortened(text: str, most: int) -> str:
    """A text, or its beginning and its end."""
    side = most // 2
    return text if len(text) <= most else f"{text[:side]}...{text[-side:]}"


def _shown(letter: str) -> str:
    if letter == ZERO_WIDTH_JOINER:
        return letter  # a part of emoji
    return ascii(letter)[1:-1] if unicodedata.category(letter) in COMMANDS else letter
