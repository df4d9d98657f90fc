"""Wounds for training."""

import pytest

torch = pytest.importorskip("torch", reason="the train extra (torch) is not installed")

from trainer.damage import disc, half_plane, scatter, wound  # noqa: E402


@pytest.fixture
def generator():
    return torch.Generator().manual_seed(2)


def shares(kind, generator):
    return [float(kind(24, 24, generator).float().mean()) for _ in range(200)]


def test_sizes(generator):
    """Discs of radius .1 to .4 of half the grid, half-planes of about half of it, scatters of .1 to .5."""
    discs, halves, scatters = (shares(kind, generator) for kind in (disc, half_plane, scatter))
    assert 0 < min(discs) < 0.02
    assert 0.1 < max(discs) <= 0.15
    assert 0.3 < min(halves) < max(halves) < 0.7
    assert 0.05 < min(scatters) < 0.15
    assert 0.45 < max(scatters) < 0.57


def test_half_plane_is_one_side_of_a_line(generator):
    mask = half_plane(24, 24, generator)
    corners = [bool(mask[i, j]) for i in (0, -1) for j in (0, -1)]
    assert 1 <= sum(corners) <= 3


def test_same_generator_same_wounds():
    one, two = (torch.Generator().manual_seed(9) for _ in range(2))
    for _ in range(20):
        assert torch.equal(wound(9, 12, one), wound(9, 12, two))
