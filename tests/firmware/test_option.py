"""Limits and options: what is within, what is refused, and the sentences for people."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from firmware.errors import InputError
from firmware.limits import PROBABILITY, SEED_MAX, Limits, plain
from firmware.option import Option, check_options, filled, option, options_by_field

SIDE = Limits(1, 9, whole=True)


@dataclass(frozen=True)
class Box:
    """A holder of options."""

    colour: str = option("red", "what it looks like", "C", name="paint", read=str.upper)
    side_mm: int = option(3, "how large it is", "N", SIDE)
    chance: float = option(0.5, "how likely it is", "P", PROBABILITY, says="it must be likely", fix="try 1")
    is_open: bool = option(False, "whether it is open")
    labels: tuple[str, ...] = option((), "what is on it", "L")
    inside: list[str] = field(default_factory=list)


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (1000.0, "1,000"), (0.95, "0.95"), (1e-05, "0.00001"), (-2, "-2"), (SEED_MAX, "2**64 - 1")],
)
def test_numbers_as_people_write_them(number, text):
    assert plain(number) == text


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf"), 0, 10, 2.5])
def test_what_is_not_within(number):
    assert number not in SIDE


def test_what_is_within():
    assert all(number in SIDE for number in (1, 9, 2.0))
    assert 0 in PROBABILITY
    assert 0 not in Limits(0, 1, above=True)
    assert 1 in Limits(0, 1, above=True)


def test_names_flags_and_defaults():
    options = {name: (o.name, o.flag, o.shown_default) for name, o in options_by_field(Box).items()}
    assert options == {
        "colour": ("paint", "--paint", "red"),
        "side_mm": ("side_mm", "--side-mm", "3"),
        "chance": ("chance", "--chance", "0.5"),
        "is_open": ("is_open", "--is-open", "no"),
        "labels": ("labels", "--label", "none"),
    }
    shown = [o.shown_limits for o in options_by_field(Box).values()]
    assert shown == ["C", "a whole number, 1 to 9", "0 to 1", "yes or no", "L"]


def test_filled_with_what_is_given_the_rest_by_default():
    given = {"paint": "blue", "side_mm": np.int8(4), "labels": ["a"], "other": 1}
    assert filled(Box, given, inside=["x"]) == Box("BLUE", 4, 0.5, False, ["a"], ["x"])


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"side_mm": 10}, "side_mm: 10 - it must be a whole number, 1 to 9; the default is 3"),
        ({"chance": 1.5}, "chance: 1.5 - it must be likely; try 1"),
        ({"chance": float("nan")}, "chance: nan - it must be likely; try 1"),
        ({"side_mm": 1.0}, r"side_mm: 1.0 - it must be a whole number; e.g. int\(...\)"),
        ({"paint": 3}, "paint: 3 - it must be a text"),
    ],
)
def test_refusals(given, says):
    with pytest.raises(InputError, match=says):
        check_options(filled(Box, given))


def test_an_option_alone_has_its_own_name():
    assert Option("32x32", "size", "COLSxROWS", name="grid").flag == "--grid"
