"""Everything that decides a run besides the genome, checked before anything is allocated."""

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass
from typing import Any, Final, Self

from emulator.faults import Fault
from emulator.options import CHIP, FAULTS, GRID, TORUS, WORLD_OPTIONS, Conditions
from emulator.record.predicate import Predicate
from emulator.world.region import check_inside
from emulator.world.topology import SquareGrid, parse_grid
from firmware.budget import HIDDEN_MAX
from firmware.clock import Timing
from firmware.errors import InputError
from firmware.option import check_names, check_options, filled
from firmware.pace import update_us

CELLS_MAX: Final = (1 << 28) - 2
"""Ports of cells have numbers of 31 bits, eight for each cell."""

FAULTS_MAX: Final = 2000
"""Of a run: so many at once take about a quarter of a minute."""


@dataclass(frozen=True)
class RunConfig(Conditions):
    """The world of a run.

    Attributes:
        rows: height of the grid in cells.
        cols: width of the grid in cells.
        faults: the plan.
        torus: whether opposite edges are joined.
    """

    rows: int = 32
    cols: int = 32
    _: KW_ONLY
    faults: tuple[Fault, ...] = ()
    torus: bool = False

    def __post_init__(self) -> None:
        check_options(self)
        self._check_grid()
        check_options(self.predicate)
        parts = sum(fault.parts for fault in self.faults)
        if parts > FAULTS_MAX:
            limit = f"there can be {FAULTS_MAX:,}, the parts of each compound counted"
            raise InputError("faults", f"{parts:,}", limit, "leave some out")
        for fault in self.faults:
            self.check_fault(fault)

    @classmethod
    def of(
        cls, options: Mapping[str, Any], hidden: int = HIDDEN_MAX, predicate: Predicate | None = None
    ) -> Self:
        """The world of these options; the rest have their defaults.

        Args:
            options: name of an option (``WORLD_OPTIONS``) -> value, as people and programs give it.
            hidden: units of the rule, by which the pace of a chip goes.
            predicate: what counts as recovered, ready made instead of its options.

        Raises:
            InputError: there is no such option, or its value cannot be.
        """
        check_names(options, WORLD_OPTIONS)
        given = dict(options)
        if chip := given.get(CHIP.name):
            if given.get("compute_us"):
                raise InputError("chip", chip, "compute_us is given too", "leave one of them out")
            given["compute_us"] = update_us(chip, hidden)
        rows, cols = parse_grid(GRID.of(given.get(GRID.name, GRID.default)))
        return filled(
            cls,
            given,
            rows=rows,
            cols=cols,
            torus=TORUS.of(given.get(TORUS.name, TORUS.default)),
            timing=filled(Timing, given),
            predicate=predicate or filled(Predicate, given),
            faults=tuple(map(Fault.parse, FAULTS.of(given.get(FAULTS.name)))),
        )

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


def check_begin(fault: Fault, rounds: int) -> None:
    """Refuse a fault that begins after the end of its run.

    Raises:
        InputError: it does.
    """
    if fault.start_rounds > rounds:
        limit = f"it begins after the run's end at {rounds} rounds"
        raise InputError("fault", fault, limit, "run for longer, or begin earlier")
