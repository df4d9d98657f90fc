"""However long and odd a plan is, it is read or refused within a moment, and in little memory."""

import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.config import FAULTS_MAX, RunConfig
from emulator.faults import Fault
from emulator.world import host_memory
from firmware.errors import InputError
from planaria.campaign.measure import measure
from planaria.campaign.plan import Plan, open_plan, shipped_plans
from planaria.dotted import long_key
from planaria.toml_table import LETTERS_MAX

HEAD = 'title = "t"\ngenomes = ["ring"]\ntrials = 1\nhorizon_rounds = 300\n'
ONE = 'timeline = ["restart:half:left@20"]\n'

SECONDS = 3
"""Of one core; a machine that tests on all its cores needs no more."""


def numbers(count, step=1):
    return f"[{', '.join(str(number * step) for number in range(1, count + 1))}]"


def faults(text, count):
    return f"timeline = [{', '.join([f'{text!r}'] * count)}]\n"


def parse(text):
    """Within the time."""
    started_s = time.process_time()
    try:
        return Plan.parse(text, "p.toml")
    finally:
        assert time.process_time() - started_s < SECONDS


def fill(text):
    """So often that it is a plan of the largest size."""
    return text * (LETTERS_MAX // len(text))


DEEP = "a key can have 8 parts"

REFUSED = {
    "more text than a plan has": ("#" * (LETTERS_MAX + 1), "262,145 characters - there can be 262,144"),
    "a title of 20 MB": (HEAD.replace("t", "t" * 20_000_000, 2), "characters - there can be 262,144"),
    "a long title": (HEAD.replace('"t"', f'"{"t" * 1001}"'), "it can have 1,000 characters"),
    "a long fault": (HEAD + f'timeline = ["restart:{"a" * 1000}@20"]', "it can have 1,000 characters"),
    "a long name of a genome": (HEAD.replace("ring", "r" * 1001) + ONE, "it can have 1,000 characters"),
    "a genome with a null byte": (HEAD.replace("ring", r"a\u0000b") + ONE, "no file has such a name"),
    "many genomes": (HEAD.replace('"ring"', ", ".join(f'"g{n}"' for n in range(1001))) + ONE, "1,001 values"),
    "many faults": (HEAD + faults("restart:all@2", 1001), "1,001 values - there can be 1,000"),
    "a long list to sweep": (HEAD + ONE + f"[sweep]\nx = {numbers(1001)}", "sweep.x: 1,001 values"),
    "a long list to draw": (HEAD + ONE + f"[draw]\nx = {{ of = {numbers(30_000)} }}", "draw.x.of: 30,000"),
    "a long text to sweep": (HEAD + ONE + f'[sweep]\nx = ["{"x" * 1001}"]', "it can have 1,000 characters"),
    "many names to sweep": (
        HEAD + ONE + "[sweep]\n" + "\n".join(f"x{n} = [1]" for n in range(101)),
        "sweep: 101 names - there can be 100",
    ),
    "many names to draw": (
        HEAD + ONE + "[draw]\n" + "\n".join(f"x{n} = {{ of = [1] }}" for n in range(101)),
        "draw: 101 names - there can be 100",
    ),
    "a long name": (HEAD + ONE + f"[sweep]\n{'x' * 65} = [1]", "at most 64"),
    "a long unknown key": (HEAD + ONE + f"{'x' * 100_000} = 1", f"{'x' * 80}...: 1 - there is no such key"),
    "a long option": (HEAD + ONE + f'[world]\n{"x" * 100_000} = "{{y}}"', "there is no such key"),
    "many faults often": (
        HEAD + faults("loss:{x}@20+{y}", 300) + f"[sweep]\nx = {numbers(100, 0.001)}\ny = {numbers(40)}",
        "draw: 4,000 combinations of a world and 300 faults - there can be 40,000",
    ),
    "many mixes": (HEAD + faults("mix:1000@20+100", 300), "faults: 300,000 - there can be 2,000"),
    "many stripes": (HEAD + faults("rolling:64@20+100", 32), "faults: 2,048 - there can be"),
    "a huge grid": (HEAD + ONE + '[world]\ngrid = "16000x16000"', "world.grid: 16000x16000 - a plan's"),
    "a long grid": (HEAD + ONE + '[world]\ngrid = "1x1000000000"', "world.grid: 1x1000000000 - "),
    "many trials": (
        HEAD.replace("trials = 1", "trials = 10_000_000") + ONE.replace("half:left", "{x}")
        + '[sweep]\nx = ["all", "half:left"]',
        "trials: 10,000,000 at each of 2 points - there can be 10,000,000 in all",
    ),
    "a key of half a megabyte": (fill("a.")[:-5] + " = 1", DEEP),
    "a table of half a megabyte": (f"[{fill('a.')[:-3]}]", DEEP),
    "such a key in quotes": (fill("\"a\" . 'b' .")[:-5] + " = 1", DEEP),
    "with escapes": (fill(r'"\"". ')[:-6] + " = 1", DEEP),
    "with long parts between": (fill(f'a.a.a.a.a.a.a."{"b" * 150}".')[:-5] + " = 1", DEEP),
    "in an inline table": (f"a = {{ {fill('a.')[:-20]} = 1 }}", DEEP),
    "behind a string": (f'a = "a.b" # "\n{fill("a.")[:-20]} = 1', DEEP),
    "behind strings of lines": (f"a = \"\"\"x\n\"\"\"\nb = '''\n'''\n{fill('a.')[:-40]} = 1", DEEP),
    "many tables": (fill("[a.b.c.d.e.f.g]\n"), "it is not TOML"),
    "many keys": ("".join(f"k{n}.a.b.c.d.e.f=1\n" for n in range(12_000)), "there is no such key"),
    "nested lists": (f"a = [{fill('[' * 200 + ']' * 200 + ',')}]", "there is no such key"),
    "nested tables": (f"a = [{fill('{a=' * 100 + '1' + '}' * 100 + ',')}]", "there is no such key"),
    "quotes": (fill('"'), "it is not TOML"),
    "quotes in a string": (f'a = "{fill(chr(92) + chr(34))[:-10]}"', "there is no such key"),
    "strings that do not end": (fill('"""'), "it is not TOML"),
    "half a surrogate pair": (HEAD.replace('"t"', '"\ud800"') + ONE, "it is not TOML"),
    "a date for a title": (HEAD.replace('"t"', "1979-05-27"), 'title: "1979-05-27" - it must be a text'),
    "a number of many digits": (HEAD.replace("300", "9" * 5000), "it is not TOML"),
    "an endless number": (HEAD + ONE + "[world]\nloss = inf", "world.loss: Infinity - it must be a number"),
    "a table for a list": (HEAD.replace('["ring"]', "{ a = 1 }") + ONE, "it must be a list"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused_within_a_moment(name):
    text, says = REFUSED[name]
    with pytest.raises(InputError) as caught:
        parse(text)
    message = str(caught.value)
    assert says in message
    assert len(message) < 1000
    assert len(message.splitlines()) == 1


DRAWS = f"x = {{ of = {numbers(1000, 0.001)} }}\ny = {{ of = {numbers(20)} }}\n"


@pytest.mark.parametrize(
    "text",
    [
        HEAD + f'timeline = ["loss:{{x}}@20+{{y}}"]\n[draw]\n{DRAWS}',
        HEAD + ONE + f'[world]\nloss = "{{x}}"\nlatency_us = "{{y}}"\n[draw]\n{DRAWS}',
        HEAD + faults("loss:{x}@20+{y}", 999) + f"[draw]\nx = {{ of = {numbers(20, 0.01)} }}\n"
        "y = { from = 1, to = 2 }",
        HEAD + faults("mix:1000@20+100", 2),
        HEAD + faults("version:disc:{x},{y},1,genome=ring@20", 39) + f"[sweep]\nx = {numbers(31)}\n"
        f"y = {numbers(31)}",
        fill("# a.b.c.d.e.f.g.h.i.j.k\n")[: -len(HEAD + ONE)] + "\n" + HEAD + ONE,
    ],
)  # fmt: skip
def test_the_largest_plans_are_read_within_two_seconds(text):
    assert parse(text).trials == 1


def test_the_largest_plan_needs_little_memory():
    """Half a megabyte of one key took all that a machine had."""
    code = (
        "import resource, sys\nfrom firmware.errors import InputError\n"
        "from planaria.campaign.plan import Plan\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "for part in ('a.', '\"a\".', '[[', 'a={', '{a=', '[a]\\n', 'x=[[[[]]]]\\n', '1,', '\\n'):\n"
        "    try:\n        Plan.parse(part * (262_000 // len(part)) + 'a=1', 'p')\n"
        "    except InputError:\n        pass\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    grown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                           env={"PYTHONPATH": ":".join(sys.path)})  # fmt: skip
    assert int(grown.stdout) < 100_000 * (1024 if sys.platform == "darwin" else 1)


def test_prose_with_many_points_is_no_key():
    text = "# A. B. C. D. E. F. G. H. I. J.\n" + HEAD.replace('"t"', '"a.b.c.d.e.f.g.h.i.j"') + ONE
    assert parse(text).title == "a.b.c.d.e.f.g.h.i.j"
    for path in shipped_plans().values():
        assert long_key(path.read_text()) is None


PART = st.sampled_from(["a", "B-2", '"q.r"', "'l.i'", '""', r'"\"."'])


@given(st.lists(PART, min_size=1, max_size=20), st.sampled_from([".", " . ", "\t."]))
def test_keys_are_counted_as_tomllib_counts_them(parts, point):
    key = f"{point}".join(parts)
    for text in (f"{key} = 1", f"x = '''\n'''\n[{key}]", f"y = {{ {key} = 1 }} # '", f'z = "\\"" \n{key}=1'):
        assert (long_key(text) is not None) == (len(parts) > 8)


def test_a_grid_for_which_there_is_no_memory_is_refused_before_a_folder_is_made(tmp_path, monkeypatch):
    plan = Plan.parse(HEAD + ONE + '[world]\ngrid = "4000x4000"', "p.toml")
    monkeypatch.setattr(host_memory, "free_memory_bytes", lambda: 1 << 30)
    with pytest.raises(InputError, match=r"p\.toml: world\.grid: 4000x4000 - it would need"):
        measure(plan, tmp_path / "results", quiet=True)
    slow = Plan.parse(HEAD + ONE + "[world]\nlatency_us = 1_000_000_000", "p.toml")
    monkeypatch.setattr(host_memory, "free_memory_bytes", lambda: 10 << 20)
    with pytest.raises(InputError, match=r"p\.toml: world\.grid: 32x32 - it would need"):
        measure(slow, tmp_path / "results", quiet=True)
    assert not (tmp_path / "results").exists()


def test_a_run_has_no_more_faults_than_it_comes_to_an_end_with(refused):
    arguments = [word for _ in range(50) for word in ("--fault", "mix:1000@0+10")]
    refused(
        "run", "ring", *arguments, says=["faults: 50,000 - there can be 2,000, the parts of each compound"]
    )


def test_parts_of_compounds_are_counted_together():
    mix, rolling, plain = (Fault.parse(text) for text in ("mix:999@0+9", "rolling:2@0+9", "loss:0.5@1"))
    assert (mix.parts, rolling.parts, plain.parts) == (999, 2, 1)
    for fault in (mix, rolling):
        assert len(fault.expand(0, 1)) == fault.parts
    most = (mix, mix, plain, plain)
    assert sum(fault.parts for fault in most) == FAULTS_MAX
    RunConfig(faults=most)
    with pytest.raises(InputError, match="faults: 2,001 - "):
        RunConfig(faults=(*most, plain))


@pytest.mark.parametrize(
    "fault", [f"restart:disc:{'9' * 5000},1,1@2", f"restart:all@{'9' * 5000}", "a" * 1001]
)
def test_a_fault_of_any_length_is_explained(fault):
    with pytest.raises(InputError, match="it cannot be read"):
        Fault.parse(fault)


@pytest.mark.parametrize(
    "name", ["a" * 300, "a" * 300 + ".toml", "a\0b", "a\0b.toml", "", ".", "..", "/", "-"]
)
def test_odd_names_of_plans(name):
    with pytest.raises(InputError) as caught:
        open_plan(name)
    assert "plan" in str(caught.value)
