"""The table of docs/failures.md from results folders."""

from dataclasses import replace

from benchmarks.failures import table
from emulator.record.recovery import Outcome
from planaria.campaign.plan import Plan
from planaria.campaign.sequential import interval
from planaria.campaign.statistics import clopper_pearson
from planaria.campaign.store import Store
from planaria.shipped import open_genome
from tests.planaria.campaign.made_up import made_up_trial
from tests.planaria.campaign.tiny import PLAN


def made(folder, results, until=None):
    plan, genomes = Plan.parse(PLAN, "tiny.toml"), {"ring": open_genome("ring")}
    with Store.create_or_open(folder, plan, genomes, until) as store:
        store.add([in_plan(plan.seeded_by(genomes), result) for result in results])
    return folder


def in_plan(plan, result):
    """With the seed of its place in the plan, and what that draws."""
    seed, drawn = plan.chance(plan.points()[result.point], result.index)
    return replace(result, seed=seed, drawn=drawn, observed_rounds=20.0)


def test_a_row_for_each_point(tmp_path):
    recovered = Outcome.RECOVERED
    again = {"outcome": recovered, "rounds": 5.0, "time_ms": 50.0, "async_rounds": 1, "updates": 2500}
    others = [Outcome.DISPLACED, Outcome.RELAPSED, Outcome.EXTINCT, Outcome.EXPLODED]
    results = [
        *(made_up_trial(0, n, recovered, 10.0 + n) for n in range(8)),
        *(made_up_trial(0, 8 + n, end, **again) for n, end in enumerate(others)),
        made_up_trial(0, 12, Outcome.UNHARMED),
        made_up_trial(0, 13, Outcome.NOT_RECOVERED),
        *(made_up_trial(1, n, Outcome.NOT_GROWN) for n in range(3)),
    ]
    made(tmp_path / "tiny", results)
    heads, _, first, second = table([tmp_path / "tiny"]).splitlines()
    assert heads.startswith(
        "| plan | point | trials | not grown | unharmed | wounds | clean | recognisable |"
    )

    def share(count):
        of = clopper_pearson(count, 13)
        return f"{count} ({100 * of.low:.0f} to {100 * of.high:.0f} %)"

    shares = f"{share(8)} | {share(8)} | {share(12)}"
    assert first == f"| tiny | radius 2 | 14 | 0 | 1 | 13 | {shares} | 1 | 1 | 1 | 1 | 1 | 16 |"
    assert second == "| tiny | radius 4 | 3 | 3 | 0 | 0 | - | - | - | 0 | 0 | 0 | 0 | 0 | - |"


def test_where_somebody_looked_the_interval_allows_for_it(tmp_path):
    made(tmp_path / "early", [made_up_trial(0, n, Outcome.RECOVERED, 5.0) for n in range(10)], 0.5)
    low, _ = interval(10, 10, 0.05)
    assert f"| 10 ({100 * low:.0f} to 100 %) |" in table([tmp_path / "early"])
