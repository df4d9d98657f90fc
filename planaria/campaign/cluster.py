"""Trials on a Dask cluster, whose workers may come and go (extra ``cluster``)."""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future
from typing import Any, Final

from firmware.errors import InputError
from planaria.campaign.trial import Trial, TrialResult, run_trial
from planaria.campaign.workers import LOOK_S, LOSSES_MAX, Processes, Say
from planaria.code import Code
from planaria.version import __version__

CONNECT_S: Final = 10
"""How long it is waited for the scheduler, and for its first worker."""


class ClusterWorkers(Processes):
    """The workers of a Dask cluster. Dask itself does the trials of a worker that dies again.

    Args:
        genomes: name in the plan -> genome or program.
        address: of the scheduler, e.g. ``tcp://host:8786``.
        say: tells a person what has happened.

    Raises:
        InputError: the extra is not installed, the scheduler cannot be reached, or has no workers.
    """

    losses_each = LOSSES_MAX

    def __init__(self, genomes: dict[str, Code], address: str, say: Say) -> None:
        super().__init__(say)
        self._genomes = genomes
        self._address = address
        self._client, self.death = _connect(address)
        self._pool = self._client.get_executor(pure=False)
        self._threads: dict[str, int] = {}
        self._looked_s = -LOOK_S

    @property
    def count(self) -> int:
        if time.monotonic() - self._looked_s >= LOOK_S:
            self._look()
        return max(1, sum(self._threads.values()))

    def submit(self, trial: Trial) -> Future[TrialResult]:
        future: Future[TrialResult] = self._pool.submit(
            _run_there, __version__, self._genomes[trial.genome], trial
        )
        return future

    def close(self) -> None:
        self._pool.shutdown(wait=False)
        self._client.close()

    def run(self, trials: Iterator[Trial]) -> Iterator[list[TrialResult]]:
        """Run trials on the cluster, as ``Processes.run`` does here.

        Raises:
            InputError: also when the scheduler has gone.
        """
        try:
            yield from super().run(trials)
        except (CancelledError, OSError) as error:
            raise _refused(
                self._address,
                f"it has gone ({error or 'cancelled'})",
                "start it, then give the same command again",
            ) from error

    def _look(self) -> None:
        """Count the workers, and say who has gone."""
        self._looked_s = time.monotonic()
        before, self._threads = self._threads, self._client.nthreads()
        gone = sum(address not in self._threads for address in before)
        if gone:
            self._say(
                f"{gone} of {len(before)} workers of {self._address} have gone: Dask does their trials again"
            )


def _connect(address: str) -> tuple[Any, type[Exception]]:
    """A client of the scheduler, and the error by which it tells that a trial has killed its workers.

    Raises:
        InputError: as ``ClusterWorkers``.
    """
    try:
        from distributed import Client, KilledWorker
        from distributed.comm.addressing import get_address_host_port
    except ImportError as error:
        raise _refused(address, "Dask is not installed", "pip install 'planaria[cluster]'") from error
    try:
        # Client prints what it does not reach, again and again.
        socket.create_connection(get_address_host_port(address), CONNECT_S).close()
        client = Client(address, timeout=CONNECT_S, set_as_default=False)
    except (OSError, ValueError) as error:
        raise _refused(
            address, f"it cannot be reached ({error})", "give the address that 'dask scheduler' prints"
        ) from error
    try:
        client.wait_for_workers(1, CONNECT_S)
    except TimeoutError as error:
        client.close()
        raise _refused(address, "it has no workers", f"start some: dask worker {address}") from error
    return client, KilledWorker


def _refused(address: str, limit: str, fix: str) -> InputError:
    return InputError("--scheduler", address, limit, fix)


def _run_there(version: str, genome: Code, trial: Trial) -> TrialResult:
    """What a worker of the cluster does."""
    if version != __version__:
        raise InputError(
            "worker",
            f"{socket.gethostname()}, planaria {__version__}",
            f"the campaign is measured with planaria {version}",
            "install that version there",
        )
    return run_trial(genome, trial)
