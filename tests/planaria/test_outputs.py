"""Nothing that is read is overwritten, and no two results lie in one file, however they are spelled."""

import os
import shutil

import pytest

from firmware.errors import InputError
from planaria.outputs import check_outputs
from planaria.shipped import shipped_paths


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "sub").mkdir()
    (tmp_path / "a").write_text("a")
    (tmp_path / "link").symlink_to("a")
    (tmp_path / "hard").hardlink_to(tmp_path / "a")
    (tmp_path / "door").symlink_to("sub")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("other", ["a", "./a", "sub/../a", "link", "hard", "{}/a"])
def test_one_file_under_two_names(folder, other):
    one, two = (folder.relative_to(folder) / "a", folder.relative_to(folder) / other.format(folder))
    with pytest.raises(InputError, match="it is given for two results"):
        check_outputs([one, two])
    with pytest.raises(InputError, match="it would overwrite what is read"):
        check_outputs([two], [one])


def test_files_that_are_not_there_yet(folder):
    with pytest.raises(InputError, match="it is given for two results"):
        check_outputs([folder / "sub" / "new", folder / "door" / "new"])
    check_outputs([folder / "sub" / "new", folder / "sub" / "other"], [folder / "none", folder / "a"])


@pytest.mark.parametrize("device", ["/dev/null", "pipe"])
def test_what_is_no_file_is_never_replaced(folder, device):
    os.mkfifo(folder / "pipe")
    with pytest.raises(InputError, match="it is no file"):
        check_outputs([folder / device])


def test_links_that_lead_to_themselves(folder):
    (folder / "one").symlink_to("two")
    (folder / "two").symlink_to("one")
    check_outputs([folder / "one", folder / "b"], [folder / "a"])


@pytest.mark.parametrize("option", ["--film", "--figure", "--trace"])
def test_run_spares_its_genome(refused, tmp_path, option):
    shutil.copy(shipped_paths()["ring"], tmp_path / "own.genome")
    (tmp_path / "link.gif").symlink_to("own.genome")
    before = (tmp_path / "own.genome").read_bytes()
    for name in ("own.genome", "link.gif"):
        refused("run", "own.genome", "--rounds", 2, option, name, says=[name, "overwrite what is read"])
    assert (tmp_path / "own.genome").read_bytes() == before


@pytest.mark.parametrize("name", ["ring-host.so", "ram.png"])
def test_build_spares_its_genome(refused, tmp_path, name):
    shutil.copy(shipped_paths()["ring"], tmp_path / name)
    target = "host" if name.endswith("so") else "rv32ec"
    refused("build", name, "--target", target, "-o", ".", says=[name, "overwrite what is read"])


def test_run_spares_a_shipped_genome(refused):
    path = shipped_paths()["ring"]
    before = path.read_bytes()
    refused("run", "ring", "--rounds", 2, "--trace", path, says=["overwrite what is read"])
    assert path.read_bytes() == before


def test_two_results_of_a_run(refused, tmp_path):
    (tmp_path / "door").symlink_to(".")
    for two in ("./a.gif", "door/a.gif"):
        refused("run", "ring", "--film", "a.gif", "--figure", two, says=["two results"])
