"""A campaign killed again and again ends like one that was left alone."""

import os
import random
import signal
import time

import pytest

from planaria.campaign.store import Store
from tests.planaria.campaign.tiny import count, start

PLAN = """\
title = "killed"
genomes = ["ring"]
timeline = ["restart:half:{{side}}@20"]
trials = {trials}
horizon_rounds = 24
[world]
grid = "32x32"
loss = 0.05
[recovery]
dwell_rounds = 2
[sweep]
side = ["left", "top"]
"""

MORE_TRIALS_MAX = 60
"""Killed at the latest after about so many trials: thus it cannot end before the last kill."""


def finish(plan_file, folder):
    with start(plan_file, folder) as process:
        assert process.wait(120) == 0, process.stderr.read()
    return (folder / "results.csv").read_bytes()


def kill_at_random(plan_file, folder, chance):
    """Begin or go on, and kill the process and its workers, some in their start, most at work."""
    early_s = chance.uniform(0, 0.8) if chance.random() < 0.25 else 30
    target = count(folder) + chance.randint(1, MORE_TRIALS_MAX)
    late_s = chance.uniform(0, 0.03)
    with start(plan_file, folder) as process:
        deadline = time.monotonic() + early_s
        while time.monotonic() < deadline and count(folder) < target:
            time.sleep(0.01)
        time.sleep(late_s)
        assert process.poll() is None, process.stderr.read()
        os.killpg(process.pid, signal.SIGKILL)


@pytest.mark.parametrize(("kills", "trials"), [(5, 400), pytest.param(20, 1000, marks=pytest.mark.fuzz)])
def test_killed_at_random_moments_no_trial_is_lost_or_done_twice(kills, trials, tmp_path):
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    plan_file = tmp_path / "plan.toml"
    plan_file.write_text(PLAN.format(trials=trials))
    counts = []
    for _ in range(kills):
        kill_at_random(plan_file, tmp_path / "killed", chance)
        counts.append(count(tmp_path / "killed"))
    assert counts == sorted(counts)
    assert 0 < counts[-1] < 2 * trials
    table = finish(plan_file, tmp_path / "killed")
    assert len(table.splitlines()) == 1 + 2 * trials
    assert table == finish(plan_file, tmp_path / "undisturbed")
    with Store.open(tmp_path / "killed") as store:
        everything = [(point, index) for point in (0, 1) for index in range(trials)]
        assert [(r.point, r.index) for r in store.results()] == everything
