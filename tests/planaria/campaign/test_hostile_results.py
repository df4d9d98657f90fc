"""Results that somebody else has made, or that are damaged, are refused by who reads and by who would add."""

import hashlib
import json
import os
import re
import shutil
import sqlite3
import time
from contextlib import closing, suppress
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from emulator.record.recovery import Outcome
from firmware.errors import InputError
from planaria.campaign.certificate import certify
from planaria.campaign.database import DamageError
from planaria.campaign.measure import measure
from planaria.campaign.plan import Plan
from planaria.campaign.replay import replay
from planaria.campaign.row import FIELDS, read_rows, write_row
from planaria.campaign.store import Store
from planaria.shipped import open_genome
from planaria.worth import CAMPAIGN_FILE
from tests.planaria.campaign.test_store import FAILED, HEALED, SEEDED, fitting
from tests.planaria.campaign.tiny import PLAN

GENOMES = {"ring": open_genome("ring")}
ANOTHER = fitting(SEEDED, HEALED, point=1, index=3)


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    folder = tmp_path_factory.mktemp("good") / "results"
    with Store.create_or_open(folder, Plan.parse(PLAN, "tiny.toml"), GENOMES, None) as store:
        store.add([FAILED, HEALED, ANOTHER])
    return folder


@pytest.fixture
def folder(good, tmp_path):
    return shutil.copytree(good, tmp_path / "results")


def read(folder):
    with Store.open(folder) as store:
        return store.results()


def add(folder):
    return measure(Plan.parse(PLAN, "tiny.toml"), folder, workers=1, quiet=True)


