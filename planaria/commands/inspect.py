"""``planaria inspect``: what is in a genome, against the budget."""

import argparse
from typing import TYPE_CHECKING, Any

from planaria.commands.command import add_command, print_json
from planaria.say import say

if TYPE_CHECKING:
    from firmware.genome import Genome


def add(commands: Any) -> None:
    """Flags and help of the command."""
    parser = add_command(
        commands,
        "inspect",
        _inspect,
        "Show what is in a genome, and its share of the cell's ROM and RAM.",
        "planaria inspect planarian",
    )
    parser.add_argument("genome", help="a .genome file or the name of a shipped one")


def _inspect(options: argparse.Namespace) -> None:
    from planaria.inspect import describe
    from planaria.shipped import open_genome

    genome = open_genome(options.genome)
    if options.json:
        print_json(describe(genome))
    else:
        print_description(genome)


def print_description(genome: "Genome") -> None:
    """Tell a person the facts of a genome, with its target as a small picture."""
    from firmware.budget import ALPHA
    from planaria.inspect import describe, plain_picture, shows_colours, terminal_picture
    from planaria.pictures.colour import target_on_white

    facts = describe(genome)
    rom, ram, target = facts["rom_bytes"], facts["ram_bytes"], facts["target"]
    say(f"{genome.name}: {genome.regime}, {target['width']}x{target['height']} px, CRC-32 {facts['crc32']}")
    say(f"rule   {' -> '.join(map(str, facts['shape']))}, int8, shifts {genome.shift1} and {genome.shift2}")
    for name, (low, high) in facts["range"].items():
        say(f"       {name} {low}..{high}")
    say(f"ROM    {rom['image']:6,} B genome of {rom['budget']:,} B, {rom['left_for_code']:,} B left for code")
    say(f"RAM    {ram['static']:6,} B static of {ram['budget']:,} B, {ram['left_for_stack']:,} B for stack")
    for key, value in facts["facts"].items():
        say(f"{key}: {value}")
    say()
    rgba = genome.target.rgba
    print(terminal_picture(target_on_white(rgba)) if shows_colours() else plain_picture(rgba[..., ALPHA] > 0))
