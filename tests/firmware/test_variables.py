"""Where the variables of a program lie, and what is refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.errors import InputError
from firmware.variables import KINDS, Layout, Variable, i16, i32, u8, u16, u32


def places(variables):
    return {name: (variable.offset, variable.end) for name, variable in variables.items()}


def test_variables_follow_each_other_without_gaps():
    layout = Layout.of({"hops": u8, "leader": u16}, {"heat": i16[3], "sum": i32}, ["leader", "hops"], {})
    assert places(layout.shown) == {"colour": (0, 4), "hops": (4, 5), "leader": (5, 7)}
    assert places(layout.kept) == {"heat": (16, 22), "sum": (22, 26)}
    assert places(layout.heard) == {"leader": (0, 2), "hops": (2, 3), "age": (3, 4)}
    assert (layout.inbox, layout.record_bytes, layout.end) == (26, 4, 58)
    assert places(layout.read_only) == {"entropy": (208, 212)}
    assert places(layout.board) == {"id": (0, 4), "strap": (4, 5)}
    assert places(Layout.of({}, {}, [], {"light": u16, "sees": u8}).board)["sees"] == (7, 8)


def test_who_hears_nothing_has_no_inbox():
    layout = Layout.of({"hops": u8}, {}, [], {})
    assert (layout.heard, layout.inbox, layout.end) == ({}, 16, 16)


def test_all_room_can_be_used():
    assert Layout.of({"all": u8[12]}, {"rest": u32[48]}, [], {}).end == 208
    assert Layout.of({"all": u8[12]}, {"rest": u8[88]}, ["all"], {}).end == 208


@pytest.mark.parametrize(
    ("shows", "keeps", "hears", "says"),
    [
        (
            {"all": u8[13]},
            {},
            [],
            "shows: 17 bytes - a state has 16, of which 4 are the colour; take smaller",
        ),
        ({}, {"rest": u8[193]}, [], "keeps: 209 bytes - a program has 208; take smaller kinds, or fewer"),
        ({"all": u8[12]}, {"rest": u8[89]}, ["all"], "keeps: 209 bytes - a program has 208"),
        ({"hops": u8}, {"hops": u8}, [], "keeps: hops - the program shows one of this name"),
        ({"hops": u8}, {}, ["hop"], "hears: hop - the program does not show it, only hops; show it"),
        ({"hops": 3}, {}, [], "variable: hops - 3 is no kind of number; u8, u16, u32, i8, i16 or i32"),
        ({"hops": float}, {}, [], "variable: hops - <class 'float'> is no kind"),
        ({"a b": u8}, {}, [], "variable: a b - it is no name that a variable may have"),
        ({"for": u8}, {}, [], "variable: for - it is no name"),
        ({"_x": u8}, {}, [], "variable: _x - it is no name"),
        ({}, {"colour": u8}, [], "variable: colour - it is no name"),
        ({}, {"age": u8}, [], "variable: age - it is no name"),
        ({}, {"inbox": u8}, [], "variable: inbox - it is no name"),
        ({}, {"entropy": u8}, [], "variable: entropy - it is no name"),
        ({}, {3: u8}, [], "variable: 3 - it is no name"),
        ({}, {"id": u16}, [], "variable: id - every board has it"),
        ({"hops": 10**5000}, {}, [], "variable: hops - 0x"),
    ],
)
def test_what_is_refused(shows, keeps, hears, says):
    with pytest.raises(InputError) as caught:
        Layout.of(shows, keeps, hears, {})
    assert f"program: {says}" in str(caught.value)


@pytest.mark.parametrize(
    ("inputs", "says"),
    [
        (
            {"all": u8[12]},
            "inputs: 17 bytes - a board has 16, 5 of them its own; take smaller kinds, or fewer",
        ),
        ({"id": u8}, "variable: id - every board has it; choose another name"),
        ({"strap": u8}, "variable: strap - every board has it"),
        ({"hops": u8}, "inputs: hops - the cell has a variable of this name; choose another"),
        ({"µ": u8}, "variable: µ - it is no name"),
        ({"age": u8}, "variable: age - it is no name"),
    ],
)
def test_inputs_that_are_refused(inputs, says):
    with pytest.raises(InputError) as caught:
        Layout.of({"hops": u8}, {}, [], inputs)
    assert f"program: {says}" in str(caught.value)


@pytest.mark.parametrize("count", [0, -1, 209, 1.5, "2", None, True])
def test_rows_have_a_length(count):
    with pytest.raises(InputError, match=r"a row has 1 to 208 numbers; e\.g\. u8"):
        u8[count]


def test_rows_of_rows_are_refused():
    with pytest.raises(InputError, match=r"program: u8\[2\]\[3\] - a row has 1 to 208"):
        u8[2][3]


@given(
    st.sampled_from(KINDS), st.integers(0, 7), st.lists(st.integers(0, (1 << 64) - 1), min_size=1, max_size=4)
)
def test_values_are_read_from_rows_of_bytes(kind, offset, numbers):
    limit = 1 << 8 * kind.size
    numbers = [number % limit - (limit // 2 if kind.signed else 0) for number in numbers]
    content = b"\xaa" * offset + b"".join(
        n.to_bytes(kind.size, "little", signed=kind.signed) for n in numbers
    )
    rows = np.frombuffer(content + b"\x55" * 3, np.uint8)[None].repeat(2, 0)
    read = Variable("x", kind[len(numbers)], offset).read(rows)
    assert (read.dtype, read.tolist()) == (np.int64, [numbers, numbers])
    assert Variable("x", kind, offset).read(rows).tolist() == [numbers[0]] * 2
