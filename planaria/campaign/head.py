"""What stands in a database besides trials: whose they are."""

import hashlib
import json
import math
import re
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from firmware.errors import InputError
from planaria.campaign.database import NEW_FOLDER, VERSION, DamageError, make_tables
from planaria.campaign.plan import Plan
from planaria.code import Code, stored_code
from planaria.toml_table import ITEMS_MAX
from planaria.version import __version__

KEYS: Final = ("version", "plan", "first_trials", "until", "sha256")


@dataclass(frozen=True)
class Head:
    """What results say of themselves before any trial.

    Attributes:
        plan: what is measured.
        genomes: name in the plan -> genome or program.
        until: width of the interval at which a point is finished early; None is never.
        first_trials: so many at each point were planned when the results were begun.
    """

    plan: Plan
    genomes: dict[str, Code]
    until: float | None
    first_trials: int

    def facts(self) -> dict[str, str]:
        """The facts as they are stored."""
        facts = {
            "version": __version__,
            "plan": self.plan.text,
            "first_trials": str(self.first_trials),
            "until": json.dumps(self.until),
        }
        return facts | {"sha256": _checksum(facts, {name: sha256(g) for name, g in self.genomes.items()})}


def sha256(genome: Code) -> str:
    """Fingerprint of a genome's file."""
    return hashlib.sha256(genome.to_bytes()).hexdigest()


def begin(connection: sqlite3.Connection, head: Head) -> None:
    """Make the tables of a new file, whole or not at all.

    Args:
        connection: to an empty file.
        head: of the campaign.
    """
    with connection:
        make_tables(connection)
        connection.executemany("INSERT INTO facts VALUES (?, ?)", head.facts().items())
        files = [(name, sha256(genome), genome.to_bytes()) for name, genome in head.genomes.items()]
        connection.executemany("INSERT INTO genomes VALUES (?, ?, ?)", files)


def store_head(connection: sqlite3.Connection, head: Head) -> None:
    """Store another head, of the same genomes."""
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        for key, value in head.facts().items():
            connection.execute("UPDATE facts SET value = ? WHERE key = ?", (value, key))


def read_head(connection: sqlite3.Connection, path: Path) -> Head:
    """The head, if it is as it was stored.

    Args:
        connection: to a file with our tables.
        path: of the file, for errors.

    Raises:
        DamageError: it is not.
        InputError: another version of planaria has stored it.
    """
    facts = dict(connection.execute("SELECT key, value FROM facts LIMIT ?", (len(KEYS) + 1,)))
    version = facts.get("version")
    if type(version) is not str or not VERSION.fullmatch(version):
        raise DamageError("it says no version of planaria")
    if version != __version__:
        raise InputError(
            "results",
            path,
            f"planaria {version} has made them, and this is {__version__}",
            f"use that version, or {NEW_FOLDER}",
        )
    if set(facts) != set(KEYS) or any(type(value) is not str for value in facts.values()):
        raise DamageError("its facts are not those that planaria stores")
    hashes, genomes = _read_genomes(connection)
    if facts["sha256"] != _checksum(facts, hashes):
        raise DamageError("its plan or another of its facts was changed: their SHA-256 is another")
    return _checked(facts, genomes, path)


def _read_genomes(connection: sqlite3.Connection) -> tuple[dict[str, str], dict[str, Code]]:
    """Names with the hashes and the genomes themselves."""
    rows = connection.execute("SELECT name, sha256, bytes FROM genomes LIMIT ?", (ITEMS_MAX + 1,)).fetchall()
    genomes = {}
    for name, stored, content in rows:
        if type(name) is not str or type(content) is not bytes:
            raise DamageError("a genome is none")
        if hashlib.sha256(content).hexdigest() != stored:
            raise DamageError(f"genome {name[:80]}: it was changed: its SHA-256 is another")
        try:
            genomes[name] = stored_code(content, name)
        except InputError as error:
            raise DamageError(f"genome {name[:80]}: {error.limit}") from error
        if genomes[name].to_bytes() != content:
            raise DamageError(f"genome {name[:80]}: it is not as planaria writes it")
    return {name: stored for name, stored, _ in rows}, genomes


def _checked(facts: dict[str, str], genomes: dict[str, Code], path: Path) -> Head:
    """The head, if its parts fit each other."""
    try:
        plan = Plan.parse(facts["plan"], str(path))
    except InputError as error:
        raise DamageError(f"its plan: {error.limit}") from error
    if set(genomes) != set(plan.genomes):
        raise DamageError("its genomes are not those of its plan")
    if not re.fullmatch(r"[1-9]\d{0,7}", facts["first_trials"], re.ASCII):
        raise DamageError("its fact first_trials is no number")
    first_trials = int(facts["first_trials"])
    if first_trials > plan.trials:
        raise DamageError("its fact first_trials is more than its plan has")
    in_order = {name: genomes[name] for name in plan.genomes}
    return Head(plan.seeded_by(in_order), in_order, _until(facts["until"]), first_trials)


def _until(text: str) -> float | None:
    try:
        until = None if text == "null" else float(text)
    except ValueError:
        until = math.nan
    if until is not None and not 0 < until < 1:
        raise DamageError("its fact until is no width")
    return until


def _checksum(facts: dict[str, str], genomes: dict[str, str]) -> str:
    """Over all facts but this, and the hashes of the genomes."""
    rest = {key: value for key, value in facts.items() if key != "sha256"}
    return hashlib.sha256(json.dumps([rest, genomes], sort_keys=True).encode()).hexdigest()
