"""Programs in C other than the neural rule: built for every target, refused when they do not fit."""

import ctypes
import io
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from emulator.config import RunConfig
from emulator.faults import Fault
from emulator.goal import PictureGoal
from emulator.reference.engine import ReferenceEngine
from emulator.world.lattices import Square8
from examples import hop_count
from firmware import frame, image
from firmware.budget import CHANNELS, PORTS
from firmware.clock import Law, Timing
from firmware.errors import InputError
from firmware.handlers import Handlers
from firmware.hardware.chips import CHIPS, TARGETS
from firmware.hardware.machine import OUTPUT, ChipProgram, LibraryProgram, load, machine, rom_image
from firmware.hardware.simulator import Event
from firmware.hardware.sizes import measure
from firmware.memory import Ram
from firmware.picture import Picture
from firmware.program import Failure, MachineError
from firmware.runtime import interpreted
from tests.firmware.hardware.in_c import FLASH, MINE, built_program

ROOT = Path(__file__).parents[3]
HOP_COUNT = ROOT / "examples" / "hop_count.c"
PYTHON = interpreted(Handlers.of(vars(hop_count), "hop_count.py"))


@pytest.fixture(scope="module")
def in_python():
    """A world of the example, and its trace."""
    return run(FLASH, PYTHON)


def run(rom, firmware):
    faults = ("restart:half:left@6", "kill:rect:1,1,2,1@9", "flips:all,rate_hz=0.01@0+12", "corrupt:0.1@0")
    config = RunConfig(
        Square8(7, 7), seed=3, loss=0.05, jitter_us=300, faults=tuple(map(Fault.parse, faults))
    )
    trace = io.BytesIO()
    picture = Picture.of(np.full((7, 7, 4), 255, np.uint8))
    engine = ReferenceEngine(config, rom, PictureGoal(picture), firmware, trace)
    engine.run(16)
    return trace.getvalue()


@pytest.mark.parametrize("target", TARGETS)
def test_the_example_in_c_lives_as_in_python(hardware, in_python, target):
    binary = built_program(HOP_COUNT, target)
    assert run(rom_image(binary), machine(binary)) == in_python


@pytest.mark.parametrize("target", TARGETS)
def test_the_example_in_c_does_from_any_ram_what_python_does(hardware, target):
    """All that either of them reads again, what they send, and when they wake."""
    timing = Timing(Law.UNIFORM, 70_001)
    cell = load(built_program(HOP_COUNT, target, image.build_program(timing)))
    python = PYTHON(image.build_program(timing))
    rng = np.random.default_rng(4)
    for _ in range(150):
        rams = [Ram(bytearray(random)) for random in [rng.bytes(256)] * 2]
        state = rng.bytes(CHANNELS)
        wire = frame.encode(frame.Frame(int(rng.integers(128)), state))
        port, lost = int(rng.integers(PORTS)), int(rng.integers(8)) == 0
        for program, ram in zip((cell, python), rams, strict=True):
            program.receive(ram, port, wire[lost:])
            heard(ram)[:, 4] = heard(ram)[:, 4] % 40 - 5
        assert cell.wake(rams[0]) == python.wake(rams[1])
        assert read_again(rams[0]) == read_again(rams[1])
    for strap in (False, True):
        rams = [Ram(), Ram()]
        assert cell.boot(rams[0], 7, strap) == python.boot(rams[1], 7, strap)
        assert read_again(rams[0]) == read_again(rams[1])


def heard(ram):
    """What the example has heard on its ports, int8[8, 16]."""
    whole = np.frombuffer(ram.bytes, np.int8)
    return whole[hop_count.INBOX :][: PORTS * CHANNELS].reshape(PORTS, CHANNELS)


def read_again(ram):
    kept = heard(ram)[:, [hop_count.HOPS, hop_count.AGE]]
    return ram.state.tolist(), kept.tolist(), ram.prng, ram.sequence


@pytest.mark.parametrize("target", CHIPS)
def test_what_the_example_needs(hardware, target):
    facts = measure(built_program(HOP_COUNT, target))
    assert facts["rom_bytes"] <= 1_280
    assert facts["rom_bytes_by_section"]["genome"] == 16
    assert facts["ram_total_bytes"] <= 248
    assert facts["cycles_per_multiply_add"] is None
    assert facts["instructions_per_update"] < 2_100


