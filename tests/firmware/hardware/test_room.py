"""ROM, RAM and stack of programs in C: what does not fit is refused, or found out by the guard."""

import pytest

from firmware.errors import InputError
from firmware.hardware.chips import CHIPS
from firmware.hardware.machine import load
from firmware.hardware.sizes import measure
from firmware.memory import Ram
from firmware.program import Failure, MachineError
from tests.firmware.hardware.in_c import built_program


@pytest.mark.parametrize("target", ["host", "cortex-m0plus"])
@pytest.mark.parametrize("place", ["& 63", "/ 99999999"], ids=["bounded", "calls-outside"])
def test_an_array_that_the_stack_does_not_hold(write, target, place):
    work = f"volatile char deep[4000]; deep[entropy(me) {place}] = 1; me->said.state[5] = deep[9];"
    message = r"RAM: 4,\d\d\d B on cortex-m0plus - 3,\d\d\d B more .* 72 B static and 4,0\d\d B of stack"
    with pytest.raises(InputError, match=message):
        built_program(write(work), target)


DEEP = """
static int depth(volatile int *left)
{
    volatile int32_t here[3] = {left[0]};
    return left[0]-- > 0 ? depth(left) + here[0] : 0;
}
"""
"""Each level takes at least 16 bytes, which no compiler can add up."""


@pytest.mark.parametrize("target", CHIPS)
def test_a_stack_that_runs_into_the_variables(write, target):
    """By one level too many; the cell's RAM is what it was."""
    work = "volatile int left = me->said.state[0]; if (left) me->said.state[1] = (int8_t)depth(&left);"
    cell = load(built_program(write(work, before=DEEP, kept=64), target))
    for levels, fits in ((1, True), (60, False), (1, True)):
        ram = Ram(bytearray([levels, 0, *range(100, 178)]) + bytearray(176))
        before = bytes(ram.bytes)
        if fits:
            assert cell.wake(ram).wait_us > 0
            assert bytes(ram.bytes[2:84]) == before[2:84]  # the guard included, which is put back
        else:
            with pytest.raises(MachineError, match=r"trap: .*") as caught:
                cell.wake(ram)
            assert caught.value.failure is Failure.TRAP
            assert bytes(ram.bytes) == before


@pytest.mark.parametrize("target", CHIPS)
def test_the_guard_sees_what_goes_one_byte_too_far(write, target):
    work = "((volatile uint8_t *)me)[sizeof *me + 3] = 1;"
    with pytest.raises(MachineError, match="trap: its stack has run into its variables"):
        load(built_program(write(work), target)).wake(Ram())


@pytest.mark.parametrize("target", CHIPS)
def test_any_ram_may_fail_but_the_first_life_may_not(write, target):
    """What no life leads to is not measured."""
    fragile = write("if (me->said.state[9] > 3) __builtin_trap(); me->said.state[9] = 1;")
    assert measure(built_program(fragile, target))["stack_bytes"] < 60
    deep = write("volatile int left = 60; me->said.state[1] = (int8_t)depth(&left);", before=DEEP)
    with pytest.raises(
        InputError, match=r"program: on .* - it fails when it boots, hears or first wakes: trap"
    ):
        measure(built_program(deep, target))


@pytest.mark.parametrize("target", ["host", "rv32imc"])
def test_names_of_the_linker_are_not_those_of_programs(write, target):
    before = "__attribute__((noinline)) int guard(int x) { return x + 1; }"
    cell = load(
        built_program(write("me->said.state[4] = (int8_t)guard(me->said.state[4]);", before=before), target)
    )
    ram = Ram()
    cell.wake(ram)
    assert ram.state[4] == 1


def test_upsets_of_a_program(write):
    """A flipped variable is silent and not masked; free stack is nobody's."""
    work = "if (me->said.state[5] > 3) __builtin_trap(); me->said.state[4] = me->said.state[6];"
    cell = load(built_program(write(work, kept=64), "rv32imc"))
    one, other = Ram(), Ram()
    other.bytes[20] ^= 1
    assert cell.persistent(one) != cell.persistent(other)
    other = Ram()
    other.bytes[120] ^= 1
    assert cell.persistent(one) == cell.persistent(other)
    assert cell.upset_instructions > 1000
    assert cell.on(bytes(16))._typical is cell._typical


@pytest.mark.parametrize("target", ["host", "wasm", "cortex-m0plus"])
def test_variables_beside_the_cell_are_refused(write, target):
    """Natively too, where all cells would share them."""
    path = write("tally[me->said.state[0] & 7]++; more++;", before="static uint16_t tally[8], more;")
    with pytest.raises(InputError) as caught:
        built_program(path, target)
    assert str(caught.value) == (
        "RAM: 18 B beside struct cell - tally, 16 B, more, 2 B: natively all cells would share them; "
        "keep all variables in struct cell"
    )


@pytest.mark.parametrize("target", ["host", "rv32imc"])
def test_more_rom_than_a_cell_has_is_refused(write, target):
    path = write(
        "me->said.state[0] = TABLE[entropy(me) >> 18];", before="static const int8_t TABLE[1 << 14] = {1};"
    )
    with pytest.raises(InputError, match=r"ROM: \d\d,\d\d\d B on .* more than a cell's 10,240 B; ") as caught:
        built_program(path, target)
    assert "largest are TABLE, 16,384 B, " in str(caught.value)
    assert str(caught.value).endswith("make the program shorter")