def change(folder, *statements):
    """As somebody who has the sqlite3 program."""
    with closing(sqlite3.connect(folder / CAMPAIGN_FILE, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def sign_rows(folder):
    """As somebody who also knows how the checksum of a row is made."""
    with closing(sqlite3.connect(folder / CAMPAIGN_FILE)) as connection, connection:
        for row in connection.execute("SELECT * FROM results").fetchall():
            checksum = hashlib.sha256(json.dumps(row[:-1]).encode()).hexdigest()
            connection.execute(
                'UPDATE results SET sha256 = ? WHERE point = ? AND "index" = ?', (checksum, *row[:2])
            )


def sign_facts(folder):
    """Likewise that of the facts."""
    with closing(sqlite3.connect(folder / CAMPAIGN_FILE)) as connection, connection:
        rows = connection.execute("SELECT key, value FROM facts WHERE key != 'sha256'")
        facts, genomes = dict(rows), dict(connection.execute("SELECT name, sha256 FROM genomes"))
        checksum = hashlib.sha256(json.dumps([facts, genomes], sort_keys=True).encode()).hexdigest()
        connection.execute("UPDATE facts SET value = ? WHERE key = 'sha256'", (checksum,))


def state(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def refused(folder, says=""):
    """By all who read and by who would add, at once, and nothing has changed."""
    before, started_s = state(folder), time.monotonic()
    calls = (
        lambda: read(folder),
        lambda: add(folder),
        lambda: replay(folder, 0, 0),
        lambda: certify(folder, 5, 0.9, 0, folder.parent / "c.json"),
    )
    for call in calls:
        with pytest.raises(InputError, match=f"the file is damaged .*{re.escape(says)}"):
            call()
    assert time.monotonic() - started_s < 5
    assert state(folder) == before
    assert not (folder.parent / "c.json").exists()


def test_what_nobody_has_changed_is_read(folder):
    sign_rows(folder)
    sign_facts(folder)
    assert read(folder) == [FAILED, HEALED, ANOTHER]


ENDLESS = "WITH RECURSIVE t(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM t) SELECT x, x FROM t"
HEAL = (
    "UPDATE results SET clean_outcome = 'recovered', clean_rounds = 1.0, recognisable_outcome = 'recovered', "
    "recognisable_rounds = 1.0, outcome = 'recovered', rounds = 1.0, time_ms = 10.0, async_rounds = 1, "
    "updates = 1"
)


@pytest.mark.parametrize(
    "statements",
    [
        ["DROP TABLE results", f"CREATE VIEW results AS {ENDLESS}"],
        ["DROP TABLE facts", f"CREATE VIEW facts AS {ENDLESS}"],
        ["DROP TABLE genomes", f"CREATE VIEW genomes AS {ENDLESS}"],
        [f"CREATE VIEW seen AS {ENDLESS}"],
        ['CREATE TRIGGER t AFTER INSERT ON results BEGIN DELETE FROM results WHERE "index" % 2; END'],
        ["CREATE TRIGGER t BEFORE UPDATE ON facts BEGIN SELECT RAISE(IGNORE); END"],
        ["CREATE INDEX i ON results (seed)"],
        ["CREATE INDEX i ON results (seed) WHERE abs(rounds) > 0"],
        ["CREATE TABLE cats (name)"],
        ["CREATE TABLE cats (name INTEGER PRIMARY KEY AUTOINCREMENT)"],
        ["ANALYZE"],
        ["ALTER TABLE results ADD COLUMN more"],
        ["ALTER TABLE results ADD COLUMN more AS (hex(zeroblob(999999999)))"],
        ["ALTER TABLE results RENAME COLUMN away TO gone"],
        ["ALTER TABLE results RENAME TO trials"],
        ["DROP TABLE results"],
        ["DROP TABLE facts"],
        ["DROP TABLE genomes"],
        ["DROP TABLE results", "CREATE TABLE results AS SELECT 1 AS point"],
        ["DROP TABLE results", "CREATE VIRTUAL TABLE results USING fts5(point)"],
        [f"CREATE TABLE t{number} (x)" for number in range(50)],
    ],
)
def test_tables_that_are_not_ours(folder, statements):
    try:
        change(folder, *statements)
    except sqlite3.OperationalError as error:
        pytest.skip(f"this SQLite cannot even make it: {error}")
    refused(folder, "its tables are not those that planaria makes")


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE facts (key TEXT PRIMARY KEY, value TEXT NOT NULL CHECK (length(hex(zeroblob(value)))))",
        "rubbish",
        f"CREATE TABLE facts (key{', key' * 5000})",
    ],
)
def test_a_schema_made_by_hand(folder, sql):
    change(
        folder,
        "PRAGMA writable_schema = ON",
        f"UPDATE sqlite_master SET sql = '{sql}' WHERE name = 'facts'",
        "PRAGMA writable_schema = OFF",
    )
    refused(folder)


def test_words_of_sqlite_that_repeat_half_a_letter(folder):
    change(
        folder,
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_master SET sql = CAST('CREATE ' || X'C8' AS TEXT) WHERE name = 'facts'",
        "PRAGMA writable_schema = OFF",
    )
    refused(folder)


@pytest.mark.parametrize(
    "statement",
    [
        HEAL,
        "UPDATE results SET clean_rounds = 7.25 WHERE clean_rounds NOT NULL",
        "UPDATE results SET trace_sha256 = 'b' || substr(trace_sha256, 2)",
        "UPDATE results SET error_end = 1e-8",
        "UPDATE results SET away = away + 1",
        "UPDATE results SET sha256 = upper(sha256)",
        "UPDATE results SET sha256 = x'00'",
        "UPDATE results SET clean_outcome = 'extinct' WHERE clean_outcome = 'displaced'",
    ],
)
def test_a_row_that_was_changed_says_so(folder, statement):
    change(folder, statement)
    refused(folder, "it was changed: its SHA-256 is another")


@pytest.mark.parametrize(
    ("change_it", "says"),
    [
        ("seed = '5'", "its seed or what it has drawn is not the plan's"),
        ("seed = seed || ' '", "its seed or what it has drawn is not the plan's"),
        ("seed = 'x'", "its seed or what it has drawn is not the plan's"),
        ("drawn = '{\"col\": 7}'", "its seed or what it has drawn is not the plan's"),
        ("drawn = '{\"row\": 99}'", "its seed or what it has drawn is not the plan's"),
        ("drawn = '[1]'", "its seed or what it has drawn is not the plan's"),
        ("drawn = '{'", "its seed or what it has drawn is not the plan's"),
        ("drawn = replace(hex(zeroblob(50000)), '00', '[')", "its seed or what it has drawn"),
        ("seed = CAST(x'ff' AS TEXT)", ""),
        ("seed = x'00'", "seed is b'\\x00'"),
        ("clean_outcome = 'great'", "its outcome is 'great'"),
        ("clean_outcome = 7", "its outcome is '7'"),
        ("clean_outcome = x'00'", "clean_outcome is b'\\x00'"),
        ("clean_rounds = NULL", "its clean_outcome is recovered, which its times are not"),
        ("rounds = NULL", "its outcome is recovered, which its times are not"),
        ("time_ms = NULL", "its outcome is recovered, which its times are not"),
        ("updates = NULL", "its outcome is recovered, which its times are not"),
        ("async_rounds = NULL", "its outcome is recovered, which its times are not"),
        ("clean_outcome = 'extinct'", "its clean_outcome is extinct, which its times are not"),
        ("outcome = 'unharmed'", "its outcome is unharmed, which its times are not"),
        ("rounds = 'soon'", "rounds is 'soon'"),
        ("rounds = x'0000'", "rounds is b'\\x00\\x00'"),
        ("rounds = -1", "rounds is -1.0"),
        ("rounds = 9e999", "rounds is inf"),
        ("rounds = 1e300", "rounds is 1e+300"),
        ("clean_rounds = 17.1", "it has recovered too late to be seen"),
        ("time_ms = 1e9", "it has no time for that"),
        ("updates = 1.5", "updates is 1.5"),
        ("updates = 9223372036854775807", "updates is 9223372036854775807"),
        ("updates = -1", "updates is -1"),
        ("async_rounds = 'x'", "async_rounds is 'x'"),
        ("observed_rounds = 80.5", "it was watched beyond the horizon"),
        ("observed_rounds = -0.5", "observed_rounds is -0.5"),
        ("error_end = -9e999", "error_end is -inf"),
        ("error_end = 9e999", "error_end is inf"),
        ("error_before = 'low'", "error_before is 'low'"),
        ("error_limit = -1", "error_limit is -1.0"),
        ("displaced_rows = 'up'", "displaced_rows is 'up'"),
        ("displaced_cols = -9223372036854775808", "displaced_cols is -9223372036854775808"),
        ("away = -1", "away is -1"),
        ("away = 81", "it has no time for that"),
        ("relapses = -1", "relapses is -1"),
        ("relapses = 81", "it has no time for that"),
        ("relapses = 0.5", "relapses is 0.5"),
        ("clean_updates = NULL", "its clean_outcome is recovered, which its times are not"),
        ("clean_messages = NULL", "its clean_outcome is recovered, which its times are not"),
        ("clean_messages = 'few'", "clean_messages is 'few'"),
        ("disturbed = 0.5", "disturbed is 0.5, and a genome's cells are never at rest"),
        ("disturbed = -0.5", "disturbed is -0.5"),
        ("disturbed = 'all'", "disturbed is 'all'"),
        ("trace_sha256 = 'A' || substr(trace_sha256, 2)", "its trace is no SHA-256"),
        ("trace_sha256 = trace_sha256 || 'a'", "its trace is no SHA-256"),
        ("trace_sha256 = ''", "its trace is no SHA-256"),
        ("trace_sha256 = replace(hex(zeroblob(1000000)), '00', 'a')", "its trace is no SHA-256"),
        ("point = 7", "trial 1 of point 7: the plan has none such"),
        ("point = 4000000000", "trial 1 of point 4000000000: the plan has none such"),
        ("point = -1", "point is -1"),
        ("point = 'x'", "point is 'x'"),
        ("point = x'ff'", "point is b'\\xff'"),
        ("point = 1", "trial 1 of point 1: its seed or what it has drawn is not the plan's"),
        ('"index" = 20', "trial 20 of point 0: the plan has none such"),
        ('"index" = -5', "index is -5"),
        ('"index" = 4000000000', "the plan has none such"),
        ('"index" = 0.5', "index is 0.5"),
    ],
)
def test_a_row_that_cannot_be_of_this_plan(folder, change_it, says):
    change(folder, f'UPDATE results SET {change_it} WHERE point = 0 AND "index" = 1')
    with suppress(TypeError, sqlite3.OperationalError):  # nobody can sign that
        sign_rows(folder)
    refused(folder, says)


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        *(
            (f"DELETE FROM facts WHERE key = '{key}'", "its facts are not those")
            for key in ("plan", "first_trials", "until", "sha256")
        ),
        ("DELETE FROM facts", "it says no version of planaria"),
        ("INSERT INTO facts VALUES ('more', '1')", "its facts are not those"),
        ("UPDATE facts SET value = x'00' WHERE key = 'until'", "its facts are not those"),
        ("UPDATE facts SET value = x'00' WHERE key = 'version'", "it says no version"),
        ("UPDATE facts SET value = '' WHERE key = 'version'", "it says no version"),
        ("UPDATE facts SET value = '9\n' WHERE key = 'version'", "it says no version"),
        ("UPDATE facts SET value = hex(zeroblob(400000)) WHERE key = 'version'", "it says no version"),
        ("UPDATE facts SET value = 'soon' WHERE key = 'until'", "its fact until is no width"),
        ("UPDATE facts SET value = 'NaN' WHERE key = 'until'", "its fact until is no width"),
        ("UPDATE facts SET value = '1.0' WHERE key = 'until'", "its fact until is no width"),
        ("UPDATE facts SET value = 'many' WHERE key = 'first_trials'", "its fact first_trials is no number"),
        ("UPDATE facts SET value = '-1' WHERE key = 'first_trials'", "its fact first_trials is no number"),
        (
            "UPDATE facts SET value = hex(zeroblob(5000)) WHERE key = 'first_trials'",
            "its fact first_trials is no number",
        ),
        ("UPDATE facts SET value = '21' WHERE key = 'first_trials'", "more than its plan has"),
        ("UPDATE facts SET value = 'title = 1' WHERE key = 'plan'", "its plan: "),
        ("UPDATE facts SET value = hex(zeroblob(400000)) WHERE key = 'plan'", "its plan: "),
        (
            "UPDATE facts SET value = replace(value, 'trials = 20', 'trials = 2') WHERE key = 'plan'",
            "more than its plan has",
        ),
        (
            "UPDATE facts SET value = replace(value, 'horizon_rounds = 80', 'horizon_rounds = 99') "
            "WHERE key = 'plan'",
            "its seed or what it has drawn is not the plan's",
        ),
        (
            "UPDATE facts SET value = replace(value, '\"ring\"', '\"ring\", \"frog\"') WHERE key = 'plan'",
            "its genomes are not those of its plan",
        ),
        ("DELETE FROM genomes", "its genomes are not those of its plan"),
        ("UPDATE genomes SET name = 'frog'", "its genomes are not those of its plan"),
        ("INSERT INTO genomes SELECT 'frog', sha256, bytes FROM genomes", "its genomes are not those"),
        ("UPDATE genomes SET sha256 = upper(sha256)", "genome ring: it was changed: its SHA-256 is another"),
        ("UPDATE genomes SET bytes = x'00'", "genome ring: it was changed: its SHA-256 is another"),
        ("UPDATE genomes SET bytes = 'text'", "a genome is none"),
        ("UPDATE genomes SET name = x'00'", "a genome is none"),
        (
            f"UPDATE genomes SET bytes = x'00', sha256 = '{hashlib.sha256(bytes(1)).hexdigest()}'",
            "genome ring: it is not a planaria genome",
        ),
        ("UPDATE genomes SET bytes = zeroblob(20000000)", ""),
    ],
)
def test_facts_that_cannot_be(folder, statement, says):
    change(folder, statement)
    if "key = 'sha256'" not in statement:
        with suppress(TypeError):  # nobody can sign that
            sign_facts(folder)
    refused(folder, says)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE facts SET value = replace(value, 'title = \"tiny\"', 'title = \"huge\"') WHERE key = 'plan'",
        "UPDATE facts SET value = replace(value, 'trials = 20', 'trials = 30') WHERE key = 'plan'",
        "UPDATE facts SET value = '3' WHERE key = 'first_trials'",
        "UPDATE facts SET value = '0.5' WHERE key = 'until'",
        "UPDATE facts SET value = 'x' WHERE key = 'sha256'",
    ],
)
def test_facts_that_were_changed_say_so(folder, statement):
    change(folder, statement)
    refused(folder, "its plan or another of its facts was changed")


