"""Options and schedule."""

from dataclasses import replace

import pytest

from firmware.errors import InputError
from trainer.damage import KINDS
from trainer.recipe import USUAL, Recipe, usual_rate, usual_steps


def test_schedule_by_hand():
    recipe = Recipe(steps=1000)
    found = [
        recipe.learning_rate(*at) for at in ((0, 0), (24, 0), (49, 0), (250, 0.25), (500, 0.5), (999, 1))
    ]
    assert found == pytest.approx([8e-5, 2e-3, 4e-3, 3.4142136e-3, 2e-3, 0])
    assert Recipe(steps=1000, rate=0.01, least_rate=0.02).learning_rate(500, 0.5) == pytest.approx(5.1e-3)
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
    assert Recipe().rollout(role, 2) == Recipe().rollout(role, 9) == small
    assert Recipe().rollout(role, 32) == large


@pytest.mark.parametrize(("reach", "steps"), [(1, 200), (4, 1600), (10, 6300), (16, 12800), (32, 36200)])
def test_larger_targets_take_more_steps(reach, steps):
    assert usual_steps(reach) == steps


@pytest.mark.parametrize(
    ("reach", "rate"), [(0, 0.004), (12, 0.004), (20, 0.004), (26, 0.0027), (32, 0.002), (64, 0.0007)]
)
def test_beyond_40_px_steps_are_smaller(reach, rate):
    """By as much as there are more of them: 16 px is ``reach`` 8, 40 px 20, 64 px 32."""
    assert usual_rate(reach) == rate


def test_the_smallest_target_takes_some_steps_too():
    assert Recipe(steps=usual_steps(0)).steps >= 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"regime": "healing"}, "regime: healing - it must be one of growing, persistent, regenerating"),
        ({"optimiser": "sgd"}, "optimiser: sgd - it must be one of soap, muon, adam"),
        ({"hidden": 0}, "hidden: 0"),
        ({"hidden": 129}, "hidden: 129 - it must be a whole number, 1 to 128"),
        ({"steps": 0}, "steps: 0"),
        ({"steps": 10_000_001}, "steps: 10000001 - it must be a whole number, 1 to 10,000,000"),
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
        ({"lost": 16}, "lost: 16 - it must be a whole number, 0 to 15"),
        ({"pool": 7}, "pool: 7 - it must be a whole number, 8 to 256"),
        ({"pool": 257}, "pool: 257"),
        ({"margin": 9}, "margin: 9 - it must be a whole number, 0 to 8"),
        ({"pool": 64.0}, "pool: 64.0"),
        ({"pool": True}, "pool: True"),
        ({"rate": "fast"}, "rate: fast - it must be 0.000001 to 1"),
        ({"hope": 5e-324}, "hope: 5e-324 - it must be 0.000001 to 1,000"),
        ({"overflow_from": 2.5}, "overflow_from: 2.5"),
        ({"last_hope": 0}, "last_hope: 0 - it must be 0.000001 to 1,000"),
        ({"hope_falls": [0.9, 0.6]}, "the second is less than the first"),
        ({"gradual": 0.5}, "gradual: 0.5 - there must be two numbers"),
        ({"gradual": [0.5]}, r"gradual: \[0.5\] - there must be two numbers"),
        ({"gradual": [0.6, 0.2]}, "the second is less than the first"),
        ({"gradual": [0, 1.5]}, "gradual: 1.5"),
        ({"fires": {"3": 1}}, "fires: 3 - there is no such kind; known are: 2, 4, 8, 16"),
        ({"fires": {}}, "fires: {} - there must be a share"),
        ({"fires": {"4": 0}}, "all shares are 0"),
        ({"fires": {"4": -1}}, "fires.4: -1"),
        ({"wounds": {"burn": 1}}, "wounds: burn - there is no such kind"),
        ({"wounds": {"disc": float("nan")}}, "wounds.disc: nan"),
        ({"wounds": {"disc": True}}, "wounds.disc: True - it must be 0, or 0.000001 to 1,000,000"),
        ({"wounds": {"disc": 1e-320, "babbling": 1e6}}, "wounds.disc: 1e-320 - it must be 0, or 0.000001"),
        ({"evenness": 0}, "evenness: 0 - it must be 0.000001 to 1,000,000"),
        ({"evenness": 1e7}, "evenness: 10000000.0"),
        ({"wounds": [1]}, r"wounds: \[1\]"),
        ({"wounds": {"disc": 0, "babbling": 1}}, "cells must restart in some"),
        ({"lengths": {"seed": [1, 2]}}, "there must be seed, wounded, held"),
        ({"lengths": dict(USUAL["lengths"], held=[2, 1])}, "lengths.held: .* the second is less"),
        (
            {"lengths": dict(USUAL["lengths"], held=[1, 21])},
            "lengths.held: 21 - it must be above 0",
        ),
        ({"batches": []}, "there must be 1 to 16 pairs"),
        ({"batches": [[number / 17, 2] for number in range(17)]}, "there must be 1 to 16 pairs"),
        ({"batches": [[0, 9]], "pool": 8}, "batches: 9 - the pool has 8 samples"),
        ({"start_crc32": 12345678}, "start_crc32: 12345678 - it is none"),
        ({"batches": [[0, 1]]}, "batches: 1 - it must be a whole number, 2 to 16"),
        ({"batches": [[0.5, 2]]}, "shares must rise from 0"),
        ({"batches": [[0, 2], [0.5, 4], [0.5, 8]]}, "shares must rise from 0"),
        ({"batches": [[0, 2], 3]}, "there must be pairs"),
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


