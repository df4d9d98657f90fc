"""What a campaign asks of the faults of a trial: all over in time, and time enough left to heal."""

from emulator.faults import Fault
from emulator.faults.versions import Version
from firmware.errors import InputError
from planaria.shipped import shipped_paths


def check_fault(fault: Fault, horizon_rounds: int, quiet_rounds: int, mean_interval_us: int) -> None:
    """Refuse a fault that a campaign cannot have, that disturbs the quiet phase, or outlasts the horizon.

    Only what is over in time can be judged; what has no end is to be lived with.

    Raises:
        InputError: it is such a fault.
    """
    if fault.needs_machine_code:
        raise InputError(
            "fault",
            fault,
            "it needs cells that execute their binary, and a campaign's do not",
            "choose another action, or see planaria run --engine iss",
        )
    if isinstance(fault, Version) and fault.genome not in shipped_paths():
        raise InputError(
            "fault", fault, f"{fault.genome} is not shipped", f"shipped are: {', '.join(shipped_paths())}"
        )
    over_us = (horizon_rounds - quiet_rounds) * mean_interval_us
    end_us = fault.end_us(mean_interval_us)
    quiet = f"the quiet phase, the last {quiet_rounds} of {horizon_rounds} rounds"
    if fault.start_us(mean_interval_us) > over_us:
        raise InputError("fault", fault, f"it begins in {quiet}", "begin earlier")
    if end_us is None and quiet_rounds:
        raise InputError("fault", fault, f"it lasts for ever, into {quiet}", "give it a length, +ROUNDS")
    if end_us is not None and end_us > over_us:
        rest = f"into {quiet}" if quiet_rounds else f"beyond the end at {horizon_rounds} rounds"
        raise InputError("fault", fault, f"it lasts {rest}", "make it shorter")


def check_time(end_rounds: float, horizon_rounds: int, dwell_rounds: int) -> None:
    """Refuse a horizon at which no recovery from a fault that is over then can have lasted long enough.

    Raises:
        InputError: no more than the dwell time is left.
    """
    left = horizon_rounds - end_rounds
    if left <= dwell_rounds:
        needed = int(end_rounds + dwell_rounds) + 1
        raise InputError(
            "fault",
            f"{end_rounds:g}",
            f"it leaves {left:g} of {horizon_rounds} rounds, and a recovery must last for more than "
            f"{dwell_rounds} (dwell_rounds)",
            f"strike earlier, or run for at least {needed} rounds; most wounds need 40 more",
        )
