"""How well the genomes that come with planaria do, and how they were made, by their own facts."""

from typing import Any

from firmware.genome import Genome
from planaria.healing import clean_by_cut
from planaria.shipped import shipped_paths


def table() -> list[dict[str, Any]]:
    """A row for each shipped genome: name, target size, H, regime, how well it does, how it was made, file.

    E is in ``E_200``, ``E_1000`` and ``E_10000``; ``clean`` of ``cuts`` were whole again, of which the worst
    kind is ``worst_cut``. What is not known of a genome, or not asked of its regime, is None.
    """
    rows = []
    for name, path in shipped_paths().items():
        genome = Genome.load(path)
        rows.append(
            {
                "name": name,
                "width": genome.target.width,
                "height": genome.target.height,
                "hidden": genome.hidden,
                "regime": genome.regime,
                **{f"E_{rounds}": _error(genome, rounds) for rounds in (200, 1000, 10000)},
                **_healing(genome),
                **{name: genome.facts.get(name) for name in ("seed", "backend", "train_seconds", "command")},
                "file": str(path),
            }
        )
    return rows


def _error(genome: Genome, rounds: int) -> Any:
    """E on the engine; of a genome of before 0.2 in the trainer's world."""
    return genome.facts.get(f"E_async_{rounds}", genome.facts.get(f"E_sync_{rounds}"))


def _healing(genome: Genome) -> dict[str, Any]:
    worlds = genome.facts.get("healing_worlds")
    if worlds is None:
        return dict.fromkeys(("clean", "cuts", "worst_cut"))
    clean = clean_by_cut(genome.facts)
    worst = min(clean, key=clean.__getitem__)
    return {
        "clean": sum(clean.values()),
        "cuts": int(worlds) * len(clean),
        "worst_cut": f"{worst} {clean[worst]} of {worlds}",
    }
