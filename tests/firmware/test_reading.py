"""Files that are read whole, unless they have no end."""

import os
import threading

import pytest

from firmware.errors import InputError
from firmware.reading import read_input


def test_at_most_so_many_bytes(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"1234")
    assert read_input("file", path, 4, "copy it") == b"1234"
    with pytest.raises(InputError, match=r"^file: .*/a - it has more than 3 bytes; copy it$"):
        read_input("file", path, 3, "copy it")


def test_pipes_are_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(b"1234",))
    writer.start()
    assert read_input("file", tmp_path / "pipe", 4, "") == b"1234"
    writer.join()


@pytest.mark.parametrize("name", ["missing", ".", "a\0b", "x" * 300])
def test_what_cannot_be_read(tmp_path, name):
    with pytest.raises(InputError, match="it cannot be read"):
        read_input("file", tmp_path / name, 4, "")
