"""What a program declares, as a header in C."""

from pathlib import Path

import pytest

from firmware.declaration import Program, declared
from firmware.errors import InputError
from firmware.handlers import Handlers
from firmware.header import c_header
from firmware.variables import i16, u8, u32
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

enum { LIMIT = 40 };

static const int64_t FAR = (-9223372036854775807 - 1);

static const int64_t WIDE = 2147483648;

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
    assert c_header(declared(Small, "small.py"), "planaria header small.py") == EXPECTED


@pytest.mark.parametrize("name", HEADERS)
def test_headers_of_the_examples_are_those_of_their_programs(name):
    program = open_program(EXAMPLES / f"{name}.py")
    assert (EXAMPLES / f"{name}.h").read_text() == c_header(program.handlers, f"planaria header {name}.py")


def test_three_of_them_have_headers():
    assert HEADERS == ["firefly", "leader", "majority"]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"shows": {"long": u8}}, "program: mine.py - long is a word of C; choose another name"),
        ({"keeps": {"register": u8}}, "register is a word of C"),
        ({"inputs": {"union": u32}}, "union is a word of C"),
        ({"parameters": {"limit": 1, "LIMIT": 2}}, "two parameters are LIMIT in C; choose another name"),
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
        c_header(declared(program, "mine.py"), "planaria header mine.py")


def test_a_program_of_bare_bytes_has_no_header():
    bare = Handlers(boot=lambda ram, strap: None, hear=lambda ram, port, state: None, wake=lambda ram: None)
    with pytest.raises(InputError, match="it declares no variables, of which a header could be made"):
        c_header(bare, "")
