"""How surely organisms heal, for the facts of a genome."""

from dataclasses import replace

import numpy as np
import pytest

from planaria import Grid, healing, open_genome
from planaria.appraisal import CUTS
from planaria.healing import (
    Healed,
    Wound,
    cuts,
    describe_endurance,
    endurance,
    endurance_parts,
    harder,
    heal,
    in_own_worlds,
)


@pytest.fixture
def ring():
    return open_genome("ring")


@pytest.fixture
def short(monkeypatch):
    """Few worlds, and short lives."""
    monkeypatch.setattr(healing, "WORLDS", 2)
    monkeypatch.setattr(healing, "LASTING_ROUNDS", 300)


def test_wounds(ring):
    """The ring's grid has 36 rows and columns; half of its 20 px is 10."""
    assert cuts(ring) == [
        Wound("left", "restart:half:left"),
        Wound("right", "restart:half:right"),
        Wound("top", "restart:half:top"),
        Wound("bottom", "restart:half:bottom"),
        Wound("square", "restart:rect:13,13,10,10"),
    ]
    assert harder(ring) == [
        Wound("half of all cells", "restart:random:0.5"),
        Wound("babble", "babble:disc:18,18,1", 40),
    ]


@pytest.mark.parametrize("number", [0, 1])
def test_when_an_organism_has_to_be_clean(ring, number):
    """The largest E from 100 to 125 rounds after the wound is over, 5 % of the messages lost."""
    wound = harder(ring)[number]
    found = heal(ring, wound, 2)
    assert found.not_grown == 0
    for seed, (grown, worst) in enumerate(zip(found.grown, found.worst, strict=True)):
        fault = f"{wound.fault}@200" + ("+40" if number else "")
        grid = Grid(ring, rows=36, cols=36, seed=seed, loss=0.05, faults=[fault], record=False)
        over = 300 + wound.rounds
        errors = grid.run(over + 25).error_by_round
        assert (grown, worst) == (errors[199], max(errors[over:]))


def test_clean_is_an_error_of_three():
    assert Healed(Wound("x", "y"), [0.5] * 4, [0.5, 3.0, 3.01, 900]).clean == 2


def test_who_was_not_recognisable_before_the_wound_had_not_grown():
    """They count like all others, even if they are clean in the end."""
    healed = Healed(Wound("x", "y"), [10.0, 10.01, 1000], [1.0, 1.0, 1000])
    assert (healed.not_grown, healed.clean) == (2, 2)


def test_no_world_comes_twice():
    wounds = [Wound(name, "restart:all") for name in "abc"]
    assert list(in_own_worlds(wounds, 4, 100)) == list(zip(wounds, (100, 104, 108), strict=True))


def test_facts(ring, short):
    parts = []
    facts = endurance(ring, lambda: parts.append(1))
    assert len(parts) == endurance_parts("regenerating") == 6
    assert list(facts) == ["E_async_300", "healing_worlds", *(f"clean_{cut}" for cut in CUTS), "not_grown"]
    assert facts["healing_worlds"] == 2
    grid = Grid(ring, rows=28, cols=28, record=False)
    assert facts["E_async_300"] == round(grid.run(300).error_by_round[300], 3)


def test_each_cut_has_worlds_of_its_own(ring, short, monkeypatch):
    asked = []

    def heal(genome, wound, worlds, first_seed):
        asked.append((wound, worlds, first_seed))
        return Healed(wound, [0.5, 11.0], [0.5, 3.5 if wound.name == "top" else 2.5])

    monkeypatch.setattr(healing, "heal", heal)
    facts = endurance(ring)
    assert asked == [(cut, 2, 2 * number) for number, cut in enumerate(cuts(ring))]
    assert [facts[f"clean_{cut}"] for cut in CUTS] == [2, 2, 1, 2, 2]
    assert facts["not_grown"] == 5


def test_who_is_not_asked_to_heal(ring, short):
    assert list(endurance(replace(ring, regime="persistent"))) == ["E_async_300"]
    assert endurance_parts("persistent") == 1


def test_in_words():
    facts = {
        "E_async_10000": 1.26,
        "healing_worlds": 12,
        **dict.fromkeys((f"clean_{cut}" for cut in CUTS), 12),
    }
    assert describe_endurance({}) == ""
    assert (
        describe_endurance(facts)
        == "E 1.3 after 10,000 rounds; with 5% of messages lost, 60 of 60 cuts clean"
    )
    facts |= {"clean_top": 11, "clean_square": 0}
    assert describe_endurance(facts).endswith("47 of 60 cuts clean (top 11, square 0 of 12)")
    facts |= {"not_grown": 1}
    assert describe_endurance(facts).endswith("(top 11, square 0 of 12); 1 had not grown when they were cut")
    assert "grown" not in describe_endurance(facts | {"not_grown": 0})


def test_what_cannot_grow_is_not_clean(ring):
    nothing = replace(ring, w2=np.zeros_like(ring.w2))
    healed = heal(nothing, cuts(nothing)[0], 1)
    assert (healed.clean, healed.not_grown) == (0, 1)
