"""Finding compilers, and passing on what they say."""

import sys
from pathlib import Path

import pytest

from firmware.errors import InputError
from firmware.hardware import toolchain
from firmware.hardware.chips import CHIPS, TARGETS, find_chip
from firmware.hardware.toolchain import CompileError, compile_in, compiler, find_program, require


def test_unknown_target_lists_the_known_ones():
    with pytest.raises(
        InputError, match="z80 - it is unknown; choose one of cortex-m0plus, rv32imc, rv32ec, host"
    ):
        find_chip("z80")
    assert find_chip("rv32ec") is TARGETS["rv32ec"]
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


def script(path, text):
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_a_compiler_is_found_from_the_present_folder(tmp_path, monkeypatch):
    """It runs in another."""
    script(tmp_path / "gcc", 'touch "$2"')
    monkeypatch.chdir(tmp_path)
    (tmp_path / "work").mkdir()
    compile_in(tmp_path / "work", compiler("./gcc"), "out")
    assert (tmp_path / "work/out").exists()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("exit 0", "compiler: gcc - it wrote no out; give a gcc, or leave out --cc"),
        ("exit 3", "compiler: gcc - it failed and said\nnothing; exit status 3\n"),
        ("kill -9 $$", "nothing; exit status -9"),
        (r"printf 'a\033[2J\377' >&2; exit 1", r"a\x1b[2J\xff"),
        ("sleep 600", "compiler: gcc - it has not ended after 0.3 s; see whether it works alone"),
    ],
)
def test_a_compiler_that_is_none(tmp_path, monkeypatch, text, says):
    monkeypatch.setattr(toolchain, "COMPILE_MAX_S", 0.3 if "sleep" in text else 60)
    with pytest.raises(InputError) as caught:
        compile_in(tmp_path, [script(tmp_path / "gcc", text)], "out")
    assert says in str(caught.value)


def test_a_program_that_cannot_run(tmp_path):
    (tmp_path / "gcc").write_bytes(b"\x7fELF rubbish")
    (tmp_path / "gcc").chmod(0o755)
    with pytest.raises(InputError, match=r"gcc - it cannot be run \(Exec format error\)"):
        compile_in(tmp_path, [str(tmp_path / "gcc")], "out")


def test_a_cache_of_zig_that_cannot_be_made(monkeypatch, tmp_path):
    pytest.importorskip("ziglang", reason="ziglang is not installed: try `make hardware`")
    (tmp_path / "file").touch()
    monkeypatch.setenv("ZIG_GLOBAL_CACHE_DIR", str(tmp_path / "file/cache"))
    with pytest.raises(InputError, match="file/cache - it cannot be made"):
        compiler(None)
    monkeypatch.setenv("ZIG_GLOBAL_CACHE_DIR", str(tmp_path / "new/cache"))
    assert compiler(None)[1] == "cc"


def test_a_compilers_temporary_files_go_with_its_folder(tmp_path):
    compile_in(tmp_path, [script(tmp_path / "gcc", 'mktemp > "$2"')], "out")
    assert Path((tmp_path / "out").read_text().strip()).parent == tmp_path
