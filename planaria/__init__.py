"""Grow an organism on a grid of tiny unreliable computers, injure it, measure how it recovers.

>>> from planaria import Genome, Grid, shipped        # doctest: +SKIP
>>> grid = Grid(shipped("planarian"), seed=1)         # doctest: +SKIP
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from firmware.errors import InputError
    from firmware.genome import Genome
    from planaria.grid import Grid
    from planaria.shipped import open_genome

__version__ = "0.1.0"
__all__ = ["Genome", "Grid", "InputError", "__version__", "open_genome"]

_HOME = {
    "Genome": "firmware.genome",
    "Grid": "planaria.grid",
    "InputError": "firmware.errors",
    "open_genome": "planaria.shipped",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that ``planaria --help`` answers at once."""
    if name not in _HOME:
        raise AttributeError(f"module 'planaria' has no attribute '{name}'")
    return getattr(import_module(_HOME[name]), name)
