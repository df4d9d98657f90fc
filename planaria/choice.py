"""Which of the best rules of a training is taken: the one whose organisms heal of the most wounds.

Rules of one training have nearly the same E, and differ much in how often one of their wounds ends badly: of
22 of the last quarter of a training between 1 and 29 of 360 (docs/recipe.md). It takes many wounds to see
that. So an organism that is whole again is wounded again, and half of the rules leave after a first heat.
"""

from collections.abc import Callable, Sequence
from typing import Final

from emulator.config import RunConfig
from emulator.record.predicate import CLEAN
from firmware.genome import Genome
from planaria.appraisal import GROWN_ROUNDS, HEALING_ROUNDS, appraise, room
from planaria.grid import Grid
from planaria.healing import DWELL_ROUNDS, LOSS, MARGIN, cuts, harder, worst_of_dwell

FIRST_SEED: Final = 1_000_000
"""Of worlds in which rules are chosen; the one that is taken is then judged in others."""

HEATS: Final = (16, 32)
"""Worlds of each, the same for all rules; only the better half of them comes to the second."""

WOUNDS: Final = 14
"""Of an organism, at most: each kind twice."""


def choose(rules: Sequence[Genome], over: Callable[[], object] = lambda: None) -> int:
    """The number of the rule that does best.

    Of rules that are to heal it is the one whose organisms heal of the most wounds; of equal ones, and of
    others, the one with the least E (``Appraisal.score``). Organisms that hold no form are not wounded.

    Args:
        rules: of one regime, at least one.
        over: called after each of ``choice_parts``.
    """
    looks = []
    for rule in rules:
        looks.append(appraise(rule, FIRST_SEED))
        over()
    healed = [0] * len(rules)
    field = sorted(range(len(rules)), key=lambda number: looks[number].score)
    seed = FIRST_SEED
    for entrants, worlds in heats(rules):
        field = field[:entrants]
        for number in field:
            if looks[number].holds:
                healed[number] += sum(wounds_healed(rules[number], seed + world) for world in range(worlds))
            over()
        field.sort(key=lambda number: (-healed[number], looks[number].score))
        seed += worlds
    return field[0]


def heats(rules: Sequence[Genome]) -> list[tuple[int, int]]:
    """How many of these rules enter each heat, and its worlds; none for who is alone or shall not heal."""
    entrants, found = len(rules), []
    for worlds in HEATS if rules[0].regime == "regenerating" else ():
        if entrants > 1:
            found.append((entrants, worlds))
        entrants = (entrants + 1) // 2
    return found


def choice_parts(rules: Sequence[Genome]) -> int:
    """How many parts ``choose`` has."""
    return len(rules) + sum(entrants for entrants, _ in heats(rules))


def wounds_healed(genome: Genome, seed: int) -> int:
    """Of how many wounds an organism is clean again, one after another, until one of which it is not.

    Args:
        genome: its rule.
        seed: of its world, and which wound is the first one.
    """
    grid = Grid(genome, config=RunConfig(room(genome, MARGIN), seed=seed, loss=LOSS), record=False)
    grid.run(GROWN_ROUNDS)
    wounds = cuts(genome) + harder(genome)
    for number in range(WOUNDS):
        wound = wounds[(seed + number) % len(wounds)]
        grid.wound(wound.fault + wound.ending)
        errors = grid.run(wound.rounds + HEALING_ROUNDS + DWELL_ROUNDS).error_by_round
        if worst_of_dwell(errors) > CLEAN:
            return number
    return WOUNDS