def test_a_genome_that_was_changed_for_another(folder):
    other = replace(GENOMES["ring"], shift1=1 + GENOMES["ring"].shift1 % 15).to_bytes()
    with closing(sqlite3.connect(folder / CAMPAIGN_FILE)) as connection, connection:
        row = hashlib.sha256(other).hexdigest(), other
        connection.execute("UPDATE genomes SET sha256 = ?, bytes = ?", row)
    refused(folder, "its plan or another of its facts was changed")
    sign_facts(folder)
    refused(folder, "its seed or what it has drawn is not the plan's")


def test_a_title_that_was_changed_with_its_checksum_is_read(folder):
    """Whoever can make all checksums anew can write a plan of his own: its trials are still its plan's."""
    change(folder, "UPDATE facts SET value = replace(value, 'tiny', 'huge') WHERE key = 'plan'")
    sign_facts(folder)
    with Store.open(folder) as store:
        assert store.plan.title == "huge"


@pytest.mark.parametrize("beside", ["", "-wal", "-shm", "-journal"])
@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_what_is_no_file_is_not_opened(folder, beside, make):
    path = folder / f"{CAMPAIGN_FILE}{beside}"
    path.unlink(missing_ok=True)
    make(path)
    for call in (read, add):
        with pytest.raises(InputError, match=r"is no file|it has no campaign\.db"):
            call(folder)


