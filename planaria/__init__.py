"""Grow an organism on a grid of tiny unreliable computers, injure it, measure how it recovers.

>>> from planaria import Grid, open_genome
>>> grid = Grid(open_genome("planarian"), seed=1)
>>> result = grid.run(40)  # it grows out of one cell
>>> grid.error < 20  # about 1 looks perfect, an empty grid has 1000
True
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from planaria.version import __version__

if TYPE_CHECKING:
    from firmware.errors import InputError
    from firmware.genome import Genome
    from planaria.campaign.certificate import certify
    from planaria.campaign.measure import measure
    from planaria.campaign.plan import Plan, open_plan
    from planaria.campaign.report import report
    from planaria.campaign.store import Store
    from planaria.grid import Grid
    from planaria.program import open_program
    from planaria.shipped import open_genome

__all__ = [
    "Genome",
    "Grid",
    "InputError",
    "Plan",
    "Store",
    "__version__",
    "certify",
    "measure",
    "open_genome",
    "open_plan",
    "open_program",
    "report",
]

_HOME = {
    "Genome": "firmware.genome",
    "Grid": "planaria.grid",
    "InputError": "firmware.errors",
    "Plan": "planaria.campaign.plan",
    "Store": "planaria.campaign.store",
    "certify": "planaria.campaign.certificate",
    "measure": "planaria.campaign.measure",
    "open_genome": "planaria.shipped",
    "open_plan": "planaria.campaign.plan",
    "open_program": "planaria.program",
    "report": "planaria.campaign.report",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used, so that ``planaria --help`` answers at once."""
    if name not in _HOME:
        raise AttributeError(f"module 'planaria' has no attribute '{name}'")
    return getattr(import_module(_HOME[name]), name)
