"""Certificates: "with this confidence, at least this share of the wounds of a family is healed in time".

The share is the one-sided bound of Clopper and Pearson (1934) over independent trials, each of which
draws its wound from the family. The certificate carries all that it rests on: plan, genome, version,
and every trial with its seed and the fingerprint of its run, so that anybody can run some of them again.
Nobody has chosen the seed: it follows from genome and plan.
"""

import base64
import hashlib
import json
import secrets
from pathlib import Path
from typing import Any, Final

from tqdm import tqdm

from emulator.record.recovery import Outcome
from emulator.world.draws import Stream, draw32, key
from firmware.errors import InputError
from firmware.system.atomic import write_atomic
from firmware.system.reading import read_input
from planaria.campaign.claim import NOT_GROWN_MAX, adds_up, count, fingerprint, row_of, statement
from planaria.campaign.codes import check_parameters
from planaria.campaign.database import VERSION, result_files
from planaria.campaign.plan import Plan
from planaria.campaign.replay import find_trial
from planaria.campaign.shape import has_shape, parse
from planaria.campaign.store import Store
from planaria.campaign.trial import TrialResult, run_trial
from planaria.campaign.yardstick import APART, Yardstick
from planaria.code import Code, own, stored_code
from planaria.outputs import check_outputs
from planaria.program import SourceProgram
from planaria.version import __version__
from planaria.worth import CERTIFICATE, worth

FORMAT: Final = "planaria certificate 2"

FILE_MAX_BYTES: Final = 1 << 24
"""About 100,000 trials; whatever else is in such a file, it is looked at in a second."""

FIX: Final = "make one with 'planaria certify'"


def certify(
    folder: Path,
    within_rounds: float,
    confidence: float,
    point: int,
    output: Path,
    yardstick: Yardstick = Yardstick.CLEAN,
    force: bool = False,
) -> dict[str, Any]:
    """Write a certificate about one point of a finished campaign.

    Args:
        folder: of the results.
        within_rounds: how soon a wound must be healed; to be chosen before one looks at the results.
        confidence: that the statement is true, above 0 and below 1.
        point: number of the point, which is the family: its faults, with what each trial draws.
        output: the file.
        yardstick: by which a wound is healed.
        force: whether it may replace another certificate, and nothing else of value.

    Raises:
        InputError: somebody has chosen the campaign's seed, or it is not finished, was stopped early by
            its results or extended after them, was not watched for long enough, harmed nobody, or struck
            too many that had not grown.
    """
    its_kind = worth(output) in (None, CERTIFICATE)
    check_outputs([output], result_files(folder), force if its_kind else None)
    if not 0 < confidence < 1:
        raise InputError("confidence", confidence, "it must be above 0 and below 1", "0.95 is usual")
    with Store.open(folder) as store:
        plan, genomes = store.plan, store.genomes
        results = [result for result in store.results() if result.point == point]
        _check_unseen(store)
    trial = find_trial(plan, point, 0)
    _check_finished(plan, results, folder)
    _check_watched(plan, results, within_rounds)
    _check_wounds(plan, results, yardstick)
    genome = genomes[trial.genome].to_bytes()
    certificate = {
        "format": FORMAT,
        "planaria": __version__,
        "statement": "",
        "confidence": confidence,
        "within_rounds": within_rounds,
        "yardstick": str(yardstick),
        **count(
            [(r.outcome_by(yardstick), r.rounds_by(yardstick)) for r in results], within_rounds, confidence
        ),
        "point": point,
        "genome": trial.genome,
        "genome_sha256": hashlib.sha256(genome).hexdigest(),
        "plan_sha256": plan.sha256,
        "plan": plan.text,
        "genome_base64": base64.b64encode(genome).decode(),
        "trials": [row_of(result, yardstick) for result in results],
    }
    certificate["statement"] = statement(certificate, plan)
    certificate["sha256"] = fingerprint(certificate)
    content = json.dumps(certificate, indent=1).encode() + b"\n"
    if len(content) > FILE_MAX_BYTES:
        limit = f"with them a certificate has {len(content):,} bytes, and it can have {FILE_MAX_BYTES:,}"
        raise InputError("trials", len(results), limit, "measure a plan of fewer in another folder")
    write_atomic(output, content)
    return certificate


