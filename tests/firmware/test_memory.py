"""The memory map, and the buffer behind it."""

import pytest

from firmware.budget import CHANNELS, PORTS, RAM_BYTES
from firmware.memory import FIELD, LAYOUT, Ram


def test_fields_cover_256_bytes_without_gap_or_overlap():
    end = 0
    for field in LAYOUT:
        assert field.offset == end
        assert field.size > 0
        end = field.end
    assert end == RAM_BYTES == 256
    assert len({field.name for field in LAYOUT}) == len(LAYOUT)


def test_forty_bytes_are_left_for_the_stack():
    assert FIELD["stack"].offset == 216
    assert FIELD["inbox"].size == PORTS * CHANNELS


def test_views_and_registers_are_the_buffer():
    ram = Ram()
    ram.state[2] = -3
    ram.inbox[7, 15] = 9
    ram.prng, ram.sequence, ram.heard, ram.listened, ram.frame_errors = 0x04030201, 5, 6, 7, 8
    expected = bytearray(256)
    expected[2], expected[207] = 253, 9
    expected[208:216] = bytes([1, 2, 3, 4, 5, 6, 7, 8])
    assert ram.bytes == expected
    assert (ram.prng, ram.sequence, ram.heard, ram.listened, ram.frame_errors) == (0x04030201, 5, 6, 7, 8)
    assert ram.state_bytes() == bytes(expected[:16])


@pytest.mark.parametrize("buffer", [None, bytearray(256), memoryview(bytearray(256))])
def test_clear_blanks_every_byte(buffer):
    ram = Ram(buffer)
    ram.bytes[:] = bytes(range(256))
    assert ram.state.tolist() == list(range(16))
    ram.clear()
    assert bytes(ram.bytes) == bytes(256)
    assert not ram.state.any()
