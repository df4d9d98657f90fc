"""The bench: every engine, the paper's way and the processor's limits, side by side, on one core."""

import json
import os
import platform
import sys
from collections.abc import Sequence
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from tqdm import tqdm

from firmware.errors import InputError, visible
from firmware.system.leash import run_leashed
from firmware.system.scratch import scratch_folder
from planaria.bench.contenders import ALIVE, DENSE, SCENES
from planaria.bench.report import FILES
from planaria.hint import paste
from planaria.outputs import check_results
from planaria.system.processes import ONE_THREAD, not_from_here
from planaria.version import __version__

SIDES: Final = (64, 256, 1024)

REFERENCE_SIDE_MAX: Final = 256
"""Beyond this the reference engine would take minutes and gigabytes."""

SEEN_BYTES_MIN: Final = 1 << 26
"""Less than this is lost in the memory that the process has had before."""

SIDE_MAX: Final = 8192
SECONDS_MAX: Final = 600.0

ONE_THREAD_OF_XLA: Final = {"XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"}

LEFT_OUT_MAX: Final = 200
"""Letters that say why somebody takes no part."""


def bench(
    chosen_sides: Sequence[int] = (), seconds: float = 2.0, output: Path | None = None
) -> dict[str, Any]:
    """Measure everything that can be measured here; returns what ``--json`` shows.

    Args:
        chosen_sides: of square grids, in cells; none are the usual ones.
        seconds: for each measurement.
        output: folder into which the report will be written, looked at before the long work.

    Raises:
        InputError: a bad side or time, or an output that cannot be written.
    """
    for side in chosen_sides:
        if not 32 <= side <= SIDE_MAX:
            raise InputError("side", side, f"it must be 32 to {SIDE_MAX}", "the default is 64, 256 and 1024")
    if not 0 < seconds <= SECONDS_MAX:
        raise InputError(
            "seconds", seconds, f"it must be above 0, at most {SECONDS_MAX:g}", "the default is 2"
        )
    if output:
        check_results(output, FILES)
    sides = sorted(set(chosen_sides)) or list(SIDES)
    jobs = [(name, side, scene) for side in sides for scene in SCENES for name in contenders(side, scene)]
    with tqdm(total=len(jobs) + 2, desc="bench", disable=None, leave=False) as bar:

        def measured(name: str, side: int, scene: str) -> dict[str, Any]:
            bar.set_postfix_str(f"{name} {side}x{side} {scene}")
            result = run_contender(name, side, scene, seconds)
            bar.update()
            return result

        limits = measured("limits", 0, "")
        if "left_out" in limits:
            raise _lost("limits", limits["left_out"])
        rows = [
            {"name": name, "side": side, "scene": scene, **measured(name, side, scene)}
            for name, side, scene in jobs
        ]
        growth = measured("growth", 0, "")
        if "left_out" in growth:
            raise _lost("growth", growth["left_out"])
    if all("left_out" in row for row in rows):
        raise _lost(rows[0]["name"], rows[0]["left_out"])
    for row in rows:
        _compare(row, rows, limits)
    return {
        "machine": machine(),
        "seconds": seconds,
        "limits": limits,
        "rows": rows,
        "growth": growth,
    }


def contenders(side: int, scene: str) -> list[str]:
    """Who takes part; a dense baseline takes the same time whatever lives."""
    from emulator.arrays.compiled.rule import available

    names = ["reference"] if side <= REFERENCE_SIDE_MAX else []
    names += ["numpy", *reversed(available())]
    if scene == ALIVE:
        names += [name for name in DENSE if find_spec(name.partition(".")[0])]
    return names


def run_contender(name: str, side: int, scene: str, seconds: float) -> dict[str, Any]:
    """Measure one in a process of its own, with one thread on one core.

    It runs in a folder of its own, for the linker that torch starts looks for libraries where it is. Torch's
    cache is there too, for which it would take a name that anybody can foresee.
    """
    command = [sys.executable, "-m", "planaria.bench.contenders", name, str(side), scene, str(seconds)]
    modules = os.pathsep.join(filter(os.path.isabs, sys.path))
    with scratch_folder() as folder:
        own = {"PYTHONPATH": modules, "TORCHINDUCTOR_CACHE_DIR": str(folder)}
        variables = os.environ | not_from_here() | ONE_THREAD | ONE_THREAD_OF_XLA | own
        process = run_leashed(command, folder=folder, environment=variables)
    try:
        result: dict[str, Any] = dict(json.loads(process.stdout.splitlines()[-1]))
    except (IndexError, TypeError, ValueError):
        last = process.stderr.strip().rpartition("\n")[2] or f"exit status {process.returncode}"
        return {"left_out": visible(last, LEFT_OUT_MAX)}
    return result


def _lost(name: str, reason: str) -> InputError:
    """Without the engine there is nothing to compare with."""
    command = paste(sys.executable, "-m", "planaria.bench.contenders", name, 0, "", 1)
    return InputError("bench", name, f"it could not be measured ({reason})", f"see what this says: {command}")


def _compare(row: dict[str, Any], rows: list[dict[str, Any]], limits: dict[str, float]) -> None:
    """Ratios to others of the same run.

    What a cell that skips the network costs says nothing of arithmetic, so a scene in which some do has
    neither a share of the limits nor a ratio of computed cells.
    """
    if "left_out" in row:
        return
    if row.get("bytes_per_cell", 0) * row["side"] ** 2 < SEEN_BYTES_MIN:
        row.pop("bytes_per_cell", None)
    beside = [other for other in rows if other["side"] == row["side"] and "left_out" not in other]
    reference = [o for o in beside if o["name"] == "reference" and o["scene"] == row["scene"]]
    if reference:
        row["times_reference"] = row["updates_per_s"] / reference[0]["updates_per_s"]
    dense = [other for other in beside if other["name"] in DENSE]
    compares = dense and row["name"] not in DENSE
    if compares:
        row["times_best_dense_updated"] = row["updates_per_s"] / max(o["updates_per_s"] for o in dense)
    if row["computing_share"] < 1:
        return
    row["percent_of_limit"] = 100 * row["computed_per_s"] / max(limits.values())
    if compares:
        row["times_best_dense_computed"] = row["computed_per_s"] / max(o["computed_per_s"] for o in dense)


def machine() -> dict[str, Any]:
    """What this was measured with."""
    packages = ("numpy", "numba", "simpy", "torch", "jax", "cax")
    return {
        "planaria": __version__,
        "processor": _processor(),
        "python": platform.python_version(),
        **{name: version(name) for name in packages if find_spec(name)},
    }


def _processor() -> str:
    """The processor's name, with family and model where the system tells them."""
    cpuinfo = Path("/proc/cpuinfo")
    if not cpuinfo.exists():
        return platform.processor() or platform.machine()
    lines = cpuinfo.read_text().partition("\n\n")[0].splitlines()
    facts = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    name, family, model = (facts.get(key, "?") for key in ("model name", "cpu family", "model"))
    return f"{name}, family {family} model {model}"
