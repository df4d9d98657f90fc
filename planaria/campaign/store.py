"""The results of a campaign on disk, to which trials are added as they end.

What ``add`` has returned from survives a power cut: every transaction is synced. Results are only
ever added to those of the same version of planaria, plan, genomes and stopping width, and by one
process at a time.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from firmware.errors import InputError
from planaria.campaign.connection import connect_to_add, connect_to_read
from planaria.campaign.database import NEW_FOLDER, check_format, end_log, explained, is_new, lock, log_ahead
from planaria.campaign.head import Head, begin, read_head, sha256, store_head
from planaria.campaign.plan import Plan
from planaria.campaign.row import FIELDS, NULLABLE, read_rows, write_row
from planaria.campaign.trial import TrialResult, Value, as_rows
from planaria.code import Code
from planaria.counted import counted
from planaria.worth import CAMPAIGN_FILE

_ALL: Final = 'SELECT * FROM results ORDER BY point, "index"'

_INSERT: Final = f"INSERT INTO results VALUES ({', '.join('?' * (len(FIELDS) + 1))})"


class Store:
    """An open results folder; a context manager.

    Attributes:
        folder: where it is.
        plan: what is measured, its seeds known.
        genomes: name in the plan -> genome or program.
        until: width of the interval at which a point is finished early; None is never.
        extended: whether trials were added to the plan after it was begun.
    """

    def __init__(self, folder: Path, connection: sqlite3.Connection, head: Head, held: ExitStack) -> None:
        self.folder = folder
        self.plan = head.plan
        self.genomes = head.genomes
        self.until = head.until
        self.extended = head.plan.trials > head.first_trials
        self._connection = connection
        self._held = held.pop_all()

    @classmethod
    def create_or_open(
        cls, folder: Path, plan: Plan, genomes: dict[str, Code], until: float | None
    ) -> "Store":
        """The folder to which this campaign's results are added.

        A plan that differs from that of the folder in its title, its comments or by more trials is the
        same campaign, extended: its text takes the place of the other.

        Args:
            folder: made if it is missing.
            plan: what is measured.
            genomes: name in the plan -> genome or program.
            until: width of the interval at which a point is finished early; None is never.

        Raises:
            InputError: it cannot be written, another process is adding to it, or what it holds is
                damaged or comes from another version, plan, genome or width.
        """
        with ExitStack() as held:
            held.callback(os.close, lock(folder))
            with explained(folder):
                connection = held.enter_context(closing(connect_to_add(folder)))
                if is_new(connection):
                    log_ahead(connection)
                    begin(connection, Head(plan, genomes, until, plan.trials))
                before = _open(connection, folder)
                for _trial in read_rows(connection.execute(_ALL), before.plan):
                    pass  # what is damaged is not added to
                _check_same(before, folder, plan, genomes, until)
                log_ahead(connection)
                held.callback(end_log, connection)
                head = replace(before, plan=plan.seeded_by(genomes))
                store_head(connection, head)
                return cls(folder, connection, head, held)

    @classmethod
    def open(cls, folder: Path) -> "Store":
        """A folder of results to read, finished or not, while somebody adds to it or not.

        Raises:
            InputError: it holds no results, or damaged ones, or those of another version.
        """
        with ExitStack() as held, explained(folder):
            if not os.path.isfile(folder / CAMPAIGN_FILE):  # noqa: PTH113 # which knows no error
                raise InputError(
                    "results",
                    folder.absolute(),
                    f"it has no {CAMPAIGN_FILE}",
                    "make one with 'planaria measure'",
                )
            connection = held.enter_context(closing(connect_to_read(folder)))
            return cls(folder, connection, _open(connection, folder), held)

    def close(self) -> None:
        """Let others add to it."""
        self._held.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __len__(self) -> int:
        """Number of trials in it."""
        with explained(self.folder):
            return int(self._connection.execute("SELECT count(*) FROM results").fetchone()[0])

    def add(self, results: list[TrialResult]) -> None:
        """Keep these for good, all or none.

        Raises:
            InputError: the disk is full or does not work; all that was added before is safe.
        """
        rows = [write_row(result) for result in results]
        with self._transaction():
            self._connection.executemany(_INSERT, rows)

    def drop_from(self, point: int, index: int) -> None:
        """Forget this trial of a point and those after it, which the stopping rule does not want.

        Raises:
            InputError: as ``add``.
        """
        with self._transaction():
            self._connection.execute('DELETE FROM results WHERE point = ? AND "index" >= ?', (point, index))

    def results(self) -> list[TrialResult]:
        """All trials, by point and index.

        Raises:
            InputError: the file is damaged.
        """
        with explained(self.folder):
            return list(read_rows(self._connection.execute(_ALL), self.plan))

    def rows(self) -> Iterator[dict[str, Value | None]]:
        """All trials, by point and index, as rows of a table.

        The genome's name, the swept parameters and the drawn ones follow the seed. None is what recovery
        took of a trial that has not recovered, and ``disturbed`` where nothing can be said of it.
        """
        return as_rows(self.plan.points(), self.results())

    def columns(self) -> dict[str, NDArray[Any]]:
        """The same as arrays, which ``pandas.DataFrame`` reads.

        Returns:
            name -> array[trials]: ``seed`` is uint64; ``clean_rounds``, ``clean_updates``,
            ``clean_messages``, ``recognisable_rounds``, ``rounds``, ``time_ms``, ``async_rounds`` and
            ``updates`` are float64, NaN unless recovered, as is ``disturbed``, NaN where nothing can be said;
            parameters are what they are in the plan, object where it mixes numbers and texts. Without trials
            there are no columns.
        """
        rows = list(self.rows())
        return {name: _array(name, [row[name] for row in rows]) for name in (rows[0] if rows else ())}

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            with self._connection:
                self._connection.execute("BEGIN IMMEDIATE")
                yield
        except sqlite3.OperationalError as error:
            raise InputError(
                "results",
                (self.folder / CAMPAIGN_FILE).absolute(),
                f"they cannot be written ({error}); safe: {counted(len(self), 'trial')}",
                "make room and give the same command again",
            ) from error


def _open(connection: sqlite3.Connection, folder: Path) -> Head:
    """Make sure that a file is ours; returns whose trials it holds."""
    check_format(connection, folder)
    return read_head(connection, (folder / CAMPAIGN_FILE).absolute())


def _check_same(
    before: Head, folder: Path, plan: Plan, genomes: dict[str, Code], until: float | None
) -> None:
    """Refuse to mix results of two campaigns."""
    begun = f"when the results in {folder.absolute()} were begun"
    known = before.plan
    if (plan.essence, plan.genomes) != (known.essence, known.genomes):
        limit = f"it was {known.sha256[:12]} {begun}, and more than trials or comments has changed"
        raise InputError("plan", f"{plan.source}, sha256 {plan.sha256[:12]}", limit, NEW_FOLDER)
    if plan.trials < known.trials:
        limit = f"the results in {folder.absolute()} are of {known.trials:,} at each point"
        fix = f"give as many or more, or {NEW_FOLDER}"
        raise InputError("plan", f"{plan.source}, {plan.trials:,} trials", limit, fix)
    for name, genome in genomes.items():
        then, now = sha256(before.genomes[name]), sha256(genome)
        if then != now:
            limit = f"it was {then[:12]} {begun}"
            raise InputError("genome", f"{name}, sha256 {now[:12]}", limit, f"bring it back, or {NEW_FOLDER}")
    if before.until != until:
        limit = f"it was {_width(before.until)} {begun}"
        raise InputError("--until", _width(until), limit, f"give the same, or {NEW_FOLDER}")


def _width(until: float | None) -> str:
    return "absent" if until is None else str(until)


def _array(name: str, values: list[Value | None]) -> NDArray[Any]:
    if name == "seed":
        return np.array(values, np.uint64)
    if name in NULLABLE:
        return np.array(values, np.float64)
    texts = sum(isinstance(value, str) for value in values)
    return np.array(values, object if 0 < texts < len(values) else None)
