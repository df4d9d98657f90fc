"""Programs for Kilobots as they are: what kilolib does for them, event by event, and what is refused."""

import shutil
from pathlib import Path

import pytest

from firmware.errors import InputError
from firmware.frame import Frame, decode, encode
from firmware.hardware.chips import CHIPS
from firmware.hardware.machine import load
from firmware.memory import Ram
from firmware.program import MachineError
from firmware.program_in_c import ProgramInC
from tests.firmware.hardware.in_c import KILOLIB_IS_NATIVE as NATIVE
from tests.firmware.hardware.in_c import built_program

KILOBOTS = Path(__file__).parent / "kilobots"
PROGRAMS = sorted(KILOBOTS.glob("*.c"))
TICK_US = 32_640

TARGETS = ("cortex-m0plus", *(["host"] if NATIVE else []))
"""Of tests of single events; test_kilolib.py of tests/emulator has all chips."""

FORM = """#include <kilolib.h>
message_t message;
{before}
void heard(message_t *m, distance_measurement_t *d) {{ {heard} }}
message_t *say(void) {{ message.crc = message_crc(&message); return &message; }}
void setup(void) {{ {setup} }}
void loop(void) {{ {loop} }}
int main(void)
{{
    kilo_init();
    kilo_message_rx = heard;
    kilo_message_tx = say;
    kilo_start(setup, loop);
    return 0;
}}
"""


@pytest.fixture
def robot(tmp_path, hardware):
    """``robot(target, loop=...)`` gives a robot with a program of these statements, that has booted."""

    def make(target, strap=0, number=0, **statements):
        path = tmp_path / "robot.c"
        path.write_text(FORM.format(**dict.fromkeys(("before", "heard", "setup", "loop"), "") | statements))
        return Robot(load(built_program(path, target)), number, strap)

    return make


class Robot:
    """A robot without neighbours, and what it has said: (time in us, data)."""

    def __init__(self, program, number, strap):
        self.program = program.on(number.to_bytes(4, "little") + bytes([strap]) + bytes(11))
        self.ram, self.said, self.time_us = Ram(), [], 0
        self.due_us = self.program.boot(self.ram, 0x12345678, strap)
        self.first_us = self.due_us

    def live(self, until_us):
        while self.due_us <= until_us:
            self.time_us = self.due_us
            wake = self.program.wake(self.ram)
            if wake.frame:
                self.said.append((self.time_us, decode(wake.frame).state))
            self.due_us += wake.wait_us
        return self

    def ticks(self, count):
        return self.live(self.first_us + (count - 1) * TICK_US)

    def hear(self, message, port=0):
        self.program.receive(self.ram, port, encode(Frame(3, bytes(4) + message)))

    @property
    def led(self):
        return tuple(self.ram.state[:4].tolist())


def crc(message):
    """CRC-16/MCRF4XX, as ``_crc_ccitt_update`` of avr-libc from 0xFFFF on."""
    word = 0xFFFF
    for byte in message:
        word ^= byte
        for _ in range(8):
            word = word >> 1 ^ (0x8408 if word & 1 else 0)
    return word


def sealed(data, kind=0):
    message = bytes(data).ljust(9, b"\0") + bytes([kind])
    return message + crc(message).to_bytes(2, "little")


def test_the_check_of_messages():
    assert crc(b"123456789") == 0x6F91  # the check value of the catalogue of CRCs


