"""What a program declares, as a header in C."""

from pathlib import Path

import pytest

from firmware.clock import Timing
from firmware.declaration import Program, declared
from firmware.errors import InputError
from firmware.handlers import Handlers
from firmware.hardware.build import Options, build
from firmware.hardware.chips import TARGETS, find_chip
from firmware.hardware.machine import load
from firmware.header import c_header, written_by
from firmware.image import build_program
from firmware.memory import Ram
from firmware.program_in_c import ProgramInC
from firmware.variables import i8, i16, i32, u8, u16, u32
from planaria import open_program

EXAMPLES = Path(__file__).parents[2] / "examples"
HEADERS = sorted(path.stem for path in EXAMPLES.glob("*.h"))


class Small(Program):
    shows = {"heat": i16}
    keeps = {"seen": u8, "row": i16[3]}
    parameters = {
        "limit": 40,
        "far": -(1 << 63),
        "wide": 1 << 31,
        "table": ((1, 2), (-3, 128)),
        "bytes": (-128, 127),
    }

    def wake(me):
        me.heat = me.limit


EXPECTED = """/* What small.py declares, written by `planaria header small.py`. */

#include <stdint.h>

#ifndef PLANARIA_SET_LIMIT
#define PLANARIA_SET_LIMIT 40
#endif
enum { LIMIT = PLANARIA_SET_LIMIT };
#undef PLANARIA_SET_LIMIT

#ifndef PLANARIA_SET_FAR
#define PLANARIA_SET_FAR (-9223372036854775807 - 1)
#endif
static const int64_t FAR = PLANARIA_SET_FAR;
#undef PLANARIA_SET_FAR

#ifndef PLANARIA_SET_WIDE
#define PLANARIA_SET_WIDE 2147483648
#endif
static const int64_t WIDE = PLANARIA_SET_WIDE;
#undef PLANARIA_SET_WIDE

static const int16_t TABLE[2][2] = {{1, 2}, {-3, 128}};

static const int8_t BYTES[2] = {-128, 127};

/* What a cell shows, and hears of its neighbours. */
struct __attribute__((packed)) said {
    int8_t colour[4];
    int16_t heat;
    uint8_t _rest[10];
};

/* What is on the board. */
struct __attribute__((packed)) inputs {
    uint32_t id;
    uint8_t strap;
};

/* A cell. */
struct __attribute__((packed, aligned(4))) cell {
    int8_t colour[4];
    int16_t heat;
    uint8_t _rest[10];
    uint8_t seen;
    int16_t row[3];
};

#include "program.h"

static inline const struct inputs *board(void) { return board_bytes(); }

static void boot(struct cell *me, uint32_t strap) {}

static void hear(struct cell *me, uint32_t port, const struct said *said) {}
"""


def test_a_header():
    assert c_header(declared([Small], "small.py"), "planaria header small.py") == EXPECTED


@pytest.mark.parametrize("name", HEADERS)
def test_headers_of_the_examples_are_those_of_their_programs(name):
    program = open_program(EXAMPLES / f"{name}.py")
    assert (EXAMPLES / f"{name}.h").read_text() == c_header(program.handlers, f"planaria header {name}.py")


def test_five_of_them_have_headers():
    assert HEADERS == ["bitmap_vote", "disperse", "firefly", "leader", "majority"]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"shows": {"long": u8}}, "program: mine.py - long is a word of C here; choose another name"),
        ({"keeps": {"register": u8}}, "register is a word of C"),
        ({"inputs": {"union": u32}}, "union is a word of C"),
        ({"keeps": {"BOARD": u8}}, "BOARD is a word of C"),
        ({"shows": {"HEARS": u8}}, "HEARS is a word of C"),
        ({"parameters": {"alpha": 1}}, "ALPHA is a word of C"),
        ({"parameters": {"own_bytes": 1}}, "OWN_BYTES is a word of C"),
        ({"parameters": {"hears": 1}}, "HEARS is a word of C"),
        ({"parameters": {"uint8_max": 1}}, "UINT8_MAX is a word of C"),
        ({"parameters": {"int_least16_min": 1}}, "INT_LEAST16_MIN is a word of C"),
        ({"parameters": {"size_max": 1}}, "SIZE_MAX is a word of C"),
        ({"shows": {"wakes_left": u8}, "hears": ("wakes_left",)}, "wakes_left is a word of C"),
        ({"keeps": {"row": u8[149]}}, "its variables take 165 B, and in C they may take 164"),
        ({"parameters": {"limit": 1, "LIMIT": 2}}, "two parameters are LIMIT in C; choose another name"),
        ({"parameters": {"ndebug": 1}}, "NDEBUG is a word of C"),
        ({"parameters": {"cell_on_bytes": 1}}, "CELL_ON_BYTES is a word of C"),
        ({"parameters": {"rows": ((1, 2), (3,))}}, "its parameter rows is no table with rows of one length"),
        ({"parameters": {"rows": ((1, 2), 3)}}, "its parameter rows is no table"),
        ({"parameters": {"rows": ()}}, "its parameter rows is no table"),
    ],
)
def test_what_c_cannot_have_is_refused(wrong, says):
    program = type("Mine", (Program,), {"wake": Small.wake, "parameters": {"limit": 1}, **wrong})
    if "heat" not in program.shows:
        program.shows = {**program.shows, "heat": i16}
    with pytest.raises(InputError, match=says):
        c_header(declared([program], "mine.py"), "planaria header mine.py")


