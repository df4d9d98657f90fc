"""The one exception for input that a person can put right."""

import unicodedata


class InputError(ValueError):
    """Bad input, explained: the offending value, the limit that it breaks, and the fix.

    The command line prints it as one message and exits with status 2.
    """

    def __init__(self, what: str, value: object, limit: str, fix: str) -> None:
        # SimPy and pickle make an exception again from its arguments.
        super().__init__(what, value, limit, fix)
        self.what = what
        self.value = value
        self.limit = limit
        self.fix = fix

    def __str__(self) -> str:
        return visible(self.text)

    @property
    def text(self) -> str:
        """The message as it is, whatever letters are in it."""
        value = str(self.value) or "''"
        return f"{self.what}: {value} - {self.limit}; {self.fix}"

    def __reduce__(self) -> tuple[type["InputError"], tuple[str, str, str, str]]:
        """For processes that tell each other: an exception is otherwise made again from its message."""
        return InputError, (self.what, str(self.value), self.limit, self.fix)


def visible(text: str) -> str:
    """A text as one line, which is no command to a terminal either."""
    return "".join(map(_shown, text))


def _shown(letter: str) -> str:
    return ascii(letter)[1:-1] if unicodedata.category(letter) in ("Cc", "Zl", "Zp") else letter
