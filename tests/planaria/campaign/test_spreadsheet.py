import csv
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planaria.campaign.measure import write_table
from planaria.campaign.plan import Plan
from planaria.campaign.spreadsheet import inert
from planaria.campaign.store import Store
from planaria.shipped import open_genome
from tests.planaria.campaign.test_store import FAILED, HEALED, fitting
from tests.planaria.campaign.tiny import PLAN

FORMULAS = [
    "=1+cmd.genome", "@SUM(A1).genome", "-2+3.genome", "+2", " =1", "\u00a0=1", "'=1",
    '"=1', " ' \"=1", "\ufeff=1", "\u200b-1", "\uff1d1", "\uff0b1", "\uff0d1", "\uff201", "\ttext", "-5", "=",
]  # fmt: skip


@pytest.mark.parametrize("text", FORMULAS)
def test_what_may_be_a_formula_gets_an_apostrophe(text):
    assert inert(text) == f"'{text}"


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("a;=1", "a;'=1"),
        ('a;"=1', "a;'\"=1"),
        ("=1;a;-2; +3", "'=1;a;'-2;' +3"),
        ("a\t=1", "a\t'=1"),
        ("a\r\n@b\nc", "a\r\n'@b\nc"),
        ("\t=1", "'\t'=1"),
        ("\n=1", "'\n'=1"),
        ("\r=1", "'\r'=1"),
    ],
)
def test_cells_that_begin_within_a_text(text, cell):
    """Where a semicolon parts cells, quotes around the text do not hold it together."""
    assert inert(text) == cell


@pytest.mark.parametrize(
    "value",
    [
        "a;b",
        "a;1",
        "x\ty",
        -5,
        -0.25,
        5,
        1e-7,
        None,
        "",
        "ring",
        "half:left",
        "a=1",
        "a-b",
        "'",
        "disc:1,2,3",
        "2",
        "é",
    ],
)
def test_all_else_stays_as_it_is(value):
    assert inert(value) == value


@given(st.text())
def test_no_cell_begins_as_a_formula(text):
    cell = inert(text)
    for part in re.split("[;\t\r\n]", cell):
        assert not part.lstrip(" ").startswith(("=", "+", "-", "@"))
    assert cell.replace("'", "") == text.replace("'", "")


def test_the_table_of_a_strangers_plan(tmp_path):
    """Names of genomes, swept and drawn texts; numbers stay numbers."""
    text = PLAN.replace('"ring"', '"=1+cmd.genome"').replace("@60", '@60", "loss:{p}@60+1')
    text = text.replace("radius = [2, 4]", 'radius = [2, 4]\np = ["-0"]')
    genomes = {"=1+cmd.genome": open_genome("ring")}
    plan = Plan.parse(text, "p.toml")
    with Store.create_or_open(tmp_path / "results", plan, genomes, None) as store:
        seeded = store.plan
        store.add([fitting(seeded, FAILED), fitting(seeded, HEALED)])
        write_table(tmp_path / "t.csv", store.rows())
    with (tmp_path / "t.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["genome"] for row in rows] == ["'=1+cmd.genome"] * 2
    assert [row["displaced_rows"] for row in rows] == ["-1", "-1"]
    assert [row["error_end"] for row in rows] == ["1e-07", "1e-07"]
    assert [row["p"] for row in rows] == ["'-0", "'-0"]
    assert [row["radius"] for row in rows] == ["2", "2"]
