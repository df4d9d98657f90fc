"""How fast a cell's clock runs: a factor for its waits, in 1/65,536. SPEC.md, "Rates"."""

from typing import Any, Final

RATE_ONE: Final = 1 << 16
RATE_MAX: Final = 64 * RATE_ONE
"""Also the least, as its inverse; every time of a slice then fits in 31 bits."""

DARK: Final = (1 << 63) - 1
"""Next wake of a cell without power."""

NEVER: Final = DARK - 1
"""Next wake of a cell that is paused."""


def scaled(wait_us: Any, rate: Any) -> Any:
    """A wait by a clock of this rate, >= 1 if it was; numbers or arrays of int64."""
    longer = wait_us * rate >> 16
    return longer + (longer < 1)
