"""The cell's own random numbers: xorshift32 (Marsaglia 2003, shifts 13, 17, 5)."""

_MASK = 0xFFFFFFFF


def advance(state: int) -> int:
    """The next state, which is also the random number: 1 <= word < 2**32.

    A state of 0, from which xorshift would never move, counts as 1.
    """
    state = state or 1
    state ^= (state << 13) & _MASK
    state ^= state >> 17
    state ^= (state << 5) & _MASK
    return state
