import csv
import hashlib
import os
import signal
import time
from dataclasses import replace
from multiprocessing import active_children
from threading import Thread

import pytest

from firmware.errors import InputError
from planaria.campaign.measure import measure
from planaria.campaign.plan import Plan
from planaria.campaign.sequential import width
from planaria.campaign.store import Store
from planaria.campaign.trial import run_trial
from planaria.campaign.yardstick import Yardstick
from planaria.commands.measure import print_summary
from planaria.shipped import open_genome
from tests.planaria.campaign.tiny import PLAN, count


@pytest.fixture(scope="module")
def plan():
    return Plan.parse(PLAN, "tiny.toml").seeded_by({"ring": open_genome("ring")})


@pytest.fixture(scope="module")
def undisturbed(plan, tmp_path_factory):
    """(its folder, its summary) of one worker's campaign."""
    folder = tmp_path_factory.mktemp("undisturbed")
    return folder, measure(plan, folder, workers=1, quiet=True)


def table(folder):
    return (folder / "results.csv").read_bytes()


def test_the_table_holds_every_trial_exactly(plan, undisturbed):
    folder, result = undisturbed
    assert hashlib.sha256(table(folder)).hexdigest() == result["results_sha256"]
    rows = list(csv.DictReader(table(folder).decode().splitlines()))
    places = [(point, index) for point in plan.points() for index in range(20)]
    assert [(int(row["point"]), int(row["index"])) for row in rows] == [(p.number, i) for p, i in places]
    for (point, index), row in list(zip(places, rows, strict=True))[::7]:
        trial = plan.trial(point, index)
        expected = run_trial(open_genome("ring"), trial)
        assert int(row["seed"]) == trial.seed
        assert int(row["row"]) == trial.drawn["row"]
        assert int(row["radius"]) == point.swept["radius"]
        assert row["outcome"] == expected.outcome
        assert row["rounds"] == ("" if expected.rounds is None else repr(expected.rounds))
        assert float(row["error_end"]) == expected.error_end
        assert row["trace_sha256"] == expected.trace_sha256


def test_the_summary_counts_outcomes_and_the_failures_in_the_median(undisturbed, plan):
    folder, result = undisturbed
    with Store.open(folder) as store:
        results = store.results()
    assert (result["trials"], result["trials_run"], result["redone"]) == (40, 40, 0)
    assert [row["label"] for row in result["points"]] == ["radius 2", "radius 4"]
    for row in result["points"]:
        own = [result for result in results if result.point == row["point"]]
        assert row["trials"] == 20
        for yardstick in Yardstick:
            judged = row[yardstick]
            harmed = [
                result for result in own if result.outcome_by(yardstick) not in ("unharmed", "not_grown")
            ]
            recovered = [r.rounds_by(yardstick) for r in own if r.outcome_by(yardstick) == "recovered"]
            assert judged["harmed"] == len(harmed)
            assert sum(judged["outcomes"].values()) == 20
            assert judged["outcomes"]["recovered"] == len(recovered) == len([r for r in recovered if r])
            assert judged["share"] == len(recovered) / len(harmed)
            # Half of the harmed have recovered by then, and no earlier.
            if judged["median_rounds"] is None:
                assert 2 * len(recovered) < len(harmed)
            else:
                assert 2 * sum(rounds <= judged["median_rounds"] for rounds in recovered) >= len(harmed)
                assert 2 * sum(rounds < judged["median_rounds"] for rounds in recovered) < len(harmed)


@pytest.mark.parametrize("workers", [2, 4])
def test_the_number_of_workers_does_not_matter(plan, undisturbed, tmp_path, workers):
    measure(plan, tmp_path, workers=workers, quiet=True)
    assert table(tmp_path) == table(undisturbed[0])


def test_a_campaign_goes_on_where_it_stopped(plan, undisturbed, tmp_path, monkeypatch):
    """No trial is lost, none is done twice."""
    with Store.open(undisturbed[0]) as full:
        there = full.results()[3:31:2]
    with Store.create_or_open(tmp_path, plan, {"ring": open_genome("ring")}, None) as store:
        store.add(there)
    result = measure(plan, tmp_path, workers=2, quiet=True)
    assert result["trials_run"] == 40 - len(there)
    assert table(tmp_path) == table(undisturbed[0])


