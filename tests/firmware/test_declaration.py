"""Programs with declared variables: what their functions do to RAM, and what is refused with its line."""

import importlib.util
import re
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware import frame
from firmware.clock import Law, Timing
from firmware.declaration import declared, find_programs
from firmware.errors import InputError
from firmware.image import build_program
from firmware.memory import Ram
from firmware.program import Failure, MachineError
from firmware.runtime import interpreted
from firmware.subset import translate
from firmware.variables import KINDS

PROGRAM = """
from firmware.declaration import Program
from firmware.variables import *
TABLE = (1, 2)
def helper(me): me.kept = 5
def count(me):
    me.kept += 1
    return me.kept
class Mine(Program):
    shows = {{"shown": u8, "wide": i16}}
    keeps = {{"kept": u16, "row": i32[3]}}
    hears = ("wide", "shown")
    parameters = {{"limit": -3, "table": (7, (8, 9))}}
    inputs = {{"light": i16}}
    def boot(me, strap):
        me.shown = strap
    def hear(me, port, said):
        {hear}
    def wake(me):
        {wake}
"""
KEPT, ROW, INBOX = 16, 18, 30


def load(path, text, chosen=MappingProxyType({})):
    path.write_text(text)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return declared(find_programs(vars(module)), path.name, chosen)


@pytest.fixture
def cell(tmp_path):
    """Makes a program of what it does when it wakes and hears, and its RAM after boot."""

    def make(wake="pass", hear="pass", strap=1):
        handlers = load(tmp_path / "p.py", PROGRAM.format(wake=wake, hear=hear))
        program = interpreted(handlers)(build_program(Timing(Law.UNIFORM, 1000, 16)))
        program = program.on(bytes([1, 2, 0, 0, 9, 254, 255]).ljust(16, b"\0"))
        ram = Ram()
        program.boot(ram, 0xCAFE1234, strap)
        return program, ram

    return make


@pytest.mark.parametrize(
    ("wake", "place", "content"),
    [
        ("me.shown = 258", 4, "02"),
        ("me.wide = -2", 5, "feff"),
        ("me.colour[3] = 64", 3, "40"),
        ("me.kept = me.limit", KEPT, "fdff"),
        ("me.kept -= 1", KEPT, "ffff"),
        ("me.kept = me.table[0] + me.table[1][1]", KEPT, "1000"),
        ("me.row[2] = 1 << 33 | 5", ROW, "0000000000000000" + "05000000"),
        ("me.row[1] = me.row[2] = me.wide = -1", ROW, "00000000" + "ffffffff" * 2),
        ("me.row[count(me)] += 7", KEPT, "0100" + "00000000" + "07000000"),
        ("x = me.kept = TABLE[1]\n        me.row[0] = x", KEPT, "0200" + "02000000"),
        ("helper(me)", KEPT, "0500"),
        ("me.kept = me.entropy >> 16", KEPT, "feca"),
        ("me.kept = me.inbox[7].age", KEPT, "ff00"),
        ("me.row[0] = me.board.light\n        me.kept = me.board.id + me.board.strap", KEPT, "0a02feffffff"),
    ],
)
def test_what_is_stored(cell, wake, place, content):
    program, ram = cell(wake)
    before = bytes(ram.bytes)
    ram.prng = 0xCAFE1234
    program.wake(ram)
    expected = bytes.fromhex(content)
    assert bytes(ram.bytes[place : place + len(expected)]) == expected
    if "colour" in wake:
        assert ram.bytes[:3] == before[:3]


@settings(max_examples=300)
@given(st.sampled_from(KINDS), st.integers(-(1 << 40), 1 << 40), st.binary(min_size=208, max_size=208))
def test_a_store_keeps_the_last_bits_and_a_read_gives_them_back(tmp_path_factory, kind, number, content):
    text = (
        "from firmware.declaration import Program\nfrom firmware.variables import *\n"
        f"class P(Program):\n    keeps = {{'a': u8, 'x': {kind.name}, 'y': i32, 'b': u8}}\n"
        f"    def wake(me):\n        me.x = {number}\n        me.y = me.x\n"
    )
    program = interpreted(load(tmp_path_factory.mktemp("p") / "p.py", text))(
        build_program(Timing(Law.UNIFORM, 1000, 16))
    )
    ram = Ram()
    ram.bytes[:208] = content
    program.wake(ram)
    stored = (number % (1 << 8 * kind.size)).to_bytes(kind.size, "little")
    back = int.from_bytes(stored, "little", signed=kind.signed) % (1 << 32)
    changed = content[:17] + stored + back.to_bytes(4, "little")
    assert bytes(ram.bytes[:208]) == changed + content[len(changed) :]


