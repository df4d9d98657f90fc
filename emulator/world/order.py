"""The total order of events: by time, then by kind, then by number. SPEC.md, "Order of events".

Times are whole microseconds. At the same microsecond a fault comes before the motion of robots, that
before a delivery, a delivery before a wake, a wake before a probe. Faults go by their number in the plan,
deliveries by link, wakes by cell.
"""

from collections.abc import Callable
from enum import IntEnum
from typing import Any

from simpy import Environment, Event
from simpy.events import EventPriority

from emulator.world.rate import NEVER

_KIND_SHIFT = 32


class Kind(IntEnum):
    """Kinds of events in the order in which they happen at the same time."""

    FAULT = 0
    MOTION = 1
    DELIVERY = 2
    WAKE = 3
    PROBE = 4


def cells_may_live_until(environment: Environment) -> int:
    """Up to when, not included, cells may live before the next event of the world; NEVER if there is none.

    What they do at the microsecond of a probe comes before it, and at that of a fault after it. All else that
    was due at this microsecond has happened.
    """
    if not environment._queue:
        return NEVER
    time_us, priority, *_ = environment._queue[0]
    return max(int(environment.now) + 1, int(time_us) + (priority >> _KIND_SHIFT > Kind.WAKE))


class Moment(Event):
    """A SimPy event at a stated place in the total order.

    Args:
        environment: its clock counts microseconds.
        kind: class of the event.
        number: place within the class, 1 or more for faults (0 is SimPy's own "urgent").
        delay_us: from now, >= 0.
        action: called with the event when it happens; a process may also wait for it.
        value: what the event carries.
    """

    def __init__(
        self,
        environment: Environment,
        kind: Kind,
        number: int,
        delay_us: int,
        action: Callable[[Event], None] | None = None,
        value: Any = None,
    ) -> None:
        super().__init__(environment)
        self._ok = True
        self._value = value
        if action is not None:
            self.callbacks.append(action)
        environment.schedule(self, EventPriority((kind << _KIND_SHIFT) + number), delay_us)
