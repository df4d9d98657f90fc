from pathlib import Path

import numpy as np
import pytest

from emulator.world.draws import GOLDEN, MASK, Stream, draw32, key, mix, threshold


def test_mix_is_splitmix64():
    # First outputs of the published generator for seed 0.
    assert mix(GOLDEN) == 0xE220A8397B1DCDAF
    assert mix(2 * GOLDEN & MASK) == 0x6E789E6AA1B965F4
    assert mix(0) == 0


def test_streams_have_the_numbers_of_the_specification():
    spec = (Path(__file__).parents[3] / "docs/SPEC.md").read_text()
    assert [stream.value for stream in Stream] == list(range(1, 18))
    for stream in Stream:
        assert f"| {stream.name.lower()} | {stream.value} |" in spec


def test_key_by_hand():
    assert key(5, Stream.LOSS, 9) == mix((mix((mix(5) + 2) & MASK) + 9) & MASK)
    assert draw32(123, 4) == mix((123 + 5 * GOLDEN) & MASK) >> 32


def test_draws_differ_by_seed_stream_entity_and_index():
    draws = {
        draw32(key(seed, stream, entity), index)
        for seed in (0, 1, MASK)
        for stream in Stream
        for entity in range(5)
        for index in range(5)
    }
    assert len(draws) == 3 * len(Stream) * 5 * 5


def test_the_same_in_numpy():
    word = np.uint64(key(3, Stream.JITTER, 77)) + np.arange(1, 200, dtype=np.uint64) * np.uint64(GOLDEN)
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    word = word ^ (word >> np.uint64(31))
    assert [draw32(key(3, Stream.JITTER, 77), i) for i in range(199)] == (word >> np.uint64(32)).tolist()


@pytest.mark.parametrize(
    ("probability", "expected"), [(0.0, 0), (0.5, 1 << 31), (1.0, 1 << 32), (0.05, 214748365)]
)
def test_threshold(probability, expected):
    assert threshold(probability) == expected


def test_a_probability_is_met():
    chance = key(0, Stream.LOSS, 0)
    hits = sum(draw32(chance, index) < threshold(0.05) for index in range(20_000))
    assert 880 < hits < 1120  # four standard deviations