def test_a_gcc_of_the_system_builds_the_example_too(hardware, in_python):
    binary = built_program(HOP_COUNT, "host", cc="cc")
    assert run(rom_image(binary), machine(binary)) == in_python


@pytest.mark.parametrize("target", TARGETS)
def test_a_program_that_keeps_silent(write, target):
    """Every other time; the number of a frame counts frames, and the wait is drawn all the same."""
    cell = load(built_program(write("me->said.state[4]++;", "!(me->said.state[4] & 1)"), target))
    ram, twin = Ram(), Ram()
    cell.boot(ram, 9, False)
    ram.state[0] = 5
    wakes = [cell.wake(ram) for _ in range(4)]
    assert [bool(wake.frame) for wake in wakes] == [False, True, False, True]
    assert [frame.decode(wake.frame) for wake in wakes[1::2]] == [
        frame.Frame(number, bytes([5, 0, 0, 0, state]) + bytes(11)) for number, state in ((0, 2), (1, 4))
    ]
    python = PYTHON(FLASH)
    python.boot(twin, 9, False)
    assert [wake.wait_us for wake in wakes] == [python.wake(twin).wait_us for _ in range(4)]


def test_a_silent_cell_shows_what_it_has_become(write):
    cell = load(built_program(write("me->said.state[0] = 64;", "0"), "rv32imc"))
    done = cell.chip.run(Ram().bytes, Event.TIMER)
    assert (done.sent, done.led) == (b"", bytes([64, 0, 0, 0]))
    assert done.wait_us > 0


@pytest.mark.parametrize("target", ["host", "wasm", "rv32imc"])
def test_a_program_that_sends_more_than_a_frame(write, target):
    cell = load(built_program(write("board_send((const uint8_t *)me, 30);"), target))
    assert len(cell.wake(Ram()).frame) == 54


@pytest.mark.parametrize("target", ["host", "wasm", "rv32imc"])
def test_a_program_that_never_sets_its_timer_hangs(write, target):
    cell = load(built_program(write("board_sleep();"), target))
    with pytest.raises(MachineError, match="hang: asleep with no timer set"):
        cell.wake(Ram())


@pytest.mark.parametrize(
    ("work", "failure"), [("*(volatile int *)0x30000000 = 1;", Failure.TRAP), ("for (;;) {}", Failure.HANG)]
)
@pytest.mark.parametrize("target", CHIPS)
def test_a_program_that_traps_or_hangs_on_a_chip(write, target, work, failure):
    cell = load(built_program(write(f"if (me->said.state[0]) {work}"), target))
    ram = Ram()
    ram.state[0] = 1
    with pytest.raises(MachineError) as caught:
        cell.wake(ram)
    assert caught.value.failure is failure
    assert cell.wake(Ram()).wait_us > 0


@pytest.mark.parametrize(
    ("work", "says"),
    [
        ("*(volatile int *)8 = 1;", "SIGSEGV"),
        ("__builtin_trap();", "SIGILL"),
        ("raise(SIGFPE);", "SIGFPE"),
        ("volatile char deep[256] = {0}; wake(me); deep[0]++;", "SIGSEGV"),
        ("for (volatile int i = 0;; i++) {}", "it has not ended after a second"),
    ],
    ids=["address", "instruction", "arithmetic", "stack", "hang"],
)
def test_a_program_that_traps_or_hangs_on_this_machine(write, work, says):
    """It ends its event, and not the process; neither is another library's affair."""
    harm = f"#ifdef PLANARIA_HOST\n#include <signal.h>\n#define HARM {work}\n#else\n#define HARM\n#endif\n"
    path = write("me->said.state[1]++; if (me->said.state[0]) { HARM }", before=harm)
    cell, other = load(built_program(path, "host")), load(built_program(HOP_COUNT, "host"))
    other.boot(Ram(), 1, False)
    cell.boot(Ram(), 1, False)
    for _ in range(1 if "ended" in says else 3):
        ram = Ram()
        ram.state[0] = 1
        before = bytes(ram.bytes)
        with pytest.raises(MachineError, match=says) as caught:
            cell.wake(ram)
        assert caught.value.failure is (Failure.TRAP if says.startswith("SIG") else Failure.HANG)
        assert bytes(ram.bytes) == before
        assert cell.wake(Ram()).wait_us == other.wake(Ram()).wait_us


