import math
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest

from emulator.recovery import Outcome
from firmware.errors import InputError
from planaria.campaign.database import FILE
from planaria.campaign.plan import Plan
from planaria.campaign.store import Store
from planaria.campaign.trial import TrialResult
from planaria.shipped import open_genome
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


HEALED = TrialResult(
    point=0, index=1, seed=2**64 - 1, drawn={"row": 6}, outcome=Outcome.RECOVERED, rounds=0.1 + 0.2,
    time_ms=3.0, async_rounds=1, updates=77, observed_rounds=20.0, error_before=1.25, error_after=400.0,
    error_limit=21.2, error_end=1e-7, trace_sha256="a" * 64,
)  # fmt: skip
FAILED = replace(
    HEALED, index=0, seed=3, drawn={"row": 15}, outcome=Outcome.NOT_RECOVERED, rounds=None, time_ms=None,
    async_rounds=None, updates=None,
)  # fmt: skip


def change(folder, statement):
    with closing(sqlite3.connect(folder / FILE)) as connection, connection:
        connection.execute(statement)


def test_gives_back_what_was_added_by_point_and_index(begun, plan):
    later = replace(FAILED, point=1)
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
        writer.add([replace(HEALED, index=2)])
        assert len(reader) == 3


def test_adds_all_or_none(begun, plan, genomes):
    with Store.create_or_open(begun, plan, genomes, None) as store:
        with pytest.raises(sqlite3.IntegrityError):
            store.add([replace(HEALED, index=2), HEALED])
        assert len(store) == 2


def test_columns(begun):
    with Store.open(begun) as store:
        columns = store.columns()
    assert list(columns) == [
        "point", "index", "seed", "genome", "radius", "row", "outcome", "rounds", "time_ms", "async_rounds",
        "updates", "observed_rounds", "error_before", "error_after", "error_limit", "error_end",
        "trace_sha256",
    ]  # fmt: skip
    assert columns["seed"].dtype == np.uint64
    assert columns["seed"].tolist() == [3, 2**64 - 1]
    assert columns["genome"].tolist() == ["ring", "ring"]
    assert columns["radius"].tolist() == [2, 2]
    assert columns["row"].tolist() == [15, 6]
    assert columns["outcome"].tolist() == ["not_recovered", "recovered"]
    for name, value in (("rounds", 0.1 + 0.2), ("time_ms", 3.0), ("async_rounds", 1.0), ("updates", 77.0)):
        assert columns[name].dtype == np.float64
        assert math.isnan(columns[name][0])
        assert columns[name][1] == value


def test_pandas_reads_the_columns(begun):
    pandas = pytest.importorskip("pandas")
    with Store.open(begun) as store:
        frame = pandas.DataFrame(store.columns())
    assert frame.shape == (2, 17)
    assert frame.seed.max() == 2**64 - 1
    assert frame.rounds.isna().tolist() == [True, False]


def test_a_sweep_of_numbers_and_texts_makes_a_column_of_objects(folder, genomes):
    text = PLAN.replace(
        '"restart:disc:{row},11,{radius}@40"', '"restart:disc:{row},11,4@40", "loss:{p}@41+1"'
    )
    plan = Plan.parse(text.replace("radius = [2, 4]", 'p = [1, "0.5"]'), "mixed.toml")
    with Store.create_or_open(folder, plan, genomes, None) as store:
        store.add([HEALED, replace(FAILED, point=1)])
        assert store.columns()["p"].tolist() == [1, "0.5"]


def test_no_trials_no_columns(folder, plan, genomes):
    with Store.create_or_open(folder, plan, genomes, None) as store:
        assert store.columns() == {}


def refused(says, call, *arguments):
    with pytest.raises(InputError) as caught:
        call(*arguments)
    for words in says:
        assert words in str(caught.value)


def test_refuses_another_plan(begun, genomes):
    other = Plan.parse(PLAN + "# changed\n", "other.toml")
    says = ["plan: other.toml", other.sha256[:12], "give a new folder"]
    refused(says, Store.create_or_open, begun, other, genomes, None)


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
        ("PRAGMA user_version = 2", "it has format 2, and this planaria 1"),
        ("PRAGMA application_id = 7", "planaria has not made this file"),
        ("UPDATE facts SET value = '9.9' WHERE key = 'version'", "planaria 9.9 has made them"),
    ],
)
def test_refuses_what_another_version_or_program_has_made(begun, plan, genomes, statement, says):
    change(begun, statement)
    refused([says, FILE], Store.create_or_open, begun, plan, genomes, None)
    refused([says, FILE], Store.open, begun)


def test_refuses_a_database_of_somebody_else_and_leaves_it_as_it_is(folder, plan, genomes):
    folder.mkdir()
    change(folder, "CREATE TABLE cats (name)")
    before = (folder / FILE).read_bytes()
    refused(["planaria has not made this file"], Store.create_or_open, folder, plan, genomes, None)
    assert (folder / FILE).read_bytes() == before


def test_refuses_what_is_no_database(folder, plan, genomes):
    folder.mkdir()
    (folder / FILE).write_bytes(b"results, believe me\n" * 100)
    refused(
        ["the file is damaged (file is not a database)"], Store.create_or_open, folder, plan, genomes, None
    )
    refused(["the file is damaged (file is not a database)"], Store.open, folder)


def test_refuses_a_damaged_file(begun, plan, genomes):
    content = bytearray((begun / FILE).read_bytes())
    assert len(content) > 3 * 4096
    content[2 * 4096 :] = os.urandom(len(content) - 2 * 4096)
    (begun / FILE).write_bytes(content)
    refused(["the file is damaged"], Store.create_or_open, begun, plan, genomes, None)


def test_refuses_a_file_in_place_of_the_folder(folder, plan, genomes):
    folder.write_text("")
    refused([str(folder), "it cannot be written"], Store.create_or_open, folder, plan, genomes, None)


def test_refuses_to_read_a_folder_without_results(folder):
    folder.mkdir()
    refused([str(folder), f"it has no {FILE}", "planaria measure"], Store.open, folder)
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
        many = [replace(HEALED, index=index) for index in range(2, 1000)]
        refused(["full", "safe: 2 trials", "give the same command again"], store.add, many)
        assert store.results() == [FAILED, HEALED]
    with Store.create_or_open(begun, plan, genomes, None) as store:
        store.add(many)
        assert len(store) == 1000


def test_every_commit_reaches_the_disk(begun, plan, genomes):
    with Store.create_or_open(begun, plan, genomes, None) as store:
        assert store._connection.execute("PRAGMA synchronous").fetchone() == (2,)
        assert store._connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_forgets_what_the_stopping_rule_does_not_want(begun, plan, genomes):
    with Store.create_or_open(begun, plan, genomes, None) as store:
        store.add([replace(FAILED, point=1, index=5)])
        store.drop_from(0, 1)
        assert [(result.point, result.index) for result in store.results()] == [(0, 0), (1, 5)]
