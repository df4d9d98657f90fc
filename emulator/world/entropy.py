"""Random bits for boards that boot: no two boards of a run ever get the same. SPEC.md, "Entropy".

Two boards with equal entropy and equal clocks would wake at the same microseconds for ever. Independent
draws of 32 bits collide (among a million cells, 127 times); a keyed permutation of 32 bits cannot.
"""

from typing import Any, Final

from emulator.world.draws import Stream, Words, draw32, key

_WORD: Final = 0xFFFFFFFF

ROUNDS: Final = 2


class Entropy:
    """The entropy of every boot of every board of a run.

    Args:
        seed: of the run.
        cells: number of boards.

    Attributes:
        keys: the permutation's, 32 bits each.
        boots: after so many a board gets its own entropy again.
        free: what stands for 0.
    """

    def __init__(self, seed: int, cells: int) -> None:
        self._cells = cells
        self.boots = _WORD // cells
        self.keys = [draw32(key(seed, Stream.ENTROPY, 0), index) for index in range(2 * ROUNDS)]
        self.free = self._permuted(0)

    def draw(self, cell: Words, boots: Words) -> Words:
        """32 bits, never 0, for a board that has booted so often before.

        No two boards ever get the same; a board gets its own again after 2**32 / cells boots.

        Args:
            cell: number of the board, or uint64[n].
            boots: of that board before this one, or uint64[n].
        """
        place = 1 + cell + self._cells * (boots % self.boots)
        word = self._permuted(place)
        # 0 and 1 are the same state of a cell's generator. The word of place 0, which no board has, is free.
        drawn: Words = word + (word == 0) * (0 * word + self.free)
        return drawn

    def _permuted(self, word: Any) -> Any:
        """A bijection on 32 bits: twice a key, the finaliser lowbias32 (Wellons 2018), and another key."""
        for number in range(ROUNDS):
            word = word ^ self.keys[2 * number]
            word = ((word ^ (word >> 16)) * 0x7FEB352D) & _WORD
            word = ((word ^ (word >> 15)) * 0x846CA68B) & _WORD
            word = ((word ^ (word >> 16)) + self.keys[2 * number + 1]) & _WORD
        return word