@pytest.mark.parametrize("target", TARGETS)
def test_what_is_on_the_board_can_be_read(write, target):
    """Bytes, and numbers of four of them, at any place."""
    work = (
        "const uint8_t *board = board_bytes(); uint32_t id; __builtin_memcpy(&id, board, 4);"
        "me->said.state[4] = (int8_t)(id >> 8); me->said.state[5] = (int8_t)board[15];"
    )
    cell = load(built_program(write(work), target)).on(bytes([1, 0x37, 0, 0, 5, *range(200, 211)]))
    ram = Ram()
    cell.wake(ram)
    assert ram.state[4:6].tolist() == [0x37, 210 - 256]


@pytest.mark.parametrize("target", TARGETS)
def test_a_cell_that_will_not_wake_again_has_the_ram_it_had(write, target):
    cell, ram = load(built_program(write("me->said.state[4] = 9; board_sleep();"), target)), Ram()
    with pytest.raises(MachineError, match="asleep with no timer set"):
        cell.wake(ram)
    assert not any(ram.bytes)


def test_a_module_that_hangs(write):
    work = "for (volatile int i = 0; me->said.state[0];) me->said.state[1] = (int8_t)i;"
    cell = load(built_program(write(work), "wasm"))
    ram = Ram()
    ram.state[0] = 1
    with pytest.raises(MachineError, match="hang: it has not ended after"):
        cell.wake(ram)
    assert cell.wake(Ram()).wait_us > 0


def test_a_number_that_is_cut_short_is_refused(write):
    work = "int64_t far = 3000000000; me->said.state[4] = (int8_t)floor_divide(me->said.state[4] - far, 7);"
    with pytest.raises(InputError, match="implicit conversion loses integer precision"):
        built_program(write(work), "host")


def test_a_trap_outside_of_a_program_is_what_it_was(hardware):
    """The process ends by its signal; a hang of Python itself is interrupted by nothing."""
    script = (
        "import ctypes, signal, time\nfrom pathlib import Path\n"
        "from firmware import image\nfrom firmware.clock import Timing\nfrom firmware.memory import Ram\n"
        "from firmware.hardware.build import Options, build\nfrom firmware.hardware.chips import TARGETS\n"
        "from firmware.hardware.machine import load\nfrom firmware.program_in_c import ProgramInC\n"
        f"how = Options(program=ProgramInC(Path({str(HOP_COUNT)!r})))\n"
        "cell = load(build(image.build_program(Timing()), TARGETS['host'], how))\n"
        "cell.boot(Ram(), 1, False)\n"
        "end = time.process_time() + 2.2\nwhile time.process_time() < end: pass\n"
        "try: signal.raise_signal(signal.SIGINT)\nexcept KeyboardInterrupt: pass\n"
        "cell.wake(Ram())\nprint('alive', flush=True)\nctypes.string_at(8)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGSEGV, b"alive\n", b"")


def test_a_module_that_traps(write):
    cell = load(built_program(write("if (me->said.state[0]) __builtin_trap();"), "wasm"))
    ram = Ram()
    ram.state[0] = 1
    before = bytes(ram.bytes)
    with pytest.raises(MachineError, match=r"trap: .*unreachable"):
        cell.wake(ram)
    assert bytes(ram.bytes) == before


@pytest.mark.parametrize("target", CHIPS)
def test_a_long_program_that_divides(write, target):
    """Its image lies above 2 KB of ROM, where one instruction of RISC-V does not reach."""
    table = f"static const uint16_t TABLE[2000] = {{{', '.join(str(7 * i) for i in range(2000))}}};"
    work = (
        "int8_t *state = me->said.state;"
        "state[4] = (int8_t)(TABLE[entropy(me) % 2000] / (state[5] | 1) * state[6]);"
    )
    path = write(work, before=table)
    binary = built_program(path, target, image.build_program(Timing(Law.UNIFORM, 900_000)))
    assert 4_500 < binary.genome_address < 6_000
    cell, ram = load(binary), Ram()
    ram.state[5:7] = 9, -3
    ram.prng = 4_123_456_789
    assert 450_000 <= cell.wake(ram).wait_us <= 1_350_000
    assert ram.state[4] == (7 * (4_123_456_789 % 2000) // 9 * -3 + 128) % 256 - 128


def test_rot_in_the_rom_of_a_program_hits_its_clock(hardware):
    binary = built_program(HOP_COUNT, "rv32imc")
    program = load(binary)
    assert len(program.genome_bytes) == 16
    rom = bytearray(rom_image(binary).ljust(10_240, b"\xff"))
    rom[program.genome_bytes[10]] ^= 8
    assert ChipProgram(bytes(rom), program.chip).boot(Ram(), 99, False) > 50 * program.boot(Ram(), 99, False)


@pytest.mark.parametrize("target", ["host", "rv32ec"])
@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"work": "me->stat[0] = 1;"}, r"mine\.c:10:\d+: error: no member named 'stat'"),
        ({"work": "puts(0);"}, "call to undeclared function 'puts'"),
        ({"before": "int puts(const char *);", "work": "puts(0);"}, "undefined symbol: puts"),
        ({"form": MINE.replace("wake(", "woke(")}, "function 'wake' has internal linkage but is not defined"),
        ({"form": MINE.replace("int8_t state[16]", "int8_t state[17]")}, "a cell shows 16 bytes"),
        ({"kept": 193}, "a cell has 208 bytes, of which the stack needs some"),
    ],
)
def test_a_program_that_does_not_compile(write, target, wrong, says):
    with pytest.raises(InputError, match=says) as caught:
        built_program(write(**wrong), target)
    assert str(caught.value).endswith("put the source right")


