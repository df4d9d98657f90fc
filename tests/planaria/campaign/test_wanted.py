from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.record.recovery import Outcome
from planaria.campaign.plan import Plan
from planaria.campaign.sequential import width
from planaria.campaign.trial import Point
from planaria.campaign.wanted import PointProgress, Wanted
from planaria.shipped import open_genome
from tests.planaria.campaign.made_up import made_up_trial
from tests.planaria.campaign.tiny import PLAN

R, N, U, G = Outcome.RECOVERED, Outcome.NOT_RECOVERED, Outcome.UNHARMED, Outcome.NOT_GROWN


@pytest.fixture
def plan():
    return Plan.parse(PLAN, "tiny.toml").seeded_by({"ring": open_genome("ring")})


def trial(point, index, outcome):
    return made_up_trial(point, index, outcome, 1.0 if outcome is R else None)


def test_without_until_all_trials_by_point_and_index(plan):
    trials = list(Wanted(plan, None).trials())
    assert [(trial.point, trial.index) for trial in trials] == [(p, i) for p in (0, 1) for i in range(20)]
    assert trials[21] == plan.trial(plan.points()[1], 1)


def test_what_is_there_is_not_wanted_again(plan):
    wanted = Wanted(plan, None)
    wanted.add([trial(0, index, N) for index in (0, 3)])
    wanted.add([trial(1, index, U) for index in range(20)])
    assert [(t.point, t.index) for t in wanted.trials()] == [(0, i) for i in range(20) if i not in (0, 3)]
    assert wanted
    assert wanted.total == 40
    assert wanted.outcomes == Counter({N: 2, U: 20})


def test_nothing_wanted_when_all_is_there(plan):
    wanted = Wanted(plan, None)
    assert wanted.add([trial(point, index, R) for point in (0, 1) for index in range(20)]) == {}
    assert not wanted
    assert list(wanted.trials()) == []


def test_trials_that_a_look_may_spare_come_last(plan):
    """Ten of each point are certain; nothing more is certain before a look."""
    places = [(trial.point, trial.index) for trial in Wanted(plan, 0.5).trials()]
    assert places[:20] == [(point, index) for point in (0, 1) for index in range(10)]
    assert places[20:] == [(point, index) for point in (0, 1) for index in range(10, 20)]


def test_a_look_makes_the_next_ten_certain(plan):
    wanted = Wanted(plan, 1e-9)
    wanted.add([trial(1, index, R) for index in range(10)])
    places = [(trial.point, trial.index) for trial in wanted.trials()]
    assert places[:20] == [(0, index) for index in range(10)] + [(1, index) for index in range(10, 20)]


def test_a_point_is_finished_at_the_first_look_that_is_narrow_enough():
    outcomes = [R] * 30
    until = width(20, 20, 0.05)
    progress = PointProgress(Point(0, "ring", {}), 30, until)
    for index, outcome in enumerate(outcomes[:19]):
        progress.add(index, outcome)
        assert not progress.finished
    progress.add(19, R)
    assert progress.finished
    assert progress.wanted == 20
    assert progress.take(False) is None


@pytest.mark.parametrize("apart", [U, G])
def test_unharmed_and_not_grown_trials_do_not_narrow_the_interval(apart):
    progress = PointProgress(Point(0, "ring", {}), 30, width(10, 10, 0.05))
    for index in range(20):
        progress.add(index, apart if index % 2 else R)
        assert progress.finished == (index == 19)


def test_results_too_many_are_named_and_later_ones_not_selected(plan):
    wanted = Wanted(plan, width(10, 10, 0.05))
    early = [trial(0, index, R) for index in (12, *range(9))]
    assert wanted.add(early) == {}
    assert wanted.add([trial(0, 9, R)]) == {0: 10}
    assert wanted.select([trial(0, 11, N), trial(1, 0, N)]) == [trial(1, 0, N)]
    assert wanted.total == 30


@given(
    st.lists(st.sampled_from([R, N, U, G]), min_size=1, max_size=60),
    st.floats(0.2, 0.9),
    st.randoms(use_true_random=False),
)
def test_the_number_of_trials_does_not_depend_on_the_order_of_their_arrival(outcomes, until, random):
    trials = len(outcomes)
    looks = [*range(10, trials, 10), trials]
    expected = trials
    for look in looks:
        counts = Counter(outcomes[:look])
        if width(counts[R], counts[R] + counts[N], 0.05) <= until:
            expected = look
            break
    progress = PointProgress(Point(0, "ring", {}), trials, until)
    for index in random.sample(range(trials), trials):
        progress.add(index, outcomes[index])
    assert progress.finished
    assert progress.wanted == expected


def test_the_clean_yardstick_decides(plan):
    lax = [made_up_trial(0, index, R, 1.0, clean_outcome=N, clean_rounds=None) for index in range(10)]
    wanted = Wanted(plan, width(10, 10, 0.05) - 1e-9)
    wanted.add(lax)
    assert wanted.outcomes == Counter({N: 10})
    assert wanted.points[0].outcomes == dict.fromkeys(range(10), N)
