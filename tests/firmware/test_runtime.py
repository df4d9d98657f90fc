"""Programs in Python: what the runtime does for them, and what happens when they fail."""

import pytest

from firmware.clock import Law, Timing
from firmware.errors import InputError
from firmware.frame import Frame, decode, encode
from firmware.handlers import Handlers
from firmware.image import build_program
from firmware.memory import Ram
from firmware.program import Failure, MachineError, Wake
from firmware.runtime import interpreted

IMAGE = build_program(Timing(Law.UNIFORM, 1000, 16))


def boot(ram, strap):
    ram[0] = 10 + strap


def hear(ram, port, state):
    ram[20 + port] = state[1] - 300
    ram[30] = 100 // state[2]


def wake(ram):
    ram[1] += 200
    turns = ram[40]
    while turns:
        turns = turns % 2
    if ram[41]:
        raise ValueError("as asked")
    if ram[42]:
        ram[256] = 1
    if ram[43]:
        return False
    return None


PROGRAM = interpreted(Handlers(boot, hear, wake))(IMAGE)


@pytest.fixture
def ram():
    ram = Ram()
    PROGRAM.boot(ram, 12345, True)
    return ram


def test_boot_begins_with_entropy():
    ram = Ram()
    wait_us = PROGRAM.boot(ram, 12345, True)
    assert (ram.bytes[0], wait_us) == (11, 1276)
    assert ram.prng != 12345


def test_bytes_wrap_when_stored(ram):
    PROGRAM.receive(ram, 3, encode(Frame(5, bytes([0, 7, 1] + 13 * [0]))))
    assert (ram.bytes[23], ram.bytes[30], ram.heard) == ((7 - 300) % 256, 100, 8)


def test_a_wrong_frame_is_counted_and_not_heard(ram):
    before = bytes(ram.bytes)
    PROGRAM.receive(ram, 3, b"nothing")
    assert ram.frame_errors == 1
    ram.frame_errors = 0
    assert bytes(ram.bytes) == before


def test_frames_have_numbers(ram):
    ram.sequence = 127
    frames = [decode(PROGRAM.wake(ram).frame) for _ in range(2)]
    assert frames == [Frame(127, bytes([11, 200] + 14 * [0])), Frame(0, bytes([11, 144] + 14 * [0]))]


def test_silence_has_no_frame_and_no_number(ram):
    ram.bytes[43] = 1
    assert PROGRAM.wake(ram) == Wake(b"", 955)
    assert ram.sequence == 0


@pytest.mark.parametrize(
    ("place", "failure", "text"),
    [
        (40, Failure.HANG, "test_runtime.py:29: a loop has had 100,000 turns"),
        (41, Failure.TRAP, "test_runtime.py:32: ValueError: as asked"),
        (42, Failure.TRAP, "test_runtime.py:34: IndexError: byte 256 of 256"),
    ],
)
def test_failures_say_where_and_leave_ram_alone(ram, place, failure, text):
    ram.bytes[place] = 1
    before = bytes(ram.bytes)
    with pytest.raises(MachineError) as caught:
        PROGRAM.wake(ram)
    assert (caught.value.args, bytes(ram.bytes)) == ((failure, text), before)


def test_a_failure_to_hear(ram):
    before = bytes(ram.bytes)
    with pytest.raises(MachineError, match=r"test_runtime.py:23: ZeroDivisionError"):
        PROGRAM.receive(ram, 3, encode(Frame(5, bytes(16))))
    assert bytes(ram.bytes) == before


def test_a_program_has_three_functions():
    names = {"boot": boot, "wake": wake, "hear": 5}
    with pytest.raises(InputError, match=r"program: x.py - it has no function hear; write one that takes 3"):
        Handlers.of(names, "x.py")
    assert Handlers.of(names | {"hear": hear}, "x.py") == Handlers(boot, hear, wake, "x.py")
