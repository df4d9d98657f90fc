"""The table of the genomes that come with planaria, by genomes whose facts are known."""

import pytest

from planaria import zoo
from planaria.appraisal import CUTS
from planaria.commands.genomes import print_table
from tests.small_genome import small_genome

CLEAN = {f"clean_{cut}": 12 for cut in CUTS} | {"clean_top": 10}


@pytest.fixture
def shipped(monkeypatch, tmp_path):
    """``shipped(name, facts)`` is a table of this genome."""

    def make(name, facts):
        path = tmp_path / f"{name}.genome"
        small_genome(name=name, facts=facts).save(path)
        monkeypatch.setattr(zoo, "shipped_paths", lambda: {name: path})
        return zoo.table()

    return make


def test_a_genome_that_heals(shipped, capsys):
    errors = {"E_async_200": 0.5, "E_async_1000": 0.625, "E_async_10000": 1.26}
    made = {"seed": 7, "train_seconds": 61.4, "command": "planaria train x"}
    (row,) = shipped("x", {**errors, "healing_worlds": 12, **CLEAN, **made})
    assert [row[f"E_{rounds}"] for rounds in (200, 1000, 10000)] == [0.5, 0.625, 1.26]
    assert (row["clean"], row["cuts"], row["worst_cut"]) == (58, 60, "top 10 of 12")
    assert {name: row[name] for name in made} == made
    print_table([row])
    words = capsys.readouterr().out.splitlines()[1].split()
    assert words[0] == "x"
    assert " ".join(words[-12:]) == "0.5 0.6 1.3 58 of 60 top 10 of 12 61 s"


def test_a_genome_of_before_says_less(shipped, capsys):
    (row,) = shipped("x", {"E_sync_200": 1.5})
    assert (row["E_200"], row["E_1000"], row["clean"], row["worst_cut"], row["seed"]) == (1.5, *[None] * 4)
    print_table([row])
    assert capsys.readouterr().out.splitlines()[1].split()[-7:] == ["1.5", "-", "-", "-", "-", "-", "s"]
