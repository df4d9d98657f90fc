"""A campaign: trials per second with one and with two workers, start-up included."""

from firmware.system.scratch import scratch_folder
from planaria.campaign.measure import measure as run_campaign
from planaria.campaign.plan import open_plan

PLAN = "five-cuts"
ROUNDS = 2
"""Of all; the best counts, for what disturbs a measurement only makes it slower."""


def measure() -> dict[str, float]:
    """Trials per second of a whole campaign, by number of workers, one after the other."""
    best = {1: 0.0, 2: 0.0}
    for _ in range(ROUNDS):
        for workers in best:
            best[workers] = max(best[workers], _trials_per_s(workers))
    return {
        f"{PLAN}, 1 worker, trials/s": best[1],
        f"{PLAN}, 2 workers, trials/s": best[2],
        f"{PLAN}, 2 workers / 1 worker": best[2] / best[1],
    }


def _trials_per_s(workers: int) -> float:
    with scratch_folder() as folder:
        result = run_campaign(open_plan(PLAN), folder, workers, quiet=True)
    rate: float = result["trials_per_s"]
    return rate
