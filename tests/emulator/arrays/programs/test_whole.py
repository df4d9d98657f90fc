"""Arithmetic of programs: the interpreter and compiled code agree on all expressions and failures."""

import ctypes
import random

import numpy as np
import pytest

from emulator.arrays.programs.python import DONE, HANG, SILENT, TRAP, compiled
from firmware.clock import Law, Timing
from firmware.image import build_program
from firmware.memory import Ram
from firmware.program import Failure, MachineError
from firmware.runtime import interpreted
from planaria.program import open_program

WHICH, NUMBERS, RESULT = 16, 24, 48
"""Where the number of the expression, three numbers of 64 bits and the result lie in RAM."""

PROGRAM = """
def boot(ram, strap): pass
def hear(ram, port, state): pass
def number(ram, at):
    found = 0
    for byte in range(8):
        found |= ram[at + byte] << 8 * byte
    return found
def wake(ram):
    x = number(ram, 24)
    y = number(ram, 32)
    z = number(ram, 40)
    which = ram[16]
    {choice}
    for byte in range(8):
        ram[48 + byte] = found >> 8 * byte
def legitimate(world): return 0
"""
EDGES = [0, 1, -1, 2, 3, 7, 62, 63, 64, 65, 255, -128, 1 << 31, 1 << 32, 1 << 62, (1 << 63) - 1, -(1 << 63)]
BINARY = ["+", "-", "*", "//", "%", "<<", ">>", "&", "|", "^", "<", "<=", "==", "!=", " and ", " or "]


def expression(chance, depth):
    """A random one; what it means does not matter."""
    if depth == 0:
        return chance.choice(["x", "y", "z", str(chance.choice(EDGES[:-1])), "ram[24]", "(x < y)", "(z > 5)"])
    a, b, c = (expression(chance, depth - 1) for _ in range(3))
    if chance.random() < 0.6:
        return f"({a}{chance.choice(BINARY)}{b})"
    smaller = chance.choice(["min", "max"])
    return chance.choice([f"(-{a})", f"(~int({a}))", f"({a} if {b} else {c})", f"{smaller}({a}, {b})"])


def lives(path):
    """Both lives of a program, each a function from RAM to RAM and how the event ended."""
    handlers = open_program(path).handlers
    slow = interpreted(handlers)(build_program(Timing(Law.UNIFORM, 1000, 16)))
    fast = compiled(handlers)
    wake = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_int64] * 3)(fast.wake)

    def interpret(content):
        ram = Ram(bytearray(content))
        try:
            said = slow.wake(ram).frame
        except MachineError as failure:
            return bytes(ram.bytes[:208]), HANG if failure.failure is Failure.HANG else TRAP
        return bytes(ram.bytes[:208]), DONE if said else SILENT

    def compile_(content):
        ram, kept = (np.zeros(264, np.uint8) for _ in range(2))
        at, kept_at = (-(-array.ctypes.data // 8) * 8 for array in (ram, kept))
        ctypes.memmove(at, content, 256)
        status = wake(at, kept_at, kept_at)
        return ctypes.string_at(at if status >= 0 else kept_at, 208), status

    compile_.keep = fast
    return interpret, compile_


def ram_of(which, numbers):
    content = bytearray(256)
    content[WHICH] = which
    for place, number in enumerate(numbers):
        content[NUMBERS + 8 * place : NUMBERS + 8 * place + 8] = number.to_bytes(8, "little", signed=True)
    return bytes(content)


@pytest.mark.parametrize("seed", [0, 1, pytest.param("many", marks=pytest.mark.fuzz)])
def test_every_expression(seed, tmp_path):
    for each in range(30) if seed == "many" else [seed]:
        chance = random.Random(each)
        texts = [expression(chance, chance.randint(1, 3)) for _ in range(60)]
        choice = "\n    ".join(
            f"{'el' if which else ''}if which == {which}: found = {text}" for which, text in enumerate(texts)
        )
        path = tmp_path / f"p{each}.py"
        path.write_text(PROGRAM.format(choice=choice + "\n    else: found = 0"))
        interpret, compile_ = lives(path)
        for which, text in enumerate(texts):
            for _ in range(20):
                numbers = [chance.choice([*EDGES, chance.getrandbits(63)]) for _ in range(3)]
                content = ram_of(which, numbers)
                assert interpret(content) == compile_(content), (text, numbers)


LOWEST, HIGHEST = -(1 << 63), (1 << 63) - 1


@pytest.mark.parametrize(
    ("text", "x", "y", "result"),
    [
        ("x // y", LOWEST, -1, LOWEST),
        ("x % y", LOWEST, -1, 0),
        ("-x", LOWEST, 0, LOWEST),
        ("abs(x)", LOWEST, 0, LOWEST),
        ("x * y", HIGHEST, HIGHEST, 1),
        ("y % (9223372036854775807 - y)", 0, -128, -128),
        ("x << 63 >> 63", 3, 0, -1),
        ("-7 // y * 10 + -7 % y", 0, 2, -39),
        ("x << y", 1, 64, "trap"),
        ("x >> y", 1, -1, "trap"),
        ("x // y", 1, 0, "trap"),
    ],
)
def test_corners(text, x, y, result, tmp_path):
    """A number of 64 bits, or the failure, in both lives; without a compiler's liberties."""
    path = tmp_path / "corner.py"
    path.write_text(PROGRAM.format(choice=f"found = {text}"))
    for life in lives(path):
        ram, status = life(ram_of(0, [x, y, 0]))
        if result == "trap":
            assert status == TRAP
        else:
            assert (int.from_bytes(ram[RESULT : RESULT + 8], "little", signed=True), status) == (result, DONE)


def test_a_range_from_one_end_of_all_numbers_to_the_other(tmp_path):
    """Its length is no number: compiled code took it for empty."""
    path = tmp_path / "range.py"
    path.write_text(PROGRAM.format(choice="found = 0\n    for found in range(x, y): pass"))
    for life in lives(path):
        assert life(ram_of(0, [LOWEST, HIGHEST, 0]))[1] == TRAP
        ram, status = life(ram_of(0, [-3, 4, 0]))
        assert (int.from_bytes(ram[RESULT : RESULT + 8], "little"), status) == (3, DONE)
