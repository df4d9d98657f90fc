from contextlib import suppress
from decimal import Decimal

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from emulator.faults import Fault
from emulator.faults.compound import Compound
from emulator.faults.links import Burst, Cut, Delay, Loss
from emulator.faults.power import Kill, Restart
from emulator.world.region import Everything, Scatter
from emulator.world.shapes import Disc, Half, Rectangle
from firmware.errors import InputError

COORDINATE = st.integers(0, 999)
PLACE = st.tuples(COORDINATE, COORDINATE)
REGION = st.one_of(
    st.sampled_from(["left", "right", "top", "bottom"]).map(Half),
    st.builds(Disc, PLACE, COORDINATE),
    st.builds(Rectangle, PLACE, PLACE),
    st.floats(0, 1).filter(lambda x: x == 0 or x >= 1e-300).map(Scatter),
    st.just(Everything()),
)
START = st.decimals(0, 10**6, places=7)
LENGTH = st.decimals(Decimal("0.0000001"), 10**6, places=7)


def values(limits):
    if limits.words:
        return st.sampled_from(limits.words)
    if limits.name:
        return st.from_regex(r"[a-z0-9-]+", fullmatch=True)
    if limits.whole:
        return st.integers(int(limits.low), int(limits.high))
    return st.floats(limits.low, limits.high).filter(lambda x: x == 0 or abs(x) >= 1e-300)


@st.composite
def faults(draw):
    kind = draw(st.sampled_from(sorted(Fault.kinds.values(), key=lambda kind: kind.kind)))
    compound = issubclass(kind, Compound)
    length = (
        None if kind.is_instant else draw(LENGTH.map(lambda x: x + 1) if compound else st.none() | LENGTH)
    )
    given = {name: draw(values(limits)) for name, limits in kind.parameters().items()}
    fault = kind(Everything() if compound else draw(REGION), draw(START), length, **given)
    try:
        fault.check(str(fault))
    except InputError:
        reject()
    return fault


@given(faults())
def test_text_round_trip(fault):
    assert Fault.parse(str(fault)) == fault


@given(st.text(max_size=40) | st.from_regex(r"[a-z]+:[a-z]*:?[0-9.,a-z=-]*@[0-9.+]*", fullmatch=True))
def test_any_text_is_a_fault_or_explained(text):
    with suppress(InputError):
        assert Fault.parse(str(Fault.parse(text))) == Fault.parse(text)


def test_parse_by_hand():
    assert Fault.parse("restart:half:left@200") == Restart(Half("left"), Decimal(200))
    assert Fault.parse("kill:disc:16,16,5@200+50") == Kill(Disc((16, 16), 5), Decimal(200), Decimal(50))
    assert Fault.parse("kill:rect:0,0,8,8,ram=stale@100") == Kill(
        Rectangle((0, 0), (8, 8)), Decimal(100), ram="stale"
    )
    assert Fault.parse("loss:0.5@100+50") == Loss(Everything(), Decimal(100), Decimal(50), probability=0.5)
    assert Fault.parse("loss:half:top,probability=.25@1").region == Half("top")
    assert Fault.parse("burst:random:0.5,enter=0.1,leave=1@1") == Burst(
        Scatter(0.5), Decimal(1), enter=0.1, leave=1.0, loss=1.0
    )
    assert Fault.parse("jump:all,by_us=-300@1").by_us == -300


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (Kill(Half("left"), Decimal(3)), "kill:half:left@3"),
        (Kill(Half("left"), Decimal(3), ram="random"), "kill:half:left,ram=random@3"),
        (Loss(Everything(), Decimal("1.5"), probability=0.5), "loss:0.5@1.5"),
        (Delay(Half("top"), Decimal(1), Decimal(2), by_us=7), "delay:half:top,by_us=7@1+2"),
        (Cut(Everything(), Decimal(1), way="in"), "cut:all,way=in@1"),
    ],
)
def test_text_says_no_more_than_it_must(fault, text):
    assert str(fault) == text


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


def test_what_destroys_state():
    assert {kind.kind for kind in Fault.kinds.values() if kind.destroys} == {
        "restart", "kill", "brownout", "flaky", "flips", "scramble", "carry", "move",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "cannot be read"),
        ("restart:half:left", "cannot be read; write KIND:REGION"),
        ("restart:half:left@-1", "cannot be read"),
        ("restart:half:left@1e3", "cannot be read"),
        ("burn:half:left@1", "there is no kind 'burn'; kinds are babble, blind, brownout"),
        ("restart:half:left@1+1", "restart takes no time"),
        ("kill:half:left@1+0", "it lasts 0 rounds"),
        ("kill:half:north@1", "it is not a region"),
        ("kill:all,ram=warm@1", "ram is 'warm'; it must be one of blank, stale, random"),
        ("kill:all,rom=blank@1", "kill has no 'rom'; its parameters: ram"),
        ("loss:all,probability=0.5,probability=0.7@1", "a parameter is there twice"),
        ("mix:3@1+0.5", "a mix needs at least a round"),
        ("mute:all,x=1@1", "mute has no 'x'; its parameters: none"),
        ("loss:1.5@1", r"probability=1\.5 is out of its limits; it must be 0 to 1"),
        ("loss:half:left@1", "loss needs probability; add ,probability=: 0 to 1"),
        ("loss:nan@1", "it is not a region"),
        ("loss:all,probability=nan@1", "probability=nan is not a number"),
        (
            "delay:all,by_us=1.5@1",
            "by_us=1.5 is out of its limits; it must be a whole number, 0 to 1,000,000,000",
        ),
        ("flaky:all,mtbf_rounds=0.5@1", "mtbf_rounds=0.5 is out of its limits; it must be 1 to 1,000,000"),
        ("rolling:4@1", "rolling needs a length; add \\+ROUNDS"),
        ("mix:3@1", "mix needs a length; add \\+ROUNDS"),
        ("mix:count=3@10+20", "it names no cells; write mix:all,count=3"),
        ("kill:ram=stale@1", "it names no cells; write kill:all,ram=stale"),
        ("kill:,ram=stale@1", "it names no cells; write kill:all,ram=stale"),
        ("version:all,genome=../x@1", "genome is '../x'; it must be a name in small letters"),
        ("mix:half:left,count=3@1+2", "mix is about the whole grid"),
    ],
)
def test_bad_text(text, message):
    with pytest.raises(InputError, match=message):
        Fault.parse(text)
