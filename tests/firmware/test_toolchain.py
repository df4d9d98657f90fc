"""Finding compilers, and passing on what they say."""

import sys

import pytest

from firmware import toolchain
from firmware.errors import InputError
from firmware.target import CHIPS, TARGETS, find_target
from firmware.toolchain import CompileError, compile_in, compiler, find_program, require


def test_unknown_target_lists_the_known_ones():
    with pytest.raises(
        InputError, match="z80 - it is unknown; choose one of cortex-m0plus, rv32imc, rv32ec, host"
    ):
        find_target("z80")
    assert find_target("rv32ec") is TARGETS["rv32ec"]
    assert CHIPS == ("cortex-m0plus", "rv32imc", "rv32ec")


def test_no_toolchain_says_what_to_install(monkeypatch):
    monkeypatch.setattr(toolchain, "find_spec", lambda name: None)
    with pytest.raises(
        InputError, match=r"ziglang - it is not installed; pip install 'planaria\[hardware\]'"
    ):
        compiler(None)
    with pytest.raises(InputError, match=r"simulator: unicorn - it is not installed; pip install"):
        require("unicorn", "simulator")


def test_no_such_gcc():
    with pytest.raises(InputError, match="no-such-gcc - it is not installed; leave out --cc"):
        compiler("no-such-gcc")


def test_a_compilers_words_are_shown_but_not_without_end(tmp_path):
    script = "import sys; sys.stderr.write('marmalade\\n' + 'more\\n' * 100); sys.exit(1)"
    with pytest.raises(CompileError, match="marmalade\nmore") as caught:
        compile_in(tmp_path, [sys.executable, "-c", script], "out")
    assert str(caught.value).count("more") == 29
    assert caught.value.output.count("more") == 100


def test_a_program_of_the_current_folder_is_taken_only_by_its_path(tmp_path, monkeypatch):
    there = tmp_path / "there"
    there.mkdir()
    for folder, name in ((tmp_path, "gcc"), (tmp_path, "mine"), (there, "gcc")):
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f":.:there:..:{there}:")
    assert find_program("gcc") == str(there / "gcc")
    assert find_program("mine") is None
    assert find_program("") is None
    assert find_program("./gcc") == str(tmp_path / "gcc")
    assert find_program("there/gcc") == str(there / "gcc")
    assert find_program("./none") is None
    monkeypatch.setenv("PATH", "")
    assert find_program("gcc") is None
    assert compiler("./mine") == [str(tmp_path / "mine")]
