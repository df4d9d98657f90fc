"""Whatever is wrong with a plan is said when it is read, with file, key, value, limit and fix."""

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.faults import Fault
from firmware.errors import InputError
from planaria.campaign.plan import Plan


def parse(text):
    return Plan.parse(text, "p.toml")


def changed(text, old, new):
    assert old in text
    return text.replace(old, new, 1)


REFUSED = [
    (
        "seed = 18446744073709551615",
        "seed = 1 2",
        "line 7, column 10 - it is not TOML: expected newline or end of document after a statement",
    ),
    (
        "[recovery]",
        "[recovery",
        "line 18, column 10 - it is not TOML: expected ']' at the end of a table declaration",
    ),
    (
        "trials = 60",
        "trials = 60\ntrials = 6",
        "line 5, column 11 - it is not TOML: cannot overwrite a value",
    ),
    (
        "trials = 60",
        "trails = 60",
        "trails: 60 - there is no such key; did you mean 'trials'? known are title, genomes,",
    ),
    ("trials = 60", "zzz = 60", "zzz: 60 - there is no such key; known are title, genomes,"),
    ("trials = 60", '"a b" = 60', '"a b": 60 - there is no such key'),
    (
        "loss = 0.25",
        "los = 0.25",
        "world.los: 0.25 - there is no such key; did you mean 'loss'? known are grid,",
    ),
    (
        "loss = 0.25",
        'loss = 0.25\nchip = "rv32ec@1kHz"',
        "world.chip: rv32ec@1kHz - an update of 128 hidden units would take 524,556,000 us, and may",
    ),
    (
        "dwell_rounds",
        "dwel_rounds",
        "recovery.dwel_rounds: 10 - there is no such key; did you mean 'dwell_rounds'?",
    ),
    (
        "from = 4",
        "form = 4",
        "draw.row.form: 4 - there is no such key; did you mean 'from'? known are from, to, of",
    ),
    ('title = "Everything that a plan can say"', "", "title: nothing - it is missing; add title = ..."),
    ("trials = 60", "", "trials: nothing - it is missing"),
    ('"Everything that a plan can say"', "7", "title: 7 - it must be a text"),
    ('"Everything that a plan can say"', '""', 'title: "" - it must be a text'),
    (
        "trials = 60",
        'trials = "60"',
        'trials: "60" - it must be a whole number, 1 to 10,000,000; e.g. trials = 1',
    ),
    ("trials = 60", "trials = true", "trials: true - it must be a whole number"),
    ("trials = 60", "trials = 60.0", "trials: 60.0 - it must be a whole number"),
    ("trials = 60", "trials = 0", "trials: 0 - it must be a whole number, 1 to 10,000,000; choose another"),
    ("trials = 60", "trials = 10_000_001", "trials: 10000001 - it must be a whole number, 1 to 10,000,000"),
    (
        "horizon_rounds = 350",
        "horizon_rounds = 100_001",
        "horizon_rounds: 100001 - it must be a whole number, 1 to 100,000",
    ),
    ("quiet_rounds = 100", "quiet_rounds = 351", "quiet_rounds: 351 - it must be a whole number, 0 to 350"),
    (
        "18446744073709551615",
        "18446744073709551616",
        "seed: 18446744073709551616 - it must be a whole number, 0 to 18,446",
    ),
    ("seed = 18", "seed = -18", "seed: -18446744073709551615 - it must be"),
    ('["ring", "planarian"]', "[]", "genomes: [] - it must be a list of at least one value"),
    ('["ring", "planarian"]', '"ring"', 'genomes: "ring" - it must be a list of at least one value'),
    ('["ring", "planarian"]', '["ring", 3]', "genomes[1]: 3 - it must be a text"),
    ('["ring", "planarian"]', '["ring", "ring"]', "genomes[1]: ring - it is there twice; leave one out"),
    ('["half:left", "disc:16,16,6"]', "[]", "sweep.cut: [] - it must be a list of at least one value"),
    ('["half:left", "disc:16,16,6"]', "[true]", "sweep.cut[0]: true - it must be a text or a number"),
    ('["half:left", "disc:16,16,6"]', '["all", nan]', "sweep.cut[1]: NaN - it must be a text or a number"),
    (
        '["half:left", "disc:16,16,6"]',
        "[1979-05-27]",
        'sweep.cut[0]: "1979-05-27" - it must be a text or a number',
    ),
    ("[500, 1000]", "[500, 500.0]", "sweep.latency_us[1]: 500.0 - it is there twice; leave one out"),
    (
        "[500, 1000]",
        "[500, 2.5]",
        "world.latency_us: 2.5 - it must be a whole number, 1 to 1,000,000,000; e.g. latency_us = 500",
    ),
    ("[500, 1000]", "[500, 0]", "world.latency_us: 0 - it must be a whole number, 1 to 1,000,000,000"),
    ("[500, 1000]", '[500, "500"]', 'world.latency_us: "500" - it must be a whole number'),
    ("cut = [", "Cut = [", "sweep.Cut: Cut - a name has small letters, digits and _"),
    ("{ of = [1e-4, 0.5, 1] }", "{ of = [] }", "draw.extra.of: [] - it must be a list of at least one value"),
    (
        "{ of = [1e-4, 0.5, 1] }",
        "{ of = [1], to = 1 }",
        'draw.extra.of: {"of": [1], "to": 1} - it is a list and a range',
    ),
    ("{ of = [1e-4, 0.5, 1] }", "[1]", "draw.extra: [1] - it must be a table; e.g. [draw.extra]"),
    (
        "from = 4, to = 27",
        "from = 4, to = 3",
        "draw.row.to: 3 - it must be a whole number, 4 to 1,000,000,000",
    ),
    ("from = 4, to = 27", "from = 4", "draw.row.to: nothing - it is missing"),
    ("from = 4, to", "from = 4.0, to", "draw.row.from: 4.0 - it must be a whole number"),
    (
        "[sweep]\ncut = [",
        "[sweep]\nrow = [1]\ncut = [",
        "draw.row: row - it is swept and drawn; leave one out",
    ),
    (
        "{cut}",
        "{cutt}",
        "timeline[0]: {cutt} - it is neither swept nor drawn; give it in [sweep] or [draw]; "
        "there are cut, latency_us, row, extra, start, cols",
    ),
    ("{cut}", "{}", "timeline[0]: {} - it is neither swept nor drawn"),
    ("{latency_us}", "{latency}", "world.latency_us: {latency} - it is neither swept nor drawn"),
    ("{cut}", "all", "sweep.cut: cut - nothing uses it; write {cut} in the timeline, [world] or ["),
    ("disc:{row},16", "disc:9,16", "draw.row: row - nothing uses it"),
    (
        "row = {",
        "seed = {",
        "draw.seed: seed - the table of results has a column of that name; choose another",
    ),
    ("restart:{cut}@200", "restart:{cut}", "timeline[0]: restart:half:left - it cannot be read; write "),
    ("restart:{cut}", "restrat:{cut}", "timeline[0]: restrat:half:left@200 - there is no "),
    (
        "restart:{cut}@200",
        "restart:{cut}@351",
        "timeline[0]: restart:half:left@351 - it begins after the run's end at 350 rounds; "
        "run for longer, or begin earlier",
    ),
    (
        "restart:{cut}@200",
        "restart:{cut}@250.1",
        "timeline[0]: restart:half:left@250.1 - it begins in the quiet phase, the last 100 of "
        "350 rounds; begin earlier",
    ),
    (
        "@200.5+0.25",
        "@200.5+50",
        "timeline[2]: kill:disc:4,16,3@200.5+50 - it lasts into the quiet phase, the last 100 "
        "of 350 rounds; make it shorter",
    ),
    (
        "@200.5+0.25",
        "@200.5",
        "timeline[2]: kill:disc:4,16,3@200.5 - it lasts for ever, into the quiet phase, the "
        "last 100 of 350 rounds; give it a length, +ROUNDS",
    ),
    (
        "half:left",
        "half:middle",
        "timeline[0]: restart:half:middle@200 - half:middle: it is not a region; regions are all, half:left",
    ),
    (
        "disc:16,16,6",
        "disc:48,16,6",
        "timeline[0]: restart:disc:48,16,6@200 - its region is outside the grid of 32x48 "
        "cells; rows and columns count from 0",
    ),
    (
        "to = 27",
        "to = 48",
        "timeline[2]: kill:disc:48,16,3@200.5+0.25 - its region is outside the grid of 32x48 cells",
    ),
    ("from = 4", "from = -4", "timeline[2]: kill:disc:-4,16,3@200.5+0.25 - disc:-4,16,3: it is not a region"),
    (
        "restart:{cut}",
        "version:{cut},genome=nope",
        "timeline[0]: version:half:left,genome=nope@200 - nope is not shipped; shipped are: butterfly",
    ),
    (
        "restart:{cut}",
        "rot:{cut}",
        "timeline[0]: rot:half:left@200 - it needs cells that execute their binary, and a campaign's do not",
    ),
    ("to = 120", "to = 351", "timeline[1]: loss:0.0001@351+40 - it begins after the run's end"),
    ("0.5, 1]", "0.5, 1.5]", "timeline[1]: loss:1.5@100+40 - "),
    ("{cols}x48", "{cols}", "world.grid: 32 - it must be a text"),
    ("{cols}x48", "{cols}*48", "world.grid: 32*48 - it must be COLSxROWS"),
    ("{cols}x48", "{cols}x2", "world.grid: 32x2 - a torus needs at least 3x3 cells"),
    ("torus = true", "torus = 1", "world.torus: 1 - it must be true or false"),
    ("uniform", "uniformly", "world.clock: uniformly - it is unknown; choose one of uniform, exponential"),
    ("= 5000", "= 0", "world.mean_interval_us: 0 - it must be a whole number, 1 to 1,048,575"),
    ("jitter_us = 70", "jitter_us = -1", "world.jitter_us: -1 - it must be a whole number, 0 to"),
    (
        "loss = 0.25",
        "loss = 1.25",
        "world.loss: 1.25 - a probability must be 0 to 1; e.g. 0.05 for 5 % of messages",
    ),
    ("loss = 0.25", "loss = nan", "world.loss: NaN - it must be a number"),
    ("loss = 0.25", "loss = -inf", "world.loss: -Infinity - it must be a number"),
    ("loss = 0.25", "loss = false", "world.loss: false - it must be a number"),
    (
        "gone_fraction = 0.5",
        "gone_fraction = 0",
        "recovery.gone_fraction: 0.0 - it must be above 0, at most 1",
    ),
    (
        "dwell_rounds = 10",
        "dwell_rounds = 1_000_001",
        "recovery.dwell_rounds: 1000001 - it must be a whole number, 0 to 1,000,000",
    ),
    ("grown_error = 20", "grown_error = 1000.5", "recovery.grown_error: 1000.5 - it must be 0 to 1000"),
    ("grown_error = 20", "grown_error = -1", "recovery.grown_error: -1.0 - it must be 0 to 1000"),
    ("grown_error = 20", 'grown_error = "x"', 'recovery.grown_error: "x" - it must be a number'),
    ("while_growing = true", "while_growing = 1", "recovery.while_growing: 1 - it must be true or false"),
    (
        "dwell_rounds = 10",
        "dwell_rounds = 150",
        "timeline[2]: kill:disc:4,16,3@200.5+0.25 - it leaves 149.25 of 350 rounds, and a recovery must last "
        "for more than 150 (dwell_rounds); strike earlier, or run for at least 351 rounds",
    ),
    (
        'cut = ["half:left", "disc:16,16,6"]\nlatency_us = [500, 1000]',
        f"cut = {list(map(str, range(6)))}\nlatency_us = {list(range(1, 1001))}",
        "sweep: 12,000 points - there can be 10,000; sweep fewer values",
    ),
    (
        "[1e-4, 0.5, 1]",
        f"[{', '.join(str(p / 10_000) for p in range(313))}]",
        "draw: 10,016 combinations of a world and 3 faults - there can be 40,000 worlds and faults to check, "
        "and not 40,064; draw fewer parameters, sweep fewer values, or plan fewer faults",
    ),
    (
        "trials = 60",
        "trials = 1_250_001",
        "trials: 1,250,001 at each of 8 points - there can be 10,000,000 in all; give fewer",
    ),
]


