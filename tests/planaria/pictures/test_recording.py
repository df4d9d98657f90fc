"""Pictures of a run come back, from memory or from disk."""

import resource
import signal

import numpy as np
import pytest

from firmware.errors import InputError
from planaria.pictures import recording
from planaria.pictures.recording import Recording


@pytest.mark.parametrize("in_memory_bytes", [1 << 20, 100])
def test_pictures_come_back(monkeypatch, in_memory_bytes):
    monkeypatch.setattr(recording, "IN_MEMORY_BYTES", in_memory_bytes)
    pictures = np.random.default_rng(0).integers(-128, 128, (9, 3, 5, 4)).astype(np.int8)
    record = Recording((3, 5, 4))
    for number, picture in enumerate(pictures):
        record.append(picture)
        assert (record[0] == pictures[0]).all()
        assert (record[-1] == picture).all()
        assert len(record) == number + 1
    assert (np.array(list(record)) == pictures).all()
    assert (np.array(record[2:8:3]) == pictures[2:8:3]).all()
    assert (np.array(list(record.every(4))) == pictures[::4]).all()
    with pytest.raises(IndexError):
        record[9]


def test_no_room_for_them(monkeypatch):
    """The disk where they are kept is full: said at once, and not again at the end."""
    monkeypatch.setattr(recording, "IN_MEMORY_BYTES", 100)
    record = Recording((3, 5, 4))
    record.append(np.zeros((3, 5, 4), np.int8))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        with pytest.raises(InputError, match=r"temporary folder: .* - it cannot be written .*; set TMPDIR"):
            record.append(np.zeros((3, 5, 4), np.int8))
        del record
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