class All(Program):
    shows = {"a": i8, "b": u16, "c": i32, "row": u8[2]}
    keeps = {"d": u32, "e": i16[3], "wakes_left": u8}
    hears = ("c", "row", "a")
    inputs = {"odd": u8, "wide": u32, "few": i16[2]}
    parameters = {"limit": -5, "far": 1 << 40, "table": ((1, -2), (300, 4)), "boot_at": 3}

    def wake(me):
        me.a = me.limit


@pytest.mark.parametrize("target", TARGETS)
def test_a_header_of_all_kinds_lies_where_the_variables_do(hardware, tmp_path, target):
    """As the compiler says."""
    handlers = declared([All], "all.py")
    layout, heard = handlers.declaration.layout, handlers.declaration.layout.heard
    places = [
        *(("cell", one) for one in layout.own.values()),
        *(("said", one) for one in layout.shown.values()),
        *(("heard", one) for name, one in heard.items() if name != "age"),
        *(("inputs", one) for one in layout.board.values()),
    ]
    checks = [
        f'_Static_assert(__builtin_offsetof(struct {what}, {one.name}) == {one.offset}, "");'
        f'_Static_assert(sizeof ((struct {what} *)0)->{one.name} == {one.kind.bytes}, "");'
        for what, one in places
    ]
    checks.append(f'_Static_assert(__builtin_offsetof(struct cell, inbox) == {layout.inbox}, "");')
    checks.append(f'_Static_assert(sizeof(struct heard) == {layout.record_bytes}, "");')
    (tmp_path / "all.h").write_text(c_header(handlers, "planaria header all.py"))
    wake = (
        "static int wake(struct cell *me)\n"
        "{ me->a = (int8_t)(TABLE[1][0] + LIMIT + (FAR > 9) + BOOT_AT); return 1; }"
    )
    path = tmp_path / "all.c"
    path.write_text("\n".join(['#include "all.h"', *checks, wake]))
    how, ram = Options(program=ProgramInC(path)), Ram()
    load(build(build_program(Timing()), find_chip(target), how)).wake(ram)
    assert ram.state[4] == 300 - 5 + 1 + 3 - 256


def test_the_name_of_a_file_is_only_a_name(tmp_path):
    text = c_header(declared([Small], "bad\udcff*/.py"), "planaria header bad\udcff.py")
    text.encode()
    assert text.partition("\n")[0].count("*/") == 1


class Large(Small):
    parameters = {**Small.parameters, "further": 4}

    def boot(me, strap):
        me.heat = strap


class Far(Small):
    parameters = {"limit": 4}


def test_of_several_roles_there_is_one_header(tmp_path):
    """The board says which one a cell is; a number is missing only where two roles have another one."""
    handlers = declared([Small, Large], "roles.py")
    text = c_header(handlers, "planaria header roles.py")
    assert "    uint8_t strap;\n    uint8_t role;\n" in text
    assert "#define PLANARIA_SET_FURTHER 4\n" in text
    assert "enum { ROLE_SMALL = 0, ROLE_LARGE = 1 };" in text
    alike = type("SMALL", (Small,), {})
    with pytest.raises(InputError, match=r"two of its classes are alike in C: ROLE_SMALL, ROLE_SMALL"):
        c_header(declared([Small, alike], "roles.py"), "")
    assert written_by(handlers) == ["boot", "wake"]
    with pytest.raises(
        InputError, match=r"program: roles\.py - limit is 40 in one of its classes and 4 in another; C has"
    ):
        c_header(declared([Small, Far], "roles.py"), "")


def test_a_program_of_bare_bytes_has_no_header():
    bare = Handlers(boot=lambda ram, strap: None, hear=lambda ram, port, state: None, wake=lambda ram: None)
    with pytest.raises(InputError, match="it declares no variables, of which a header could be made"):
        c_header(bare, "")
