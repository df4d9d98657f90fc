import os
import signal
import subprocess
import sys
import time
from threading import Thread

import pytest

from firmware.errors import InputError
from planaria.campaign.measure import measure
from planaria.campaign.plan import Plan
from planaria.campaign.store import Store
from planaria.shipped import open_genome
from tests.planaria.campaign.tiny import PLAN, Frail, count


@pytest.fixture(scope="module")
def plan():
    return Plan.parse(PLAN, "tiny.toml").seeded_by({"ring": open_genome("ring")})


@pytest.fixture(scope="module")
def cluster():
    """Two workers, processes of this machine."""
    distributed = pytest.importorskip("distributed", reason="the extra cluster is not installed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
    ) as cluster:
        yield cluster


def test_a_cluster_gives_the_table_of_local_workers(plan, cluster, tmp_path):
    measure(plan, tmp_path / "local", workers=2, quiet=True)
    result = measure(plan, tmp_path / "cluster", scheduler=cluster.scheduler_address, quiet=True)
    assert result["trials_run"] == 40
    local, clustered = ((tmp_path / name / "results.csv").read_bytes() for name in ("local", "cluster"))
    assert clustered == local


def test_a_worker_that_is_killed_changes_nothing_and_is_said(cluster, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("planaria.campaign.cluster.LOOK_S", 0.1)
    longer = Plan.parse(PLAN.replace("trials = 20", "trials = 150"), "tiny.toml")
    measure(longer, tmp_path / "local", workers=2, quiet=True)

    def kill():
        while count(tmp_path / "cluster") < 20:
            time.sleep(0.01)
        os.kill(next(iter(cluster.workers.values())).pid, signal.SIGKILL)

    killer = Thread(target=kill)
    killer.start()
    measure(longer, tmp_path / "cluster", scheduler=cluster.scheduler_address, quiet=True)
    killer.join()
    assert "1 of 2 workers of tcp://127.0.0.1:" in capsys.readouterr().err
    local, clustered = ((tmp_path / name / "results.csv").read_bytes() for name in ("local", "cluster"))
    assert clustered == local


def test_a_trial_that_kills_its_workers_is_named(plan, cluster, tmp_path, monkeypatch):
    for life in range(50):
        (tmp_path / "lives" / str(life)).parent.mkdir(exist_ok=True)
        (tmp_path / "lives" / str(life)).touch()
    monkeypatch.setattr("planaria.campaign.codes.open_code", lambda _: Frail.with_lives(tmp_path / "lives"))
    with pytest.raises(InputError, match=r"trial: \d+ of point \d, ring, .* its worker has died 3 times"):
        measure(plan, tmp_path / "results", scheduler=cluster.scheduler_address, quiet=True)


def test_another_version_on_a_worker_is_refused(plan, cluster, tmp_path, monkeypatch):
    monkeypatch.setattr("planaria.campaign.cluster.__version__", "9.9")
    with pytest.raises(InputError, match=r"worker: .*, planaria .* is measured with planaria 9\.9"):
        measure(plan, tmp_path, scheduler=cluster.scheduler_address, quiet=True)


def test_without_the_extra_it_is_named(plan, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError) as caught:
        measure(plan, tmp_path / "results", scheduler="tcp://127.0.0.1:8786")
    assert str(caught.value) == (
        "--scheduler: tcp://127.0.0.1:8786 - Dask is not installed; pip install 'planaria[cluster]'"
    )
    assert not (tmp_path / "results").exists()


def test_a_scheduler_without_workers_is_refused(plan, tmp_path, monkeypatch):
    distributed = pytest.importorskip("distributed", reason="the extra cluster is not installed")
    monkeypatch.setattr("planaria.campaign.cluster.CONNECT_S", 0.5)
    with distributed.LocalCluster(n_workers=0, dashboard_address=":0") as empty:
        address = empty.scheduler_address
        with pytest.raises(InputError, match=f"--scheduler: {address} - it has no workers; start some: dask"):
            measure(plan, tmp_path / "results", scheduler=address)
    assert not (tmp_path / "results").exists()


@pytest.fixture
def brief_cluster():
    """(address of a scheduler, its process), with a worker."""
    pytest.importorskip("distributed", reason="the extra cluster is not installed")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    options = ["--port", "0", "--no-dashboard", "--no-show"]
    scheduler = subprocess.Popen(
        [sys.executable, "-m", "distributed.cli.dask_scheduler", *options], stderr=subprocess.PIPE, text=True
    )
    address = next(line.split()[-1] for line in scheduler.stderr if "Scheduler at:" in line)
    worker = subprocess.Popen(
        [sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "1", "--no-nanny"],
        stderr=subprocess.DEVNULL,
        env=environment,
    )
    yield address, scheduler
    for process in (worker, scheduler):
        process.kill()
        process.wait()
    scheduler.stderr.close()


def test_a_scheduler_that_goes_is_explained_and_what_is_done_is_safe(tmp_path, brief_cluster):
    address, scheduler = brief_cluster
    endless = Plan.parse(PLAN.replace("trials = 20", "trials = 200000"), "tiny.toml")
    killer = Thread(target=lambda: (time.sleep(4), scheduler.kill()))
    killer.start()
    with pytest.raises(InputError, match=f"--scheduler: {address} - it has gone") as caught:
        measure(endless, tmp_path, scheduler=address, quiet=True)
    killer.join()
    assert "start it, then give the same command again" in str(caught.value)
    with Store.open(tmp_path) as store:
        assert len(store) > 0
