"""What a campaign reads: plans, its results, and certificates."""

import json
import sqlite3
from contextlib import closing, suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

import planaria.campaign.certificate as certificates
from firmware.genome import Genome
from planaria.campaign.claim import fingerprint
from planaria.campaign.codes import open_codes
from planaria.campaign.measure import summary
from planaria.campaign.plan import Plan, shipped_plans
from planaria.campaign.store import Store
from planaria.campaign.summary import summarise
from planaria.campaign.trial import run_trial
from planaria.campaign.yardstick import Yardstick
from planaria.shipped import open_genome
from planaria.worth import CAMPAIGN_FILE
from tests.fuzz.mutations import REAL, TEXTS, WHOLE, altered, misspelt, spoiled
from tests.fuzz.target import Target, scratch
from tests.fuzz.texts import WORDS, utf8
from tests.planaria.campaign.conftest import FULL, SMALL
from tests.planaria.campaign.tiny import PLAN

TRIALS = 3
BESIDE = ("-wal", "-shm", "-journal")
COLUMNS = (
    *("point", '"index"', "seed", "drawn", "clean_outcome", "clean_rounds", "recognisable_outcome", "rounds"),
    *(
        "outcome",
        "time_ms",
        "async_rounds",
        "updates",
        "observed_rounds",
        "error_before",
        "error_end",
        "away",
        "clean_messages",
        "relapses",
        "disturbed",
    ),
    *("displaced_rows", "error_displaced", "trace_sha256"),
)
FACTS = ("plan", "until", "version", "first_trials", "x")
VALUES = (
    *(
        "recovered",
        "not_recovered",
        "extinct",
        "unharmed",
        "not_grown",
        "displaced",
        "{}",
        "[1]",
        '{"row": 8}',
    ),
    *(None, b"\0\xff", "9" * 30, "0.05", "[" * 5000),
)
STATEMENTS = (
    "DROP TABLE results",
    "DELETE FROM results WHERE point = 1",
    "DELETE FROM facts",
    "DELETE FROM genomes",
    "UPDATE genomes SET bytes = zeroblob(100)",
    "UPDATE genomes SET sha256 = 'x'",
    "UPDATE genomes SET name = 'x'",
    "ALTER TABLE results ADD COLUMN more",
    "ALTER TABLE results RENAME COLUMN seed TO seeds",
    "ALTER TABLE facts RENAME TO fact",
    "CREATE TABLE more (x)",
    "CREATE INDEX more ON results (seed)",
    "CREATE VIEW more AS SELECT * FROM results",
    "CREATE TRIGGER more AFTER INSERT ON results BEGIN DELETE FROM results WHERE point = new.point; END",
    "CREATE TRIGGER more AFTER UPDATE ON facts BEGIN DELETE FROM results; END",
    "DROP TABLE facts; CREATE VIEW facts AS WITH RECURSIVE t(key, value) AS "
    "(SELECT 'plan', '1' UNION ALL SELECT key, value || '1' FROM t) SELECT * FROM t",
    "ALTER TABLE results RENAME TO kept; CREATE VIEW results AS SELECT * FROM kept",
    "CREATE TABLE kept AS SELECT * FROM results; DROP TABLE results; CREATE VIEW results AS "
    "SELECT kept.* FROM kept, (WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n FROM t) SELECT n FROM t)",
    "PRAGMA application_id = 1",
    "PRAGMA user_version = 4",
    "PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = replace(sql, 'NOT NULL', '')",
    "PRAGMA writable_schema = ON; UPDATE sqlite_master SET rootpage = 2",
    "INSERT INTO results SELECT 7, * FROM (SELECT * FROM results LIMIT 0)",
)


@cache
def plan() -> Plan:
    return Plan.parse(PLAN.replace("trials = 20", f"trials = {TRIALS}"), "plan.toml")


@cache
def genomes() -> dict[str, Genome]:
    return {"ring": open_genome("ring")}


@cache
def database() -> bytes:
    """A finished campaign of few short trials."""
    folder = scratch() / "whole"
    seeded = plan().seeded_by(genomes())
    with Store.create_or_open(folder, plan(), genomes(), None) as store:
        for point in seeded.points():
            store.add([run_trial(genomes()["ring"], seeded.trial(point, i)) for i in range(TRIALS)])
    return (folder / CAMPAIGN_FILE).read_bytes()


@cache
def certificate() -> dict[str, Any]:
    database()
    path = scratch() / "certificate.json"
    certificates.certify(scratch() / "whole", 10, 0.9, 0, path)
    made: dict[str, Any] = json.loads(path.read_text())
    return made


def of_plan(random: Random) -> bytes:
    """A shipped plan, or one that says all, with other lines, words and numbers."""
    shipped = [path.read_text() for path in shipped_plans().values()]
    text = random.choice((*shipped, SMALL, FULL, FULL))
    lines = text.splitlines()
    for _ in range(random.choice((1, 1, 2, 3))):
        at = random.randrange(len(lines)) if lines else 0
        match random.randrange(6):
            case 0:
                del lines[at : at + 1]
            case 1:
                lines.insert(at, random.choice(lines or [""]))
            case 2 if lines and "=" in lines[at]:
                value = random.choice((*WHOLE, *REAL, *map(json.dumps, TEXTS), "[]", "{}", "true", "[1, 1]"))
                lines[at] = f"{lines[at].partition('=')[0]}= {value}"
            case 3:
                lines.insert(at, many(random))
            case _ if lines:
                lines[at] = misspelt(random, lines[at], WORDS)
            case _:
                pass
    return utf8("\n".join(lines))