@pytest.mark.parametrize(("old", "new", "says"), REFUSED)
def test_refused(full, old, new, says):
    with pytest.raises(InputError) as caught:
        parse(changed(full, old, new))
    message = str(caught.value)
    assert message.startswith(f"p.toml: {says}")
    assert len(message.splitlines()) == 1


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ("world = 3", "world: 3 - it must be a table; e.g. [world]"),
        ("draw = [[]]", "draw: [[]] - it must be"),
    ],
)
def test_not_a_table(small, table, says):
    with pytest.raises(InputError) as caught:
        parse(small + table)
    assert str(caught.value).startswith(f"p.toml: {says}")


@pytest.mark.parametrize("text", ["a = " + "[" * 100_000, "a = " + "9" * 5_000, "\x00", "\ufeff"])
def test_not_toml(text):
    with pytest.raises(InputError, match=r"\Ap\.toml: .{0,200}\Z"):
        parse(text)


def test_a_fault_is_over_by_the_horizon_or_lasts_for_ever(small):
    for fault in ("kill:all@20+4", "kill:all@20"):
        assert parse(changed(small, "restart:half:left@20", fault)).timeline == (fault,)
    with pytest.raises(
        InputError, match=r"kill:all@20\+30\.1 - it lasts beyond the end at 50 rounds; make it"
    ):
        parse(changed(small, "restart:half:left@20", "kill:all@20+30.1"))


