"""matplotlib as it comes. Nothing else in here imports it.

Left to itself it reads ``matplotlibrc`` of the current folder, where it may be anybody's, and fails at a
nonsensical ``MPLBACKEND``. So figures would look different in another folder, or not be drawn at all. When it
is new it asks ``fc-list`` for fonts, which may be anybody's program there too.
"""

import os
from contextlib import suppress

from firmware.system.current_folder import unseen_here
from planaria.system.processes import environment, not_from_here

_backend = os.environ.get("MPLBACKEND")

_settings = {"MATPLOTLIBRC": os.devnull, "MPLBACKEND": ""} | not_from_here()

with unseen_here("matplotlibrc"), environment(_settings):
    import matplotlib
    from matplotlib import colormaps
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import ListedColormap, Normalize
    from matplotlib.figure import Figure, SubFigure
    from matplotlib.font_manager import FontProperties, findfont, get_font
    from matplotlib.lines import Line2D
    from matplotlib.patches import Rectangle
    from matplotlib.ticker import MaxNLocator, PercentFormatter

if _backend:
    with suppress(ValueError):
        matplotlib.rcParams["backend"] = _backend  # for a program that shows figures of its own

__all__ = [
    "Axes",
    "Figure",
    "FontProperties",
    "Line2D",
    "ListedColormap",
    "MaxNLocator",
    "Normalize",
    "PercentFormatter",
    "Rectangle",
    "ScalarMappable",
    "SubFigure",
    "colormaps",
    "findfont",
    "get_font",
]
