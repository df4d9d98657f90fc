"""Ports and their geometry."""

from firmware.budget import PORTS
from firmware.ports import NAMES, OFFSETS, SOBEL_X, SOBEL_Y, opposite


def test_opposite_ports_face_each_other():
    for port in range(PORTS):
        row, col = OFFSETS[port]
        assert OFFSETS[opposite(port)] == (-row, -col)
        assert opposite(opposite(port)) == port


def test_offsets_say_what_the_names_say():
    for name, (row, col) in zip(NAMES, OFFSETS, strict=True):
        assert ("N" in name) == (row == -1)
        assert ("S" in name) == (row == 1)
        assert ("E" in name) == (col == 1)
        assert ("W" in name) == (col == -1)


def test_sobel_weights_follow_the_offsets():
    """The kernels [[-1,0,1],[-2,0,2],[-1,0,1]] and its transpose."""
    for port, (row, col) in enumerate(OFFSETS):
        assert SOBEL_X[port] == col * (2 if row == 0 else 1)
        assert SOBEL_Y[port] == row * (2 if col == 0 else 1)
