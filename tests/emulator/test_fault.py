from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.fault import Action, Fault
from emulator.region import Disc, Half, Rectangle, Scatter
from firmware.errors import InputError

COORDINATE = st.integers(0, 999)
FRACTION = st.floats(0, 1).filter(lambda x: x == 0 or x >= 1e-300)
REGION = st.one_of(
    st.sampled_from(["left", "right", "top", "bottom"]).map(Half),
    st.builds(Disc, COORDINATE, COORDINATE, COORDINATE),
    st.builds(Rectangle, COORDINATE, COORDINATE, COORDINATE, COORDINATE),
    FRACTION.map(Scatter),
)
START = st.decimals(0, 10**6, places=7)
LENGTH = st.none() | st.decimals(Decimal("0.0000001"), 10**6, places=7)
FAULT = st.one_of(
    st.builds(Fault, st.just(Action.RESTART), REGION, st.just(0.0), START),
    st.builds(Fault, st.just(Action.KILL), REGION, st.just(0.0), START, LENGTH),
    st.builds(Fault, st.just(Action.LOSS), st.none(), FRACTION, START, LENGTH),
)


@given(FAULT)
def test_text_round_trip(fault):
    assert Fault.parse(str(fault)) == fault


@given(st.text(max_size=40) | st.from_regex(r"[a-z]+:[a-z]*:?[0-9.,]*@[0-9.+]*", fullmatch=True))
def test_any_text_is_a_fault_or_explained(text):
    with suppress(InputError):
        assert Fault.parse(str(Fault.parse(text))) == Fault.parse(text)


def test_parse_by_hand():
    assert Fault.parse("restart:half:left@200") == Fault(Action.RESTART, Half("left"), 0.0, Decimal(200))
    assert Fault.parse("kill:disc:16,16,5@200+50") == Fault(
        Action.KILL, Disc(16, 16, 5), 0.0, Decimal(200), Decimal(50)
    )
    assert Fault.parse("kill:rect:0,0,8,8@100").length_rounds is None
    assert Fault.parse("restart:random:0.33@2").region == Scatter(0.33)
    assert Fault.parse("loss:0.5@100+50") == Fault(Action.LOSS, None, 0.5, Decimal(100), Decimal(50))


@pytest.mark.parametrize(
    ("text", "start_us", "end_us"),
    [
        ("restart:half:left@200", 2_000_000, 2_000_000),
        ("kill:half:left@0.1+0.2", 1_000, 3_000),
        ("kill:half:left@0.00005+0.00001", 1, 2),  # half a microsecond rounds up; no fault is shorter than 1
        ("kill:half:left@3", 30_000, None),
        ("loss:1@1.5", 15_000, None),
    ],
)
def test_times_are_whole_microseconds(text, start_us, end_us):
    fault = Fault.parse(text)
    assert (fault.start_us(10_000), fault.end_us(10_000)) == (start_us, end_us)


def test_only_loss_is_no_wound():
    assert not Fault.parse("loss:0.5@1").is_wound
    assert Fault.parse("kill:half:top@1").is_wound
    assert Fault.parse("restart:half:top@1").is_wound


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "cannot be read"),
        ("restart:half:left", "cannot be read; write ACTION:REGION@ROUND"),
        ("restart:half:left@-1", "cannot be read"),
        ("restart:half:left@1e3", "cannot be read"),
        ("burn:half:left@1", "there is no action 'burn'"),
        ("restart:half:left@1+1", "restart takes no time"),
        ("kill:half:left@1+0", "it lasts 0 rounds"),
        ("kill:half:north@1", "it is not a region"),
        ("loss:1.5@1", r"a loss of 1\.5 is above 1"),
        ("loss:half:left@1", "the loss is not a number"),
        ("loss:nan@1", "the loss is not a number"),
    ],
)
def test_bad_text(text, message):
    with pytest.raises(InputError, match=message):
        Fault.parse(text)
