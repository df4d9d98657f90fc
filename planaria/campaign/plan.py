"""The plan of a campaign: which genomes, under which faults, how often; a TOML file.

A plan is checked whole when it is read. Every point is made ready with every combination of the ends
of what its trials draw, so that nothing can be refused in the middle of a campaign.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from importlib.resources import files
from itertools import chain, product
from math import prod
from pathlib import Path
from typing import Any, Final, Self

from emulator.config import RunConfig, check_begin
from emulator.faults import Fault
from emulator.faults.base import last_fault
from emulator.record.predicate import Predicate
from emulator.world.draws import Stream, draw32, key
from firmware.errors import InputError
from planaria.campaign.graph import KEY, graph_of, read_graphs, with_graph
from planaria.campaign.parameters import (
    Choice,
    check_names,
    draw_all,
    names_in,
    plain,
    read_draw,
    read_sweep,
    substitute,
    substitute_option,
)
from planaria.campaign.program_parameters import PARAMETERS, check_programs, read_parameters, values_of
from planaria.campaign.timeline import check_fault, check_time
from planaria.campaign.trial import Point, Trial, Value
from planaria.campaign.world import WORLD, differing, read_chip, read_predicate, read_world
from planaria.code import Code, is_program
from planaria.counted import counted
from planaria.toml_table import BYTE_ORDER_MARK, TomlTable, read_text

SUFFIX: Final = ".toml"

POINTS_MAX: Final = 10_000
TRIALS_MAX: Final = 10_000_000
"""Of all points together."""

HORIZON_MAX_ROUNDS: Final = 100_000

CHECKS_MAX: Final = 40_000
"""Worlds and faults of all combinations of swept values and of ends of draws: checked in a second."""

_KEYS: Final = (
    "title",
    "genomes",
    "program",
    "timeline",
    "trials",
    "horizon_rounds",
    "quiet_rounds",
    "seed",
    "world",
    PARAMETERS,
    "recovery",
    "sweep",
    "draw",
    KEY,
)


@dataclass(frozen=True)
class Plan:
    """A plan, as its file says it.

    Attributes:
        title: for people.
        genomes: shipped names, genome files, or one program: their paths are relative to the plan's folder.
        timeline: texts of faults, in which ``{name}`` stands for a parameter.
        trials: at every point.
        horizon_rounds: length of a trial.
        quiet_rounds: the last so many rounds of it are free of faults.
        seed: master seed of the campaign; None where the plan has none: it then follows from the plan
            and the genome, so that nobody can choose one.
        world: options of the grid as written, in which ``"{name}"`` stands for a parameter.
        predicate: what counts as recovered.
        sweep: name -> values; every combination of them is a point.
        draw: name -> what each trial chooses from for itself.
        graphs: those that it carries: name of the file -> content.
        parameters: of the program, by name: a whole number, or ``"{name}"``.
        text: the file, with its graph.
        source: its path; errors begin with it.
        derived_seeds: name of a genome -> the seed that follows, once the genomes are known.
    """

    title: str
    genomes: tuple[str, ...]
    timeline: tuple[str, ...]
    trials: int
    horizon_rounds: int
    quiet_rounds: int
    seed: int | None
    world: dict[str, Any]
    predicate: Predicate
    sweep: dict[str, tuple[Value, ...]]
    draw: dict[str, Choice]
    text: str
    source: str
    graphs: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, Any] = field(default_factory=dict)
    derived_seeds: dict[str, int] = field(default_factory=dict)

    @classmethod
    def parse(cls, text: str, source: str) -> "Plan":
        """Read and check the text of a plan file.

        Args:
            text: TOML, with a byte order mark or without.
            source: path of the file, from which genome files are found; errors begin with it.

        Raises:
            InputError: something is wrong with it; the message has the line or key, the value, its
                limit, and what to do.
        """
        text = text.removeprefix(BYTE_ORDER_MARK)
        table = TomlTable.parse(text, source)
        table.check_keys(*_KEYS)
        horizon_rounds = table.whole("horizon_rounds", 1, HORIZON_MAX_ROUNDS)
        plan = cls(
            title=table.text("title"),
            genomes=_read_codes(table),
            timeline=table.texts("timeline"),
            trials=table.whole("trials", 1, TRIALS_MAX),
            horizon_rounds=horizon_rounds,
            quiet_rounds=table.whole("quiet_rounds", 0, horizon_rounds, 0),
            seed=table.whole("seed", 0, (1 << 64) - 1) if "seed" in table.content else None,
            world=_read_world(table),
            predicate=read_predicate(table.table("recovery")),
            sweep=read_sweep(table.table("sweep")),
            draw=read_draw(table.table("draw")),
            graphs=read_graphs(table),
            parameters=read_parameters(table),
            text=text,
            source=source,
        )
        places = {f"timeline[{place}]": text for place, text in enumerate(plan.timeline)}
        places |= {f"world.{name}": given for name, given in plan.world.items()}
        places |= {f"{PARAMETERS}.{name}": given for name, given in plan.parameters.items()}
        check_names(source, places, plan.sweep, plan.draw)
        plan._check_points(table)
        return plan

    @classmethod
    def load(cls, path: str | Path) -> "Plan":
        """Read and check a plan file.

        Raises:
            InputError: it cannot be read, or as ``parse``.
        """
        return cls.parse(with_graph(read_text("plan file", Path(path)), Path(path)), str(path))

    @property
    def sha256(self) -> str:
        """Fingerprint of the plan's text."""
        return sha256(self.text.encode()).hexdigest()

    @property
    def essence(self) -> str:
        """Everything in it that decides what its trials are, but for genomes, as JSON.

        Not in it are the title, comments, spaces, the order of its tables, and the number of trials:
        a plan that differs in these alone has the same trials, or more of them. Nor does it matter how
        something is spelt, lest somebody spell it until he likes the seed.
        """
        choices = {name: asdict(choice) for name, choice in self.draw.items()}
        parts = {
            "timeline": [text if names_in(text) else str(Fault.parse(text)) for text in self.timeline],
            "horizon_rounds": self.horizon_rounds,
            "quiet_rounds": self.quiet_rounds,
            "seed": self.seed,
            "world": plain(differing(self.world) | self._graphs()),
            "recovery": asdict(self.predicate),
            "sweep": plain(list(self.sweep.items())),
            "draw": plain(choices),
        } | ({PARAMETERS: plain(self.parameters)} if self.parameters else {})
        return json.dumps(parts, sort_keys=True, separators=(",", ":"))

    def _graphs(self) -> dict[str, Any]:
        """What stands for files of graphs: a run is a function of what is in them."""
        if graph_of(self.world) is None:
            return {}
        return {"topology": list(dict.fromkeys(str(world.topology) for world in self.worlds()))}

    def seeded_by(self, genomes: Mapping[str, Code]) -> Self:
        """The plan with the seeds that follow from it and from its genomes, which ``trial`` needs.

        They are the first 8 bytes, big-endian, of SHA-256 over the genome file's SHA-256 and ``essence``.
        """
        files = {name: sha256(genome.to_bytes()).digest() for name, genome in genomes.items()}
        essence = self.essence.encode()
        seeds = {name: int.from_bytes(sha256(file + essence).digest()[:8]) for name, file in files.items()}
        return replace(self, derived_seeds=seeds)

    def seed_of(self, genome: str) -> int:
        """The master seed of a genome's points: the plan's own, or the one that follows.

        Args:
            genome: its name in the plan, which was then given to ``seeded_by``.
        """
        return self.derived_seeds[genome] if self.seed is None else self.seed

    @cached_property
    def _combinations(self) -> list[dict[str, Value]]:
        """Of the swept values, the last name fastest; one, an empty one, without a sweep."""
        return [dict(zip(self.sweep, values, strict=True)) for values in product(*self.sweep.values())]

    def points(self) -> list[Point]:
        """Every genome with every combination of swept values, genomes slowest, the last name fastest."""
        pairs = product(self.genomes, self._combinations)
        return [Point(number, genome, swept) for number, (genome, swept) in enumerate(pairs)]

    def trial(self, point: Point, index: int) -> Trial:
        """Trial ``index`` of a point, counted from 0: a function of the plan and the point's genome."""
        seed, drawn = self.chance(point, index)
        values = {**point.swept, **drawn}
        config, chip = replace(self._config(values), seed=seed), read_chip(self._world_table(values))
        given = self._given(values)
        return Trial(point.number, index, seed, point.genome, drawn, config, chip, self.horizon_rounds, given)

    def chance(self, point: Point, index: int) -> tuple[int, dict[str, Value]]:
        """The seed of a trial, and the parameters that it draws."""
        chance = key(self.seed_of(point.genome), Stream.TRIAL, point.number)
        seed = draw32(chance, 2 * index) << 32 | draw32(chance, 2 * index + 1)
        return seed, draw_all(self.draw, seed)

    @property
    def of_program(self) -> bool:
        """Whether its cells run a program instead of genomes."""
        return is_program(self.genomes[0])

    def worlds(self) -> Iterator[RunConfig]:
        """The world of every combination of swept values and ends of draws; seeds left open."""
        ends = [choice.extremes for choice in self.draw.values()]
        for swept, drawn in product(self._combinations, product(*ends)):
            yield self._config({**swept, **dict(zip(self.draw, drawn, strict=True))})

    def given(self) -> Iterator[dict[str, int]]:
        """The program's parameters at every combination of the values that they can take."""
        return map(self._given, values_of(self.parameters, self.sweep, self.draw))

    def _given(self, values: Mapping[str, Value]) -> dict[str, int]:
        """The program's parameters with these values put in.

        Raises:
            InputError: one is no whole number.
        """
        options = {name: substitute_option(given, values) for name, given in self.parameters.items()}
        table = TomlTable(self.source, PARAMETERS, options)
        return {name: table.whole(name, -(1 << 63), (1 << 63) - 1) for name in options}

    def _config(self, values: Mapping[str, Value]) -> RunConfig:
        """The world of a trial with these parameters, its seed left open.

        Raises:
            InputError: an option or a fault that cannot be.
        """
        table = self._world_table(values)
        config = read_world(table, self.predicate, self.graphs)
        read_chip(table)
        texts = [substitute(text, values) for text in self.timeline]
        faults = [self._fault(place, text, config) for place, text in enumerate(texts)]
        place, end_rounds = last_fault(faults, config.timing.mean_interval_us)
        with self._naming(place, texts[place]):
            check_time(end_rounds, self.horizon_rounds, self.predicate.dwell_rounds)
        with TomlTable(self.source, "", self.world).naming():
            return replace(config, faults=tuple(faults))

    def _world_table(self, values: Mapping[str, Value]) -> TomlTable:
        """The table [world] with these parameters put in."""
        options = {name: substitute_option(given, values) for name, given in self.world.items()}
        return TomlTable(self.source, "world", options)

    def _fault(self, place: int, text: str, config: RunConfig) -> Fault:
        """The fault at this place of the timeline, if the world and the plan allow it."""
        with self._naming(place, text):
            fault = Fault.parse(text)
            config.check_fault(fault)
            check_begin(fault, self.horizon_rounds)
            check_fault(fault, self.horizon_rounds, self.quiet_rounds, config.timing.mean_interval_us)
        return fault

    @contextmanager
    def _naming(self, place: int, text: str) -> Iterator[None]:
        """Within, a refusal of a fault gets its place in the timeline, and its text."""
        try:
            yield
        except InputError as error:
            limit = error.limit if error.what == "fault" else f"{error.value}: {error.limit}"
            table = TomlTable(self.source, "", {})
            raise table.error(f"timeline[{place}]", text, limit, error.fix) from error

    def _check_points(self, table: TomlTable) -> None:
        """Make every point ready with every combination of the ends of what a trial draws."""
        combinations = prod(map(len, self.sweep.values()))
        points = len(self.genomes) * combinations
        if points > POINTS_MAX:
            raise table.error(
                "sweep", f"{points:,} points", f"there can be {POINTS_MAX:,}", "sweep fewer values"
            )
        if points * self.trials > TRIALS_MAX:
            trials = f"{self.trials:,} at each of {points:,} points"
            raise table.error("trials", trials, f"there can be {TRIALS_MAX:,} in all", "give fewer")
        check_programs(table, self.parameters, self.sweep, self.draw)
        combinations *= prod(len(choice.extremes) for choice in self.draw.values())
        checks = combinations * (1 + len(self.timeline))
        if checks > CHECKS_MAX:
            raise table.error(
                "draw",
                f"{combinations:,} combinations of a world and {counted(len(self.timeline), 'fault')}",
                f"there can be {CHECKS_MAX:,} worlds and faults to check, and not {checks:,}",
                "draw fewer parameters, sweep fewer values, or plan fewer faults",
            )
        for _checked in chain(self.worlds(), self.given()):
            pass


