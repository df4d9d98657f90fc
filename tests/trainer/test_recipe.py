"""Options and schedule."""

import pytest

from firmware.errors import InputError
from trainer.recipe import Recipe, lengths, usual_steps


def test_schedule_by_hand():
    recipe = Recipe(steps=1000)
    found = [
        recipe.learning_rate(*at) for at in ((0, 0), (24, 0), (49, 0), (250, 0.25), (500, 0.5), (999, 1))
    ]
    assert found == pytest.approx([8e-5, 2e-3, 4e-3, 3.425929e-3, 2.04e-3, 8e-5])
    assert Recipe(steps=1000, rate=0.01).learning_rate(500, 0.5) == pytest.approx(5.1e-3)
    assert [recipe.batch(p) for p in (0.0, 0.44, 0.45, 0.74, 0.75, 1.0)] == [2, 2, 4, 4, 8, 8]
    assert [recipe.quantised_share(p) for p in (0.0, 0.2, 0.3, 0.4, 0.6, 1.0)] == pytest.approx(
        [0, 0, 0.25, 0.5, 1, 1]
    )
    assert [Recipe(lost=6).lost_most(p) for p in (0.0, 0.2, 0.4, 0.6, 1.0)] == [0, 0, 3, 6, 6]


def test_a_rule_learns_to_grow_before_it_is_wounded():
    assert [Recipe().damages(p) for p in (0.0, 0.09, 0.1, 1.0)] == [False, False, True, True]
    assert not Recipe(regime="persistent").damages(0.5)
    assert not Recipe(regime="growing").damages(0.5)


@pytest.mark.parametrize(
    ("role", "small", "large"),
    [("seed", (32, 47), (112, 168)), ("wounded", (22, 43), (77, 154)), ("held", (8, 29), (26, 102))],
)
def test_rollouts_are_as_long_as_the_target_is_far(role, small, large):
    """At least as for a reach of 9."""
    assert lengths(role, 2) == lengths(role, 9) == small
    assert lengths(role, 32) == large


@pytest.mark.parametrize(("reach", "steps"), [(1, 100), (4, 1000), (10, 4100), (16, 8300), (32, 23500)])
def test_larger_targets_take_more_steps(reach, steps):
    assert usual_steps(reach) == steps


def test_the_smallest_target_takes_some_steps_too():
    assert Recipe(steps=usual_steps(0)).steps >= 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"regime": "healing"}, "regime: healing - it must be one of growing, persistent, regenerating"),
        ({"optimiser": "sgd"}, "optimiser: sgd - it must be one of soap, muon, adam"),
        ({"hidden": 0}, "hidden: 0"),
        ({"hidden": 129}, "hidden: 129 - it must be 1 to 128"),
        ({"steps": 0}, "steps: 0"),
        ({"steps": 10_000_001}, "steps: 10000001 - it must be 1 to 10000000"),
        ({"steps": None}, "exactly one"),
        ({"minutes": 1.0}, "exactly one"),
        ({"steps": None, "minutes": 0.0}, "minutes: 0.0"),
        ({"steps": None, "minutes": float("nan")}, "minutes: nan"),
        ({"steps": None, "minutes": 43201.0}, "minutes: 43201.0"),
        ({"seed": -1}, "seed: -1"),
        ({"rate": 0.0}, "rate: 0.0"),
        ({"rate": float("nan")}, "rate: nan"),
        ({"rate": 1.1}, "rate: 1.1"),
        ({"lost": -1}, "lost: -1"),
        ({"lost": 16}, "lost: 16 - it must be 0 to 15"),
        ({"pool": 7}, "pool: 7 - it must be 8 to 256"),
        ({"pool": 257}, "pool: 257"),
        ({"margin": 9}, "margin: 9 - it must be 0 to 8"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(InputError, match=message):
        Recipe(**options)


def test_a_rule_that_is_trained_already_goes_on_where_int8_is_all():
    """All samples are int8, lose messages and are wounded from the first step on, at half of the rate."""
    fresh, started = Recipe(steps=1000), Recipe(steps=1000, start_crc32="00c0ffee")
    assert [started.batch(progress) for progress in (0, 0.3, 0.4, 1)] == [4, 4, 8, 8]
    assert [fresh.quantised_share(0), started.quantised_share(0), started.lost_most(0)] == [0, 1, 8]
    assert (fresh.damages(0), started.damages(0)) == (False, True)
    for step, progress in ((0, 0), (100, 0.1), (999, 0.999)):
        assert started.learning_rate(step, progress) == fresh.learning_rate(step, progress) / 2
