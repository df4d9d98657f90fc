"""The Python face: a grid of cells that you can run, injure, look at and ask."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from emulator.config import RunConfig
from emulator.faults import Fault
from emulator.record.crash import Crash
from emulator.record.result import RunResult
from emulator.view import View
from emulator.world.robots import Robots
from firmware.arguments import texts, whole
from firmware.budget import VISIBLE
from firmware.errors import InputError
from firmware.picture import Displacement
from firmware.variables import Layout
from planaria.code import Code, engine_of, hidden_of, layout_of
from planaria.log import Log
from planaria.outputs import check_outputs
from planaria.pictures.recording import NOTHING, Recording


class Grid:
    """A genome or a program, flashed into every cell of a grid.

    >>> from planaria import Grid, open_genome
    >>> grid = Grid(open_genome("ring"), rows=24, cols=24, seed=1, loss=0.05)
    >>> grid.run(80).error_by_round[80] < 10
    True
    >>> grid.wound("restart:half:left")
    >>> str(grid.run(80).recoveries[0].clean.outcome)
    'recovered'

    Every option of a world is a keyword, e.g. ``seed``, ``loss``, ``latency_us`` or ``faults``: see
    ``planaria run --help``; docs/campaigns.md lists them all with limits and defaults.

    Args:
        genome: a genome (``open_genome``), or a program of a cell in its place (``open_program``).
        rows: height in cells; 32 unless ``grid`` says otherwise.
        cols: width in cells, likewise.
        config: the world ready made, instead of options.
        record: keep a picture of every round, for films and figures.
        trace_file: receives every update (SPEC.md, "Trace").
        log_file: receives the variables of a program after every round, as CSV.
        show: the variable that films show, instead of the cells' colours.
        engine: ``window`` (arrays of cells in compiled code), ``reference`` (a SimPy process for each
            cell, to be read), ``native`` (the reference engine with the C cell, built for this machine) or
            ``iss`` (the same with its binary on a simulated chip); the result is the same. None is the usual
            one: ``window``, or ``native`` for a program that is written in C.
        target: the chip, for ``iss``.
        check_genome: let each cell check its genome's CRC-32 at boot, for ``iss``.
        kernel: what ``window`` computes with: ``numpy``, ``f32``, ``vnni``; None is the fastest that
            this processor has.
        options: of the world, by name.

    Raises:
        InputError: an unknown option, one out of its limits, a target larger than the grid, or no toolchain.
    """

    def __init__(
        self,
        genome: Code,
        rows: int | None = None,
        cols: int | None = None,
        *,
        config: RunConfig | None = None,
        record: bool = True,
        trace_file: BinaryIO | None = None,
        log_file: BinaryIO | None = None,
        show: str | None = None,
        engine: str | None = None,
        target: str | None = None,
        check_genome: bool = False,
        kernel: str | None = None,
        **options: Any,
    ) -> None:
        if not isinstance(genome, Code):
            limit = "it must be a Genome, or a program"
            raise InputError("genome", repr(genome), limit, "e.g. open_genome('ring')")
        if rows is not None or cols is not None:
            options = _sized(options, rows, cols)
        if config is not None and options:
            name, value = next(iter(options.items()))
            raise InputError(name, value, "config is given too", "leave one of them out")
        self.config = RunConfig.of(options, hidden_of(genome)) if config is None else config
        self.genome = genome
        self.faults = list(self.config.faults)
        self._engine = engine_of(
            genome,
            self.config,
            trace_file=trace_file,
            engine=engine,
            target=target,
            check_genome=check_genome,
            kernel=kernel,
        )
        self._layout, moves = layout_of(genome), self._engine.robots is not None
        self._log = _log(log_file, self._layout, genome.name, moves) if log_file else None
        self._record = record
        shape = self.config.topology.shape
        self._pictures = Recording((*shape, VISIBLE))
        self._shown = _shown(show, self._layout, genome.name)
        self._numbers = Recording(shape, np.int64)
        self._where = Recording((self.config.topology.cells, 3), np.int32)
        self.on_round: Callable[[int], None] = lambda _round: None
        self._engine.on_round = self._look

    def run(self, rounds: int) -> RunResult:
        """Let the cells live for this many rounds; returns the result so far.

        ``on_round``, if set, is called with the number of every round that is over.

        Raises:
            InputError: ``rounds`` is no whole number, below 1 or beyond all reason.
        """
        return self._engine.run(whole("rounds", rounds))

    def wound(self, spec: str) -> None:
        """Injure the grid now: ``restart:half:left``, ``kill:disc:16,16,5``, or for a time, ``kill:...+50``.

        Raises:
            InputError: not a fault, or one outside the grid.
        """
        (spec,) = texts("fault", [spec])
        what, plus, length = spec.partition("+")
        fault = Fault.parse(f"{what}@{self.rounds}{plus}{length}")
        self._engine.wound(fault)
        self.faults.append(fault)

    @property
    def kernel(self) -> str | None:
        """What the engine computes with, if it has a choice."""
        return self._engine.kernel

    @property
    def crash(self) -> Crash | None:
        """The first failure of a program in this run: when, which cell, and why; None if there was none."""
        return self._engine.crash

    @property
    def compiles(self) -> bool:
        """Whether the engine will first be compiled, for nobody has run it on this machine."""
        return self._engine.compiles

    @property
    def rounds(self) -> int:
        """Number of rounds lived so far."""
        return int(self._engine.rounds)

    @property
    def error(self) -> float:
        """Pattern error E now: about 1 looks perfect, above 10 is bad, an empty grid has 1000."""
        return self._engine.error

    @property
    def stands(self) -> Displacement | None:
        """Where the organism stands, which may be beside its place, and E there; None for a program."""
        return self._engine.stands()

    @property
    def picture(self) -> NDArray[np.int8]:
        """What the cells show now: int8[rows, cols, 4], premultiplied RGBA, 64 = 1.0."""
        return self._engine.picture

    @property
    def states(self) -> NDArray[np.int8]:
        """All state channels now: int8[rows, cols, 16]."""
        return self._engine.states

    @property
    def robots(self) -> Robots | None:
        """Where robots are now, copies; None if the cells do not move."""
        robots = self._engine.robots
        return None if robots is None else Robots(*(array.copy() for array in robots))

    def __getitem__(self, name: str) -> NDArray[np.int64]:
        """A variable of the program now, or of its boards: int64[rows, cols]; a row has one axis more.

        Raises:
            KeyError: the program has declared none of this name.
        """
        found = self._view[name]
        return found.reshape(*self.config.topology.shape, *found.shape[1:])

    @property
    def result(self) -> RunResult:
        """Trace hash, counters, error by round and recoveries so far."""
        return self._engine.result()

    def save_film(self, path: str | Path) -> None:
        """Write a GIF of the life so far.

        Raises:
            InputError: the file cannot be written, or there are no pictures.
        """
        from planaria.pictures.film import save_film, save_film_of_numbers

        self._check(path, "film")
        if self._shown is None:
            save_film(Path(path), self.config.topology, self._pictures, self._where)
        else:
            save_film_of_numbers(Path(path), self.config.topology, self._numbers, self._where)

    def save_figure(self, path: str | Path) -> None:
        """Write a PNG: error over time with faults and recoveries, and before / wounded / after.

        Raises:
            InputError: as ``save_film``.
        """
        from planaria.pictures.figures import save_figure

        self._check(path, "figure")
        given = self.genome, self.config, self.faults, self.result, self._pictures
        save_figure(Path(path), *given, self._where)

    def _check(self, path: str | Path, what: str) -> None:
        check_outputs([Path(path)])
        if not self._record:
            raise InputError(what, path, "this grid keeps no pictures", "make it with record=True")
        if not self._pictures:
            raise InputError(what, path, "this grid has not lived yet", "call run first")

    @property
    def _view(self) -> View:
        return View(self._engine, self._layout)

    def _look(self, round_number: int) -> None:
        if self._log:
            self._log.look(round_number, self._view)
        if self._record:
            self._pictures.append(self._engine.picture)
        if self._record and (robots := self._engine.robots):
            self._where.append(np.column_stack([robots.places_um, robots.headings]).astype(np.int32))
        if self._record and self._shown:
            view = self._view
            numbers = np.where(view.running, view[self._shown], NOTHING)
            self._numbers.append(numbers.reshape(self.config.topology.shape))
        self.on_round(round_number)


def _shown(name: str | None, layout: Layout | None, program: str) -> str | None:
    """The variable that films show, which must be a single number."""
    known = {**layout.own, **layout.board} if layout else {}
    single = [variable for variable, place in known.items() if place.kind.count is None]
    if name is None or name in single:
        return name
    raise InputError(
        "show", name, f"{program} has {', '.join(single) or 'declared no variables'}", "name one"
    )


def _log(file: BinaryIO, layout: Layout | None, name: str, moves: bool) -> Log:
    if layout is None:
        limit = "it has declared no variables"
        raise InputError("log", name, limit, "run a program that is a class; see examples/leader.py")
    return Log(file, layout, moves)


def _sized(options: dict[str, Any], rows: int | None, cols: int | None) -> dict[str, Any]:
    """The options with a grid of this size; what is None is as usual."""
    if "grid" in options:
        raise InputError("grid", options["grid"], "rows or cols are given too", "leave one of them out")
    usual_rows, usual_cols = RunConfig().topology.shape
    height = whole("rows", usual_rows if rows is None else rows)
    width = whole("cols", usual_cols if cols is None else cols)
    return {**options, "grid": f"{width}x{height}"}
