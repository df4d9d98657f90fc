from dataclasses import replace
from decimal import Decimal
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.config import RunConfig
from emulator.faults import Fault
from emulator.record.predicate import Predicate
from emulator.world.draws import Stream, draw32, key
from emulator.world.lattices import Square8
from firmware.clock import Law, Timing
from firmware.errors import InputError
from planaria.campaign.codes import open_codes, place_of
from planaria.campaign.parameters import Between, OneOf
from planaria.campaign.plan import Plan, open_plan, shipped_plans
from planaria.shipped import open_genome, shipped_paths


def parse(text):
    return Plan.parse(text, "p.toml")


def seeded(text):
    """Its seeds are known: somebody has chosen them."""
    return parse(f"seed = 0\n{text}")


def changed(text, old, new):
    assert old in text
    return text.replace(old, new, 1)


def test_small_plan_has_the_defaults(small):
    plan = parse(small)
    assert plan == Plan(
        title="small",
        genomes=("ring",),
        timeline=("restart:half:left@20",),
        trials=3,
        horizon_rounds=50,
        quiet_rounds=0,
        seed=None,
        world={},
        predicate=Predicate(0.95, 25, 10.0, False),
        sweep={},
        draw={},
        text=small,
        source="p.toml",
    )
    [point] = plan.points()
    assert (point.number, point.genome, point.swept) == (0, "ring", {})
    ring = open_genome("ring")
    trial = plan.seeded_by({"ring": ring}).trial(point, 2)
    essence = (
        '{"draw":{},"horizon_rounds":50,"quiet_rounds":0,"recovery":{"dwell_rounds":25,"gone_fraction":0.95,'
        '"grown_error":10.0,"while_growing":false},"seed":null,"sweep":[],"timeline":["restart:half:left@20"],'
        '"world":{}}'
    )
    assert plan.essence == essence
    digest = sha256(sha256(ring.to_bytes()).digest() + essence.encode()).digest()
    chance = key(int.from_bytes(digest[:8], "big"), Stream.TRIAL, 0)
    seed = (draw32(chance, 4) << 32) + draw32(chance, 5)
    assert trial.config == RunConfig(seed=seed, faults=(Fault.parse("restart:half:left@20"),))
    assert (trial.point, trial.index, trial.seed, trial.genome) == (0, 2, seed, "ring")
    assert (trial.drawn, trial.horizon_rounds) == ({}, 50)


def test_full_plan_by_hand(full):
    plan = parse(full)
    assert (plan.trials, plan.horizon_rounds, plan.quiet_rounds, plan.seed) == (60, 350, 100, 2**64 - 1)
    assert plan.predicate == Predicate(0.5, 10, 20.0, True)
    assert plan.sweep == {"cut": ("half:left", "disc:16,16,6"), "latency_us": (500, 1000)}
    assert plan.draw == {
        "row": Between(4, 27),
        "extra": OneOf((0.0001, 0.5, 1)),
        "start": Between(100, 120),
        "cols": OneOf((32, 33)),
    }


def test_points_in_order(full):
    points = parse(full).points()
    assert [point.number for point in points] == list(range(8))
    assert [(point.genome, *point.swept.items()) for point in points] == [
        (genome, ("cut", cut), ("latency_us", latency_us))
        for genome in ("ring", "planarian")
        for cut in ("half:left", "disc:16,16,6")
        for latency_us in (500, 1000)
    ]