def test_a_finished_campaign_starts_no_worker_and_mends_its_table(plan, undisturbed, monkeypatch):
    folder, before = undisturbed
    content = table(folder)
    (folder / "results.csv").unlink()
    monkeypatch.setattr("planaria.campaign.measure.LocalWorkers", None)
    result = measure(plan, folder, quiet=True)
    assert result["trials_run"] == 0
    assert result["points"] == before["points"]
    assert table(folder) == content


def test_a_worker_that_is_killed_changes_nothing_and_is_said(undisturbed, plan, tmp_path, capsys):
    def kill():
        while count(tmp_path) < 20:
            time.sleep(0.01)
        os.kill(active_children()[0].pid, signal.SIGKILL)

    longer = Plan.parse(PLAN.replace("trials = 20", "trials = 100"), "tiny.toml")
    killer = Thread(target=kill)
    killer.start()
    result = measure(longer, tmp_path, workers=2, quiet=True)
    killer.join()
    assert 1 <= result["redone"] <= 8
    assert "planaria: a worker has died: " in capsys.readouterr().err
    rows = table(tmp_path).splitlines()
    assert len(rows) == 1 + 200
    assert rows[:21] == table(undisturbed[0]).splitlines()[:21]


NARROW = 0.7
"""Six of six harmed trials are enough (width 0.56), half of ten are not (0.73)."""


@pytest.fixture(scope="module")
def early(undisturbed):
    """How many trials each point needs, by the rule."""
    with Store.open(undisturbed[0]) as store:
        results = store.results()
    needed = []
    for point in (0, 1):
        first = [result for result in results if (result.point, result.index < 10) == (point, True)]
        harmed = [result for result in first if result.clean_outcome not in ("unharmed", "not_grown")]
        clean = sum(result.clean_outcome == "recovered" for result in harmed)
        needed.append(10 if width(clean, len(harmed), 0.05) <= NARROW else 20)
    assert 10 in needed
    return needed


@pytest.mark.parametrize("workers", [1, 3])
def test_until_keeps_what_it_needs_and_nothing_else(plan, undisturbed, tmp_path, workers, early):
    result = measure(plan, tmp_path, workers=workers, until=NARROW, quiet=True)
    full = table(undisturbed[0]).splitlines()
    assert [row["trials"] for row in result["points"]] == early
    expected = [full[0], *full[1 : 1 + early[0]], *full[21 : 21 + early[1]]]
    assert table(tmp_path).splitlines() == expected


def test_until_forgets_what_was_there_too_many(plan, undisturbed, tmp_path, early):
    with Store.open(undisturbed[0]) as full:
        there = full.results()
    with Store.create_or_open(tmp_path, plan, {"ring": open_genome("ring")}, NARROW) as store:
        store.add(there)
    result = measure(plan, tmp_path, until=NARROW, quiet=True)
    assert result["trials_run"] == 0
    assert [row["trials"] for row in result["points"]] == early


def test_print_summary(undisturbed, capsys):
    result = undisturbed[1]
    print_summary(result)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"tiny: 40 trials in {undisturbed[0]}"
    heads = "point trials clean recognisable relative rounds to clean not grown unharmed displaced relapsed"
    assert lines[1].split() == [*heads.split(), "exploded", "extinct"]
    clean = result["points"][0]["clean"]
    shown = lines[2].split()
    assert shown[:4] == ["radius", "2", "20", f"{clean['share']:.1%}"]
    names = ("not_grown", "unharmed", "displaced", "relapsed", "exploded", "extinct")
    assert shown[-6:] == [str(clean["outcomes"][name]) for name in names]
    assert lines[-1].split() == ["results.csv", "sha256", result["results_sha256"]]
    assert not any("WARNING" in line for line in lines)