@pytest.mark.parametrize("beside", ["-wal", "-shm", "-journal"])
def test_what_lies_beside_is_no_link(folder, tmp_path, beside):
    (tmp_path / "precious").write_bytes(b"mine" * 1000)
    (folder / f"{CAMPAIGN_FILE}{beside}").symlink_to(tmp_path / "precious")
    refused(folder, f"{CAMPAIGN_FILE}{beside} is no file")
    assert (tmp_path / "precious").read_bytes() == b"mine" * 1000


def test_a_link_makes_no_file_where_it_points(tmp_path):
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / CAMPAIGN_FILE).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="it is a link"):
        add(tmp_path / "results")
    with pytest.raises(InputError, match=r"it has no campaign\.db"):
        read(tmp_path / "results")
    assert not (tmp_path / "elsewhere").exists()


def test_a_link_to_results_is_read_and_not_added_to(folder, tmp_path):
    (tmp_path / "link").mkdir()
    (tmp_path / "link" / CAMPAIGN_FILE).symlink_to(folder / CAMPAIGN_FILE)
    assert read(tmp_path / "link") == [FAILED, HEALED, ANOTHER]
    with pytest.raises(InputError, match="it is a link"):
        add(tmp_path / "link")


def test_a_journal_that_names_a_file_does_not_delete_it(folder, tmp_path):
    """SQLite takes it for the journal of several databases, done with when none of them needs it."""
    precious = tmp_path / "precious"
    precious.write_bytes(b"mine")
    name = str(precious).encode()
    head = bytes.fromhex("d9d505f920a163d7") + (0).to_bytes(4) + bytes(4) + (1).to_bytes(4)
    head += (512).to_bytes(4) + (4096).to_bytes(4)
    tail = (2**32 // 4096 + 1).to_bytes(4) + name + len(name).to_bytes(4) + sum(name).to_bytes(4)
    journal = head.ljust(512, b"\0") + tail + bytes.fromhex("d9d505f920a163d7")
    (folder / f"{CAMPAIGN_FILE}-journal").write_bytes(journal)
    refused(folder, "names a file that would be deleted")
    assert precious.read_bytes() == b"mine"


@pytest.mark.parametrize("suffix", ["-wal", "-shm"])
@pytest.mark.parametrize("content", [b"", b"x", b"\0" * 100_000, b"\x37\x7f\x06\x82" + b"\xff" * 100_000])
def test_rubbish_beside_the_file_says_nothing(folder, suffix, content):
    (folder / f"{CAMPAIGN_FILE}{suffix}").write_bytes(content)
    assert read(folder) == [FAILED, HEALED, ANOTHER]


@pytest.mark.parametrize("suffix", ["", "-wal"])
def test_a_file_of_any_size_is_refused_at_once(folder, suffix):
    with (folder / f"{CAMPAIGN_FILE}{suffix}").open("ab") as file:
        file.truncate(50 << 30)
    for call in (read, add):
        with pytest.raises(InputError, match="has more than"):
            call(folder)


@given(st.integers(0, 255), st.integers(0, 1 << 20))
@example(0, 16)
def test_any_changed_byte_is_refused_or_changes_nothing(good, tmp_path_factory, byte, place):
    folder = tmp_path_factory.mktemp("flipped")
    content = bytearray((good / CAMPAIGN_FILE).read_bytes())
    content[place % len(content)] = byte
    (folder / CAMPAIGN_FILE).write_bytes(content)
    with suppress(InputError):
        assert read(folder) == [FAILED, HEALED, ANOTHER]
    shutil.rmtree(folder)


VALUE = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.text("0a{", max_size=3),
    st.binary(max_size=1),
    st.sampled_from([str(outcome) for outcome in Outcome]),
)


