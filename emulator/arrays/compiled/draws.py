"""Random numbers of the world, compiled: as ``emulator.world.draws``."""

import numpy as np

from emulator.arrays.compiled.jit import inner
from emulator.world.draws import FACTOR_1, FACTOR_2, GOLDEN

_WORD = np.uint64(0xFFFFFFFF)
_GOLDEN, _FACTOR_1, _FACTOR_2 = np.uint64(GOLDEN), np.uint64(FACTOR_1), np.uint64(FACTOR_2)


@inner
def mix(word):
    """Scramble 64 bits, as emulator.world.draws."""
    word = (word ^ (word >> np.uint64(30))) * _FACTOR_1
    word = (word ^ (word >> np.uint64(27))) * _FACTOR_2
    return word ^ (word >> np.uint64(31))


@inner
def draw32(base, entity, index):
    """``base`` is the key of all entities of a stream, before the last mixing; int64."""
    key = mix(base + np.uint64(entity))
    return np.int64(mix(key + np.uint64(index + 1) * _GOLDEN) >> np.uint64(32))


@inner
def entropy(keys, word):
    """Entropy of a place, as emulator.world.entropy; ``keys`` are its four, uint64."""
    for number in range(len(keys) // 2):
        word ^= keys[2 * number]
        word = ((word ^ (word >> np.uint64(16))) * np.uint64(0x7FEB352D)) & _WORD
        word = ((word ^ (word >> np.uint64(15))) * np.uint64(0x846CA68B)) & _WORD
        word = ((word ^ (word >> np.uint64(16))) + keys[2 * number + 1]) & _WORD
    return word
