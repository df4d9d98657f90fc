"""How surely organisms heal: wound after wound, each in many worlds, with messages lost all the time.

An organism grows, is wounded, and has ``HEALING_ROUNDS``. It is clean if E is at most ``CLEAN`` then, and in
each of the ``DWELL_ROUNDS`` that follow.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from emulator.config import RunConfig
from emulator.faults import Fault
from emulator.record.predicate import CLEAN, RECOGNISABLE
from firmware.genome import Fact, Genome
from planaria.appraisal import CUTS, GROWN_ROUNDS, HEALING_ROUNDS, region, room, world
from planaria.grid import Grid

MARGIN: Final = 8
"""Blank cells around the target."""

DWELL_ROUNDS: Final = 25
LOSS: Final = 0.05
WORLDS: Final = 12
"""For each cut, for the facts of a genome."""

HEALING_SHARE: Final = 0.8
"""A rule of whose organisms fewer are clean after some cut often does not heal."""

LASTING_ROUNDS: Final = 10_000
"""Of an organism that is left in peace, without loss."""

BABBLING_ROUNDS: Final = 40


class Wound(NamedTuple):
    """A fault that strikes when an organism has grown.

    Attributes:
        name: for people.
        fault: what it is, without the time.
        rounds: how long it lasts; 0 if it takes no time.
    """

    name: str
    fault: str
    rounds: int = 0

    @property
    def ending(self) -> str:
        """What a fault ends with that lasts so long."""
        return f"+{self.rounds}" if self.rounds else ""


class Healed(NamedTuple):
    """What became of organisms with one wound, each in a world of its own.

    Attributes:
        wound: it.
        grown: E of each a round before it was wounded.
        worst: the largest E of each, when it has to be clean.
    """

    wound: Wound
    grown: list[float]
    worst: list[float]

    @property
    def clean(self) -> int:
        """How many of these organisms are clean."""
        return sum(error <= CLEAN for error in self.worst)

    @property
    def not_grown(self) -> int:
        """How many were not recognisable before they were wounded; they count like all others."""
        return sum(error > RECOGNISABLE for error in self.grown)


def cuts(genome: Genome) -> list[Wound]:
    """The five cuts: a half of the grid, or in the middle a square of half the target's longer side."""
    return [Wound(cut, f"restart:{region(genome, cut, MARGIN)}") for cut in CUTS]


def harder(genome: Genome) -> list[Wound]:
    """Half of all cells restart; and cells of a disc with a radius of 1 in the middle babble for a while."""
    middle = ",".join(str(side // 2) for side in room(genome, MARGIN).shape)
    babble = f"babble:disc:{middle},1"
    return [
        Wound("half of all cells", "restart:random:0.5"),
        Wound("babble", babble, BABBLING_ROUNDS),
    ]


def in_own_worlds(wounds: Sequence[Wound], worlds: int, first_seed: int = 0) -> Iterator[tuple[Wound, int]]:
    """Each wound with the first of its seeds: no two have a world in common, so that each is a draw."""
    for number, wound in enumerate(wounds):
        yield wound, first_seed + number * worlds


def heal(genome: Genome, wound: Wound, worlds: int, loss: float = LOSS, first_seed: int = 0) -> Healed:
    """Wound organisms in so many worlds, with seeds from the first one on, and watch them."""
    lives = [_life(genome, wound, seed, loss) for seed in range(first_seed, first_seed + worlds)]
    return Healed(wound, [grown for grown, _ in lives], [worst for _, worst in lives])


def _life(genome: Genome, wound: Wound, seed: int, loss: float) -> tuple[float, float]:
    """E before the wound, and the largest when it has to be clean."""
    fault = Fault.parse(f"{wound.fault}@{GROWN_ROUNDS}{wound.ending}")
    config = RunConfig(room(genome, MARGIN), seed=seed, loss=loss, faults=(fault,))
    healed = GROWN_ROUNDS + wound.rounds + HEALING_ROUNDS
    grid = Grid(genome, config=config, record=False)
    errors = grid.run(healed + DWELL_ROUNDS).error_by_round
    return errors[GROWN_ROUNDS - 1], worst_of_dwell(errors)


def worst_of_dwell(errors: Sequence[float]) -> float:
    """The largest E of a run that ends with the dwell: an organism that is clean has at most ``CLEAN``.

    Args:
        errors: E after each round, the last ``DWELL_ROUNDS`` of which are the dwell.
    """
    return max(errors[-1 - DWELL_ROUNDS :])


def endurance(genome: Genome, over: Callable[[], object] = lambda: None) -> dict[str, Fact]:
    """How an organism is after ``LASTING_ROUNDS``, how many are clean after each cut, and how many of all
    these had not grown before it, for a genome.

    Args:
        genome: a rule whose organisms hold their form, and heal if its regime asks for it.
        over: called after each of ``endurance_parts``.
    """
    grid = world(genome, 0)
    grid.run(LASTING_ROUNDS)
    facts: dict[str, Fact] = {f"E_async_{LASTING_ROUNDS}": round(grid.error, 3)}
    over()
    if genome.regime == "regenerating":
        facts["healing_worlds"] = WORLDS
        not_grown = 0
        for wound, first_seed in in_own_worlds(cuts(genome), WORLDS):
            healed = heal(genome, wound, WORLDS, first_seed=first_seed)
            facts[f"clean_{wound.name}"] = healed.clean
            not_grown += healed.not_grown
            over()
        facts["not_grown"] = not_grown
    return facts


def endurance_parts(regime: str) -> int:
    """How many parts ``endurance`` has."""
    return 1 + (len(CUTS) if regime == "regenerating" else 0)


def clean_by_cut(facts: Mapping[str, Fact]) -> dict[str, int]:
    """How many organisms were clean again after each cut, of a genome whose facts have it."""
    return {cut: int(facts[f"clean_{cut}"]) for cut in CUTS}


def describe_endurance(facts: Mapping[str, Fact]) -> str:
    """The same for a person: how many cuts are clean again, and how an organism lasts; empty if unknown."""
    lasting, worlds = facts.get(f"E_async_{LASTING_ROUNDS}"), facts.get("healing_worlds")
    said = [] if lasting is None else [f"E {lasting:.1f} after {LASTING_ROUNDS:,} rounds"]
    if worlds is not None:
        clean = clean_by_cut(facts)
        few = ", ".join(f"{cut} {number}" for cut, number in clean.items() if number < int(worlds))
        of_each = f" ({few} of {worlds})" if few else ""
        total = f"{sum(clean.values())} of {len(CUTS) * int(worlds)} cuts clean{of_each}"
        said.append(f"with {LOSS:.0%} of messages lost, {total}")
        if not_grown := facts.get("not_grown"):
            said.append(f"{not_grown} had not grown when they were cut")
    return "; ".join(said)
