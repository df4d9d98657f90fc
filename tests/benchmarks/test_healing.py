"""The table of healing, by answers that are known."""

from concurrent.futures import Future
from dataclasses import replace

from benchmarks.healing import COLUMNS, Row, ask
from planaria.appraisal import CUTS
from planaria.healing import Healed, Wound
from tests.small_genome import small_genome


def known(answer):
    future = Future()
    future.set_result(answer)
    return future


def healed(clean, worlds, name="left"):
    """Of those that are not clean the first has never grown."""
    grown = [0.5] * clean + [10.5, 10.0, *[3.5] * worlds]
    return known(Healed(Wound(name, "restart:all"), grown[:worlds], [3.0] * clean + [3.5] * (worlds - clean)))


def test_a_row():
    row = Row(
        small_genome(name="x", facts={"seed": 7, "train_seconds": 1234.5}),
        known([0.51, 0.6, 12.34]),
        [healed(10 - n, 10, cut) for n, cut in enumerate(CUTS)],
        [healed(2, 2, cut) for cut in CUTS],
        [healed(9, 10), healed(0, 10)],
    )
    cells = dict(zip(COLUMNS, row.cells(), strict=True))
    assert cells == {
        "genome": "x",
        "px": "5",
        "seed": "7",
        "trained, s": "1,234",
        "E at 200": "0.5",
        "E at 1,000": "0.6",
        "E at 10,000": "12.3",
        "left": "10 of 10 (69.2)",
        "right": "9 of 10 (55.5)",
        "top": "8 of 10 (44.4)",
        "bottom": "7 of 10 (34.8)",
        "square": "6 of 10 (26.2)",
        "5 cuts": "40 of 50 (66.3)",
        "5 cuts, 50% lost": "10 of 10 (69.2)",
        "half of all cells": "9 of 10 (55.5)",
        "babble": "0 of 10 (0.0)",
        "not grown": "4",
        "not grown, 50% lost": "0",
    }


class Pool:
    """Knows all answers, and remembers what it was asked."""

    def __init__(self):
        self.asked = []

    def submit(self, what, genome, *asked):
        self.asked.append(asked)
        return known([0.0, 0.0, 0.0])


def test_with_half_of_the_messages_lost_a_fifth_of_the_worlds_will_do():
    pool = Pool()
    ask(pool, small_genome(), 10)
    (errors, *healing) = [[getattr(one, "name", one) for one in asked] for asked in pool.asked]
    assert errors == []
    assert healing[:5] == [[cut, 10, 0.05, 10 * n] for n, cut in enumerate(CUTS)]
    assert healing[5:10] == [[cut, 2, 0.5, 2 * n] for n, cut in enumerate(CUTS)]
    assert healing[10:] == [["half of all cells", 10, 0.05, 50], ["babble", 10, 0.05, 60]]


def test_facts_that_are_no_numbers():
    genome = small_genome(facts={"train_seconds": "long"})
    assert ask(Pool(), replace(genome, regime="growing"), 10).cells()[2:4] == ["-", "-"]


def test_who_was_not_trained_to_heal_is_not_wounded():
    genome = replace(small_genome(), regime="growing")
    cells = ask(Pool(), genome, 10).cells()
    assert cells[4:] == ["0.0"] * 3 + ["-"] * 11
