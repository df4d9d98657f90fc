import os
import pickle
import signal
import sys
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from emulator.world.lattices import Square8
from firmware.errors import InputError
from planaria.campaign.plan import Plan
from planaria.campaign.trial import run_trial
from planaria.campaign.workers import LocalWorkers
from planaria.shipped import open_genome
from tests.planaria.campaign.tiny import PLAN, Frail, children, count, is_running, start


@pytest.fixture
def plan():
    return Plan.parse(PLAN, "tiny.toml").seeded_by({"ring": open_genome("ring")})


@pytest.fixture
def trials(plan):
    """Five of the first point."""
    return [plan.trial(plan.points()[0], index) for index in range(5)]


@pytest.fixture
def said():
    return []


@pytest.fixture
def make(said):
    """Two workers, or as many as you like."""
    return lambda genome, count=2: LocalWorkers({"ring": genome}, count, said.append)


@pytest.fixture
def frail(tmp_path):
    """``frail(lives)`` kills so many workers."""

    def make(lives):
        folder = tmp_path / "lives"
        folder.mkdir()
        for life in range(lives):
            (folder / str(life)).touch()
        return Frail.with_lives(folder)

    return make


def by_index(batches):
    return sorted((result for batch in batches for result in batch), key=lambda result: result.index)


def test_results_are_those_of_run_trial(make, trials, said):
    with make(open_genome("ring")) as workers:
        results = by_index(workers.run(iter(trials)))
    assert results == [run_trial(open_genome("ring"), trial) for trial in trials]
    assert (workers.redone, said) == (0, [])


def test_trials_are_read_as_workers_become_free(make, plan):
    point, read = plan.points()[0], 0

    def endless():
        nonlocal read
        while True:
            yield plan.trial(point, read)
            read += 1

    with make(open_genome("ring"), 1) as workers:
        run = workers.run(endless())
        done = 0
        while done < 10:
            done += len(next(run))
            assert read <= done + 4


def test_trials_of_a_worker_that_dies_are_done_again(make, frail, trials, said):
    with make(frail(1)) as workers:
        results = by_index(workers.run(iter(trials)))
    assert [result.index for result in results] == [0, 1, 2, 3, 4]
    assert results[0] == run_trial(open_genome("ring"), trials[0])
    assert 1 <= workers.redone <= 5
    assert "".join(said).count("a worker has died") == len(said) >= 1
    assert "done again" in said[0]


def test_a_trial_that_kills_its_workers_is_named(make, frail, trials):
    with make(frail(50)) as workers, pytest.raises(InputError) as caught:
        list(workers.run(iter(trials)))
    assert "trial: 0 of point 0, ring, seed " in str(caught.value)
    assert str(trials[0].seed) in str(caught.value)
    assert "its worker has died 3 times" in str(caught.value)


def test_only_the_trial_that_kills_is_blamed(said, frail, trials):
    """Its companions are done before it is given up."""
    trials[2] = replace(trials[2], genome="frail")
    workers = LocalWorkers({"ring": open_genome("ring"), "frail": frail(50)}, 2, said.append)
    results = []
    with workers, pytest.raises(InputError, match="trial: 2 of point 0, frail"):
        results.extend(result for batch in workers.run(iter(trials)) for result in batch)
    assert {0, 1} <= {result.index for result in results}
    assert 2 not in {result.index for result in results}


def test_what_a_trial_refuses_reaches_the_caller(make, trials):
    """An exception made from its message alone would break the pool instead."""
    trials[0] = replace(trials[0], config=replace(trials[0].config, topology=Square8(16_000, 16_000)))
    with make(open_genome("ring"), 1) as workers, pytest.raises(InputError, match="grid: 16000x16000 - "):
        list(workers.run(iter(trials)))


def test_an_explained_error_survives_pickling():
    error = pickle.loads(pickle.dumps(InputError("grid", 7, "limit", "fix")))
    assert (str(error), error.what, error.value, error.fix) == ("grid: 7 - limit; fix", "grid", "7", "fix")


def test_closing_does_not_wait_for_trials(make, plan):
    long = replace(plan.trial(plan.points()[0], 0), horizon_rounds=10_000_000)
    workers = make(open_genome("ring"))
    with closing(workers):
        future = workers.submit(long)
        time.sleep(0.5)
        started = time.monotonic()
    assert time.monotonic() - started < 5
    assert not future.done() or future.exception() is not None


def until(condition, limit_s=20):
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def endless(tmp_path):
    """A campaign that takes an hour, begun: (process, its results folder)."""
    file = tmp_path / "long.toml"
    file.write_text(PLAN.replace("trials = 20", "trials = 200000"))
    with start(file, tmp_path / "results") as process:
        yield process, tmp_path / "results"
        process.kill()


@pytest.mark.parametrize("moment_s", [0.6, 2.5])
def test_workers_end_with_a_parent_that_is_killed(endless, moment_s):
    process, _ = endless
    until(lambda: len(children(process.pid)) >= 2)
    time.sleep(moment_s - 0.5)
    orphans = children(process.pid)
    assert len(orphans) >= 2
    process.kill()
    until(lambda: not any(map(is_running, orphans)))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("moment_s", [0.0, 1.5])
def test_interrupted_it_stops_at_once_and_says_what_is_safe(endless, number, moment_s):
    process, folder = endless
    until(lambda: len(children(process.pid)) >= 3)
    workers = children(process.pid)
    time.sleep(moment_s)
    (os.killpg if number == signal.SIGINT else os.kill)(process.pid, number)
    started = time.monotonic()
    _, errors = process.communicate(timeout=30)
    assert time.monotonic() - started < 5
    assert process.returncode == 130
    (line,) = errors.splitlines()
    assert line.startswith(f"planaria: safe in {folder}: ")
    assert line.endswith("of 400,000 trials; the same command goes on")
    until(lambda: not any(map(is_running, workers)), 2)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_workers_that_are_stopped_stop_nobody(endless, number):
    """Nor do they stay when the process that has started them is gone."""
    if number == signal.SIGKILL and sys.platform != "linux":
        pytest.skip("only Linux ends a stopped process with its parent")
    process, folder = endless
    until(lambda: count(folder) > 0)
    workers = [child for child in children(process.pid) if b"resource_tracker" not in cmdline(child)]
    assert len(workers) == 2
    for worker in workers:
        os.kill(worker, signal.SIGSTOP)
    started = time.monotonic()
    process.send_signal(number)
    process.communicate(timeout=30)
    assert time.monotonic() - started < 5
    assert process.returncode == (-9 if number == signal.SIGKILL else 130)
    until(lambda: not any(map(is_running, workers)), 2)


def cmdline(pid):
    return Path(f"/proc/{pid}/cmdline").read_bytes()
