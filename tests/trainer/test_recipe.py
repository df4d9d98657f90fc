"""Options and schedule."""

import pytest

from firmware.errors import InputError
from trainer.recipe import Recipe, rollout_steps


def test_schedule_by_hand():
    recipe = Recipe(steps=1000)
    assert [recipe.rate(step, step / 1000) for step in (0, 24, 49, 399, 400, 641)] == pytest.approx(
        [4e-3 / 50, 2e-3, 4e-3, 4e-3, 1.2e-3, 4e-4]
    )
    assert [recipe.rate(step, step / 1000) for step in (800, 901, 999)] == pytest.approx([1e-3, 3e-4, 1e-4])
    assert [recipe.quantised(p) for p in (0.0, 0.79, 0.8, 1.0)] == [False, False, True, True]
    assert [recipe.damages(p) for p in (0.0, 0.09, 0.1, 1.0)] == [False, False, True, True]
    assert not Recipe(regime="persistent").damages(0.5)


def test_a_trained_rule_is_not_shaken():
    """The first float stage has the rate of the second; all later ones are as ever."""
    fresh, going_on = Recipe(steps=1000), Recipe(steps=1000, start_crc32="0badcafe")
    assert going_on.rate(100, 0.1) == pytest.approx(0.3 * fresh.rate(100, 0.1)) == pytest.approx(1.2e-3)
    for step in (400, 641, 800, 901, 999):
        assert going_on.rate(step, step / 1000) == fresh.rate(step, step / 1000)


@pytest.mark.parametrize(("reach", "steps"), [(4, (32, 48)), (8, (32, 48)), (10, (35, 52)), (14, (49, 74))])
def test_rollout_length_grows_with_the_reach(reach, steps):
    assert rollout_steps(reach) == steps


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"regime": "healing"}, "regime: healing"),
        ({"hidden": 0}, "hidden: 0"),
        ({"hidden": 129}, "hidden: 129 - a cell's ROM holds 1 to 128"),
        ({"steps": 0}, "steps: 0"),
        ({"steps": None}, "exactly one"),
        ({"minutes": 1.0}, "exactly one"),
        ({"steps": None, "minutes": 0.0}, "minutes: 0.0"),
        ({"steps": None, "minutes": float("nan")}, "minutes: nan"),
        ({"seed": -1}, "seed: -1"),
        ({"stale_steps": 17}, "stale_steps: 17"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(InputError, match=message):
        Recipe(**options)
