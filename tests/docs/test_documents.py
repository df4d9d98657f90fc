"""The documents tell the truth: their commands and programs run, their tables are the code's."""

import doctest
import importlib
import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import platformdirs
import pytest

from emulator.faults import Fault
from firmware.energy import SUPPLIES
from firmware.hardware.chips import CHIPS, TARGETS
from firmware.hardware.simulator import WATCHDOG_INSTRUCTIONS, Register
from firmware.memory import LAYOUT
from firmware.pace import update_us
from firmware.radiation import flips_per_cell_and_round, times_orbit
from planaria.campaign.plan import Plan, open_plan, shipped_plans
from planaria.campaign.statistics import clopper_pearson

ROOT = Path(__file__).parents[2]


def blocks(document: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / document).read_text(), re.DOTALL)


def python(arguments: list[str], folder: Path) -> str:
    process = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        env={
            "PYTHONPATH": str(ROOT),
            "PATH": "/usr/bin:/bin",
            "HOME": str(folder),
            "NUMBA_CACHE_DIR": platformdirs.user_cache_dir("planaria", appauthor=False),
        },
        check=False,
    )
    assert process.returncode == 0, process.stderr
    return process.stdout


def test_tutorial_commands(tmp_path):
    commands = [line[2:] for block in blocks("docs/tutorial.md", "console") for line in block.splitlines()]
    assert len(commands) >= 6
    for command in commands:
        words = shlex.split(command)
        assert words[0] == "planaria"
        if "heart" in command:
            pytest.importorskip("torch", reason="the train extra (torch) is not installed")
        assert python(["-m", "planaria", *words[1:]], tmp_path)
    assert {"cut.gif", "cut.png", "heart.genome"} <= {path.name for path in tmp_path.iterdir()}


@pytest.mark.parametrize(("document", "commands"), [("docs/board.md", 6), ("docs/firmware.md", 4)])
def test_commands_of_the_c_cell(hardware, tmp_path, document, commands):
    lines = [line[2:] for block in blocks(document, "console") for line in block.splitlines()]
    assert len(lines) == commands
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    for line in lines:
        assert python(["-m", "planaria", *shlex.split(line)[1:]], tmp_path)


def test_size_table_is_what_the_command_prints(hardware, tmp_path):
    text = (ROOT / "docs/firmware.md").read_text()
    (command,) = re.findall(r"`planaria (build .*)` made this table", text)
    output = python(["-m", "planaria", *command.split()], tmp_path)
    table = [line for line in output.splitlines() if line.startswith("|")]
    assert len(table) == 5
    assert "\n".join(table) in text
    for row in table[2:]:
        cells = [cell.strip() for cell in row.split("|")]
        assert f"| {cells[9]} |" in text  # cycles per multiply-add, beside the other runtimes


def test_firmware_page_has_the_intervals_of_the_upsets():
    page = (ROOT / "docs/firmware.md").read_text()
    (counted,) = re.findall(r"\| `upset` \| (\d+) masked, (\d+) silent, (\d+) traps \|", page)
    assert sum(map(int, counted)) == 1024
    for outcome, count in zip(("masked", "silent", "trap", "hang"), (*map(int, counted), 0), strict=True):
        share = clopper_pearson(count, 1024)
        interval = f"{100 * share.low:.1f} to {100 * share.high:.1f} %"
        assert f"| {outcome} | {100 * share.value:.1f} % | {interval} |" in page


def test_firmware_page_has_the_rates_of_flips():
    page = (ROOT / "docs/firmware.md").read_text()
    rates = open_plan("bit-flip-sweep").sweep["rate_hz"]
    assert len(rates) == 6
    for rate in rates:
        flips, orbits = flips_per_cell_and_round(rate, 10_000), times_orbit(rate)
        assert f"| {rate} | {flips:.4f} | {orbits / 1e6:,.0f} million |" in page


def test_pages_have_the_time_of_an_update():
    page, board = ((ROOT / f"docs/{name}.md").read_text() for name in ("firmware", "board"))
    for chip in CHIPS:
        us = update_us(chip, 128)
        clock_mhz = TARGETS[chip].clock_hz // 1_000_000
        assert f"| {chip} | {clock_mhz} MHz | {us / 1000:.2f} ms | {us / 100:.0f} % |" in board
        (row,) = re.findall(rf"^\| {chip} \| {clock_mhz} \| .*", page, re.MULTILINE)
        assert row.endswith(f"| {us / 1000:.2f} ms |")