@pytest.mark.parametrize(("recovery", "warned"), [("", True), ("while_growing = true", False)])
def test_trials_that_had_not_grown_are_counted_apart_and_it_is_said(tmp_path, capsys, recovery, warned):
    """The example of the findings: at round 40 with 25 rounds of rest nothing has grown."""
    text = f"""
title = "early"
genomes = ["ring"]
timeline = ["restart:half:left@40"]
trials = 4
horizon_rounds = 90
[world]
grid = "22x22"
[recovery]
{recovery}
"""
    result = measure(Plan.parse(text, "early.toml"), tmp_path, workers=1, quiet=True)
    (row,) = result["points"]
    assert row["relative"]["outcomes"]["not_grown"] == 4
    assert (row["relative"]["harmed"], row["relative"]["share"]) == (0, None)
    assert row["clean"]["outcomes"]["not_grown"] == (4 if warned else 0)
    assert row["clean"]["harmed"] == (0 if warned else 4)
    print_summary(result)
    assert ("WARNING: 4 of 4 had not grown when the fault struck" in capsys.readouterr().out) == warned


def test_a_campaign_is_extended_without_losing_what_is_there(plan, undisturbed, tmp_path):
    shorter = Plan.parse(PLAN.replace("trials = 20", "trials = 7"), "tiny.toml")
    assert measure(shorter, tmp_path, workers=1, quiet=True)["trials_run"] == 14
    result = measure(plan, tmp_path, workers=1, quiet=True)
    assert result["trials_run"] == 40 - 14
    assert table(tmp_path) == table(undisturbed[0])


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"workers": 0}, "--workers: 0 - it must be at least 1"),
        ({"workers": 2, "scheduler": "tcp://x:1"}, "--workers: 2 - the cluster tcp://x:1 has its own"),
        ({"until": 0.0}, "--until: 0.0 - it must be between 0 and 1"),
        ({"until": 1.0}, "--until: 1.0"),
        ({"until": float("nan")}, "--until: nan"),
        ({"scheduler": "nonsense"}, "--scheduler: nonsense - it cannot be reached"),
        ({"scheduler": "tcp://127.0.0.1:1"}, "--scheduler: tcp://127.0.0.1:1 - it cannot be reached"),
    ],
)
def test_bad_options_are_refused_and_nothing_is_made(plan, tmp_path, options, says):
    if "workers" not in options:
        pytest.importorskip("distributed")
    with pytest.raises(InputError) as caught:
        measure(plan, tmp_path / "results", **options)
    assert says in str(caught.value)
    assert not (tmp_path / "results").exists()


def test_a_missing_genome_is_refused_and_nothing_is_made(tmp_path):
    plan = Plan.parse(PLAN.replace('"ring"', '"none.genome"'), str(tmp_path / "tiny.toml"))
    with pytest.raises(InputError, match=r"none\.genome"):
        measure(plan, tmp_path / "results")
    assert not (tmp_path / "results").exists()


def test_a_genome_that_does_not_fit_every_point_is_refused_at_the_start(tmp_path):
    text = PLAN.replace('"ring"', '"ring", "planarian"').replace('"22x22"', '"{side}x{side}"')
    text = text.replace("radius = [2, 4]", "radius = [2, 4]\nside = [32, 22]")
    with pytest.raises(InputError, match=r"genomes\[1\]: target: 24x24 px on a grid of 22x22 cells"):
        measure(Plan.parse(text, "tiny.toml"), tmp_path / "results")
    assert not (tmp_path / "results").exists()


def test_a_genome_that_has_changed_is_refused(tmp_path):
    open_genome("ring").save(tmp_path / "own.genome")
    text = PLAN.replace('"ring"', '"own.genome"').replace("trials = 20", "trials = 1")
    plan = Plan.parse(text, str(tmp_path / "tiny.toml"))
    measure(plan, tmp_path / "results", workers=1, quiet=True)
    before = table(tmp_path / "results")
    ring = open_genome("ring")
    replace(ring, shift1=1 + ring.shift1 % 15).save(tmp_path / "own.genome")
    with pytest.raises(InputError, match=r"genome: own\.genome, sha256 .* were begun; bring it back"):
        measure(plan, tmp_path / "results", workers=1, quiet=True)
    assert table(tmp_path / "results") == before


def test_a_folder_in_place_of_the_table_is_refused(plan, tmp_path):
    (tmp_path / "results.csv").mkdir()
    with pytest.raises(InputError, match=r"results\.csv - it is a folder"):
        measure(plan, tmp_path)
