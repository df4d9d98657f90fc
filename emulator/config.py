"""Everything that decides a run besides the genome, checked before anything is allocated."""

from dataclasses import dataclass, field

from emulator.faults import Fault
from emulator.record.recovery import Predicate
from emulator.world.region import check_inside
from emulator.world.topology import SquareGrid
from firmware.clock import Timing
from firmware.errors import InputError
from firmware.pace import COMPUTE_MAX_US

LATENCY_MAX_US = 1_000_000_000

GROWN_ERROR_MAX = 1000.0

CELLS_MAX = (1 << 28) - 2
"""Ports of cells have numbers of 31 bits, eight for each cell."""

FAULTS_MAX = 2000
"""Of a run: so many at once take about a quarter of a minute."""


@dataclass(frozen=True)
class RunConfig:
    """The world of a run.

    Attributes:
        rows: height of the grid in cells.
        cols: width of the grid in cells.
        seed: of all random draws, 0 to 2**64 - 1.
        latency_us: of every link, >= 1.
        jitter_us: each message takes a uniform 0..jitter_us longer.
        compute_us: how long an update takes; 0 is the ideal cell.
        loss_probability: of each message on each link.
        faults: the plan.
        torus: whether opposite edges are joined.
        timing: the cells' clock settings.
        predicate: what counts as recovered.
    """

    rows: int = 32
    cols: int = 32
    seed: int = 0
    latency_us: int = 500
    jitter_us: int = 0
    compute_us: int = 0
    loss_probability: float = 0.0
    faults: tuple[Fault, ...] = ()
    torus: bool = False
    timing: Timing = field(default_factory=Timing)
    predicate: Predicate = field(default_factory=Predicate)

    def __post_init__(self) -> None:
        self._check_links()
        self._check_grid()
        if not 0 <= self.seed < 1 << 64:
            raise InputError("seed", self.seed, "it must be 0 to 2**64 - 1", "choose another")
        if not 0 < self.predicate.gone_fraction <= 1:
            raise InputError(
                "gone_fraction",
                self.predicate.gone_fraction,
                "it must be above 0, at most 1",
                "the default is 0.95",
            )
        if not 0 <= self.predicate.dwell_rounds <= 1_000_000:
            raise InputError(
                "dwell_rounds", self.predicate.dwell_rounds, "it must be 0 to 1,000,000", "the default is 25"
            )
        if not 0 <= self.predicate.grown_error <= GROWN_ERROR_MAX:
            raise InputError(
                "grown_error",
                self.predicate.grown_error,
                f"it must be 0 to {GROWN_ERROR_MAX:g}: an empty grid has 1000",
                "the default is 10",
            )
        parts = sum(fault.parts for fault in self.faults)
        if parts > FAULTS_MAX:
            limit = f"there can be {FAULTS_MAX:,}, the parts of each compound counted"
            raise InputError("faults", f"{parts:,}", limit, "leave some out")
        for fault in self.faults:
            self.check_fault(fault)

    @property
    def grid(self) -> SquareGrid:
        """Who is wired to whom."""
        return SquareGrid(self.rows, self.cols, self.torus)

    def check_fault(self, fault: Fault) -> None:
        """Refuse a fault that misses the grid, or cannot be at this pace.

        Raises:
            InputError: it does.
        """
        check_inside(fault.region, self.grid, fault)
        fault.check_interval(self.timing.mean_interval_us)

    def check_horizon(self, rounds: int) -> None:
        """Refuse a run that ends before one of its faults begins.

        Raises:
            InputError: it does.
        """
        for fault in self.faults:
            check_begin(fault, rounds)

    def _check_grid(self) -> None:
        if self.rows < 1 or self.cols < 1:
            raise InputError(
                "grid", f"{self.cols}x{self.rows}", "it needs at least 1x1 cells", "32x32 is usual"
            )
        if self.torus and min(self.rows, self.cols) < 3:
            raise InputError(
                "grid",
                f"{self.cols}x{self.rows}",
                "a torus needs at least 3x3 cells",
                "make it larger, or bounded",
            )
        if self.rows * self.cols > CELLS_MAX:
            raise InputError(
                "grid", f"{self.cols}x{self.rows}", f"it has more than {CELLS_MAX:,} cells", "make it smaller"
            )

    def _check_links(self) -> None:
        if not 1 <= self.latency_us <= LATENCY_MAX_US:
            raise InputError(
                "latency_us",
                self.latency_us,
                f"it must be 1 to {LATENCY_MAX_US}: no message is instantaneous",
                "the default is 500",
            )
        if not 0 <= self.jitter_us <= LATENCY_MAX_US:
            raise InputError(
                "jitter_us", self.jitter_us, f"it must be 0 to {LATENCY_MAX_US}", "the default is 0"
            )
        if not 0 <= self.compute_us <= COMPUTE_MAX_US:
            raise InputError(
                "compute_us",
                self.compute_us,
                f"an update may take 0 to {COMPUTE_MAX_US:,} us",
                "the default is 0, the ideal cell; chips need 300 to 9,000",
            )
        if not 0 <= self.loss_probability <= 1:
            raise InputError(
                "loss", self.loss_probability, "a probability must be 0 to 1", "e.g. 0.05 for 5 % of messages"
            )


def check_begin(fault: Fault, rounds: int) -> None:
    """Refuse a fault that begins after the end of its run.

    Raises:
        InputError: it does.
    """
    if fault.start_rounds > rounds:
        limit = f"it begins after the run's end at {rounds} rounds"
        raise InputError("fault", fault, limit, "run for longer, or begin earlier")