@pytest.mark.parametrize("number", [0, 3, 6])
@pytest.mark.parametrize("index", [0, 1, 59])
def test_trials_by_recomputation(full, number, index):
    plan = parse(full)
    point = plan.points()[number]
    trial = plan.trial(point, index)
    chance = key(2**64 - 1, Stream.TRIAL, number)
    seed = (draw32(chance, 2 * index) << 32) + draw32(chance, 2 * index + 1)
    cols, extra, row, start = (draw32(key(seed, Stream.PARAMETER, k), 0) / 2**32 for k in range(4))
    drawn = {
        "cols": [32, 33][int(2 * cols)],
        "extra": [0.0001, 0.5, 1][int(3 * extra)],
        "row": 4 + int(24 * row),
        "start": 100 + int(21 * start),
    }
    assert trial.drawn == drawn
    extra_text = {0.0001: "0.0001", 0.5: "0.5", 1: "1"}[drawn["extra"]]
    assert trial.config == RunConfig(
        Square8(48, drawn["cols"], torus=True),
        seed=seed,
        latency_us=point.swept["latency_us"],
        jitter_us=70,
        loss=0.25,
        timing=Timing(Law.UNIFORM, 5000),
        predicate=Predicate(0.5, 10, 20.0, True),
        faults=(
            Fault.parse(f"restart:{point.swept['cut']}@200"),
            Fault.parse(f"loss:{extra_text}@{drawn['start']}+40"),
            Fault.parse(f"kill:disc:{drawn['row']},16,3@200.5+0.25"),
        ),
    )
    assert (trial.point, trial.index, trial.seed, trial.genome) == (number, index, seed, point.genome)
    assert trial.horizon_rounds == 350


def test_a_known_trial(full):
    """Seeds and drawn values as they were when this was written: results of old campaigns stay theirs."""
    plan = parse(full)
    trial = plan.trial(plan.points()[5], 7)
    assert trial.seed == 1501863026235818463
    assert trial.drawn == {"cols": 32, "extra": 0.5, "row": 26, "start": 108}


def test_trials_differ_in_seed(full):
    plan = parse(full)
    seeds = [plan.trial(point, index).seed for point in plan.points() for index in range(60)]
    assert len(set(seeds)) == 480


def test_draws_take_every_value_and_no_other(full):
    plan = parse(full)
    point = plan.points()[0]
    drawn = [plan.trial(point, index).drawn for index in range(400)]
    assert {values["row"] for values in drawn} == set(range(4, 28))
    assert {values["extra"] for values in drawn} == {0.0001, 0.5, 1}
    assert {values["start"] for values in drawn} == set(range(100, 121))


@pytest.mark.parametrize(
    ("value", "text"),
    [("1e-7", "0.0000001"), ("0.30000000000000004", "0.30000000000000004"), ("1.0", "1"), ("0", "0")],
)
def test_numbers_are_put_in_without_exponent(small, value, text):
    plan = seeded(changed(small, "restart:half:left@20", "loss:{p}@0") + f"[sweep]\np = [{value}]\n")
    [fault] = plan.trial(plan.points()[0], 0).config.faults
    assert fault == Fault.parse(f"loss:{text}@0")


def test_a_parameter_is_put_in_everywhere(small):
    text = changed(small, "restart:half:left@20", "kill:disc:{a},{a},{b}@{a}{b}+{a}.{b}")
    plan = seeded(text + "[sweep]\na = [1]\nb = [2]\n")
    [fault] = plan.trial(plan.points()[0], 0).config.faults
    assert fault == Fault.parse("kill:disc:1,1,2@12+1.2")


@given(st.floats(1e-300, 1))
def test_swept_numbers_arrive_as_they_are(small, loss):
    world = '[world]\nloss = "{p}"\n'
    text = f"{changed(small, 'restart:half:left', 'loss:{p}')}{world}[sweep]\np = [{loss!r}]\n"
    plan = seeded(text)
    [point] = plan.points()
    assert point.swept == {"p": loss}
    config = plan.trial(point, 0).config
    assert config.loss == loss
    assert config.faults == (Fault.parse(f"loss:{Decimal(repr(loss)):f}@20"),)


def test_drawn_range_of_one_number(small):
    plan = seeded(changed(small, "half:left", "disc:{row},3,2") + "[draw]\nrow = {from = 5, to = 5}\n")
    assert plan.trial(plan.points()[0], 1).drawn == {"row": 5}