@pytest.mark.parametrize(
    ("faults", "last"),
    [
        ('"restart:all@25"', "timeline[0]: restart:all@25 - it leaves 25 of 50 rounds"),
        ('"restart:all@40"', "timeline[0]: restart:all@40 - it leaves 10 of 50 rounds"),
        ('"restart:all@50"', "timeline[0]: restart:all@50 - it leaves 0 of 50 rounds"),
        ('"kill:all@10+15"', "timeline[0]: kill:all@10+15 - it leaves 25 of 50 rounds"),
        ('"kill:all@25"', "timeline[0]: kill:all@25 - it leaves 25 of 50 rounds"),
        ('"mix:all,count=3@10+20"', "timeline[0]: mix:all,count=3@10+20 - it leaves 20 of 50 rounds"),
        ('"restart:all@26", "loss:0.5@2+2"', "timeline[0]: restart:all@26 - it leaves 24 of 50 rounds"),
        ('"kill:all@3", "loss:0.5@2+24"', "timeline[1]: loss:0.5@2+24 - it leaves 24 of 50 rounds"),
    ],
)
def test_time_enough_to_heal(small, faults, last):
    """A plan in which nothing can recover, for the dwell time ends after the horizon, says so at once."""
    with pytest.raises(InputError) as caught:
        parse(changed(small, '"restart:half:left@20"', faults))
    assert str(caught.value).startswith(f"p.toml: {last}, and a recovery must last for more than 25")
    assert "or run for at least" in str(caught.value)