def test_the_newest_of_each_port_is_kept_with_its_age(cell):
    program, ram = cell("me.kept = me.inbox[2].age", "me.row[0] = said.wide + 10 * me.inbox[port].wide")
    for wide in (-7, 300):
        content = bytes(5) + wide.to_bytes(2, "little", signed=True) + bytes(9)
        program.receive(ram, 2, frame.encode(frame.Frame(0, bytes([1, 1, 1, 1, 9]) + content[5:])))
    assert bytes(ram.bytes[ROW : ROW + 4]) == (300 * 11).to_bytes(4, "little")
    assert bytes(ram.bytes[INBOX + 8 : INBOX + 12]) == bytes([300 & 255, 1, 9, 255])
    ages = []
    for _ in range(260):
        program.wake(ram)
        ages.append(ram.bytes[KEPT])
    assert ages == [*range(1, 255), *[255] * 6]


@pytest.mark.parametrize("index", [3, -1, "1 << 40"])
def test_an_index_beyond_the_row_is_a_trap_and_changes_nothing(cell, index):
    program, ram = cell(f"me.kept = 9\n        me.row[{index}] = 1")
    before = bytes(ram.bytes)
    with pytest.raises(MachineError) as caught:
        program.wake(ram)
    assert caught.value.failure is Failure.TRAP
    assert str(caught.value) == f"trap: p.py:21: IndexError: number {eval(str(index))} of 3"
    assert bytes(ram.bytes) == before


@pytest.mark.parametrize(
    ("wake", "says"),
    [
        (
            "me.nothing = 1",
            "Mine has no nothing there; it has colour, shown, wide, kept, row, entropy",
        ),
        ("me.kept = me.inbox[0].row[1]", "Mine has no row there; it has wide, shown, age"),
        ("me.kept = me.inbox[0]", "Mine has no inbox there; it has colour"),
        ("me.inbox[0].wide = 1", "it can only be read; store in what the cell shows or keeps: me.name"),
        ("me.entropy = 1", "it can only be read"),
        ("me.board.light = 1", "it can only be read"),
        ("me.kept = me.board.dark", "Mine has no dark there; it has id, strap, light"),
        ("me.limit = 1", "it can only be read"),
        ("me.table[0] = 1", "it can only be read"),
        ("me.row = 1", "row is i32[3]; a row of numbers has an index, a single one has none"),
        ("me.kept[0] = 1", "kept is u16; a row of numbers"),
        ("me[16] = 1", "me is no number; write me.name, or give it to a function that calls it me"),
        ("me[3] = me.kept = 64", "me is no number"),
        ("x = me", "me is no number"),
        ("me = 3", "me is an argument of its function, and nothing else"),
        ("me.kept = said.wide", "said is an argument of its function, and nothing else"),
        ("me.kept = count(3)", "count wants me there; give it me"),
        ("me.kept = len(me)", "me is no number"),
        ("me.kept = me.limit[0]", "limit is a single number; leave the index out"),
        ("me.kept, me.wide = 1, 2", "variables are stored one by one; write an assignment for each"),
        ("for me.kept in range(3): pass", "a loop counts in a variable of its function"),
        ("me.kept: int = 3", "what a variable is, is declared in the class; leave it out here"),
        ("other.kept = 3", "other.kept is no variable"),
        ("me.kept = 1.5", "1.5 is no whole number of 64 bits"),
        ("me.kept = me.kept / 2", "wake has an operator that programs have not"),
        ("me.row[0:2] = 1", "programs have no slice"),
        ("_number_place = 3", "a program knows no _number_place; choose another name"),
        ("_turns = 3", "a program knows no _turns; choose another name"),
        ("me.wake()", "Mine has no wake there"),
    ],
)
def test_what_is_refused(cell, wake, says):
    with pytest.raises(InputError) as caught:
        cell(wake)
    assert f" - {says}" in str(caught.value)
    assert re.match(r"program: p\.py:\d+ - ", str(caught.value))
    assert "\n" not in str(caught.value)