def test_corners_are_checked_together(small):
    """A rectangle whose row and height are both largest reaches out of the grid, neither alone does."""
    text = changed(small, "half:left", "rect:{row},0,{height},1")
    drawn = "[draw]\nrow = {{from = 0, to = {}}}\nheight = {{from = 1, to = 6}}\n"
    assert parse(text + drawn.format(26)).draw["row"] == Between(0, 26)
    with pytest.raises(InputError, match=r"timeline\[0\]: restart:rect:27,0,6,1@20 - its region is outside"):
        parse(text + drawn.format(27))


def test_a_fault_may_end_when_the_quiet_phase_begins(small):
    for fault in ("restart:all@24", "kill:all@20+4", "loss:1@23.9999+0.0001"):
        text = changed(small, "restart:half:left@20", fault)
        assert parse(text + "quiet_rounds = 26").quiet_rounds == 26
        with pytest.raises(InputError, match="the quiet phase, the last 27 of 50 rounds"):
            parse(text + "quiet_rounds = 27")


def test_load_keeps_the_text_to_the_byte(small, tmp_path):
    path = tmp_path / "mine.toml"
    content = (small + "# größer\n").replace("\n", "\r\n").encode()
    path.write_bytes(content)
    plan = Plan.load(path)
    assert plan.text.encode() == content
    assert plan.sha256 == sha256(content).hexdigest()
    assert plan.source == str(path)
    assert open_plan(path) == plan == open_plan(str(path))


def test_load_refuses(small, tmp_path):
    missing = tmp_path / "missing.toml"
    with pytest.raises(InputError, match=r"missing\.toml - it cannot be read \(No such file"):
        Plan.load(missing)
    with pytest.raises(InputError, match="it is a folder"):
        Plan.load(tmp_path)
    latin = tmp_path / "latin.toml"
    latin.write_bytes(b'title = "\xfc"\n')
    with pytest.raises(InputError, match=r"latin\.toml - it is not a text in UTF-8"):
        Plan.load(latin)
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(changed(small, "3", "0"))
    with pytest.raises(InputError, match=r"wrong\.toml: trials: 0 - "):
        Plan.load(wrong)


def test_open_plan_refuses_an_unknown_name():
    with pytest.raises(
        InputError, match=r"plan: five-cust - it is neither a file nor a shipped plan; shipped"
    ):
        open_plan("five-cust")


def test_open_plan_by_name():
    for name, path in shipped_plans().items():
        assert open_plan(name).text == path.read_text()


def test_genomes_by_name_and_by_file(small, tmp_path):
    (tmp_path / "mine.genome").write_bytes(shipped_paths()["ring"].read_bytes())
    path = tmp_path / "mine.toml"
    path.write_text(changed(small, '["ring"]', '["planarian", "mine.genome"]'))
    plan = Plan.load(path)
    assert place_of(plan, "planarian") == "planarian"
    assert place_of(plan, "mine.genome") == str(tmp_path / "mine.genome")
    genomes = open_codes(plan)
    assert list(genomes) == ["planarian", "mine.genome"]
    assert genomes["mine.genome"].to_bytes() == shipped_paths()["ring"].read_bytes()