@given(st.dictionaries(st.integers(0, len(FIELDS)), VALUE, max_size=4), st.booleans())
def test_any_row_is_a_trial_or_refused(changes, signed):
    row = list(write_row(HEALED))
    for place, value in changes.items():
        row[place] = value
    if signed and not any(isinstance(value, bytes) for value in row):
        row[-1] = hashlib.sha256(json.dumps(row[:-1]).encode()).hexdigest()
    try:
        (trial,) = read_rows([tuple(row)], SEEDED)
    except DamageError:
        return
    assert list(write_row(trial)) == row
    assert trial.seed == HEALED.seed
    assert trial.observed_rounds <= 80


def test_the_same_trial_twice_is_refused():
    with pytest.raises(DamageError, match="it is there twice"):
        list(read_rows([write_row(HEALED)] * 2, SEEDED))
    with pytest.raises(DamageError, match="it is there twice"):
        list(read_rows([write_row(ANOTHER), write_row(HEALED)], SEEDED))


def test_a_row_of_another_campaign_is_refused():
    other = Plan.parse(PLAN.replace("loss = 0.05", "loss = 0.06"), "other.toml").seeded_by(GENOMES)
    with pytest.raises(DamageError, match="not the plan's"):
        list(read_rows([write_row(HEALED)], other))
    list(read_rows([write_row(fitting(other, HEALED))], other))
