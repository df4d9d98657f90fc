import time
from functools import partial
from pathlib import Path

import pytest

from emulator.arrays import engine as window
from emulator.arrays.engine import WindowEngine
from emulator.config import RunConfig
from emulator.faults import Fault
from emulator.goal import PictureGoal
from emulator.reference import engine as reference
from emulator.reference.engine import ReferenceEngine
from emulator.world import host_memory
from emulator.world.lattices import Square8
from firmware import image
from firmware.errors import InputError


def make(engine, config, genome):
    return engine(config, image.build(genome, config.timing), PictureGoal(genome.target))


@pytest.mark.parametrize(("engine", "cell_bytes"), [(ReferenceEngine, 8000), (WindowEngine, 410)])
def test_a_grid_too_large_is_refused_at_once(genome, engine, cell_bytes, monkeypatch):
    monkeypatch.setattr(host_memory, "free_memory_bytes", lambda: 1 << 36)
    config = RunConfig(Square8(16_000, 16_000))
    started = time.perf_counter()
    needed = f"{config.topology.cells * cell_bytes:,}"
    with pytest.raises(InputError, match=rf"grid: 16000x16000 - it would need {needed} bytes of memory and"):
        make(engine, config, genome)
    assert time.perf_counter() - started < 0.5


@pytest.mark.parametrize(
    ("engine", "cell_bytes"),
    [
        (ReferenceEngine, reference.CELL_BYTES),
        (WindowEngine, window.MEMORY.cell_bytes),
        (partial(WindowEngine, kernel="numpy"), window.MEMORY_NUMPY.cell_bytes),
    ],
)
def test_memory_is_compared_with_what_is_free(monkeypatch, genome, engine, cell_bytes):
    monkeypatch.setattr(host_memory, "free_memory_bytes", lambda: int(100 * 1.07 * cell_bytes))
    make(engine, RunConfig(Square8(10, 10)), genome)
    with pytest.raises(InputError, match=r"[\d,]+ are free; make it smaller"):
        make(engine, RunConfig(Square8(10, 11)), genome)


ENGINES = [ReferenceEngine, WindowEngine, partial(WindowEngine, kernel="numpy")]


@pytest.mark.parametrize("engine", ENGINES)
def test_messages_are_counted_that_the_run_can_send(monkeypatch, genome, engine):
    """A legal latency of 1,000 seconds in a run of 3 rounds: only those of 3 rounds are ever on their way."""
    patient = make(engine, RunConfig(Square8(10, 10), latency_us=1_000_000_000), genome)
    patient.run(3)
    monkeypatch.setattr(host_memory, "free_memory_bytes", lambda: 1 << 20)
    with pytest.raises(InputError, match=r"latency_us: 1,000,000,000 - it would need [\d,]+ bytes of memory"):
        patient.run(1_000_000)
    held = RunConfig(Square8(10, 10), faults=(Fault.parse("delay:1000000000@1"),))
    with pytest.raises(InputError, match=r"fault: delay:1000000000@1 - it would need"):
        make(engine, held, genome).run(1_000_000)
    few = RunConfig(Square8(10, 10), faults=(Fault.parse("delay:rect:0,0,1,1,by_us=50000@1"),))
    make(engine, few, genome).run(3)


@pytest.mark.parametrize(
    ("options", "cell_bytes"),
    [({}, 410), ({"jitter_us": 1}, 510), ({"faults": ["version:all,genome=ring@1"]}, 760)],
)
def test_what_a_world_needs_is_known_before_there_is_an_engine(options, cell_bytes):
    options = {name: tuple(map(Fault.parse, v)) if name == "faults" else v for name, v in options.items()}
    assert window.memory_bytes(RunConfig(Square8(10, 11), **options), 0) == 110 * cell_bytes


def test_free_memory_is_less_than_all():
    assert 0 < host_memory.free_memory_bytes() < 1 << 50


def test_systems_that_say_less(monkeypatch):
    """macOS has no /proc, Windows no sysconf either."""
    monkeypatch.setattr(host_memory, "_read", lambda _path: "")
    monkeypatch.setattr(
        host_memory.resource, "getrlimit", lambda _number: (host_memory.resource.RLIM_INFINITY,) * 2
    )
    assert host_memory.free_memory_bytes() > 0
    monkeypatch.delattr(host_memory.os, "sysconf")
    monkeypatch.setattr(host_memory, "resource", None)
    assert host_memory.free_memory_bytes() is None
    host_memory.check_memory("grid", "1000000x1000000", 1 << 60, "make it smaller")


@pytest.fixture
def tree(tmp_path):
    """Makes the files of a made-up system, and says how much is free there."""

    def free(files):
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        return host_memory.free_memory_bytes(tmp_path)

    return free