def _read_world(table: TomlTable) -> dict[str, Any]:
    world = table.table("world")
    world.check_keys(*WORLD)
    return world.content


def _read_codes(table: TomlTable) -> tuple[str, ...]:
    """What the cells run: the names of genomes, or of one program."""
    if "program" in table.content:
        if "genomes" in table.content:
            raise table.error("program", table.content["program"], "genomes are given too", "leave one out")
        program = table.text("program")
        if not is_program(program) or "\0" in program:
            raise table.error("program", program, "it must be a Python file", 'e.g. "hop_count.py"')
        return (program,)
    genomes, seen = table.texts("genomes"), set()
    for place, name in enumerate(genomes):
        if name in seen:
            raise table.error(f"genomes[{place}]", name, "it is there twice", "leave one out")
        if is_program(name):
            raise table.error(f"genomes[{place}]", name, "it is a program", 'write: program = "..."')
        if "\0" in name:
            raise table.error(f"genomes[{place}]", name, "no file has such a name", "check the path")
        seen.add(name)
    return genomes


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name that is too long for any file
        return False


def shipped_plans() -> dict[str, Path]:
    """Plans that come with the package: name -> file, sorted by name."""
    folder = Path(str(files("planaria") / "plans"))
    return {path.stem: path for path in sorted(folder.glob(f"*{SUFFIX}"))}


def open_plan(name_or_file: str | Path) -> Plan:
    """A shipped plan by its name, or any plan file.

    Raises:
        InputError: neither a shipped name nor a readable plan file, or as ``Plan.parse``.
    """
    shipped = shipped_plans()
    if str(name_or_file) in shipped:
        return Plan.load(shipped[str(name_or_file)])
    path = Path(name_or_file)
    if path.name == str(name_or_file) and path.suffix != SUFFIX and not (path.name and _exists(path)):
        raise InputError(
            "plan",
            name_or_file,
            "it is neither a file nor a shipped plan",
            f"shipped are: {', '.join(shipped)}",
        )
    return Plan.load(path)
