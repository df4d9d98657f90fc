"""Random numbers of the world, keyed by what they are for and never by the order of asking.

SPEC.md, "Draws". ``mix`` is the finaliser of splitmix64 (Steele, Lea and Flood 2014). A *key* stands
for one entity (a cell, a link, a fault) in one stream; its draws are numbered. Any draw can be made
at any time by any engine, in any order, and in numpy uint64 as well as here.
"""

from enum import IntEnum
from typing import Any, Final, TypeVar

MASK: Final = (1 << 64) - 1
GOLDEN: Final = 0x9E3779B97F4A7C15
FACTOR_1: Final = 0xBF58476D1CE4E5B9
FACTOR_2: Final = 0x94D049BB133111EB

Words = TypeVar("Words", int, Any)
"""One word, or an array of uint64."""


class Stream(IntEnum):
    """What a draw is for."""

    ENTROPY = 1
    """entity: 0; index: 0 to 3, the keys of the permutation ``emulator.world.entropy``."""

    LOSS = 2
    """entity: link (8 * sender + port); index: the sender's broadcasts before this one."""

    JITTER = 3
    """entity and index as for LOSS."""

    REGION = 4
    """entity: number of the fault in the plan; index: cell."""

    UPSET = 5
    """entity as for REGION; index: 2 * cell for the instruction, 2 * cell + 1 for the bit."""

    ROT = 6
    """entity and index as for REGION; the bit of the genome."""

    TRIAL = 7
    """entity: point of a campaign; index: 2 * trial and 2 * trial + 1, the halves of its seed."""

    PARAMETER = 8
    """entity: place of the parameter among those that a trial draws; index: 0."""

    FRONT = 9
    """entity: number of the fault; this once more with the link; index: 4 * broadcasts, and up to 3 more."""

    FLIP = 10
    """entity: number of the fault << 32 | cell; index: 64 * tick, and up to 63 more."""

    RAM = 11
    """entity as for FLIP; index: word of random RAM."""

    FLAKY = 12
    """entity as for FLIP; index: tick."""

    RATE = 13
    """entity as for FLIP; index: tick."""

    MIX = 14
    """entity: number of the first fault; index: 3 * fault, and up to 2 more: what, when, how long."""

    HEADING = 15
    """entity: 0; index: robot."""

    MOTOR = 16
    """entity: 0; index: 2 * robot for the motor that turns left, 2 * robot + 1 for that to the right."""

    RADIO = 17
    """entity: sender; index: time of arrival in us * robots + receiver."""


def mix(word: Words) -> Words:
    """Scramble 64 bits: a bijection on 0..2**64 - 1."""
    word = ((word ^ (word >> 30)) * FACTOR_1) & MASK
    word = ((word ^ (word >> 27)) * FACTOR_2) & MASK
    return word ^ (word >> 31)


def key(seed: int, stream: Stream, entity: Words) -> Words:
    """The key of an entity: ``mix(mix(mix(seed) + stream) + entity)``, sums modulo 2**64."""
    mixed: Words = mix((mix((mix(seed) + stream) & MASK) + entity) & MASK)
    return mixed


def draw32(entity_key: Words, index: Words) -> Words:
    """Draw number ``index`` of a key, uniform on 0..2**32 - 1.

    It is the high half of ``mix(key + (index + 1) * GOLDEN)``, the sum modulo 2**64.
    """
    mixed: Words = mix((entity_key + ((index + 1) * GOLDEN & MASK)) & MASK)
    return mixed >> 32


def threshold(probability: float) -> int:
    """An event of this probability happens when a 32-bit draw is below the result, 0..2**32."""
    return round(probability * (1 << 32))
