"""What the look-ahead engine drives: all cells of a grid, and the frames between them."""

from abc import ABC, abstractmethod

from emulator.arrays.rows import Population
from emulator.cells import Cells
from emulator.config import RunConfig
from emulator.faults.fronts import Weather
from emulator.record.observer import Observer
from emulator.record.trace import Trace
from emulator.world.draws import threshold
from firmware.clock import Timing


class Core(ABC):
    """A way of living through many cells at once.

    Args:
        config: the world.
        timing: the clock that is flashed.
        observer: counts updates, rounds and messages.
        trace: receives the records, in order.
        weather: faults of links.
    """

    kernel: str
    """What updates are computed with."""

    def __init__(
        self, config: RunConfig, timing: Timing, observer: Observer, trace: Trace, weather: Weather
    ) -> None:
        self.population = Population(config, timing)
        self.traffic = observer.traffic
        self._config = config
        self._timing = timing
        self._observer = observer
        self._trace = trace
        self._weather = weather
        self._flight_us = config.latency_us + config.compute_us
        """What a cell sends, no other's update can know that ends sooner than that after it."""

        self._lost_below = threshold(config.loss)

    @property
    def compiles(self) -> bool:
        """Whether there will be a wait for compilation."""
        return False

    @abstractmethod
    def advance(self, now_us: int, until_us: int) -> None:
        """Live from now up to, but not including, ``until_us``, in which time no fault comes.

        Args:
            now_us: where the last call ended, or later if nobody woke in between.
            until_us: later than now.
        """

    @abstractmethod
    def deliver(self, until_us: int) -> None:
        """All that arrives at this time or before is received, but by cells whose update had begun by then.

        Nobody has woken since.
        """

    @abstractmethod
    def cut(self, cells: Cells, now_us: int) -> None:
        """Note that cells lose power: what has not left them whole by then is cut.

        All that arrived before has been delivered.
        """

    @property
    @abstractmethod
    def on_their_way(self) -> int:
        """Messages that nobody has received, and that are neither lost nor spoiled nor cut."""
