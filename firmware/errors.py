"""The one exception for input that a person can put right."""


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
        return f"{self.what}: {self.value} - {self.limit}; {self.fix}"

    def __reduce__(self) -> tuple[type["InputError"], tuple[str, str, str, str]]:
        """For processes that tell each other: an exception is otherwise made again from its message."""
        return InputError, (self.what, str(self.value), self.limit, self.fix)
