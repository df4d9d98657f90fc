"""Everything that decides a run besides the genome, checked before anything is allocated."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from emulator.faults import Fault
from emulator.options import CHIP, FAULTS, GRID, TOPOLOGY, TORUS, WORLD_OPTIONS, Conditions
from emulator.record.predicate import Predicate
from emulator.world.plane import Plane
from emulator.world.region import check_inside
from emulator.world.topologies import check_no_sides, topology_of
from emulator.world.topology import Topology
from firmware.budget import HIDDEN_MAX
from firmware.clock import Timing
from firmware.errors import InputError
from firmware.genome import Genome
from firmware.option import check_names, check_options, filled
from firmware.pace import update_us

FAULTS_MAX: Final = 2000
"""Of a run: so many at once take about a quarter of a minute."""


@dataclass(frozen=True)
class RunConfig(Conditions):
    """The world of a run.

    Attributes:
        topology: the cells, and who is wired to whom.
        faults: the plan.
    """

    topology: Topology = field(default_factory=topology_of)
    faults: tuple[Fault, ...] = field(default=(), kw_only=True)

    def __post_init__(self) -> None:
        check_options(self)
        check_options(self.predicate)
        parts = sum(fault.parts for fault in self.faults)
        if parts > FAULTS_MAX:
            limit = f"there can be {FAULTS_MAX:,}, the parts of each compound counted"
            raise InputError("faults", f"{parts:,}", limit, "leave some out")
        for fault in self.faults:
            self.check_fault(fault)
        if self.compute_us and isinstance(self.topology, Plane):
            limit = "what a robot hears while it updates has no place to wait"
            raise InputError("compute_us", self.compute_us, limit, "leave it out, and chip, on a plane")

    @classmethod
    def of(
        cls,
        options: Mapping[str, Any],
        hidden: int = HIDDEN_MAX,
        predicate: Predicate | None = None,
        graph: Topology | None = None,
    ) -> Self:
        """The world of these options; the rest have their defaults.

        Args:
            options: name of an option (``WORLD_OPTIONS``) -> value, as people and programs give it.
            hidden: units of the rule, by which the pace of a chip goes.
            predicate: what counts as recovered, ready made instead of its options.
            graph: the topology, ready made instead of read from its file.

        Raises:
            InputError: there is no such option, or its value cannot be.
        """
        check_names(options, WORLD_OPTIONS)
        given = dict(options)
        if chip := given.get(CHIP.name):
            if given.get("compute_us"):
                raise InputError("chip", chip, "compute_us is given too", "leave one of them out")
            given["compute_us"] = update_us(chip, hidden)
        kind, size, torus = (
            option.of(given.get(option.name, option.default)) for option in (TOPOLOGY, GRID, TORUS)
        )
        if graph is not None:
            check_no_sides(size, torus)
        return filled(
            cls,
            given,
            topology=graph or topology_of(kind, size, torus),
            timing=filled(Timing, given),
            predicate=predicate or filled(Predicate, given),
            faults=tuple(map(Fault.parse, FAULTS.of(given.get(FAULTS.name)))),
        )

    def check_fault(self, fault: Fault) -> None:
        """Refuse a fault that misses the cells, or cannot be among them or at this pace.

        Raises:
            InputError: it does.
        """
        check_inside(fault.region, self.topology, fault)
        fault.check_topology(self.topology)
        fault.check_interval(self.timing.mean_interval_us)

    def check_horizon(self, rounds: int) -> None:
        """Refuse a run that ends before one of its faults begins.

        Raises:
            InputError: it does.
        """
        for fault in self.faults:
            check_begin(fault, rounds)


def check_trained_for(genome: Genome, topology: Topology) -> None:
    """Refuse a genome on a topology that it was not trained for: its gradients would mean something else.

    Raises:
        InputError: it was trained for another kind.
    """
    if genome.topology != topology.kind:
        limit = f"it was trained for {genome.topology}, and this is {topology.kind}"
        raise InputError(
            "genome", genome.name, limit, f"choose topology {genome.topology}, or another genome"
        )


def check_begin(fault: Fault, rounds: int) -> None:
    """Refuse a fault that begins after the end of its run.

    Raises:
        InputError: it does.
    """
    if fault.start_rounds > rounds:
        limit = f"it begins after the run's end at {rounds} rounds"
        raise InputError("fault", fault, limit, "run for longer, or begin earlier")
