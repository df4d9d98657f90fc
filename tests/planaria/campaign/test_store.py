import math
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest

from emulator.record.recovery import Outcome
from firmware.errors import InputError
from planaria.campaign.plan import Plan
from planaria.campaign.store import Store
from planaria.campaign.trial import TrialResult
from planaria.shipped import open_genome
from planaria.worth import CAMPAIGN_FILE
from tests.planaria.campaign.tiny import PLAN


@pytest.fixture
def plan():
    return Plan.parse(PLAN, "tiny.toml")


@pytest.fixture
def genomes():
    return {"ring": open_genome("ring")}


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "results"


@pytest.fixture
def begun(folder, plan, genomes):
    """A folder with two trials."""
    with Store.create_or_open(folder, plan, genomes, None) as store:
        store.add([HEALED, FAILED])
    return folder


SEEDED = Plan.parse(PLAN, "tiny.toml").seeded_by({"ring": open_genome("ring")})


def fitting(plan, trial, **others):
    """A trial with the seed of its place in the plan, and what that draws."""
    trial = replace(trial, **others)
    seed, drawn = plan.chance(plan.points()[trial.point], trial.index)
    return replace(trial, seed=seed, drawn=drawn)


HEALED = fitting(SEEDED, TrialResult(
    point=0, index=1, seed=0, drawn={}, clean_outcome=Outcome.RECOVERED, clean_rounds=7.5,
    clean_updates=701, clean_messages=5501, recognisable_outcome=Outcome.RECOVERED,
    recognisable_rounds=6.25, outcome=Outcome.RECOVERED,
    rounds=0.1 + 0.2, time_ms=3.0, async_rounds=1, updates=77, observed_rounds=20.0, error_before=1.25,
    error_after=400.0, error_limit=21.2, error_end=1e-7, displaced_rows=-1, displaced_cols=4,
    error_displaced=0.1, away=2, relapses=3, disturbed=None,
    trace_sha256="a" * 64,
))  # fmt: skip
FAILED = fitting(
    SEEDED, HEALED, index=0, clean_outcome=Outcome.DISPLACED, clean_rounds=None,
    clean_updates=None, clean_messages=None, recognisable_outcome=Outcome.EXPLODED,
    recognisable_rounds=None, outcome=Outcome.NOT_RECOVERED,
    rounds=None, time_ms=None, async_rounds=None, updates=None,
)  # fmt: skip


def change(folder, statement):
    with closing(sqlite3.connect(folder / CAMPAIGN_FILE)) as connection, connection:
        connection.execute(statement)


def test_gives_back_what_was_added_by_point_and_index(begun, plan):
    later = fitting(SEEDED, FAILED, point=1)
    with Store.open(begun) as store:
        assert store.results() == [FAILED, HEALED]
        assert len(store) == 2
        assert store.plan.text == plan.text
        assert store.plan.sha256 == plan.sha256
        assert store.until is None
        assert store.genomes["ring"].to_bytes() == open_genome("ring").to_bytes()
    with Store.create_or_open(begun, plan, {"ring": open_genome("ring")}, None) as store:
        store.add([later])
        assert store.results() == [FAILED, HEALED, later]


def test_can_be_read_while_somebody_adds(begun, plan, genomes):
    with Store.create_or_open(begun, plan, genomes, None) as writer, Store.open(begun) as reader:
        writer.add([fitting(SEEDED, HEALED, index=2)])
        assert len(reader) == 3


def test_adds_all_or_none(begun, plan, genomes):
    with Store.create_or_open(begun, plan, genomes, None) as store:
        with pytest.raises(sqlite3.IntegrityError):
            store.add([fitting(SEEDED, HEALED, index=2), HEALED])
        assert len(store) == 2


def test_columns(begun):
    with Store.open(begun) as store:
        columns = store.columns()
    assert list(columns) == [
        "point", "index", "seed", "genome", "radius", "row", "clean_outcome", "clean_rounds",
        "clean_updates", "clean_messages", "recognisable_outcome",
        "recognisable_rounds", "outcome", "rounds", "time_ms", "async_rounds",
        "updates", "observed_rounds", "error_before", "error_after", "error_limit", "error_end",
        "displaced_rows", "displaced_cols", "error_displaced", "away", "relapses",
        "disturbed", "trace_sha256",
    ]  # fmt: skip
    assert columns["seed"].dtype == np.uint64
    assert columns["seed"].tolist() == [FAILED.seed, HEALED.seed]
    assert columns["genome"].tolist() == ["ring", "ring"]
    assert columns["radius"].tolist() == [2, 2]
    assert columns["row"].tolist() == [FAILED.drawn["row"], HEALED.drawn["row"]]
    assert columns["clean_outcome"].tolist() == ["displaced", "recovered"]
    assert columns["recognisable_outcome"].tolist() == ["exploded", "recovered"]
    assert columns["outcome"].tolist() == ["not_recovered", "recovered"]
    assert columns["displaced_rows"].tolist() == [-1, -1]
    times = {"clean_rounds": 7.5, "recognisable_rounds": 6.25, "rounds": 0.1 + 0.2, "time_ms": 3.0}
    counts = {"async_rounds": 1.0, "updates": 77.0, "clean_updates": 701.0, "clean_messages": 5501.0}
    for name, value in (times | counts).items():
        assert columns[name].dtype == np.float64
        assert math.isnan(columns[name][0])
        assert columns[name][1] == value
    assert columns["disturbed"].dtype == np.float64
    assert np.isnan(columns["disturbed"]).all(), "a genome's cells are never at rest"