def test_what_is_heard_cannot_be_changed(cell):
    with pytest.raises(InputError, match="it can only be read"):
        cell(hear="said.wide = 1")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("shows = 3", "shows of P is a int"),
        ("hears = 'hops'", "hears of P is a str"),
        (
            "parameters = {'x': 1.5}",
            "parameter x = 1.5 of P is no whole number of 64 bits, nor a tuple of them",
        ),
        ("parameters = {'x': True}", "parameter x = True of P is no whole number"),
        ("parameters = {'inbox': 1}", "parameter inbox of P has the name of a variable"),
        ("parameters = {'colour': 1}", "parameter colour of P has the name of a variable"),
        ("wake = 3", "P has no such function wake; write: def wake(me)"),
        ("def wake(self): pass", "P has no such function wake; write: def wake(me)"),
        ("def hear(me, said): pass", "P has no such function hear; write: def hear(me, port, said)"),
        (
            "keep = {'x': u8}",
            "P has keep, and a program has source, shows, keeps, hears, inputs, parameters, boot, hear",
        ),
        ("def heard(me, port, said): pass", "P has heard, and a program has source, shows"),
        ("shows = property(lambda self: 1 / 0)", "shows of P is a property"),
        ("parameters = {'x': 10**5000}", "parameter x = 0x"),
        ("def boot(me): pass", "P has no such function boot; write: def boot(me, strap)"),
    ],
)
def test_classes_that_are_no_programs(tmp_path, body, says):
    wake = "" if "wake" in body else "    def wake(me): pass\n"
    head = "from firmware.declaration import Program\nfrom firmware.variables import *\n"
    text = f"{head}class P(Program):\n    {body}\n{wake}"
    with pytest.raises(InputError) as caught:
        load(tmp_path / "p.py", text)
    assert f"program: p.py - {says}" in str(caught.value)


ROLES = """
from firmware.declaration import Program
from firmware.variables import *
class Base(Program):
    shows = {"said": u8}
    inputs = {"light": u8}
    parameters = {"most": 3, "least": 1}
class Low(Base):
    def wake(me): me.said = me.least + me.board.light
class High(Base):
    parameters = {"most": 5, "more": 2}
    def boot(me, strap): me.said = strap
    def wake(me): me.said = me.most + me.more
class Same(Low): pass
"""


@pytest.mark.parametrize(
    ("role", "booted", "woken"), [(0, 0, 10), (1, 7, 9), (2, 0, 10), (3, 0, 10), (255, 0, 10)]
)
def test_a_cell_runs_the_class_of_its_role(tmp_path, role, booted, woken):
    """By the number on its board; what has no wake is no role, and of an unknown number the first counts."""
    handlers = load(tmp_path / "p.py", ROLES, {"most": 7, "least": 6})
    assert list(handlers.parameters.items()) == [("most", 7), ("least", 6), ("more", 2)]
    program = interpreted(handlers)(build_program(Timing())).on(
        bytes([0, 0, 0, 0, 9, role, 4]).ljust(16, b"\0")
    )
    ram = Ram()
    program.boot(ram, 1, 7)
    assert ram.bytes[4] == booted
    program.wake(ram)
    assert ram.bytes[4] == woken


@pytest.mark.parametrize(
    ("more", "says"),
    [
        (
            "class Wider(Low): shows = {'said': u16}",
            "Wider has other variables than Low; declare the same in all",
        ),
        ("class Dim(Low): inputs = {}", "Dim has other variables than Low"),
        ("class Idle(Program): shows = Base.shows", "Idle has no such function wake"),
        (
            "for n in range(254): globals()[f'A{n}'] = type(f'A{n}', (Low,), {})",
            "it has 257 roles, and there can be 256",
        ),
    ],
)
def test_roles_that_cannot_be(tmp_path, more, says):
    with pytest.raises(InputError) as caught:
        load(tmp_path / "p.py", ROLES + more)
    assert f"program: p.py - {says}" in str(caught.value)


def test_with_one_role_the_word_is_free(tmp_path):
    text = "from firmware.declaration import *\nfrom firmware.variables import u8\n"
    text += "class A(Program):\n    inputs = {'role': u8}\n    def wake(me): pass\n"
    assert load(tmp_path / "p.py", text).declaration.layout.board["role"].offset == 5


def test_a_program_of_one_function(tmp_path):
    text = "from firmware.declaration import Program\nclass A(Program):\n    def wake(me): return False\n"
    assert set(translate(load(tmp_path / "p.py", text))) == {"boot", "hear", "wake"}
