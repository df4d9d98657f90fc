"""The report as one HTML page that a browser shows without asking anybody else for anything."""

import base64
import hashlib
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, StrictUndefined

from planaria.counted import counted

TEMPLATE: Final = "page.html"
STYLE: Final = "page.css"

EXPLANATIONS: Final = {
    "recovery.png": "Cumulative incidence of recovery (Aalen and Johansen): the share of all harmed trials "
    "that have recovered by a time; high and early is good. Trials that never recover are part of the "
    "share. Clean leads; the laxer yardsticks stand beside it. Shading is the pointwise 95 % band, left out "
    "where there are many lines.",
    "outcomes.png": "What had become of the harmed trials at the horizon by the clean yardstick, in numbers "
    "of trials.",
    "dose_response.png": "What the swept parameter does by each yardstick, with 95 % intervals: trials that "
    "do not become clean enter the mean with the whole horizon.",
    "basin.png": "Where, and how large, a wound heals until clean: places with few trials are hatched, and n "
    "is their number.",
}
"""Of each figure, in the order of the page."""


def page(report: Mapping[str, Any], figures: Mapping[str, bytes]) -> str:
    """The report as a page of HTML.

    Args:
        report: what ``report.json`` holds.
        figures: file name -> PNG, names as in ``EXPLANATIONS``.

    Returns:
        HTML. Its content security policy forbids everything but its own style and its own pictures.
    """
    folder = files("planaria.campaign")
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {
        "counted": counted,
        "percent": _percent,
        "number": _number,
        "interval": _interval,
        "p": _p,
    }
    style = (folder / STYLE).read_text("utf-8")
    return environment.from_string((folder / TEMPLATE).read_text("utf-8")).render(
        report=report,
        style=style,
        style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode(),
        figures=[
            (name, text, base64.b64encode(figures[name]).decode())
            for name, text in EXPLANATIONS.items()
            if name in figures
        ],
    )


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.1f} %"


def _number(value: float | None, digits: int = 1) -> str:
    return "-" if value is None else f"{value:,.{digits}f}"


def _interval(estimate: Mapping[str, float | None], form: str = "number") -> str:
    """``12.0 (10.5 to 14.1)``; what the trials do not tell is left open."""
    show = _percent if form == "percent" else _number
    value, low, high = estimate["value"], estimate["low"], estimate["high"]
    if low is None:
        return show(value)
    if high is None:
        return f"{show(low)} or more" if value is None else f"{show(value)} ({show(low)} or more)"
    return f"{show(value)} ({show(low).removesuffix(' %')} to {show(high)})"


def _p(value: float) -> str:
    return "below 0.0001" if value < 0.0001 else f"{value:.4f}"
