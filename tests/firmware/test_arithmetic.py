"""The update against an oracle written again from SPEC.md in plain Python, and its corners by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware.arithmetic import Rule, alive, apply, perceive, round_shift, saturate8, update, wrap16
from firmware.budget import ALIVE_MIN

X = (0, 1, 2, 1, 0, -1, -2, -1)
Y = (-2, -1, 0, 1, 2, 1, 0, -1)


def oracle(w1, b1, w2, shift1, shift2, s, n):
    """SPEC.md section 3, with ints and loops only."""

    def rshift(x, k):
        return (x + 2 ** (k - 1)) // 2**k

    def sat8(x):
        return min(127, max(-128, x))

    around = max(row[3] for row in n)
    if max(s[3], around) < 7:
        return [0] * 16
    v = list(s)
    for weights in (X, Y):
        v += [sat8(rshift(sum(weights[p] * n[p][c] for p in range(8)), 2)) for c in range(16)]
    hidden = []
    for j in range(len(b1)):
        total = b1[j] + sum(w1[j][i] * v[i] for i in range(48))
        hidden.append(min(127, max(0, rshift(total, shift1))))
    new = []
    for c in range(16):
        q = 0
        for j in range(len(b1)):  # a 16-bit register, wrapping at every addition
            q = (q + w2[j][c] * hidden[j] + 32768) % 65536 - 32768
        new.append(sat8(s[c] + rshift(q, shift2)))
    return new if max(new[3], around) >= 7 else [0] * 16


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    hidden=st.integers(1, 128),
    scale=st.integers(1, 127),
    shift1=st.integers(1, 15),
    shift2=st.integers(1, 15),
    quiet=st.booleans(),
)
def test_update_equals_the_oracle(seed, hidden, scale, shift1, shift2, quiet):
    draws = np.random.default_rng(seed)
    w1 = draws.integers(-scale - 1, scale + 1, (hidden, 48))
    b1 = draws.integers(-32768, 32768, hidden)
    w2 = draws.integers(-scale - 1, scale + 1, (hidden, 16))
    rule = Rule(*(w.astype(np.int32) for w in (w1, b1, w2)), shift1, shift2)
    own = draws.integers(-128, 128, (3, 16)).astype(np.int8)
    inbox = draws.integers(-128, 128, (3, 8, 16)).astype(np.int8)
    if quiet:  # around the threshold of life
        own[:, 3] = draws.integers(0, 10, 3)
        inbox[:, :, 3] = draws.integers(0, 8, (3, 8))
    batch = update(rule, own, inbox)
    for cell in range(3):
        expected = oracle(
            w1.tolist(), b1.tolist(), w2.tolist(), shift1, shift2, own[cell].tolist(), inbox[cell].tolist()
        )
        assert batch[cell].tolist() == expected
        assert update(rule, own[cell], inbox[cell]).tolist() == expected


@pytest.mark.parametrize(
    ("value", "shift", "expected"),
    [
        (0, 1, 0),
        (1, 1, 1),
        (-1, 1, 0),
        (-2, 1, -1),
        (-3, 1, -1),
        (2, 2, 1),
        (1, 2, 0),
        (-2, 2, 0),
        (-3, 2, -1),
    ],
)
def test_halves_round_up(value, shift, expected):
    assert round_shift(np.int32(value), shift) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(127, 127), (128, 127), (10**6, 127), (-128, -128), (-129, -128)]
)
def test_saturation(value, expected):
    result = saturate8(np.array([value], np.int32))
    assert result.dtype == np.int8
    assert result[0] == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(32767, 32767), (32768, -32768), (-32768, -32768), (-32769, 32767), (65536, 0)]
)
def test_wrapping(value, expected):
    assert wrap16(np.int32(value)) == expected


def test_gradients_of_one_bright_neighbour():
    """North-east at 64 pulls right by 1 and up by 1: (64 + 2) >> 2 = 16, (-64 + 2) >> 2 = -16."""
    inbox = np.zeros((8, 16), np.int8)
    inbox[1, 5] = 64
    own = np.arange(16, dtype=np.int8)
    seen = perceive(own, inbox)
    assert seen[:16].tolist() == list(range(16))
    assert seen[16 + 5] == 16
    assert seen[32 + 5] == -16
    assert np.count_nonzero(seen[16:]) == 2


def test_gradient_saturates():
    inbox = np.zeros((8, 16), np.int8)
    inbox[1:4] = 127
    inbox[5:8] = -128
    assert (perceive(np.zeros(16, np.int8), inbox)[16:32] == 127).all()


def constant_rule(change):
    """A rule that adds ``change[c]`` to channel c, whatever it sees."""
    w2 = np.array([change], np.int32)
    return Rule(np.zeros((1, 48), np.int32), np.array([64 * 64], np.int32), w2, 6, 6)


def test_constant_rule_changes_by_its_constant():
    change = np.arange(16) - 8
    assert apply(constant_rule(change), np.zeros(48, np.int8)).tolist() == change.tolist()


@pytest.mark.parametrize(
    ("own_alpha", "around", "change", "lives"),
    [
        (7, 0, 0, True),
        (6, 0, 20, False),  # dead before: what it would become does not matter
        (6, 7, 0, True),  # a mature neighbour keeps it
        (7, 0, -1, False),  # it fades, and nobody is near
        (7, 6, -1, False),
        (7, 7, -20, True),
        (0, 7, 30, True),  # growth into an empty place
    ],
)
def test_alive_mask_before_and_after(own_alpha, around, change, lives):
    own, inbox = np.zeros(16, np.int8), np.zeros((8, 16), np.int8)
    own[3], own[9], inbox[2, 3] = own_alpha, 5, around
    new = update(constant_rule([0, 0, 0, change] + [1] * 12), own, inbox)
    expected = [0, 0, 0, own_alpha + change] + [1] * 5 + [6] + [1] * 6 if lives else [0] * 16
    assert new.tolist() == expected


def test_alive_threshold():
    inbox = np.zeros((8, 16), np.int8)
    assert [bool(alive(np.int8(a), inbox)) for a in (ALIVE_MIN - 1, ALIVE_MIN, -128)] == [False, True, False]