@pytest.mark.parametrize("target", TARGETS)
def test_a_message_every_half_second(robot, target):
    """The clock of kilolib: 255 counts a tick, sent when they are more than 3,906."""
    said = robot(target, loop="message.data[0] = kilo_ticks;").ticks(50).said
    first = said[0][0] - 15 * TICK_US
    assert 1 <= first <= TICK_US
    assert [(time - first) // TICK_US for time, _ in said] == [15, 31, 47]
    assert [state[4:] for _, state in said] == [sealed([ticks]) for ticks in (15, 31, 47)]


@pytest.mark.parametrize("target", TARGETS)
def test_a_delay_goes_on_where_it_was(robot, target):
    """In the middle of a loop, in which ticks go on."""
    one = robot(
        target, setup="set_color(1); delay(100);", loop="set_color(2); delay(50); set_color(3); delay(200);"
    )
    assert one.led == (21, 0, 0, 64)
    one.live(99_999)
    assert one.led[0] == 21
    one.live(100_000 + TICK_US)
    assert one.led[0] == 42
    begun = one.time_us - (one.time_us - one.first_us) % TICK_US
    one.live(begun + 49_999)
    assert one.led[0] == 42
    one.live(begun + 50_000)
    assert one.led[0] == 64
    one.live(begun + 249_999)
    assert one.led[0] == 64


@pytest.mark.parametrize("target", TARGETS)
def test_what_is_heard(robot, target):
    """The data, and the distance by the port; not what is spoiled, or for kilolib itself."""
    one = robot(
        target,
        before="uint8_t first, near;",
        heard="first = m->data[0]; near = estimate_distance(d);",
        loop="message.data[0] = first; message.data[1] = near;",
    )

    def told():
        return one.live(one.time_us + 40 * TICK_US).said[-1][1][4:6]

    one.hear(sealed([7]), port=2)
    assert told() == bytes([7, 35])
    one.hear(sealed([9], kind=0x7F), port=3)
    assert told() == bytes([9, 49])
    one.hear(sealed([11], kind=0x80))
    one.hear(sealed([12])[:-1] + b"\xee")
    one.program.receive(one.ram, 1, b"noise")
    assert told() == bytes([9, 49])


@pytest.mark.parametrize("target", TARGETS)
def test_numbers_of_robots(robot, target):
    """Its number and 1; the robot with the strap is 0, also when it starts again, without it."""
    loop = "message.data[0] = kilo_uid; message.data[1] = kilo_uid >> 8;"
    for number, strap, uid in ((0, 0, 1), (299, 0, 300), (299, 1, 0)):
        one = robot(target, loop=loop, number=number, strap=strap)
        assert one.ticks(40).said[-1][1][4:6] == uid.to_bytes(2, "little")
        one.ram.clear()
        one.said.clear()
        one.due_us = one.program.boot(one.ram, 99, 0)
        assert one.live(40 * TICK_US).said[-1][1][4:6] == uid.to_bytes(2, "little")


@pytest.mark.parametrize("target", TARGETS)
def test_random_numbers(robot, target):
    """``rand_soft`` is kilolib's own formula; ``rand_hard`` goes on from what the board has drawn."""
    one = robot(target, setup="rand_seed(5);", loop="message.data[kilo_ticks % 4] = rand_soft();")
    seed, expected = 5, []
    for count in range(31):
        seed ^= seed << 3 & 255
        seed ^= seed >> 5
        seed ^= count >> 2
        expected.append(seed)
    assert list(one.ticks(33).said[-1][1][4:8]) == [expected[i] for i in (27, 28, 29, 30)]
    drawn = robot(target, loop="message.data[0] = rand_hard();").ticks(40).said
    word, found = 0x12345678, []
    for _ in range(40):
        word ^= word << 13 & 0xFFFFFFFF
        word ^= word >> 17
        word ^= word << 5 & 0xFFFFFFFF
        found.append(word >> 24)
    assert [state[4] for _, state in drawn] == [found[14], found[30]]


@pytest.mark.parametrize("target", TARGETS)
def test_random_ram_at_boot_changes_nothing(robot, target):
    """Variables begin as the program says, and no stack is taken for one that a delay() has left."""
    statements = {
        "before": "uint8_t seven = 7, none;",
        "loop": "message.data[0] = seven; message.data[1] = none;",
    }
    one = robot(target, **statements)
    one.ram.bytes[:] = bytes(range(37, 256)) + bytes(37)
    one.due_us = one.first_us = one.program.boot(one.ram, 0x12345678, 0)
    assert one.ticks(40).said == robot(target, **statements).ticks(40).said


LIVES = [
    (
        "numbers with a point: rounded alike, whatever the processor can do in one step",
        {
            "before": "#include <math.h>\nfloat x = 0.3f;",
            "loop": "x = 3.9f * x * (1 - x) + 0.001f * x; message.data[0] = x * 255;"
            "message.data[1] = sqrt(kilo_ticks) * 10; double y = x * 1.7; message.data[2] = y * 100;",
        },
    ),
    (
        "a pointer to what lies on the stack of a delay",
        {
            "before": "volatile uint8_t *p;",
            "heard": "if (p) *p = m->data[0];",
            "loop": "volatile uint8_t got = 0; p = &got; delay(200); p = 0; message.data[0] = got;",
        },
    ),
    (
        "64 bits in a handler, in the middle of a delay",
        {
            "before": """#include <stdarg.h>
                uint64_t sum;
                void take(int n, ...)
                {
                    va_list l;
                    va_start(l, n);
                    sum += va_arg(l, uint64_t) << 3 ^ va_arg(l, uint64_t);
                    va_end(l);
                }""",
            "heard": "take(5, (uint64_t)m->data[0], 3ull);",
            "loop": "delay(300); message.data[0] = sum; message.data[1] = sum >> 8;",
        },
    ),
    (
        "functions that the C library, the runtime and the linker script have, too",
        {
            "before": """uint8_t z, genome[4] = {1, 2, 3, 4}, stack_top = 5, static_end;
                int exit(void) { return ++z; }
                int abs(int x) { return x < 0 ? 100 - x : x; }
                int isdigit(int x) { return x & 1; }
                void reset(void) { genome[z & 3] += stack_top; }""",
            "loop": "exit(); reset(); static_end += isdigit(z); message.data[0] = abs(-3 - (z & 7));"
            "message.data[1] = genome[2]; message.data[2] = static_end;",
        },
    ),
    (
        "what another robot has left on the stack",
        {
            "before": "void fill(void) { volatile uint8_t v[24]; for (int i = 0; i < 24; i++) v[i] = 255; }",
            "loop": "if (kilo_uid == 1) fill(); volatile uint8_t big[12]; big[3] = kilo_ticks; delay(40);"
            "message.data[0] = big[3];",
        },
    ),
]


@pytest.mark.skipif(not NATIVE, reason="kilolib is built natively on Linux and x86-64 only")
@pytest.mark.parametrize(("what", "statements"), LIVES, ids=[what.partition(":")[0] for what, _ in LIVES])
def test_two_robots_say_the_same_on_every_target(tmp_path, hardware, what, statements):
    """Of a fresh pair of eyes each, which saw them differ; two robots share a library."""
    path = tmp_path / "robot.c"
    path.write_text(FORM.format(**dict.fromkeys(("before", "heard", "setup", "loop"), "") | statements))
    told = []
    for target in (*CHIPS, "host"):
        program = load(built_program(path, target))
        robots = [Robot(program, number, 0) for number in (0, 5)]
        for tick in range(1, 90):
            for number, one in enumerate(robots):
                one.ticks(tick)
                one.hear(sealed([tick * (number + 2) & 255]), port=tick & 7)
        told.append([one.said for one in robots])
        assert min(len(said) for said in told[-1]) >= 4
    assert all(said == told[0] for said in told[1:])


@pytest.mark.parametrize(
    ("target", "cc"),
    [
        ("cortex-m0plus", "arm-none-eabi-gcc"),
        ("rv32imc", "riscv64-unknown-elf-gcc"),
        ("rv32ec", "riscv64-unknown-elf-gcc"),
    ],
)
def test_a_gcc_of_the_system_makes_the_same_of_it(hardware, target, cc):
    if shutil.which(cc) is None:
        pytest.skip(f"{cc} is not installed")
    told = []
    for compiler in (None, cc):
        one = Robot(load(built_program(KILOBOTS / "walker.c", target, cc=compiler)), 3, 0)
        for tick in range(1, 120):
            one.ticks(tick)
            one.hear(sealed([tick, 3]), port=tick & 7)
        told.append(one.said)
    assert told[0] == told[1]
    assert len(told[0]) == 7


@pytest.mark.parametrize("target", TARGETS)
def test_a_main_with_arguments_has_none_and_may_set_handlers_first(hardware, tmp_path, target):
    path = tmp_path / "robot.c"
    text = FORM.format(
        before="int count = 7; char **words;", heard="", setup="", loop="message.data[0] = count + 9;"
    )
    text = text.replace(
        "main(void)\n{\n    kilo_init();", "main(int n, char **w)\n{\n    count = n; words = w;"
    )
    path.write_text(text.replace("kilo_start(", "kilo_init();\n    kilo_start("))
    assert "count = n" in path.read_text()
    robot = Robot(load(built_program(path, target)), 0, 0)
    assert robot.ticks(40).said[-1][1][4] == 9


def test_a_stack_that_runs_into_variables(robot):
    dig = "int dig(int n, int m) { return n ? dig(n - 1, m + 1) ^ dig(n - 1, m) * n : m; }"
    one = robot("cortex-m0plus", before=dig, loop="message.data[0] = dig(kilo_ticks, 3);")
    with pytest.raises(MachineError, match="its stack has run into its variables"):
        one.ticks(15)  # a call deeper at each


@pytest.mark.skipif(not NATIVE, reason="kilolib is built natively on Linux and x86-64 only")
@pytest.mark.parametrize(
    "loop",
    [
        "int *nowhere = (int *)8; *nowhere = 1;",
        "volatile uint8_t big[100]; for (int i = 0; i < 100; i++) big[i] = i + 1; delay(9); big[9]++;",
    ],
    ids=["address", "delay"],
)
def test_a_native_robot_that_fails(robot, loop):
    """An address that is none; a delay() whose stack is more than there is RAM for it."""
    one = robot("host", loop=loop)
    before = bytes(one.ram.bytes)
    with pytest.raises(MachineError, match=r"trap: SIG(SEGV|ILL)"):
        one.ticks(3)
    assert bytes(one.ram.bytes) == before


@pytest.mark.parametrize(
    ("before", "target", "message"),
    [
        ("uint8_t row[99];", "cortex-m0plus", "beside struct cell there are row, 99 B"),
        (
            "message_t *row[20] = {&message};",
            "host",
            "robot.c do not fit into a cell's RAM, for here pointers have 8 bytes",
        ),
        ("", "wasm", "for kilolib, which is there for chips, and for Linux on x86-64"),
        ("int x = ;", "rv32ec", "robot.c:3:9: error: expected expression"),
        ("#include <avr/eeprom.h>", "rv32ec", "'avr/eeprom.h' file not found"),
        (
            "#undef main\n#define main begin",
            "rv32ec",
            "robot.c - it has no function main",
        ),
    ],
    ids=["ram", "pointers", "wasm", "syntax", "header", "main"],
)
def test_what_cannot_be_built(robot, before, target, message):
    if target == "host" and not NATIVE:
        pytest.skip("kilolib is built natively on Linux and x86-64 only")
    with pytest.raises(InputError) as caught:
        robot(
            target,
            before=before,
            loop="row[kilo_ticks % 9] = 0; message.data[0] = row[rand_hard() % 9] != 0;"
            if "row" in before
            else "",
        )
    assert message in str(caught.value)


def test_numbers_cannot_be_given(hardware, tmp_path):
    path = tmp_path / "robot.c"
    path.write_text(FORM.format(before="", heard="", setup="", loop=""))
    with pytest.raises(InputError, match=r"parameter limit: 5 - robot.c is for kilolib, and takes none"):
        built_program(path, "rv32ec", given=(("limit", 5),))


@pytest.mark.parametrize(
    ("line", "known"),
    [
        ("#include <kilolib.h>", True),
        ('  #  include "kilombo.h" // as ever', True),
        ('#include "../kilolib/kilolib.h"', True),
        ("/*\n#include <kilolib.h>\n*/", False),
        ('#include "program.h"', False),
        ("// #include <kilolib.h>", False),
    ],
)
def test_how_one_is_known(tmp_path, line, known):
    (tmp_path / "robot.c").write_text(f"/* A program. */\n{line}\n")
    assert ProgramInC(tmp_path / "robot.c").for_kilolib == known
