import pytest

from planaria import open_genome
from planaria.compiling import EACH_TIME, ONCE, compile_first


@pytest.fixture
def said():
    return []


def test_nothing_is_said_where_nothing_is_compiled(said, monkeypatch):
    monkeypatch.setattr("emulator.arrays.compiled.core.is_warm", lambda _name: True)
    compile_first(open_genome("ring"), said.append)
    assert said == []


def test_who_waits_is_told_why_and_others_find_it_ready(planaria, tmp_path):
    """Of two workers, none compiles; the line is there without a terminal too."""
    (tmp_path / "small.toml").write_text(
        'title = "small"\ngenomes = ["ring"]\ntimeline = ["restart:half:left@3"]\ntrials = 4\n'
        "horizon_rounds = 9\n[recovery]\ndwell_rounds = 2\n"
    )
    cache = tmp_path / "cache"
    arguments = ("measure", "small.toml", "--workers", 2, "-o")
    first = planaria(*arguments, "one", NUMBA_CACHE_DIR=str(cache))
    assert first.returncode == 0
    assert first.stderr == f"planaria: {ONCE}\n"
    kept = sorted(cache.rglob("*.code"))
    assert len(kept) >= 2
    second = planaria(*arguments, "two", NUMBA_CACHE_DIR=str(cache))
    assert second.stderr == ""
    assert sorted(cache.rglob("*.code")) == kept


def test_where_nothing_can_be_kept_nobody_waits_in_vain(said, monkeypatch):
    monkeypatch.setattr("emulator.arrays.compiled.core.is_warm", lambda _name: False)
    monkeypatch.setattr("emulator.arrays.compiled.cache.place", lambda: (None, "/a\n/b of another user"))
    compile_first(open_genome("ring"), said.append)
    assert said == [EACH_TIME.format(reason="/a\\n/b of another user")]