def test_firmware_page_has_the_currents():
    page = (ROOT / "docs/firmware.md").read_text()
    for chip, supply in SUPPLIES.items():
        current = f"{supply.current_ua / 1000} mA at {supply.clock_hz // 1_000_000} MHz"
        assert f"| {chip} | {supply.part} | {current} | " in page


def test_commands_of_campaigns(tmp_path):
    """Four commands on fewer trials than the page's, and the certificate of the page."""
    plan = (ROOT / "planaria/plans/five-cuts.toml").read_text()
    (tmp_path / "five-cuts.toml").write_text(plan.replace("trials = 60", "trials = 4"))
    (tmp_path / "certificate.json").write_bytes((ROOT / "docs/certificate.json").read_bytes())
    lines = [line[2:] for block in blocks("docs/campaigns.md", "console") for line in block.splitlines()]
    assert [line.split()[1] for line in lines] == ["plans", "measure", "report", "replay", "certify"]
    for line in lines:
        output = python(
            ["-m", "planaria", *shlex.split(line.replace("five-cuts", "five-cuts.toml"))[1:]], tmp_path
        )
        assert output
    assert re.search(r"5 trials run again \(--seed \d+\), 0 differ", output)
    statement = json.loads((ROOT / "docs/certificate.json").read_text())["statement"]
    page = (ROOT / "docs/campaigns.md").read_text()
    assert statement in re.sub(r"\n> ", " ", page)
    assert (tmp_path / "trial.gif").exists()


def as_a_file(program, folder):
    """What a program of a document prints, saved as a reader saves it."""
    (folder / "program.py").write_text(program)
    return python(["-W", "error", "program.py"], folder)


def test_program_of_campaigns(tmp_path):
    (program,) = blocks("docs/campaigns.md", "python")
    assert "of 6 clean again" in as_a_file(program, tmp_path)


@pytest.mark.parametrize("module", ["planaria", "planaria.grid"])
def test_examples_of_the_package(module):
    found = doctest.testmod(importlib.import_module(module))
    assert found.attempted >= 3
    assert found.failed == 0


def test_plan_of_campaigns(tmp_path):
    (text,) = blocks("docs/campaigns.md", "toml")
    plan = Plan.parse(text.replace(', "mine.genome"', ""), "page.toml")
    assert len(plan.points()) == 3


def test_campaigns_name_every_kind_of_fault():
    page = (ROOT / "docs/campaigns.md").read_text()
    for kind in Fault.kinds:
        assert f"`{kind}`" in page


def test_failures_list_every_plan():
    page = (ROOT / "docs/failures.md").read_text()
    for name in shipped_plans():
        assert f"| {name} | " in page


@pytest.mark.parametrize("document", ["docs/tutorial.md", "README.md"])
def test_python_blocks(document, tmp_path):
    (program,) = blocks(document, "python")
    output = as_a_file(program, tmp_path)
    assert re.search(r"recovered .*\b\d\d\.\d rounds", output), "rounded, for people"
    assert list(tmp_path.glob("*.gif"))


def test_readme_program_has_ten_lines():
    (program,) = blocks("README.md", "python")
    assert len(program.splitlines()) <= 10


def test_spec_has_the_memory_map():
    spec = (ROOT / "docs/SPEC.md").read_text()
    for field in LAYOUT:
        assert f"| {field.offset} | {field.size} | {field.name} |" in spec


def test_firmware_page_has_the_memory_map():
    page = (ROOT / "docs/firmware.md").read_text()
    for field in LAYOUT:
        assert f"| {field.offset} | {field.size} | {field.name} | {field.meaning} |" in page


def test_board_page_has_the_registers():
    page = (ROOT / "docs/board.md").read_text()
    header = (ROOT / "firmware/c/memory_mapped.h").read_text()
    for register in Register:
        assert f"| 0x{register:02x} |" in page
        assert re.search(rf"{register.name.lower()}(\[16\])?; +/\* 0x{register:02x} ", header)
    assert f"{WATCHDOG_INSTRUCTIONS:,}" in page


def test_links_lead_somewhere():
    for document in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name}: {target}"
