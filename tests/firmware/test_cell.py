"""The neural program: its life in 256 bytes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware import arithmetic, clock, frame, image
from firmware.cell import NeuralProgram, seed_state
from firmware.clock import Timing
from firmware.memory import FIELD, Ram

LISTENING = 4


@pytest.fixture(scope="session")
def program(genome):
    return NeuralProgram(image.build(genome, Timing(listening_wakes=LISTENING)))


def random_ram(seed):
    ram = Ram()
    ram.bytes[:] = np.random.default_rng(seed).bytes(256)
    return ram


def test_boot(program):
    ram = Ram()
    wait = program.boot(ram, 77, strap=False)
    expected = Ram()
    expected.prng, expected_wait = clock.draw_wait_us(program.timing, 77)
    assert ram.bytes == expected.bytes
    assert wait == expected_wait


def test_strap_plants_the_seed(program):
    ram = Ram()
    program.boot(ram, 77, strap=True)
    assert ram.state.tolist() == [0, 0, 0] + [64] * 13 == seed_state().tolist()


def test_wake(program):
    ram = random_ram(1)
    ram.sequence, ram.heard, ram.listened, word = 127, 0xFF, 0, ram.prng
    expected = arithmetic.update(program.rule, ram.state, ram.inbox)
    inbox = ram.inbox.copy()
    wake = program.wake(ram)
    assert expected.any()
    assert ram.state.tolist() == expected.tolist()
    assert frame.decode(wake.frame) == frame.Frame(127, expected.tobytes())
    assert (ram.sequence, ram.listened) == (0, 1)
    assert (ram.prng, wake.wait_us) == clock.draw_wait_us(program.timing, word)
    assert (ram.inbox == inbox).all()


def test_receive(program):
    ram = Ram()
    state = bytes(range(240, 256))
    program.receive(ram, 6, frame.encode(frame.Frame(9, state)))
    expected = Ram()
    expected.bytes[80 + 6 * 16 : 80 + 7 * 16] = state
    expected.heard = 1 << 6
    assert ram.bytes == expected.bytes


@given(st.binary(max_size=60).filter(lambda wire: isinstance(frame.decode(wire), frame.FrameError)))
def test_garbage_is_counted_and_changes_nothing_else(program, wire):
    ram = random_ram(2)
    ram.frame_errors = 3
    before = bytearray(ram.bytes)
    program.receive(ram, 0, wire)
    before[FIELD["frame_errors"].offset] = 4
    assert ram.bytes == before


def test_error_counter_stops_at_255(program):
    ram = Ram()
    for _ in range(300):
        program.receive(ram, 0, b"")
    assert ram.frame_errors == 255


def test_silent_neighbour_is_forgotten_after_one_to_two_periods(program):
    """Heard once in the first period: kept to its end and through none of the second."""
    message = frame.encode(frame.Frame(0, bytes([9] * 16)))
    for heard_before_wake in range(LISTENING):
        ram = Ram()
        program.boot(ram, 1, strap=False)
        kept = []
        for wake in range(3 * LISTENING):
            if wake == heard_before_wake:
                program.receive(ram, 2, message)
            program.wake(ram)
            kept.append(bool(ram.inbox[2].any()))
        last = 2 * LISTENING - 1
        assert kept == [heard_before_wake <= wake < last for wake in range(3 * LISTENING)]


def test_neighbour_that_talks_is_never_forgotten(program):
    message = frame.encode(frame.Frame(0, bytes([9] * 16)))
    ram = Ram()
    program.boot(ram, 1, strap=False)
    for wake in range(10 * LISTENING):
        if wake % LISTENING == 1:
            program.receive(ram, 2, message)
        program.wake(ram)
        assert wake == 0 or ram.inbox[2].any()


@settings(deadline=None)
@given(
    memory=st.binary(min_size=256, max_size=256),
    port=st.integers(0, 7),
    wires=st.lists(st.binary(max_size=30), max_size=3),
)
def test_no_memory_content_stops_a_cell(program, memory, port, wires):
    """Whatever bits have flipped, the cell goes on and says valid frames."""
    ram = Ram()
    ram.bytes[:] = memory
    for wire in wires:
        program.receive(ram, port, wire)
    for _ in range(3):
        wake = program.wake(ram)
        assert isinstance(frame.decode(wake.frame), frame.Frame)
        assert wake.wait_us >= 1
        assert ram.prng != 0


@given(seed=st.integers(0, 2**32), count=st.integers(1, 6))
@settings(deadline=None)
def test_all_that_persists_is_in_the_buffer(genome, program, seed, count):
    """A copy of the 256 bytes, with another program object, lives on in the same way."""
    ram = random_ram(seed)
    twin, twin_program = Ram(), NeuralProgram(image.build(genome, Timing(listening_wakes=LISTENING)))
    for _ in range(count):
        twin.bytes[:] = ram.bytes
        assert program.wake(ram) == twin_program.wake(twin)
        assert ram.bytes == twin.bytes


@given(st.integers(0, 2**32))
@settings(deadline=None)
def test_scratch_memory_means_nothing_between_updates(program, seed):
    ram, other = random_ram(seed), random_ram(seed)
    other.bytes[16:80] = bytes(64)
    other.bytes[216:] = bytes(40)
    assert program.wake(ram) == program.wake(other)
    assert ram.bytes[:16] == other.bytes[:16]
    assert ram.bytes[80:216] == other.bytes[80:216]