@pytest.mark.parametrize("fault", ["restart:all@24", "restart:all@24.9999", "kill:all@4+20", "kill:all@24"])
def test_just_time_enough(small, fault):
    assert parse(changed(small, "restart:half:left@20", fault)).timeline == (fault,)


def test_a_long_value_is_cut(small):
    with pytest.raises(InputError) as caught:
        parse(changed(small, "restart:half:left@20", "x" * 1000))
    assert str(caught.value).startswith(f"p.toml: timeline[0]: {'x' * 80}... - ")


def test_a_line_break_in_a_value_does_not_break_the_message(small):
    with pytest.raises(InputError) as caught:
        parse(changed(small, "restart:half:left@20", r"a\nb"))
    assert str(caught.value).startswith('p.toml: timeline[0]: "a\\nb" - ')


TOML_VALUE = st.one_of(
    st.integers(-(2**70), 2**70).map(str),
    st.floats().map(str),
    st.sampled_from(["true", "[]", "{}", '""', '"{cut}"', '"{x}"', '["a"]', "1979-05-27", '"all"', "[[1]]"]),
)


@given(st.integers(0, 31), TOML_VALUE)
def test_any_value_is_read_or_explained(full, line, value):
    lines = full.splitlines()
    name, equals, _ = lines[line].partition(" = ")
    lines[line] = f"{name} = {value}" if equals else value
    with suppress(InputError):
        plan = replace(parse("\n".join(lines)), seed=0)
        assert plan.trial(plan.points()[-1], 0).config.faults


@given(st.text(max_size=60))
def test_any_text_is_a_plan_or_explained(small, text):
    for whole in (text, small + text, small.replace("small", text)):
        with suppress(InputError):
            assert parse(whole).text == whole


@given(st.sets(st.integers(0, 31), max_size=8))
def test_a_plan_without_some_lines_is_a_plan_or_explained(full, missing):
    text = "\n".join(line for place, line in enumerate(full.splitlines()) if place not in missing)
    with suppress(InputError):
        assert parse(text).text == text


@given(st.text("restakilo:{}half,.@+0123 ", max_size=30))
def test_any_fault_text_is_a_plan_or_explained(small, fault):
    with suppress(InputError):
        plan = replace(parse(changed(small, "restart:half:left@20", fault)), seed=0)
        assert plan.trial(plan.points()[0], 0).config.faults == (Fault.parse(fault),)
