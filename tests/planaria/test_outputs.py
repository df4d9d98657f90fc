"""Nothing that is read is overwritten, and no two results lie in one file, however they are spelled."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from firmware.errors import InputError
from planaria.outputs import check_outputs, check_results, place
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


def test_links_that_lead_to_themselves(folder):
    (folder / "one").symlink_to("two")
    (folder / "two").symlink_to("one")
    with pytest.raises(InputError, match="Too many levels"):
        check_outputs([folder / "one", folder / "b"], [folder / "a"])


def test_what_is_printed_stays(folder, monkeypatch):
    """``planaria run ring --trace a > a``: what was said would be lost without a word."""
    with (folder / "a").open("ab") as file:
        monkeypatch.setattr("planaria.outputs.STREAMS", (file.fileno(), 10_000))
        for name in ("a", "hard"):
            with pytest.raises(InputError, match="what this command prints goes there"):
                check_outputs([folder / name])
        check_outputs([folder / "b"])
    with Path(os.devnull).open("wb") as nowhere:
        monkeypatch.setattr("planaria.outputs.STREAMS", (nowhere.fileno(),))
        check_outputs([Path(os.devnull)])


def test_names_that_some_systems_take_for_one(folder):
    """Before either is there, nobody can know whether upper case matters."""
    for one, other in (("b.gif", "B.GIF"), ("\u00e9", "e\u0301"), ("stra\u00dfe", "STRASSE")):
        for path in (folder, folder / "new"):
            with pytest.raises(InputError, match="it is given for two results"):
                check_results(path, [one, other])
    check_results(folder / "new", ["b.gif", "c.gif"], [folder / "new" / "d.gif"])
    with pytest.raises(InputError, match="it would overwrite what is read"):
        check_results(folder / "door" / "new", ["b.gif"], [folder / "sub" / "new" / "B.gif"])


def test_folders_that_are_one(folder):
    """As by a bind mount: told by what the system says, not by their names."""
    assert place(folder / "sub" / "a" / "b") == place(folder / "door" / "." / "A" / "b")
    assert place(folder / "a") == place(folder / "hard") == place(folder / "link")
    assert place(folder / "a") != place(folder / "sub")
    assert place(folder / "a\0b") is None


@pytest.mark.parametrize("name", ["campaign.db", "campaign.db-wal", "Campaign.DB-journal", "campaign.db-shm"])
def test_names_of_results(folder, name):
    """A file of such a name would be taken for a part of them."""
    with pytest.raises(InputError, match="results of campaigns are called so"):
        check_outputs([folder / name], force=True)


def test_what_is_of_value(folder):
    genome, certificate, checkpoint = (folder / name for name in ("genome.gif", "c.png", "k"))
    genome.write_bytes(shipped_paths()["ring"].read_bytes())
    certificate.write_text(json.dumps({"confidence": 0.9, "format": "planaria certificate 2"}, indent=1))
    header = b'{"__metadata__":{"facts":"{}","format":"planaria-checkpoint-2"}}'
    checkpoint.write_bytes(len(header).to_bytes(8, "little") + header + bytes(100))
    for path, what in (
        (genome, "a genome"),
        (certificate, "a cert"),
        (checkpoint, "the checkpoint of a train"),
    ):
        with pytest.raises(InputError, match=f"it is {what}.*; choose another file$"):
            check_outputs([path])
        with pytest.raises(InputError, match=f"it is {what}.*; .* or replace it with --force$"):
            check_outputs([path], force=False)
        check_outputs([path], force=True)
    for content in (b"", b"GIF89a", b"{}", b'{"title": "planaria certificate"}'):
        certificate.write_bytes(content)
        check_outputs([certificate])


def test_a_checkpoint_of_a_training_is_known(folder):
    pytest.importorskip("safetensors", reason="the train extra (safetensors) is not installed")
    from trainer.checkpoint import save_checkpoint

    save_checkpoint(folder / "k", {"x": np.zeros(3)}, {"long": "x" * 10_000})
    with pytest.raises(InputError, match="it is the checkpoint of a training"):
        check_outputs([folder / "k"])


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
