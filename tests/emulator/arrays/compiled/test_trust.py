"""Who may change what lies in a folder. Some need root, who can give folders away."""

import os
import stat

import pytest

from emulator.arrays.compiled.trust import distrust, is_own

NOBODY = 65534


@pytest.fixture
def folder(tmp_path):
    """Of nobody else: a/b/c."""
    path = tmp_path / "a" / "b" / "c"
    for part in (path.parent.parent, path.parent, path):
        part.mkdir(mode=0o700)
    return path


@pytest.fixture
def give_away():
    if os.geteuid() != 0:
        pytest.skip("only root can give a file to somebody else")

    def give(path):
        os.chown(path, NOBODY, NOBODY, follow_symlinks=False)

    return give


def test_a_folder_of_ones_own(folder):
    assert distrust(folder) is None
    folder.chmod(0o755)
    assert distrust(folder) is None


@pytest.mark.parametrize("mode", [0o720, 0o702, 0o777, 0o1777])
def test_others_may_write_into_it(folder, mode):
    folder.chmod(mode)
    assert distrust(folder) == f"{folder} can be written by others"


@pytest.mark.parametrize("mode", [0o720, 0o702, 0o777])
def test_others_may_exchange_it(folder, mode):
    parent = folder.parent.parent
    parent.chmod(mode)
    assert distrust(folder) == f"{parent} can be written by others"
    parent.chmod(mode | stat.S_ISVTX)
    assert distrust(folder) is None


@pytest.mark.parametrize("parents", [0, 1, 2])
def test_it_or_what_it_lies_in_belongs_to_somebody_else(folder, give_away, parents):
    whose = [folder, *folder.parents][parents]
    give_away(whose)
    assert distrust(folder) == f"{whose} belongs to another user"


def test_links_are_followed(folder, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    second.symlink_to(folder.parent)
    first.symlink_to("second/c")
    assert distrust(first) is None
    folder.parent.parent.chmod(0o777)
    assert distrust(first) == f"{folder.parent.parent} can be written by others"


def test_a_link_that_somebody_else_may_turn(folder, tmp_path, give_away):
    first, second = tmp_path / "first", tmp_path / "second"
    second.symlink_to(folder)
    first.symlink_to(second)
    give_away(second)
    assert distrust(first) == f"{second} belongs to another user"
    second.unlink()
    (tmp_path / "open").mkdir(mode=0o777)
    (tmp_path / "open").chmod(0o777)
    second.symlink_to("open/third")
    (tmp_path / "open" / "third").symlink_to(folder)
    assert distrust(first) == f"{tmp_path / 'open'} can be written by others"


def test_no_folder_and_links_in_a_circle(tmp_path):
    with pytest.raises(FileNotFoundError):
        distrust(tmp_path / "none")
    (tmp_path / "one").symlink_to("two")
    (tmp_path / "two").symlink_to("one")
    with pytest.raises(OSError, match="Too many levels"):
        distrust(tmp_path / "one")


@pytest.mark.parametrize(("mode", "own"), [(0o600, True), (0o644, True), (0o620, False), (0o602, False)])
def test_an_open_file(tmp_path, mode, own):
    path = tmp_path / "file"
    path.write_text("")
    path.chmod(mode)
    with path.open() as file:
        assert is_own(file.fileno()) == own


def test_a_file_of_somebody_else_or_none(tmp_path, give_away):
    path = tmp_path / "file"
    path.write_text("")
    give_away(path)
    with path.open() as file:
        assert not is_own(file.fileno())
    ends = os.pipe()
    assert not is_own(ends[0])
    for end in ends:
        os.close(end)
