"""What a run gave: its counters, its errors, and what became of every wound."""

from dataclasses import asdict, dataclass
from typing import Any

from emulator.record.recovery import Away, Recovery
from firmware.picture import Displacement


@dataclass(frozen=True)
class RunResult:
    """What a run gave; a function of version, genome, configuration and seed.

    ``messages`` counts frames put on links; they were ``delivered``, ``lost``, ``corrupted`` (and
    refused), ``cut`` (short, for the sender lost power, and refused), ``unheard`` (the receiver had no power
    all the while), or are still on the way. ``error_by_round[k]``
    is E after k rounds. ``stood`` is where the organism stands at the end, and ``away`` where it stood each
    time that the pattern had been away for the dwell time. ``recoveries`` judges each fault that
    destroyed state, ``verdict`` all faults together (None if there were none). ``machine_faults``
    counts, for ``upset`` and ``rot``, what the updates that they hit came to.
    """

    trace_sha256: str
    time_us: int
    updates: int
    messages: int
    delivered: int
    lost: int
    corrupted: int
    cut: int
    unheard: int
    error_by_round: list[float]
    stood: Displacement | None
    away: list[Away]
    recoveries: list[Recovery]
    verdict: Recovery | None
    machine_faults: dict[str, dict[str, int]]

    def as_dict(self) -> dict[str, Any]:
        """All fields, ready for JSON."""
        return asdict(self) | {
            "stood": self.stood._asdict() if self.stood else None,
            "away": [asdict(away) | {"stood": away.stood._asdict()} for away in self.away],
            "recoveries": [recovery.as_dict() for recovery in self.recoveries],
            "verdict": self.verdict.as_dict() if self.verdict else None,
        }
