import numpy as np
import pytest
from numba import njit

from emulator.arrays.compiled.rule import KERNELS, PAIR, available, choose_kernel, think, think_pair
from emulator.arrays.compiled.simd import perceive, settle
from firmware import arithmetic
from firmware.arithmetic import Rule
from firmware.errors import InputError


@njit
def run_think(weights, bias, hidden, seen, change, shift1, slot):
    think(weights, bias, seen, change, hidden, shift1, slot)


@njit
def run_think_pair(weights, bias, hidden, seen, change, shift1):
    think_pair(weights, bias, seen, change, hidden, shift1)


@njit
def run_perceive(memory, seen):
    return perceive(memory, 128, 0, seen, 3)


@njit
def run_settle(memory, change, shift2):
    settle(memory, 128, change, 8, shift2)


def random_rule(rng, hidden, extreme):
    def weights(low, high, shape):
        return rng.choice([low, high], shape) if extreme else rng.integers(low, high + 1, shape)

    return Rule(
        weights(-128, 127, (hidden, 48)),
        weights(-32768, 32767, hidden),
        weights(-128, 127, (hidden, 16)),
        int(rng.integers(1, 16)),
        8,
    )


@pytest.mark.parametrize("name", available())
@pytest.mark.parametrize("hidden", [1, 15, 16, 100, 128])
@pytest.mark.parametrize("extreme", [False, True])
def test_kernels_are_the_arithmetic(name, hidden, extreme):
    rng = np.random.default_rng(hidden)
    rule = random_rule(rng, hidden, extreme)
    kernel, shift1 = choose_kernel(rule, name)[1:], np.int32(rule.shift1)
    for _ in range(50):
        seen = rng.integers(-128, 128, (PAIR, 64)).astype(np.int8)
        sums = seen[:, :48].astype(np.int64) @ rule.w1.T + rule.b1
        expected = np.clip(arithmetic.round_shift(sums, rule.shift1), 0, 127) @ rule.w2
        for slot in range(PAIR):
            change = np.full((PAIR, 16), -7, np.int32)
            run_think(*kernel, seen, change, shift1, slot)
            assert (change[slot] == expected[slot]).all()
            assert (change[1 - slot] == -7).all()
        run_think_pair(*kernel, seen, change, shift1)
        assert (change == expected).all()


@pytest.mark.parametrize("extreme", [False, True])
def test_perception_is_the_arithmetic(extreme):
    rng = np.random.default_rng(1)
    for _ in range(200):
        memory = (rng.choice([-128, 127], 144) if extreme else rng.integers(-128, 128, 144)).astype(np.int8)
        inbox, state, seen = memory[:128].reshape(8, 16), memory[128:], np.full(52, 99, np.int8)
        assert run_perceive(memory, seen) == inbox[:, 3].max()
        assert (seen[3:51] == arithmetic.perceive(state, inbox)).all()
        assert seen[[0, 1, 2, 51]].tolist() == [99] * 4


def test_settling_is_the_arithmetic():
    """Wrapping to 16 bits, rounding, saturation."""
    rng = np.random.default_rng(2)
    for _ in range(300):
        shift2 = int(rng.integers(1, 16))
        memory = rng.integers(-128, 128, 144).astype(np.int8)
        change = rng.integers(-2_100_000, 2_100_000, 16).astype(np.int32)
        change[:4] = (32767, 32768, -32768, -32769)
        wrapped = (change.astype(np.int64) + 32768) % 65536 - 32768
        step = (wrapped + (1 << shift2 - 1)) >> shift2
        expected = np.clip(memory[128:].astype(np.int64) + step, -128, 127)
        run_settle(memory, np.concatenate([[1, 2], change]).astype(np.int32), np.int32(shift2))
        assert (memory[128:] == expected).all()


def test_kernels_that_cannot_be_had(monkeypatch, genome):
    rule = genome.rule
    with pytest.raises(InputError, match=r"kernel: quantum - it is unknown; choose one of auto, .*f32"):
        choose_kernel(rule, "quantum")
    monkeypatch.setattr("emulator.arrays.compiled.rule.llvm.get_host_cpu_features", dict)
    assert available() == ["f32"]
    assert choose_kernel(rule, "auto").name == "f32"
    with pytest.raises(InputError, match="kernel: vnni - this processor has no avx512vnni; choose one of"):
        choose_kernel(rule, "vnni")
    assert set(KERNELS) == {"vnni", "f32"}
