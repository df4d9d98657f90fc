"""What heals seldom is practised more."""

import pytest

from trainer.damage import FAULTY_KINDS, KINDS
from trainer.practice import MEMORY, PRACTISED, Practice
from trainer.recipe import Recipe

EVEN = dict.fromkeys(KINDS, 1 / len(KINDS))


def test_at_first_nothing_is_known_and_all_is_usual():
    usual = Recipe().damage(1)
    found = Practice(0.1).shares(usual)
    assert list(found) == list(KINDS)
    assert found == pytest.approx(usual)


def test_shares_by_hand():
    """A half that never heals comes 1.1 / .1 times as often as a disc that always does."""
    practice = Practice(0.1)
    practice.failed |= dict.fromkeys(PRACTISED, 0.0) | {"side": 1.0}
    found = practice.shares(EVEN)
    restarting = len(PRACTISED) / len(KINDS)
    assert found["side"] == pytest.approx(restarting * 1.1 / (1.1 + 4 * 0.1))
    assert found["disc"] == pytest.approx(restarting * 0.1 / (1.1 + 4 * 0.1))
    assert sum(found.values()) == pytest.approx(1)
    assert all(found[kind] == EVEN[kind] for kind in FAULTY_KINDS)


def test_a_kind_that_is_turned_off_stays_so():
    usual = Recipe(wounds={"disc": 1.0, "babbling": 1.0}).damage(1)
    practice = Practice(0.1)
    practice.failed["side"] = 1.0
    assert practice.shares(usual) == usual


def test_what_happened_is_a_running_mean():
    practice = Practice(0.1)
    practice.note("disc", healed=True)
    assert practice.failed["disc"] == pytest.approx(0.5 * (1 - 1 / MEMORY))
    practice.note("disc", healed=False)
    assert practice.failed["disc"] == pytest.approx(0.5 * (1 - 1 / MEMORY) ** 2 + 1 / MEMORY)
    practice.note("babbling", healed=False)
    assert practice.failed == dict.fromkeys(PRACTISED, 0.5) | {"disc": practice.failed["disc"]}


def test_the_least_that_a_recipe_can_ask_for():
    usual = Recipe(wounds={"disc": 1e-6, "side": 0, "babbling": 1e6}, evenness=1e-6).damage(1)
    practice = Practice(1e-6)
    practice.failed = dict.fromkeys(PRACTISED, 0.0)
    found = practice.shares(usual)
    assert found == pytest.approx(usual)
    assert found["disc"] > 0


def test_it_stays_a_share_and_nothing_is_given_up():
    practice = Practice(0.1)
    for _ in range(5000):
        practice.note("side", healed=True)
        practice.note("square", healed=False)
    assert 0 <= practice.failed["side"] < 1e-9
    assert 1 - 1e-9 < practice.failed["square"] <= 1
    assert practice.shares(EVEN)["side"] > 0
