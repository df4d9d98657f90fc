"""``planaria plans``: those that come with planaria."""

import argparse
from typing import Any

from planaria.commands.command import add_command, print_json
from planaria.say import say


def add(commands: Any) -> None:
    """Flags and help of the command."""
    add_command(commands, "plans", _plans, "List the plans that come with planaria.", "planaria plans")


def _plans(options: argparse.Namespace) -> None:
    from planaria.campaign.plan import Plan, shipped_plans

    plans = {name: Plan.load(path) for name, path in shipped_plans().items()}
    if options.json:
        rows = {
            name: {
                "title": plan.title,
                "points": len(plan.points()),
                "trials": plan.trials,
                "seed": "derived" if plan.seed is None else plan.seed,
                "plan": plan.text,
            }
            for name, plan in plans.items()
        }
        print_json(rows)
        return
    say(f"{'name':18}{'points':>7}{'trials':>8}  title")
    for name, plan in plans.items():
        say(f"{name:18}{len(plan.points()):>7}{len(plan.points()) * plan.trials:>8,}  {plan.title}")
