import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planaria import hint
from planaria.hint import paste, paste_here


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["planaria", "report", Path("my cuts")], "planaria report 'my cuts'"),
        (["planaria", "report", Path("./-cuts")], "planaria report ./-cuts"),
        (["planaria", "report", Path("it's")], """planaria report 'it'"'"'s'"""),
        (["run", Path("a\nb's")], r"run $'a\x0ab\'s'"),
        (["run", Path("a\udcff1")], r"run $'a\xff1'"),
        (["run", Path("a\ud800")], r"run $'a\xed\xa0\x80'"),
        (["run", Path("🦎 é")], "run '🦎 é'"),
        (["run", "--rounds", 300, Path("$HOME;`x`")], "run --rounds 300 '$HOME;`x`'"),
    ],
)
def test_by_hand(words, line):
    assert paste(*words) == line


FILE_NAMES = st.binary(min_size=1).map(os.fsdecode) | st.text(st.characters(codec="utf-8"), min_size=1)
"""Whatever bytes a file system holds, and texts."""


@settings(deadline=None, max_examples=100)
@given(st.lists(FILE_NAMES.filter(lambda name: not {"\0", "/"} & set(name)), min_size=1))
def test_a_shell_reads_the_same_words(names):
    line = paste(*map(Path, names))
    assert len(line.splitlines()) == 1
    output = subprocess.run(["bash", "-c", f"printf '%s\\0' {line}"], capture_output=True, check=True).stdout
    words = [os.fsdecode(word) for word in output.split(b"\0")[:-1]]
    assert [Path(word) for word in words] == [Path(name) for name in names]
    assert not any(word.startswith("-") for word in words)


@pytest.mark.parametrize(
    ("found", "started", "program"),
    [
        ("/usr/bin/planaria", "/x/.venv/bin/planaria", "planaria"),
        (None, ".venv/bin/planaria", ".venv/bin/planaria"),
        (None, "/a b/bin/planaria", "'/a b/bin/planaria'"),
        (None, "/x/planaria/__main__.py", f"{sys.executable} -m planaria"),
        (None, "-c", f"{sys.executable} -m planaria"),
    ],
)
def test_a_program_that_the_shell_does_not_find_is_called_as_it_was(monkeypatch, found, started, program):
    monkeypatch.setattr(hint.shutil, "which", lambda _name: found)
    monkeypatch.setattr(sys, "argv", [started])
    assert paste_here("report", Path("cuts")) == f"{program} report cuts"