def check(path: Path, sample: int, seed: int | None, program: Path | None = None) -> dict[str, Any]:
    """Check a certificate by itself, and by running a random sample of its trials again.

    A forger who cannot foresee the sample and has changed a share f of the trials is found with
    probability 1 - (1 - f)**sample, about. All seeds and the count are checked in any case.

    Args:
        path: of the certificate.
        sample: how many trials to run again; all, if it has fewer.
        seed: of the choice; None draws one that nobody can foresee.
        program: the file of the program, where it is about one: it is not run from the certificate.

    Returns:
        What it is about, the seed of the choice, how many trials were run again, and which differ.

    Raises:
        InputError: it is not a certificate, was changed, or comes from another version of planaria.
    """
    if sample < 1:
        raise InputError("--sample", sample, "it must be at least 1", "20 is usual")
    seed = secrets.randbits(63) if seed is None else seed
    certificate = _read(path)
    plan, stored = _open(certificate, path)
    code = own(stored, program)
    if isinstance(code, SourceProgram):
        check_parameters(plan, code)
    yardstick = Yardstick(certificate["yardstick"])
    rows, point = certificate["trials"], plan.points()[certificate["point"]]
    differs = {index for index, claimed, *_ in rows if plan.chance(point, index)[0] != claimed}
    draws = {index: draw32(key(seed, Stream.TRIAL, index), 0) for index in range(len(rows))}
    chosen = sorted(sorted(draws, key=lambda index: (draws[index], index))[:sample])
    for index in tqdm(chosen, unit=" trials", desc="again", disable=None, leave=False):
        again = run_trial(code, plan.trial(point, index))
        if rows[index] != row_of(again, yardstick):
            differs.add(index)
    about = ("statement", "genome", "genome_sha256", "plan_sha256", "planaria")
    return {
        **{name: certificate[name] for name in about},
        "seed": seed,
        "run_again": len(chosen),
        "differs": sorted(differs),
    }


def _check_unseen(store: Store) -> None:
    """Refuse results of which somebody may have chosen the seed or the number."""
    if store.plan.seed is not None:
        raise InputError(
            "plan",
            f"seed = {store.plan.seed}",
            "somebody has chosen it, perhaps for its results",
            "leave it out, so that it follows from genome and plan, and measure again",
        )
    if store.until is not None:
        raise InputError(
            "results",
            store.folder,
            f"they were stopped early by their own outcome (--until {store.until})",
            "measure the plan without it in another folder",
        )
    if store.extended:
        raise InputError(
            "results",
            store.folder,
            "trials were added after the first could be seen, perhaps because of them",
            "choose the number beforehand, and measure the plan in another folder",
        )


def _check_finished(plan: Plan, results: list[TrialResult], folder: Path) -> None:
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


def _check_wounds(plan: Plan, results: list[TrialResult], yardstick: Yardstick) -> None:
    outcomes = [result.outcome_by(yardstick) for result in results]
    not_grown = outcomes.count(Outcome.NOT_GROWN)
    if not_grown > NOT_GROWN_MAX * len(outcomes):
        raise InputError(
            "results",
            plan.title,
            f"{not_grown} of {len(outcomes)} trials had not grown when the fault struck, more than "
            f"{NOT_GROWN_MAX:.0%}: what they did afterwards may be growth",
            "strike later, or set while_growing = true in [recovery]",
        )
    if all(outcome in APART for outcome in outcomes):
        raise InputError("results", plan.title, "no trial did any harm", "choose a plan that does")


def _read(path: Path) -> dict[str, Any]:
    """A certificate that nobody has changed, or only somebody who made its hash anew."""
    content = read_input("certificate", path, FILE_MAX_BYTES, "check the path")
    try:
        certificate = parse(content)
    except ValueError as error:
        raise InputError("certificate", path, "it is no JSON", FIX) from error
    if not isinstance(certificate, dict) or certificate.get("format") != FORMAT:
        raise InputError("certificate", path, f"it is no {FORMAT}", FIX)
    if not has_shape(certificate) or not VERSION.fullmatch(certificate["planaria"]):
        raise _changed(path)
    if (version := certificate["planaria"]) != __version__:
        limit = f"it is of planaria {version}, this is {__version__}"
        raise InputError("certificate", path, limit, "use that")
    if certificate["sha256"] != fingerprint(certificate):
        raise _changed(path)
    return certificate


def _changed(path: Path) -> InputError:
    return InputError("certificate", path, "it was changed after it was made", "ask for the original")


def _open(certificate: dict[str, Any], path: Path) -> tuple[Plan, Code]:
    """Plan and genome of a certificate, if all that it says follows from them and from its own trials."""
    try:
        content = base64.b64decode(certificate["genome_base64"], validate=True)
        genome = stored_code(content, certificate["genome"])
        plan = Plan.parse(certificate["plan"], str(path)).seeded_by({certificate["genome"]: genome})
        name = find_trial(plan, certificate["point"], 0).genome
        right = certificate["genome"] == name and adds_up(certificate, plan)
    except (KeyError, ValueError) as error:  # KeyError: of a genome that is not the plan's
        raise _changed(path) from error
    hashes = certificate["genome_sha256"], certificate["plan_sha256"]
    if not right or hashes != (hashlib.sha256(content).hexdigest(), plan.sha256):
        raise _changed(path)
    return plan, genome
