"""Exact times and bytes of what two or three cells in a row hear, which speak every 1,000 us."""

import pytest

from emulator.faults import Fault
from emulator.world.draws import MASK, Stream, draw32, mix, threshold
from firmware.frame import FRAME_BYTES, Frame, FrameError, decode, encode

LATENCY_US = 300


def heard(tick, *faults, cols=2, cell=1, rounds=8, **options):
    """(time, port, frame) of what a cell hears, and the result."""
    faults = tuple(map(Fault.parse, faults))
    engine, program = tick(1, cols, latency_us=LATENCY_US, faults=faults, **options)
    frames = []
    original = program.receive

    def receive(ram, port, wire):
        original(ram, port, wire)
        if program.cell(ram) == cell:
            frames.append((engine.time_us, port, wire))

    program.receive = receive
    result = engine.run(rounds)
    on_the_way = (
        result.messages - result.delivered - result.lost - result.corrupted - result.cut - result.unheard
    )
    assert on_the_way >= 0
    return frames, result


def times(*arguments, **options):
    return [time for time, _, _ in heard(*arguments, **options)[0]]


def draw(number, link, index, which=0, seed=0):
    """Of the link fault of this number."""
    base = mix((mix((mix(seed) + Stream.FRONT) & MASK) + number) & MASK)
    return draw32(mix((base + link) & MASK), 4 * index + which)


ALWAYS = [1300, 2300, 3300, 4300, 5300, 6300, 7300]


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("loss:0@2.5+3", ALWAYS),
        ("loss:1@2.5+3", [1300, 2300, 6300, 7300]),
        ("loss:rect:0,0,1,1,probability=1@2.5+3", [1300, 2300, 6300, 7300]),
        ("loss:rect:0,1,1,1,probability=1@2.5+3", ALWAYS),
        ("mute:rect:0,0,1,1@2.5+3", [1300, 2300, 6300, 7300]),
        ("mute:rect:0,1,1,1@2.5+3", ALWAYS),
        ("deaf:rect:0,1,1,1@2.5+3", [1300, 2300, 6300, 7300]),
        ("deaf:rect:0,0,1,1@2.5+3", ALWAYS),
        ("cut:rect:0,0,1,1@2.5+3", [1300, 2300, 6300, 7300]),
        ("cut:rect:0,0,1,1,way=out@2.5+3", [1300, 2300, 6300, 7300]),
        ("cut:rect:0,0,1,1,way=in@2.5+3", ALWAYS),
        ("cut:all@2.5+3", ALWAYS),  # it has no border
        ("delay:50@2.5+3", [1300, 2300, 3350, 4350, 5350, 6300, 7300]),
        ("delay:2500@2.5+1", [1300, 2300, 5800, 5800, 5800, 6300, 7300]),  # order is kept: the next ones wait
        ("reorder:1,by_us=2500@2.5+1", None),
        ("limit:1500@2.5+4", [1300, 2300, 3300, 5300, 7300]),
        (
            "duplicate:all,probability=1,after_us=50@2.5+2",
            [1300, 2300, 3300, 3350, 4300, 4350, 5300, 6300, 7300],
        ),
        ("replay:all,probability=1,after_us=2200@2.5+1", [1300, 2300, 3300, 4300, 5300, 5500, 6300, 7300]),
    ],
)
def test_times(tick, fault, expected):
    if expected is None:
        fault, expected = (
            "reorder:all,probability=1,by_us=2500@2.5+1",
            [1300, 2300, 4300, 5300, 5800, 6300, 7300],
        )
    assert times(tick, fault) == expected


def test_a_partition_is_between_and_not_within(tick):
    """0 1 | 2: 1 hears 0 and not 2."""
    frames, result = heard(tick, "cut:rect:0,0,1,2@2.5+3", cols=3)
    assert [time for time, port, _ in frames if port == 6] == ALWAYS
    assert [time for time, port, _ in frames if port == 2] == [1300, 2300, 6300, 7300]
    assert result.lost == 6


def test_a_copy_is_another_message(tick):
    _, result = heard(tick, "duplicate:1@2.5+2")
    assert (result.messages, result.delivered) == (16 + 4, 14 + 4)