def test_what_is_no_program(hardware, tmp_path):
    with pytest.raises(InputError, match=r"program: .*none\.c - it cannot be read .*; give a file of C"):
        built_program(tmp_path / "none.c", "host")
    with pytest.raises(InputError, match="it is a folder; give a file of C"):
        built_program(tmp_path, "host")
    with pytest.raises(InputError, match=r"check-genome: yes - hop_count.c has no genome; leave it out"):
        built_program(HOP_COUNT, "host", check_genome=True)


def test_a_genome_is_not_built_into_a_program(hardware, genome):
    with pytest.raises(InputError, match=r"flash image: of a genome - hop_count.c has no genome"):
        built_program(HOP_COUNT, "host", image.build(genome, Timing()))


def test_called_by_address(hardware):
    """As ``Addresses`` says."""
    program, reference = (load(built_program(HOP_COUNT, "host")) for _ in range(2))
    assert isinstance(program, LibraryProgram)
    at = program.addresses
    word, pointer = ctypes.c_uint32, ctypes.c_void_p
    boot = ctypes.CFUNCTYPE(None, pointer, pointer, pointer, word, word, pointer)(at.boot)
    receive = ctypes.CFUNCTYPE(None, pointer, pointer, pointer, word, ctypes.c_char_p, word)(at.receive)
    wake = ctypes.CFUNCTYPE(None, pointer, pointer, pointer, pointer)(at.wake)
    board = bytes(16)
    memory, output, ram = ctypes.create_string_buffer(256), ctypes.create_string_buffer(OUTPUT.size), Ram()
    boot(memory, at.genome, board, 12, 0, output)
    assert OUTPUT.unpack(output.raw)[0] == reference.boot(ram, 12, False)
    wire = frame.encode(frame.Frame(3, bytes(4) + b"\x02" + bytes(11)))
    receive(memory, at.genome, board, 6, wire, len(wire))
    reference.receive(ram, 6, wire)
    wake(memory, at.genome, board, output)
    woken = reference.wake(ram)
    assert OUTPUT.unpack(output.raw) == (woken.wait_us, 24, woken.frame, bytes([0, 0, 64, 64]))
    assert memory.raw[:216] == ram.bytes[:216]
