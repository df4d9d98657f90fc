"""The Python of programs: what is refused, with file and line."""

import importlib.util

import pytest

from firmware.errors import InputError
from firmware.handlers import Handlers
from firmware.subset import translate

PROGRAM = """
TABLE = (1, 2)
NAMES = ["a"]
def boot(ram, strap): pass
def hear(ram, port, state): pass
def helper(ram): {helper}
def wake(ram):
    {wake}
"""


@pytest.fixture
def program(tmp_path):
    """Makes a program whose ``wake`` and ``helper`` are these."""

    def make(wake, helper="pass"):
        path = tmp_path / "p.py"
        path.write_text(PROGRAM.format(wake=wake, helper=helper))
        spec = importlib.util.spec_from_file_location("p", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return Handlers.of(vars(module), "p.py")

    return make


@pytest.mark.parametrize(
    "wake",
    [
        "ram[0] = TABLE[ram[1] % 2] if ram[2] > 3 else max(ram[4], 5)",
        "for i in range(3): ram[i] += 1\n    return False",
        "while True:\n        x = ram[0]\n        if x: break\n    ram[1] = x",
        "if ram[0]:\n        x = 1\n    else:\n        raise ValueError('no')\n    ram[1] = x",
        "assert ram[0] < 3, 'too much'\n    helper(ram)\n    return",
    ],
)
def test_what_is_taken(program, wake):
    assert set(translate(program(wake))) == {"boot", "hear", "wake"}


@pytest.mark.parametrize(
    ("wake", "reason"),
    [
        ("ram[0] = 1 / 2", "wake has an operator that programs have not; it computes with whole numbers"),
        ("ram[0] = 1.5", "p.py:8 - 1.5 is no whole number of 64 bits"),
        ("ram[0] = 1 << 70 - (1 << 64) + 18446744073709551616", "18446744073709551616 is no whole number"),
        ("ram[0:2] = 1", "a program takes bytes one by one"),
        ("import os", "p.py:8 - programs have no import"),
        ("print(ram)", "p.py:8 - a program knows no print; it may call abs, bool, int, max, min, range"),
        ("ram.clear()", "p.py:8 - a program calls functions by their names"),
        ("ram[0] = NAMES", "p.py:8 - NAMES is a list; make it a whole number, or a tuple of them"),
        ("ram[0] = [i for i in range(3)][0]", "p.py:8 - programs have no listcomp"),
        ("try:\n        pass\n    except ValueError: pass", "p.py:8 - programs have no try"),
        ("wake(ram)", "p.py:8 - wake calls itself; use a loop"),
        ("return 3", "p.py:8 - wake returns nothing, or False"),
        (
            "if ram[0]:\n        x = 1\n    ram[1] = x",
            "p.py:10 - x may have no value here; give it one before",
        ),
        ("for i in range(3): pass\n    ram[1] = i", "p.py:9 - i may have no value here"),
        ("raise helper(ram)", "p.py:8 - a program raises an exception of Python's own"),
    ],
)
def test_what_is_refused(program, wake, reason):
    with pytest.raises(InputError) as caught:
        translate(program(wake))
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_circles_of_calls_are_refused(program):
    with pytest.raises(InputError, match="wake calls itself"):
        translate(program("helper(ram)", "wake(ram)"))


def test_handlers_have_their_arguments():
    def boot(ram):
        pass

    with pytest.raises(InputError, match="boot takes 2 arguments"):
        translate(Handlers(boot, boot, boot))