def test_pandas_reads_the_columns(begun):
    pandas = pytest.importorskip("pandas")
    with Store.open(begun) as store:
        frame = pandas.DataFrame(store.columns())
    assert frame.shape == (2, 29)
    assert frame.seed.max() == max(FAILED.seed, HEALED.seed) > 2**63
    assert frame.rounds.isna().tolist() == [True, False]


def test_a_sweep_of_numbers_and_texts_makes_a_column_of_objects(folder, genomes):
    text = PLAN.replace(
        '"restart:disc:{row},11,{radius}@60"', '"restart:disc:{row},11,4@60", "loss:{p}@61+1"'
    )
    plan = Plan.parse(text.replace("radius = [2, 4]", 'p = [1, "0.5"]'), "mixed.toml")
    with Store.create_or_open(folder, plan, genomes, None) as store:
        plan = store.plan
        store.add([fitting(plan, HEALED), fitting(plan, FAILED, point=1)])
        assert store.columns()["p"].tolist() == [1, "0.5"]


def test_no_trials_no_columns(folder, plan, genomes):
    with Store.create_or_open(folder, plan, genomes, None) as store:
        assert store.columns() == {}


def refused(says, call, *arguments):
    with pytest.raises(InputError) as caught:
        call(*arguments)
    for words in says:
        assert words in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("horizon_rounds = 80", "horizon_rounds = 81"),
        ("loss = 0.05", "loss = 0.06"),
        ("dwell_rounds = 3", "dwell_rounds = 4"),
        ("grown_error = 1000", "while_growing = true"),
        ("radius = [2, 4]", "radius = [4, 2]"),
        ("to = 15", "to = 14"),
        ("11,{radius}", "12,{radius}"),
        ("trials = 20", "trials = 20\nseed = 0"),
        ('"ring"', '"ring", "planarian"'),
    ],
)
def test_refuses_another_plan(begun, genomes, old, new):
    other = Plan.parse(PLAN.replace(old, new), "other.toml")
    assert other.text != PLAN
    says = ["plan: other.toml", other.sha256[:12], "more than trials or comments has changed"]
    refused([*says, "give a new folder"], Store.create_or_open, begun, other, genomes, None)


def test_refuses_fewer_trials(begun, genomes):
    fewer = Plan.parse(PLAN.replace("trials = 20", "trials = 19"), "fewer.toml")
    says = ["plan: fewer.toml, 19 trials", "are of 20 at each point", "give as many or more"]
    refused(says, Store.create_or_open, begun, fewer, genomes, None)


def test_more_trials_and_other_comments_are_the_same_campaign(begun, plan, genomes):
    """In another order of tables too; what is there stays, and its text is now the new one."""
    head, _, tables = PLAN.replace("trials = 20", "trials = 60").partition("[world]")
    world, _, rest = tables.partition("[recovery]")
    text = f"# more\n{head.replace('tiny', 'huge')}[recovery]{rest}\n[world]{world}"
    larger = Plan.parse(text, "larger.toml")
    with Store.create_or_open(begun, larger, genomes, None) as store:
        assert store.results() == [FAILED, HEALED]
        assert (store.plan.trials, store.plan.title, store.plan.text) == (60, "huge", text)
        assert store.extended
    refused(["60 at each point"], Store.create_or_open, begun, plan, genomes, None)
    with Store.open(begun) as store:
        assert store.plan.text == text
        same = plan.seeded_by(genomes)
        assert store.plan.trial(store.plan.points()[1], 7) == same.trial(same.points()[1], 7)


def test_other_comments_alone_extend_nothing(begun, genomes):
    with Store.create_or_open(begun, Plan.parse(PLAN + "# seen\n", "x.toml"), genomes, None) as store:
        assert store.plan.text.endswith("# seen\n")
        assert not store.extended


def test_refuses_a_genome_that_has_changed(begun, plan, genomes):
    other = {"ring": replace(genomes["ring"], shift1=1 + genomes["ring"].shift1 % 15)}
    refused(
        ["genome: ring", "when the results in", str(begun)], Store.create_or_open, begun, plan, other, None
    )


