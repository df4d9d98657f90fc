"""The cell's own random numbers: xorshift32 (Marsaglia 2003, shifts 13, 17, 5)."""

NONZERO = 0x6D2B79F5
"""Stands in for a state of 0, from which xorshift would never move."""

_MASK = 0xFFFFFFFF


def seeded(entropy: int) -> int:
    """The state to start from, given 32 bits of the board's entropy."""
    return (entropy & _MASK) or NONZERO


def advance(state: int) -> int:
    """The next state, which is also the random number: 1 <= word < 2**32.

    A state of 0, which only a memory fault can produce, counts as ``NONZERO``.
    """
    state = state or NONZERO
    state ^= (state << 13) & _MASK
    state ^= state >> 17
    state ^= (state << 5) & _MASK
    return state
