"""The table of programs that were hurt."""

from benchmarks.gallery import EXAMPLES, HURTS, WORLDS, cell, hurt
from benchmarks.robots import SCENES
from emulator.record.recovery import Judgement, Outcome, Recovery


def test_all_programs_are_in_it():
    """But for twins, which is a genome, what is written in C, and robots, which have a table of their own."""
    programs = {path.stem for path in EXAMPLES.glob("*.py") if "    source = " not in path.read_text()}
    robots = {name for name in programs if "plane" in (EXAMPLES / f"{name}.py").read_text()}
    assert SCENES.keys() == robots
    assert WORLDS.keys() == programs - robots - {"twins"}


def test_what_a_cell_says():
    outcomes = [
        Outcome.RECOVERED,
        Outcome.RECOVERED,
        Outcome.NOT_RECOVERED,
        Outcome.NOT_GROWN,
        Outcome.UNHARMED,
    ]
    rounds = [4.0, 6.0, None, None, None]
    recoveries = [
        Recovery(outcome, 0, clean=Judgement(outcome, 0, rounds=time))
        for outcome, time in zip(outcomes, rounds, strict=True)
    ]
    assert cell(recoveries) == "2 of 3 (5), 1 not ready, 1 unharmed"
    assert cell(recoveries[2:3]) == "0 of 1"


def test_each_world_is_hurt_once():
    recoveries = hurt("broadcast", HURTS[2], 3)
    assert [recovery.wound for recovery in recoveries] == ["scramble:all@100"] * 3
    assert [str(recovery.clean.outcome) for recovery in recoveries] == ["recovered"] * 3
    assert len({recovery.clean.updates for recovery in recoveries}) == 3