def test_refuses_another_until(begun, plan, genomes):
    refused(["--until: 0.2", "it was absent"], Store.create_or_open, begun, plan, genomes, 0.2)


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("PRAGMA user_version = 1", "it has format 1, and this planaria 4"),
        ("PRAGMA application_id = 7", "planaria has not made this file"),
        ("UPDATE facts SET value = '9.9' WHERE key = 'version'", "planaria 9.9 has made them"),
    ],
)
def test_refuses_what_another_version_or_program_has_made(begun, plan, genomes, statement, says):
    change(begun, statement)
    refused([says, CAMPAIGN_FILE], Store.create_or_open, begun, plan, genomes, None)
    refused([says, CAMPAIGN_FILE], Store.open, begun)


def test_refuses_a_database_of_somebody_else_and_leaves_it_as_it_is(folder, plan, genomes):
    folder.mkdir()
    change(folder, "CREATE TABLE cats (name)")
    before = (folder / CAMPAIGN_FILE).read_bytes()
    refused(["planaria has not made this file"], Store.create_or_open, folder, plan, genomes, None)
    assert (folder / CAMPAIGN_FILE).read_bytes() == before


def test_refuses_what_is_no_database(folder, plan, genomes):
    folder.mkdir()
    (folder / CAMPAIGN_FILE).write_bytes(b"results, believe me\n" * 100)
    refused(
        ["the file is damaged (file is not a database)"], Store.create_or_open, folder, plan, genomes, None
    )
    refused(["the file is damaged (file is not a database)"], Store.open, folder)


def test_refuses_a_damaged_file(begun, plan, genomes):
    content = bytearray((begun / CAMPAIGN_FILE).read_bytes())
    assert len(content) > 3 * 4096
    content[2 * 4096 :] = os.urandom(len(content) - 2 * 4096)
    (begun / CAMPAIGN_FILE).write_bytes(content)
    refused(["the file is damaged"], Store.create_or_open, begun, plan, genomes, None)


@pytest.mark.parametrize(
    "statement",
    [
        *(f"DELETE FROM facts WHERE key = '{key}'" for key in ("version", "plan", "first_trials", "until")),
        "UPDATE facts SET value = 'soon' WHERE key = 'until'",
        "UPDATE facts SET value = 'many' WHERE key = 'first_trials'",
        "DELETE FROM genomes",
        "UPDATE results SET clean_outcome = 'healthy'",
        "UPDATE results SET drawn = '{'",
        "UPDATE results SET seed = 'x'",
    ],
)
def test_refuses_what_somebody_has_changed(begun, statement):
    change(begun, statement)

    def read():
        with Store.open(begun) as store:
            store.results()

    refused(["the file is damaged"], read)


def test_refuses_a_file_in_place_of_the_folder(folder, plan, genomes):
    folder.write_text("")
    refused([str(folder), "it cannot be written"], Store.create_or_open, folder, plan, genomes, None)


def test_refuses_to_read_a_folder_without_results(folder):
    folder.mkdir()
    refused([str(folder), f"it has no {CAMPAIGN_FILE}", "planaria measure"], Store.open, folder)
    assert list(folder.iterdir()) == []


def test_refuses_a_second_process_until_the_first_is_gone(begun, plan, genomes):
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom planaria.campaign.database import lock\n"
        "lock(Path(sys.argv[1]))\nprint(flush=True)\ntime.sleep(60)"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", code, str(begun)], stdout=subprocess.PIPE, env=environment
    ) as other:
        other.stdout.readline()
        refused(["another 'planaria measure' is adding"], Store.create_or_open, begun, plan, genomes, None)
        other.kill()
    with Store.create_or_open(begun, plan, genomes, None) as store:
        assert len(store) == 2


def test_a_full_disk_loses_nothing_that_was_added(begun, plan, genomes):
    with Store.create_or_open(begun, plan, genomes, None) as store:
        store._connection.execute("PRAGMA max_page_count = 1")
        many = [fitting(SEEDED, HEALED, point=p, index=i) for p in (0, 1) for i in range(2, 20)] * 20
        refused(["full", "safe: 2 trials", "give the same command again"], store.add, many)
        assert store.results() == [FAILED, HEALED]
    with Store.create_or_open(begun, plan, genomes, None) as store:
        store.add(many[:36])
        assert len(store) == len(store.results()) == 38


def test_every_commit_reaches_the_disk(begun, plan, genomes):
    with Store.create_or_open(begun, plan, genomes, None) as store:
        assert store._connection.execute("PRAGMA synchronous").fetchone() == (2,)
        assert store._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_forgets_what_the_stopping_rule_does_not_want(begun, plan, genomes):
    with Store.create_or_open(begun, plan, genomes, None) as store:
        store.add([fitting(SEEDED, FAILED, point=1, index=5)])
        store.drop_from(0, 1)
        assert [(result.point, result.index) for result in store.results()] == [(0, 0), (1, 5)]
