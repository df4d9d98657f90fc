"""Certificates: "with this confidence, at least this share of the wounds of a family is healed in time".

The share is the one-sided bound of Clopper and Pearson (1934) over independent trials, each of which
draws its wound from the family. The certificate carries all that it rests on: plan, genome, version,
and every trial with its seed and the fingerprint of its run, so that anybody can run some of them again.
"""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any, Final

from tqdm import tqdm

from emulator.draws import Stream, draw32, key
from emulator.recovery import Outcome
from firmware.atomic import check_writable, write_atomic
from firmware.errors import InputError
from firmware.genome import Genome
from planaria import __version__
from planaria.campaign.plan import Plan
from planaria.campaign.replay import find_trial
from planaria.campaign.statistics import lower_bound
from planaria.campaign.store import Store
from planaria.campaign.trial import TrialResult, run_trial

FORMAT: Final = "planaria certificate 1"


def certify(
    folder: Path, within_rounds: float, confidence: float, point: int, output: Path
) -> dict[str, Any]:
    """Write a certificate about one point of a finished campaign.

    Args:
        folder: of the results.
        within_rounds: how soon a wound must be healed; to be chosen before one looks at the results.
        confidence: that the statement is true, above 0 and below 1.
        point: number of the point, which is the family: its faults, with what each trial draws.
        output: the file.

    Raises:
        InputError: the campaign is not finished, was stopped early by its results, was not watched for
            long enough, or harmed nobody.
    """
    check_writable(output)
    if not 0 < confidence < 1:
        raise InputError("confidence", confidence, "it must be above 0 and below 1", "0.95 is usual")
    with Store.open(folder) as store:
        plan, genomes, until = store.plan, store.genomes, store.until
        results = [result for result in store.results() if result.point == point]
    trial = find_trial(plan, point, 0)
    _check_finished(plan, results, until, folder)
    _check_watched(plan, results, within_rounds)
    genome = genomes[trial.genome].to_bytes()
    certificate = {
        "format": FORMAT,
        "planaria": __version__,
        "statement": "",
        "confidence": confidence,
        "within_rounds": within_rounds,
        **_count(results, within_rounds, confidence),
        "point": point,
        "genome": trial.genome,
        "genome_sha256": hashlib.sha256(genome).hexdigest(),
        "plan_sha256": plan.sha256,
        "plan": plan.text,
        "genome_base64": base64.b64encode(genome).decode(),
        "trials": [[r.index, r.seed, str(r.outcome), r.rounds, r.trace_sha256] for r in results],
    }
    certificate["statement"] = _statement(certificate)
    certificate["sha256"] = _fingerprint(certificate)
    write_atomic(output, json.dumps(certificate, indent=1).encode() + b"\n")
    return certificate


def check(path: Path, sample: int, seed: int) -> dict[str, Any]:
    """Check a certificate by itself, and by running a random sample of its trials again.

    Args:
        path: of the certificate.
        sample: how many trials to run again; all, if it has fewer.
        seed: of the choice.

    Returns:
        Its statement, how many trials were run again, and what differs.

    Raises:
        InputError: it is not a certificate, was changed, or comes from another version of planaria.
    """
    if sample < 1:
        raise InputError("--sample", sample, "it must be at least 1", "20 is usual")
    certificate = _read(path)
    plan = Plan.parse(certificate["plan"], str(path))
    genome = Genome.from_bytes(base64.b64decode(certificate["genome_base64"]), str(path))
    rows = certificate["trials"]
    draws = {place: draw32(key(seed, Stream.TRIAL, place), 0) for place in range(len(rows))}
    chosen = sorted(sorted(draws, key=lambda place: (draws[place], place))[:sample])
    differs = []
    for place in tqdm(chosen, unit=" trials", desc="again", disable=None, leave=False):
        index, *claimed = rows[place]
        again = run_trial(genome, find_trial(plan, certificate["point"], index))
        if claimed != [again.seed, str(again.outcome), again.rounds, again.trace_sha256]:
            differs.append(index)
    return {"statement": certificate["statement"], "run_again": len(chosen), "differs": differs}


def _check_finished(plan: Plan, results: list[TrialResult], until: float | None, folder: Path) -> None:
    if until is not None:
        raise InputError(
            "results",
            folder,
            f"they were stopped early by their own outcome (--until {until})",
            "measure the plan without it in another folder",
        )
    if len(results) < plan.trials:
        limit = f"{len(results)} of its {plan.trials} trials are there"
        raise InputError("results", folder, limit, "run the same 'planaria measure' again")