def test_loss_is_drawn_by_fault_link_and_broadcast(tick):
    expected = [t for i, t in enumerate(ALWAYS) if draw(2, 2, i) >= threshold(0.5)]
    assert times(tick, "loss:0@0", "loss:0.5@0") == expected
    assert 0 < len(expected) < 7


def test_causes_of_loss_are_independent(tick):
    expected = [
        t for i, t in enumerate(ALWAYS) if draw(1, 2, i) >= threshold(0.3) and draw(2, 2, i) >= threshold(0.3)
    ]
    assert times(tick, "loss:0.3@0", "loss:0.3@0") == expected


def test_jitter_keeps_order(tick):
    late = [1000 * (i + 1) + LATENCY_US + (draw(1, 2, i) * 3001 >> 32) for i in range(8)]
    expected = [max(late[: i + 1]) for i in range(8)]
    assert late != expected
    assert times(tick, "jitter:3000@0") == [time for time in expected if time < 8000]


def test_bursts(tick):
    bad, expected = False, []
    for i in range(60):
        if draw(1, 2, i, 1) < threshold(0.4 if bad else 0.2):
            bad = not bad
        if not (bad and draw(1, 2, i) < threshold(0.9)):
            expected.append(1000 * (i + 1) + LATENCY_US)
    assert times(tick, "burst:all,enter=0.2,leave=0.4,loss=0.9@0", rounds=61) == expected
    assert 20 < len(expected) < 55


def test_a_corrupt_frame_differs_in_one_bit(tick):
    """A voice gives the cells standard frames to spoil."""
    frames, result = heard(tick, "stick:all@0", "corrupt:1@0", rounds=8)
    for index, (_, _, wire) in enumerate(frames):
        good, bit = encode(Frame(index, b"\x01" + bytes(15))), draw(2, 2, index, 1) * 192 >> 32
        assert int.from_bytes(wire, "little") ^ int.from_bytes(good, "little") == 1 << bit
        assert isinstance(decode(wire), FrameError)
    assert (result.corrupted, result.delivered) == (16, 0)


def test_every_single_bit_is_found():
    for state in (bytes(16), bytes(range(16)), b"\xff" * 16):
        frame = int.from_bytes(encode(Frame(5, state)), "little")
        for bit in range(8 * FRAME_BYTES):
            assert isinstance(decode((frame ^ 1 << bit).to_bytes(FRAME_BYTES, "little")), FrameError)


def said(frames, since_us):
    return [decode(wire) for time, _, wire in frames if time > since_us]


def words(link, index):
    return b"".join(draw(1, link, index, which).to_bytes(4, "little") for which in range(4))


def test_stuck(tick):
    """A metronome's state is 1 and then blank."""
    frames, _ = heard(tick, "stick:rect:0,0,1,1@2.5+3")
    assert said(frames[:5], 2500) == [Frame(i, b"\x01" + bytes(15)) for i in (2, 3, 4)]
    assert frames[-1][2] == b"\x00\x07"


def test_babble_is_the_same_to_all(tick):
    for cell in (0, 2):
        frames, _ = heard(tick, "babble:rect:0,1,1,1@2.5", cols=3, cell=cell)
        assert said(frames, 2500) == [Frame(i, words(8, i)) for i in range(2, 7)]


def test_lies_differ(tick):
    for cell, port in ((0, 6), (2, 2)):
        frames, _ = heard(tick, "lie:rect:0,1,1,1@2.5", cols=3, cell=cell)
        lies = [words(8 + port, i) for i in range(2, 7)]
        assert said(frames, 2500) == [Frame(i, lie[:3] + b"\x40" + lie[4:]) for i, lie in enumerate(lies, 2)]


def test_the_last_voice_speaks(tick):
    frames, _ = heard(tick, "babble:all@1.5", "stick:all@2.5+2")
    states = [frame.state for frame in said(frames, 1500)]
    assert states[1:3] == [b"\x01" + bytes(15)] * 2
    assert states[3:] == [words(0, i) for i in range(4, 7)]
