"""Every shipped plan can be run, and says what it shows."""

from dataclasses import replace

import pytest

from planaria.campaign.codes import open_codes
from planaria.campaign.plan import Plan, open_plan, shipped_plans
from planaria.campaign.trial import run_trial

NAMES = sorted(shipped_plans())

PLANS = {
    "bit-flip-sweep": (6, 60),
    "clock-spread": (6, 60),
    "cuts-in-sequence": (1, 300),
    "discs": (1, 450),
    "everything": (4, 200),
    "five-cuts": (5, 60),
    "five-swipes": (5, 60),
    "flaky": (7, 60),
    "frames": (4, 100),
    "half-dies": (5, 60),
    "latency-sweep": (7, 60),
    "loss-sweep": (8, 60),
    "poisoned-region": (12, 60),
    "real-chip": (12, 60),
    "rolling-blackout": (6, 60),
    "scattered": (7, 60),
    "several-shapes": (1, 300),
    "three-genomes": (3, 100),
    "while-growing": (1, 300),
}


def test_points_and_trials():
    plans = {name: open_plan(name) for name in NAMES}
    assert {name: (len(plan.points()), plan.trials) for name, plan in plans.items()} == PLANS


@pytest.mark.parametrize("name", NAMES)
def test_it_says_what_it_shows(name):
    """Two lines or more above the title, for people who look for a plan."""
    comment, _, _ = open_plan(name).text.partition("title = ")
    lines = comment.splitlines()
    assert 2 <= len(lines) <= 5
    assert all(line.startswith("# ") for line in lines)
    assert "Read: " in comment


@pytest.mark.parametrize("name", NAMES)
def test_its_first_trial_runs(name):
    """Everything is a hundred times as short, so that all faults come and go in a few rounds."""
    plan = open_plan(name)
    genomes = open_codes(plan)
    plan = plan.seeded_by(genomes)
    trial = plan.trial(plan.points()[0], 0)
    short = tuple(map(_a_hundredth, trial.config.faults))
    trial = replace(trial, config=replace(trial.config, faults=short), horizon_rounds=11)
    result = run_trial(genomes[trial.genome], trial)
    assert (result.point, result.index, result.seed) == (0, 0, trial.seed)
    assert result.observed_rounds > 2


def _a_hundredth(fault):
    length = None if fault.length_rounds is None else fault.length_rounds / 100
    return replace(fault, start_rounds=fault.start_rounds / 100, length_rounds=length)


@pytest.mark.parametrize("name", NAMES)
def test_nobody_has_chosen_its_seed(name):
    """So that any of them can be certified."""
    assert open_plan(name).seed is None


@pytest.mark.parametrize("name", NAMES)
def test_it_strikes_what_has_grown_or_says_so(name):
    plan = open_plan(name)
    first = min(fault.start_rounds for world in plan.worlds() for fault in world.faults)
    assert first >= 100 or plan.predicate.while_growing


@pytest.mark.parametrize("name", NAMES)
def test_it_can_be_copied_elsewhere(name, tmp_path):
    copy = tmp_path / "mine.toml"
    copy.write_text(open_plan(name).text)
    plan, mine = (plan.seeded_by(open_codes(plan)) for plan in (open_plan(name), Plan.load(copy)))
    assert mine.trial(mine.points()[-1], 3) == plan.trial(plan.points()[-1], 3)
    assert open_codes(mine).keys() == open_codes(plan).keys()
