"""What a cell reads: its flash image, and frames from its neighbours, into any RAM."""

import struct
import zlib
from functools import cache
from random import Random

from firmware import frame, image
from firmware.budget import RAM_BYTES, ROM_BYTES
from firmware.cell import NeuralProgram
from firmware.clock import Timing
from firmware.frame import Frame, FrameError
from firmware.memory import Ram
from tests.fuzz.genome import genome
from tests.fuzz.mutations import WHOLE, spoiled
from tests.fuzz.target import RefusedError, Target

WIRE_MAX = 30


@cache
def flash() -> bytes:
    return image.build(genome(), Timing())


@cache
def program() -> NeuralProgram:
    return NeuralProgram(flash())


def of_image(random: Random) -> bytes:
    """Mostly with the CRC that a cell computes, of as many records as the header announces."""
    rom = flash() if random.random() < 0.5 else flash().ljust(ROM_BYTES, b"\xff")
    if random.random() < 0.3:
        rom = spoiled(random, rom)
    head = bytearray(rom[:12])
    for _ in range(random.choice((0, 1, 1, 2))):
        if len(head) == 12:
            head[random.choice((3, 4, 5, 6, 7))] = random.choice(WHOLE) & 0xFF
            if random.random() < 0.3:
                head[8:12] = struct.pack("<I", random.choice(WHOLE) & 0xFFFFFFFF)
    end = 16 + 66 * (head[3] if len(head) > 3 else 0)
    crc = zlib.crc32(bytes(head) + rom[16:end]) if random.random() < 0.95 else random.getrandbits(32)
    return bytes(head) + crc.to_bytes(4, "little") + rom[16:]


def read_image(rom: bytes) -> None:
    """What is taken obeys SPEC 8, and a cell lives on it."""
    try:
        rule, timing = image.parse(rom)
    except ValueError as error:
        raise RefusedError from error
    hidden = len(rule.b1)
    assert 1 <= hidden <= 128, f"H is {hidden}"
    assert 1 <= rule.shift1 <= 15, f"shift1 is {rule.shift1}"
    assert 1 <= rule.shift2 <= 15, f"shift2 is {rule.shift2}"
    assert 1 <= timing.listening_wakes <= 255
    cell, ram = NeuralProgram(rom), Ram()
    cell.boot(ram, 1, True)
    assert cell.wake(ram).wait_us >= 1


def of_frame(random: Random) -> bytes:
    state = random.randbytes(16)
    wire = frame.encode(Frame(random.randrange(128), state))
    chance = random.random()
    if chance < 0.1:
        return wire
    if chance < 0.2:
        return random.randbytes(random.randrange(WIRE_MAX))
    spoilt = spoiled(random, wire)[:WIRE_MAX]
    return (
        spoilt[:22] + frame.check(spoilt[1], spoilt[4:20]) + spoilt[24:]
        if chance < 0.6 and len(spoilt) > 1
        else spoilt
    )


def read_frame(wire: bytes) -> None:
    found = frame.decode(wire)
    if isinstance(found, FrameError):
        raise RefusedError
    assert frame.encode(found) == wire


def of_event(random: Random) -> bytes:
    """256 bytes of RAM, a port, and what arrives there."""
    return random.randbytes(RAM_BYTES) + bytes([random.randrange(8)]) + of_frame(random)


def receive_and_wake(event: bytes) -> None:
    """A cell with any RAM takes any bytes, and lives on."""
    ram = Ram(bytearray(event[:RAM_BYTES]))
    program().receive(ram, event[RAM_BYTES], event[RAM_BYTES + 1 :])
    wake = program().wake(ram)
    assert isinstance(frame.decode(wake.frame), Frame)
    assert wake.wait_us >= 1


TARGETS = (
    Target("image", of_image, read_image, 6_000),
    Target("frame", of_frame, read_frame, 35_000),
    Target("receive", of_event, receive_and_wake, 6_000, refuses=False),
)
