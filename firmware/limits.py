"""What a number or a word may be, said once: the check, and the sentence for people."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Limits:
    """What a value may be: a number from ``low`` to ``high``, one of some words, or any name.

    Attributes:
        low: the least number.
        high: the largest.
        above: whether ``low`` itself is too small.
        whole: whether it has to be a whole number.
        words: one of which it has to be, if there are any.
        name: whether it is a name.
    """

    low: float = 0
    high: float = 0
    above: bool = False
    whole: bool = False
    words: tuple[str, ...] = ()
    name: bool = False

    def __contains__(self, number: float) -> bool:
        """Whether a number is within them; NaN never is."""
        high_enough = self.low < number if self.above else self.low <= number
        return high_enough and number <= self.high and (not self.whole or number == int(number))

    def __str__(self) -> str:
        if self.name:
            return "a name in small letters, digits and -"
        if self.words:
            return f"one of {', '.join(self.words)}"
        if self.above:
            return f"above {plain(self.low)}, at most {plain(self.high)}"
        return f"{'a whole number, ' if self.whole else ''}{plain(self.low)} to {plain(self.high)}"


SEED_MAX: Final = (1 << 64) - 1
"""The largest seed of a simulation."""

PROBABILITY: Final = Limits(0, 1)


def plain(number: float) -> str:
    """A number as people write it: thousands apart, no exponent, no ``.0``."""
    if number == SEED_MAX:
        return "2**64 - 1"
    if number == int(number):
        return f"{int(number):,}"
    if "e" in (text := repr(number)):
        from decimal import Decimal  # heavy for ``--help``, which shows no such number

        return f"{Decimal(text):f}"
    return text