def test_faulty_cells_come_in_gradually():
    recipe = Recipe(wounds={"babbling": 1, "side": 1, "disc": 3})
    shares = {0.1: (0.75, 0.25, 0), 0.4: (3 / 4.5, 1 / 4.5, 0.5 / 4.5), 1: (0.6, 0.2, 0.2)}
    for progress, expected in shares.items():
        found = recipe.damage(progress)
        assert list(found) == list(KINDS)
        assert [found[kind] for kind in ("disc", "side", "babbling")] == pytest.approx(expected)
        assert sum(found.values()) == pytest.approx(1)


def test_the_order_of_a_table_does_not_matter():
    turned = {name: dict(reversed(USUAL[name].items())) for name in ("wounds", "fires")}
    assert list(Recipe(**turned).damage(0.5).items()) == list(Recipe().damage(0.5).items())
    assert list(Recipe(**turned).halvings().items()) == list(Recipe().halvings().items())


def test_what_comes_at_once_comes_at_once():
    recipe = Recipe(gradual=[0.5, 0.5])
    assert [recipe.quantised_share(progress) for progress in (0, 0.49, 0.5, 1)] == [0, 0, 1, 1]


def test_hope_falls_in_equal_ratios():
    recipe = Recipe(hope=0.08, last_hope=0.005, hope_falls=[0.25, 0.75])
    found = [recipe.hope_at(progress) for progress in (0, 0.25, 0.375, 0.5, 0.625, 0.75, 1)]
    assert found == pytest.approx([0.08, 0.08, 0.04, 0.02, 0.01, 0.005, 0.005])
    started = replace(recipe, start_crc32="00c0ffee")
    assert [started.hope_at(progress) for progress in (0, 0.375, 1)] == pytest.approx(
        [0.08 / 16**0.7, 0.005, 0.005]
    )


def test_how_often_cells_wake():
    assert Recipe(fires={"2": 1, "16": 3}).halvings() == {1: 0.25, 2: 0, 3: 0, 4: 0.75}


def test_what_is_unusual_is_said():
    assert Recipe(steps=7, seed=3).unusual == {}
    assert Recipe(rate=0.01, fires={"4": 1}).unusual == {"rate": 0.01, "fires": {"4": 1}}