def test_genomes_refused(small, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(changed(small, '["ring"]', '["ring", "none.genome"]'))
    with pytest.raises(
        InputError, match=r"mine\.toml: genomes\[1\]: genome file: .*none\.genome - it cannot be"
    ):
        open_codes(Plan.load(path))
    plan = parse(small + '[world]\ngrid = "{side}x32"\n[sweep]\nside = [32, 8]\n')
    with pytest.raises(InputError, match=r"p\.toml: genomes\[0\]: .*8x32"):
        open_codes(plan)


def test_a_trial_is_a_function_of_plan_point_and_index(full):
    plan = parse(full)
    again = replace(plan, trials=1000, title="another")
    assert again.trial(again.points()[3], 5) == plan.trial(plan.points()[3], 5)
    other = replace(plan, seed=1)
    assert other.trial(other.points()[3], 5).seed != plan.trial(plan.points()[3], 5).seed


def test_a_derived_seed_follows_from_what_is_measured_and_nothing_else(small):
    """Neither from title, comments, spaces, the order of tables, nor the number of trials."""
    genomes = {"ring": open_genome("ring")}
    tables = ["[world]\nloss = 0.1\n", "[recovery]\ndwell_rounds = 9\n"]

    def seed(text, genomes=genomes):
        return parse(text).seeded_by(genomes).seed_of("ring")

    first = seed(small + "".join(tables))
    same = changed(small, '"small"', '"another"').replace("trials = 3", "trials =   4 # more")
    assert seed("# a comment\n" + same + "".join(reversed(tables))) == first
    assert seed(small + "".join(tables), {"ring": open_genome("butterfly")}) != first
    for other in (tables[0], tables[1], tables[0] + tables[1].replace("9", "8")):
        assert seed(small + other) != first
    assert seed(changed(small, "trials", "seed = 7\ntrials")) == 7


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("[world]\nloss = 0.05\n", "[world]\nloss = 5e-2\n"),
        ("[world]\nloss = 1\n", "[world]\nloss = 1.0\n"),
        ("", "[world]\nloss = 0\n"),
        ("", "[world]\nloss = -0.0\n"),
        ("", '[world]\ngrid = "32x32"\nlatency_us = 0x1F4\ntorus = false\n'),
        ("[world]\njitter_us = 2\nlatency_us = 7\n", "world = { latency_us = 7, jitter_us = 2 }\n"),
        ("[recovery]\ngone_fraction = 1\n", "[recovery]\ngone_fraction = 1.0\ngrown_error = 10\n"),
    ],
)
def test_nobody_spells_a_seed(small, one, other):
    assert parse(small + one).essence == parse(small + other).essence
    assert parse(small + one).essence != parse(small + "[world]\nloss = 0.5\n").essence


@pytest.mark.parametrize("spelt", ["@020", "@20.0", "@20.000", ",ram=blank@20"])
def test_nor_by_the_text_of_a_fault(small, spelt):
    text = changed(small, "@20", spelt)
    assert parse(text).essence == parse(small).essence
    assert parse(changed(small, "@20", "@21")).essence != parse(small).essence


def test_nor_by_the_points_of_parameters(small):
    swept, drawn = changed(small, "@20", "@{a}"), changed(small, "@20", "@{b}")
    whole, point = (f"{swept}[sweep]\na = [{values}]\n" for values in ("20, 21.5", "20.0, 21.5"))
    assert parse(whole).essence == parse(point).essence
    whole, point = (f"{drawn}[draw]\nb = {{ of = [{values}] }}\n" for values in ("20, 21", "20.0, 21.0"))
    assert parse(whole).essence == parse(point).essence


def test_the_order_of_swept_values_is_part_of_what_is_measured(small):
    """It numbers the points."""
    text = changed(small, "half:left", "disc:9,{a},{b}")
    one, two = "a = [1, 2]\n", "b = [3, 4]\n"
    assert parse(f"{text}[sweep]\n{one}{two}").essence != parse(f"{text}[sweep]\n{two}{one}").essence


def test_times_are_decimal(small):
    plan = seeded(changed(small, "@20", "@0.1"))
    assert plan.trial(plan.points()[0], 0).config.faults[0].start_rounds == Decimal("0.1")


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_byte_order_mark_changes_nothing(small, tmp_path, ends):
    text = small.replace("\n", ends)
    (tmp_path / "plain.toml").write_bytes(text.encode())
    (tmp_path / "marked.toml").write_bytes(text.encode("utf-8-sig"))
    plain, marked = (Plan.load(tmp_path / name) for name in ("plain.toml", "marked.toml"))
    assert marked.text == plain.text == text
    assert marked.sha256 == plain.sha256
    assert Plan.parse(f"\ufeff{text}", "p.toml").points() == plain.points()


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_another_encoding_is_named(small, tmp_path, encoding):
    (tmp_path / "wide.toml").write_bytes(small.encode(encoding))
    with pytest.raises(
        InputError, match=r"wide\.toml - it is in UTF-16 or UTF-32, or no text; save it as UTF-8"
    ):
        Plan.load(tmp_path / "wide.toml")
