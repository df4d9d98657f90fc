"""Options of a world are said once: what the documents, commands, plans and Python say follows from there."""

from pathlib import Path

import pytest

from emulator.config import RunConfig
from emulator.options import CLOCK, WORLD_OPTIONS
from firmware.clock import Law, Timing
from firmware.errors import InputError
from planaria import Grid, open_genome
from planaria.campaign.world import RECOVERY, WORLD
from planaria.commands.command import chosen
from planaria.commands.main import _parser

CAMPAIGNS = Path(__file__).parents[2] / "docs/campaigns.md"


def row(option):
    cells = (f"`{option.name}`", option.shown_default, option.shown_limits, option.text)
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def test_the_table_of_the_documents_is_the_table():
    lines = CAMPAIGNS.read_text().splitlines()
    first = lines.index("| option | default | may be | what it is |") + 2
    assert lines[first : lines.index("", first)] == list(map(row, WORLD_OPTIONS.values()))


def test_flags_of_run_are_all_options_and_their_defaults_are_those_of_a_world():
    given = chosen(_parser().parse_args(["run", "ring"]), WORLD_OPTIONS.values())
    assert list(given) == list(WORLD_OPTIONS)
    assert RunConfig.of(given) == RunConfig() == RunConfig.of({})


@pytest.mark.parametrize("command", ["build", "verify"])
def test_flags_of_the_clock(command):
    words = [command, "ring", "--target", "host", "-o", "x"][: 6 if command == "build" else 4]
    given = _parser().parse_args([*words, "--clock", "uniform", "--mean-interval-us", "7"])
    assert Timing.of(chosen(given, CLOCK)) == Timing(Law.UNIFORM, 7)


def test_keys_of_plans():
    assert {*WORLD, *RECOVERY, "seed", "faults"} == set(WORLD_OPTIONS)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"los": 0.1}, "los: 0.1 - there is no such option; did you mean 'loss'[?] known are grid, torus, "),
        ({"loss": 1.5}, "loss: 1.5 - a probability must be 0 to 1; e.g. 0.05 for 5 % of messages"),
        ({"grid": "24x24", "rows": 24}, "grid: 24x24 - rows or cols are given too; leave one of them out"),
        ({"config": RunConfig(), "seed": 3}, "seed: 3 - config is given too; leave one of them out"),
        ({"chip": "rv32ec", "compute_us": 7}, "chip: rv32ec - compute_us is given too"),
        ({"grid": 24}, "grid: 24 - it must be a text"),
        ({"gone_fraction": 0.0}, "gone_fraction: 0.0 - it must be above 0, at most 1; the default is 0.95"),
    ],
)
def test_keywords_that_cannot_be(options, says):
    with pytest.raises(InputError, match=says):
        Grid(open_genome("ring"), **options)


def test_a_configuration_is_the_same_world_as_its_options():
    options = {"grid": "22x23", "loss": 0.1, "clock": "uniform", "faults": ["restart:half:left@1"]}
    ring = open_genome("ring")
    of_options = Grid(ring, **options, record=False)
    of_config = Grid(ring, config=RunConfig.of(options), record=False)
    assert of_config.config.topology.size == "22x23"
    assert of_config.config == of_options.config
    assert of_config.run(2).trace_sha256 == of_options.run(2).trace_sha256
