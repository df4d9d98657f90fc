"""Of several rules the one that heals most wounds is taken, in worlds in which none is judged."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

import planaria.choice
from planaria.choice import FIRST_SEED, HEATS, WOUNDS, choice_parts, choose, wounds_healed
from planaria.healing import cuts, harder
from planaria.shipped import open_genome

FIRST, SECOND = HEATS


@pytest.fixture
def ring():
    return open_genome("ring")


@pytest.fixture
def contest(monkeypatch, ring):
    """``contest([(E, wounds healed in each world), ...])``: who is taken, and the worlds of each rule."""

    def call(known, regime="regenerating", holds=True):
        rules = [replace(ring, name=str(number), regime=regime) for number in range(len(known))]
        lived, parts = {rule.name: [] for rule in rules}, []

        def life(rule, seed):
            lived[rule.name].append(seed)
            return known[int(rule.name)][1]

        def look(rule, seed):
            assert seed == FIRST_SEED
            return SimpleNamespace(score=known[int(rule.name)][0], holds=holds)

        monkeypatch.setattr(planaria.choice, "appraise", look)
        monkeypatch.setattr(planaria.choice, "wounds_healed", life)
        taken = choose(rules, lambda: parts.append(1))
        assert len(parts) == choice_parts(rules)
        return taken, lived

    return call


def test_who_heals_most_wounds_is_taken_whatever_its_error(contest):
    taken, lived = contest([(0.5, 8), (0.6, 9), (0.7, 10), (0.8, 7)])
    assert taken == 2
    first = list(range(FIRST_SEED, FIRST_SEED + FIRST))
    second = list(range(FIRST_SEED + FIRST, FIRST_SEED + FIRST + SECOND))
    assert lived == {"0": first, "1": first + second, "2": first + second, "3": first}


def test_of_equal_ones_that_with_the_least_error(contest):
    assert contest([(0.6, 10), (0.5, 10), (0.7, 10)])[0] == 1
    assert contest([(0.6, 10), (0.6, 10)])[0] == 0


def test_both_heats_count(monkeypatch, ring):
    """Who was a little better in the first one may be worse in all."""
    monkeypatch.setattr(planaria.choice, "HEATS", (1, 1))
    healed = {FIRST_SEED: (9, 8, 0), FIRST_SEED + 1: (2, 4)}
    rules = [replace(ring, name=str(number)) for number in range(3)]
    monkeypatch.setattr(planaria.choice, "appraise", lambda *_: SimpleNamespace(score=1, holds=True))
    monkeypatch.setattr(planaria.choice, "wounds_healed", lambda rule, seed: healed[seed][int(rule.name)])
    assert choose(rules) == 1


def test_who_is_alone_needs_no_other_heat(contest):
    taken, lived = contest([(0.5, 8), (0.6, 9)])
    assert taken == 1
    assert [len(worlds) for worlds in lived.values()] == [FIRST, FIRST]


@pytest.mark.parametrize(
    "asked", [{"regime": "growing"}, {"regime": "persistent"}, {"holds": False}], ids=str
)
def test_others_are_not_wounded(contest, asked):
    taken, lived = contest([(0.6, 10), (0.5, 0)], **asked)
    assert taken == 1
    assert not any(lived.values())


def test_one_alone_is_not_wounded(contest):
    assert contest([(0.6, 10)]) == (0, {"0": []})


def test_wound_after_wound_until_one_does_not_heal(monkeypatch, ring):
    """All seven come, whatever the first one is. E has to be at most 3 when an organism has to be whole and
    in the 25 rounds that follow; the rest of a life does not count.
    """
    struck, lived = [], []

    class World:
        def __init__(self, genome, config, record):
            assert (config.seed, config.loss) == (3, 0.05)
            self.error_by_round = []

        def run(self, rounds):
            ill = len(struck) == 9
            lived.append(rounds)
            self.error_by_round = [*self.error_by_round, *[900.0] * rounds]
            self.error_by_round[-26:] = [3.5 if ill else 3.0, *[3.0] * 25]
            return self

        def wound(self, fault):
            struck.append(fault)

    monkeypatch.setattr(planaria.choice, "Grid", World)
    assert wounds_healed(ring, 3) == 8
    seven = [*(cut.fault for cut in cuts(ring)), "restart:random:0.5", f"{harder(ring)[1].fault}+40"]
    assert struck == [*seven[3:], *seven[:3], *seven[3:5]]
    assert lived == [200, 125, 125, 125, 165, 125, 125, 125, 125, 125]
    struck[:] = range(10)
    assert wounds_healed(ring, 3) == WOUNDS == 2 * len(seven)


def test_a_rule_that_heals_and_one_that_does_nothing():
    rule = open_genome("planarian-16")
    idle = replace(rule, w2=np.zeros_like(rule.w2))
    assert wounds_healed(rule, 0) == WOUNDS
    assert wounds_healed(idle, 0) == 0