def many(random: Random) -> str:
    """A line that asks for much work."""
    count = random.choice((10, 300, 3000))
    values = ", ".join(map(str, range(count)))
    texts = ", ".join('"loss:{x}@20+1"' for _ in range(count))
    return random.choice(
        (f"timeline = [{texts}]", f"x = [{values}]", f"x = {{ of = [{values}] }}", "a" + ".a" * count)
    )


def read_plan(content: bytes) -> None:
    """A plan that is taken has points and trials that can be made, and is the same when it is read again."""
    path = scratch() / "plan.toml"
    path.write_bytes(content)
    found = Plan.load(path)
    seeded = replace(found, derived_seeds=dict.fromkeys(found.genomes, 7))
    for point in (found.points()[0], found.points()[-1]):
        for index in (0, found.trials - 1):
            seeded.trial(point, index)
    again = Plan.parse(found.text, str(path))
    assert (again.essence, again.sha256) == (found.essence, found.sha256)
    open_codes(found)


def of_rows(random: Random) -> bytes:
    """A database after some SQL."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.deserialize(database())
        for _ in range(random.choice((1, 1, 2))):
            statement(random, connection)
        return connection.serialize()


def statement(random: Random, connection: sqlite3.Connection) -> None:
    value = random.choice((*WHOLE, *REAL, *TEXTS, *VALUES))
    value = str(value) if isinstance(value, int) and not -(1 << 63) <= value < 1 << 63 else value
    try:
        match random.randrange(4):
            case 0:
                connection.executescript(random.choice(STATEMENTS))
            case 1:
                key = random.choice(FACTS)
                if key == "plan" and random.random() < 0.7:
                    value = misspelt(random, plan().text, WORDS)
                connection.execute("UPDATE facts SET value = ? WHERE key = ?", (value, key))
            case _:
                column, where = (
                    random.choice(COLUMNS),
                    random.choice(("", ' WHERE "index" = 1', " WHERE point = 1")),
                )
                connection.execute(f"UPDATE results SET {column} = ?{where}", (value,))
    except (sqlite3.Error, UnicodeEncodeError):  # what this file cannot become
        pass


def of_pages(random: Random) -> bytes:
    return spoiled(random, database(), database())


def read_results(content: bytes) -> None:
    """Results that are taken can be read, summed up, and added to."""
    folder = scratch() / "results"
    folder.mkdir(exist_ok=True)
    for suffix in BESIDE:
        (folder / f"{CAMPAIGN_FILE}{suffix}").unlink(missing_ok=True)
    (folder / CAMPAIGN_FILE).write_bytes(content)
    take(folder)


def take(folder: Path) -> None:
    with Store.open(folder) as store:
        results = store.results()
        assert len(store.columns().get("seed", ())) == len(results)
        json.dumps(summary(store, results), allow_nan=False)
        for yardstick in Yardstick:
            summarise(store.plan, results, yardstick)
    with Store.create_or_open(folder, plan(), genomes(), None) as store:
        assert store.results() == results
        assert len(store) <= 2 * TRIALS


def of_logs(random: Random) -> bytes:
    """Which of SQLite's files lies beside the database, and what is in it."""
    beside = random.randrange(len(BESIDE))
    magic = (
        b"\x37\x7f\x06\x82\0\x2d\xe2\x18\0\0\x10\0",
        b"\x18\xe2\x2d\0" * 9,
        b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7",
    )
    head = magic[beside] if random.random() < 0.7 else b""
    return bytes([beside]) + head + random.randbytes(random.choice((0, 24, 4096, 9000)))


def read_with_log(content: bytes) -> None:
    folder = scratch() / "results"
    folder.mkdir(exist_ok=True)
    for number, suffix in enumerate(BESIDE):
        beside = folder / f"{CAMPAIGN_FILE}{suffix}"
        beside.unlink(missing_ok=True)
        if number == content[0]:
            beside.write_bytes(content[1:])
    (folder / CAMPAIGN_FILE).write_bytes(database())
    take(folder)


def of_certificate(random: Random) -> bytes:
    made = certificate()
    for _ in range(random.choice((0, 1, 1, 1, 1, 2))):
        chance = random.random()
        if chance < 0.3 and isinstance(made.get("trials"), list):
            made = made | {"trials": altered(random, made["trials"])}
        elif chance < 0.4 and isinstance(made.get("plan"), str):
            made = made | {"plan": misspelt(random, made["plan"], WORDS)}
        else:
            changed = altered(random, made)
            made = changed if isinstance(changed, dict) else {"x": changed}
    if random.random() < 0.9:
        made = made | {"sha256": fingerprint(made)}
    text = json.dumps(made)
    return spoiled(random, text.encode()) if random.random() < 0.1 else text.encode()


def check_certificate(content: bytes) -> None:
    """It is refused, or right but for its trials, which are then run again: not here, where plans are any."""
    path = scratch() / "a.json"
    path.write_bytes(content)
    with (
        patch.object(certificates, "run_trial", side_effect=_ReachedError),
        suppress(_ReachedError),
    ):
        certificates.check(path, 1, 7)


class _ReachedError(Exception):
    """The certificate was taken so far that its trials would be run again."""


TARGETS = (
    Target("plan", of_plan, read_plan, 120),
    Target("results-rows", of_rows, read_results, 60),
    Target("results-pages", of_pages, read_results, 50),
    Target("results-logs", of_logs, read_with_log, 15, refuses=False),
    Target("certificate", of_certificate, check_certificate, 200),
)
