"""What became of a wound, in words: by all yardsticks, clean first."""

from collections.abc import Mapping
from typing import Any, Final

from emulator.config import RunConfig
from emulator.faults.base import last_fault
from emulator.record.predicate import Predicate
from emulator.record.recovery import Outcome
from planaria.displacement import describe_displacement

ERROR, DISTANCE = "E", "distance"
"""How far a world is from a picture, and from what a program calls legitimate."""

NUMBERS: Final = ("no", "one", "two", "three", "four")


def describe_recovery(recovery: Mapping[str, Any], predicate: Predicate, what: str = ERROR) -> str:
    """One line about a wound.

    Args:
        recovery: ``Recovery.as_dict()``.
        predicate: by which it was judged.
        what: the measure of it, ERROR or DISTANCE.
    """
    clean = recovery["clean"]
    before, after = recovery["error_before"], recovery["error_after"]
    if clean["outcome"] == Outcome.NOT_GROWN:
        return (
            f"had not grown: {what} {before:.1f} in the {predicate.dwell_rounds} rounds before "
            f"(limit {predicate.grown_error:g}): nothing can be said; strike later, or see --while-growing"
        )
    harm = f"{what} {before:.1f} -> {after:.1f}"
    if clean["outcome"] == Outcome.UNHARMED:
        return f"{harm}, unharmed"
    others = _others(recovery, predicate)
    if clean["outcome"] == Outcome.RECOVERED:
        rounds, updates = clean["async_rounds"], clean["updates"]
        price = f"{rounds:,} asynchronous round{'' if rounds == 1 else 's'}, {updates:,} updates"
        when = f"{clean['rounds']:.1f} rounds = {clean['time_ms']:,.0f} ms"
        return f"{harm}, clean again after {when} ({'; '.join([*others, price])})"
    beside = f" ({'; '.join(others)})" if others else ""
    return f"{harm}, {_failure(recovery, predicate, what)}{beside}"


def describe_away(away: Mapping[str, Any], mean_interval_us: int) -> str:
    """One line about a pattern that was not where it should be, wounded or not.

    Args:
        away: ``Away`` as a dictionary.
        mean_interval_us: a round.
    """
    where = _where(away["error"], away["stood"], ERROR)
    return f"away in round {away['time_us'] / mean_interval_us:g}: {where}"


def too_short(config: RunConfig, rounds: int) -> str | None:
    """What is to be said of a run that ends too early for its last fault to be healed for long enough."""
    if not config.faults:
        return None
    dwell = config.predicate.dwell_rounds
    _, end_rounds = last_fault(config.faults, config.timing.mean_interval_us)
    left = rounds - end_rounds
    if left > dwell:
        return None
    needed = int(end_rounds) + dwell + 1
    return (
        f"the last fault leaves {max(left, 0):g} of {rounds} rounds, and a recovery must last for more than "
        f"{dwell}: none can be seen; give --rounds {needed + 40}, at least {needed}"
    )


def _others(recovery: Mapping[str, Any], predicate: Predicate) -> list[str]:
    """By the laxer yardsticks, where there is something to say."""
    gone = f"{100 * predicate.gone_fraction:g} % of the error gone"
    phrases = []
    for name, judged in (("recognisable", recovery["recognisable"]), (gone, recovery)):
        if judged["outcome"] == Outcome.RECOVERED:
            phrases.append(f"{name} after {judged['rounds']:.1f}")
        elif judged["outcome"] == Outcome.DISPLACED != recovery["clean"]["outcome"]:
            phrases.append(f"{name} beside its place")
        elif judged["outcome"] == Outcome.RELAPSED != recovery["clean"]["outcome"]:
            phrases.append(f"{name}, and lost again")
    return [", ".join(phrases)] if phrases else []


def _failure(recovery: Mapping[str, Any], predicate: Predicate, what: str) -> str:
    """What became of a wound that is not clean."""
    clean, end = recovery["clean"], recovery["error_end"]
    judged = (clean, recovery["recognisable"], recovery)
    if clean["outcome"] == Outcome.RELAPSED:
        return f"clean again, and lost by the end: {_where(end, recovery['stood'], what)}"
    if any(by["outcome"] == Outcome.DISPLACED for by in judged):
        return f"displaced: {_where(end, recovery['stood'], what)}"
    if clean["outcome"] in (Outcome.EXTINCT, Outcome.EXPLODED):
        return f"{clean['outcome']}: {what} {end:.1f}"
    if clean["back_at_rounds"] is not None:
        return (
            f"back at {what} {end:.1f} since round {clean['back_at_rounds']:g}, "
            f"but not yet for {predicate.dwell_rounds} rounds"
        )
    return f"not clean by the horizon ({recovery['observed_rounds']:.0f} rounds): {what} {end:.1f}"


def _where(error: float, stood: Mapping[str, Any] | None, what: str) -> str:
    """The measure in its place and, if it stands elsewhere, there."""
    if stood is None or not (stood["rows"] or stood["cols"]):
        return f"{what} {error:.1f}"
    where = describe_displacement(stood["rows"], stood["cols"], NUMBERS.__getitem__)
    return f"{what} {error:.1f} in its place, {stood['error']:.1f} {where}"