MEMINFO = {"proc/meminfo": "MemTotal:    9000 kB\nMemFree:   10 kB\nMemAvailable:    8000 kB\n"}
STAT = "anon 1\ninactive_file 300\nactive_file 20\ninactive_anon 5\n"


def version_2(path, groups):
    """Files of a system with version 2: where this process is, and (limit, usage) of each group."""
    files = MEMINFO | {"proc/self/cgroup": f"0::{path}\n"}
    for group, (limit, usage) in groups.items():
        folder = f"sys/fs/cgroup/{group}"
        files[f"{folder}/memory.max"] = f"{limit}\n"
        files[f"{folder}/memory.current"] = f"{usage}\n"
    return files


@pytest.mark.parametrize(
    ("path", "groups", "free_bytes"),
    [
        ("/", {}, 8_192_000),
        ("/", {"": ("max", 5)}, 8_192_000),
        ("/", {"": (1_000_000, 400_000)}, 600_000),
        ("/a/b", {"a/b": ("max", 5), "a": (1_000_000, 400_000)}, 600_000),
        ("/a/b", {"a/b": (500_000, 5), "a": (1_000_000, 400_000), "other": (10, 5)}, 499_995),
        ("/outside/only", {"": (1_000_000, 400_000)}, 600_000),
        ("/../../x", {"": (1_000_000, 400_000)}, 600_000),
        ("/", {"": (1_000_000, 1_400_000)}, 0),
        ("/", {"": (2**63 - 4096, 1_400_000)}, 8_192_000),
        ("/", {"": ("", "")}, 8_192_000),
        ("/", {"": ("lots", "5")}, 8_192_000),
    ],
)
def test_control_groups(tree, path, groups, free_bytes):
    assert tree(version_2(path, groups)) == free_bytes


def test_cached_files_of_a_control_group_give_way(tree):
    files = version_2("/a", {"a": (1_000_000, 999_900)}) | {"sys/fs/cgroup/a/memory.stat": STAT}
    assert tree(files) == 420


def test_control_groups_of_version_1(tree):
    stat = STAT.replace("inactive_file", "total_inactive_file") + "total_active_file 7\n"
    files = MEMINFO | {
        "proc/self/cgroup": "9:name=systemd:/\n4:cpu,memory:/a/b\n3:cpuset:/c\n0::/\n",
        "sys/fs/cgroup/memory/a/memory.limit_in_bytes": "500000\n",
        "sys/fs/cgroup/memory/a/memory.usage_in_bytes": "100000\n",
        "sys/fs/cgroup/memory/a/memory.stat": stat,
        "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
        "sys/fs/cgroup/memory/memory.usage_in_bytes": "700000\n",
        "sys/fs/cgroup/memory/c/memory.limit_in_bytes": "1\n",
        "sys/fs/cgroup/memory/c/memory.usage_in_bytes": "1\n",
    }
    assert tree(files) == 400_307


@pytest.mark.parametrize("text", ["", "nonsense", "0:", "0::", "::::\n", "4:memory", "\0", "0::/\udcff"])
def test_nonsense_in_proc_is_no_limit(tmp_path, text):
    (tmp_path / "proc" / "self").mkdir(parents=True)
    (tmp_path / "proc" / "meminfo").write_text(MEMINFO["proc/meminfo"])
    (tmp_path / "proc" / "self" / "cgroup").write_bytes(text.encode(errors="surrogateescape"))
    assert host_memory.free_memory_bytes(tmp_path) == 8_192_000


def test_limits_of_the_process(tree, monkeypatch):
    limits = {"RLIMIT_AS": 5_000_000, "RLIMIT_DATA": host_memory.resource.RLIM_INFINITY}
    by_number = {getattr(host_memory.resource, name): name for name in limits}
    monkeypatch.setattr(host_memory.resource, "getrlimit", lambda number: (limits[by_number[number]], 0))
    status = {"proc/self/status": "Name:\tx\nVmPeak:\t    9 kB\nVmSize:\t    1000 kB\nVmData:\t   200 kB\n"}
    assert tree(MEMINFO | status) == 5_000_000 - 1_024_000
    limits["RLIMIT_DATA"] = 3_000_000
    assert tree(MEMINFO | status) == 3_000_000 - 204_800
    limits["RLIMIT_DATA"] = 0
    assert tree(MEMINFO | status) == 0


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc here")
def test_a_limit_of_this_process_is_seen():
    resource = host_memory.resource
    before = resource.getrlimit(resource.RLIMIT_AS)
    try:
        resource.setrlimit(resource.RLIMIT_AS, (1 << 45, before[1]))
        assert host_memory.free_memory_bytes() <= min(1 << 45, *host_memory._of_machine(Path("/")))
        used_kb = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize() // 1024
        resource.setrlimit(resource.RLIMIT_AS, (used_kb * 1024 + (64 << 20), before[1]))
        assert 32 << 20 < host_memory.free_memory_bytes() <= 64 << 20
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