def _check_watched(plan: Plan, results: list[TrialResult], within_rounds: float) -> None:
    watched = min(result.observed_rounds for result in results) - plan.predicate.dwell_rounds
    if not 0 < within_rounds <= watched:
        raise InputError(
            "--within",
            within_rounds,
            f"it must be above 0, and trials were watched for {watched:g} rounds, besides the dwell time",
            "choose less, or a plan with a later horizon",
        )
    if all(result.outcome is Outcome.UNHARMED for result in results):
        raise InputError("results", plan.title, "no trial did any harm", "choose a plan that does")


def _count(results: list[TrialResult], within_rounds: float, confidence: float) -> dict[str, Any]:
    """Wounds, those healed in time, and the bound. Trials without harm are no wounds."""
    harmed = [result for result in results if result.outcome is not Outcome.UNHARMED]
    healed = sum(result.rounds is not None and result.rounds <= within_rounds for result in harmed)
    return {
        "wounds": len(harmed),
        "healed": healed,
        "unharmed": len(results) - len(harmed),
        "healed_share_at_least": lower_bound(healed, len(harmed), confidence),
    }


def _statement(certificate: dict[str, Any]) -> str:
    share = int(certificate["healed_share_at_least"] * 10_000) / 10_000  # rounded down
    return (
        f"With confidence {certificate['confidence']:g}, at least {share:.2%} of the wounds of this family "
        f"are healed within {certificate['within_rounds']:g} rounds ({certificate['healed']} of "
        f"{certificate['wounds']} were; {certificate['unharmed']} further trials did no harm)."
    )


def _fingerprint(certificate: dict[str, Any]) -> str:
    rest = {name: value for name, value in certificate.items() if name != "sha256"}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()


def _read(path: Path) -> dict[str, Any]:
    try:
        certificate = json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(
            "certificate", path, f"it cannot be read ({error.strerror})", "check the path"
        ) from error
    except ValueError as error:
        raise InputError("certificate", path, "it is no JSON", "make one with 'planaria certify'") from error
    if not isinstance(certificate, dict) or certificate.get("format") != FORMAT:
        raise InputError("certificate", path, f"it is no {FORMAT}", "make one with 'planaria certify'")
    if certificate.get("planaria") != __version__:
        version = certificate.get("planaria")
        raise InputError(
            "certificate", path, f"it is of planaria {version}, this is {__version__}", "use that"
        )
    if certificate.get("sha256") != _fingerprint(certificate) or not _adds_up(certificate):
        raise InputError("certificate", path, "it was changed after it was made", "ask for the original")
    return certificate


def _adds_up(certificate: dict[str, Any]) -> bool:
    """Whether what it says follows from its own trials."""
    rows, within = certificate["trials"], certificate["within_rounds"]
    harmed = [rounds for _, _, outcome, rounds, _ in rows if outcome != Outcome.UNHARMED]
    healed = sum(rounds is not None and rounds <= within for rounds in harmed)
    genome = base64.b64decode(certificate["genome_base64"])
    return bool(
        certificate["healed_share_at_least"] == lower_bound(healed, len(harmed), certificate["confidence"])
        and certificate["statement"] == _statement(certificate)
        and (certificate["healed"], certificate["wounds"]) == (healed, len(harmed))
        and certificate["genome_sha256"] == hashlib.sha256(genome).hexdigest()
        and certificate["plan_sha256"] == hashlib.sha256(certificate["plan"].encode()).hexdigest()
    )


def print_certificate(certificate: dict[str, Any], output: Path) -> None:
    """The result for a person."""
    print(certificate["statement"])
    print(f"  genome {certificate['genome']} sha256 {certificate['genome_sha256']}")
    print(f"  plan sha256 {certificate['plan_sha256']}, planaria {certificate['planaria']}")
    print(f"  wrote {output}; check it with: planaria certify --check {output}")


def print_check(result: dict[str, Any]) -> None:
    """Likewise of a check."""
    print(result["statement"])
    print(f"  {result['run_again']} trials run again, {len(result['differs'])} differ")
    for index in result["differs"]:
        print(f"  trial {index} DIFFERS")
