"""The look-ahead engine without a compiler: in NumPy, many cells at a time.

A cell may live through its next wake when no neighbour can still send something that arrives by then:
when every neighbour's next update ends later than this one less the latency and the time that an update
takes. About one cell in ten may, and nobody waits for cells far away.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from emulator.arrays.core import Core
from emulator.arrays.numpy.fronts import Sent, meet_fronts
from emulator.arrays.rows import LAYOUT, draw_waits_us
from emulator.config import RunConfig
from emulator.faults.fronts import Weather
from emulator.record.observer import Observer
from emulator.record.trace import RECORD_DTYPE, Trace
from emulator.world.draws import Stream, draw32, key
from emulator.world.rate import DARK, scaled
from firmware.arithmetic import HIDDEN_LIMIT, Rule
from firmware.budget import ALIVE_MIN, ALPHA, CHANNELS, PORTS
from firmware.clock import Timing

UNITS: Final = LAYOUT.itemsize // CHANNELS
"""A row as units of 16 bytes: eight inboxes, then the state."""

Int64 = NDArray[np.int64]


class Mail(NamedTuple):
    """Frames on their way, those of a link in order.

    When the last bit leaves the sender and when it arrives, in us, receiver, and the unit where it goes.
    """

    lefts: Int64
    arrivals: Int64
    receivers: Int64
    units: Int64
    frames: NDArray[np.void]

    def where(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> "Mail":
        """Some of them, by flags or by places."""
        return Mail(
            self.lefts[chosen],
            self.arrivals[chosen],
            self.receivers[chosen],
            self.units[chosen],
            self.frames[chosen],
        )

    def followed_by(self, later: "Mail") -> "Mail":
        """All these frames, and after them others."""
        return Mail(
            np.concatenate((self.lefts, later.lefts)),
            np.concatenate((self.arrivals, later.arrivals)),
            np.concatenate((self.receivers, later.receivers)),
            np.concatenate((self.units, later.units)),
            np.concatenate((self.frames, later.frames)),
        )


class Network:
    """Both layers of a rule in float32, which holds all these integers exactly."""

    def __init__(self, rule: Rule) -> None:
        # Powers of two change no digit: the sums are shifted by what they are made of.
        self._w1 = np.ldexp(rule.w1.T.astype(np.float32), -rule.shift1)
        self._b1 = np.ldexp(rule.b1.astype(np.float32) + np.float32(1 << rule.shift1 - 1), -rule.shift1)
        self._w2 = rule.w2.astype(np.float32)
        self._shift2 = rule.shift2

    def think(self, seen: NDArray[np.float32]) -> NDArray[np.int32]:
        """Changes of states, int32[n, 16], of perceptions, float32[n, 48]."""
        hidden = seen @ self._w1
        hidden += self._b1
        np.floor(hidden, out=hidden)
        np.clip(hidden, 0, HIDDEN_LIMIT, out=hidden)
        sums = (hidden @ self._w2).astype(np.int32).astype(np.int16).astype(np.int32)
        change: NDArray[np.int32] = (sums + (1 << self._shift2 - 1)) >> self._shift2
        return change


class VectorisedCore(Core):
    """The core in NumPy; the rule is what all cells execute until they are flashed with another."""

    kernel = "numpy"

    def __init__(
        self,
        config: RunConfig,
        rule: Rule,
        timing: Timing,
        observer: Observer,
        trace: Trace,
        weather: Weather,
    ) -> None:
        super().__init__(config, timing, observer, trace, weather)
        self._networks = [Network(rule)]
        self._runs = np.zeros(config.topology.cells, np.intp)
        """Which of the networks each cell runs."""

        self._units: NDArray[np.void] = self.population.rows.view(f"V{CHANNELS}")
        slots = self.population.rows["slots"][:-1].T.astype(np.intp, order="C")
        self._neighbours, self._far_ports = np.divmod(slots, PORTS)
        self._latest = np.zeros(PORTS * config.topology.cells, np.int64)
        none = np.empty(0, np.int64)
        self._mail = Mail(none, none, none, none, self._units[:0])

    def advance(self, now_us: int, until_us: int) -> None:
        while now_us < until_us:
            end_us = min(until_us, now_us + self._timing.mean_interval_us)
            self._live(now_us, end_us)
            now_us = max(end_us, min(until_us, int(self.population.wakes.min())))

    def deliver(self, until_us: int) -> None:
        mail = self._mail
        due = self._had_arrived(mail, self.population.wakes) | self._in_vain(mail)
        due &= mail.arrivals <= until_us
        self._arrive(mail.where(due))
        self._mail = mail.where(~due)

    def cut(self, cells: NDArray[np.intp], now_us: int) -> None:
        mail, dark = self._mail, np.zeros(len(self.population.wakes), np.bool_)
        dark[cells] = True
        senders = self._neighbours[mail.units - UNITS * mail.receivers, mail.receivers]
        cut = dark[senders] & (mail.lefts >= now_us)
        self.traffic.cut += int(np.count_nonzero(cut))
        self._mail = mail.where(~cut)

    def flash(self, cells: NDArray[np.intp], rule: Rule | None) -> None:
        """From now on these cells follow another rule, or that of the run."""
        if rule is None:
            self._runs[cells] = 0
            return
        self._runs[cells] = len(self._networks)
        self._networks.append(Network(rule))

    @property
    def on_their_way(self) -> int:
        return len(self._mail.arrivals)

    def _live(self, start_us: int, end_us: int) -> None:
        """Live from the start up to, but not including, the end."""
        soonest = self.population.wakes.copy()
        following, places = self._agenda(start_us, end_us)
        records = [np.empty(0, RECORD_DTYPE)]
        awake = np.flatnonzero(soonest[:-1] < end_us)
        while len(awake):
            times = soonest[awake]
            safe = times - self._flight_us < soonest[self._neighbours[:, awake]].min(axis=0)
            times, cells = times[safe], awake[safe]
            mail = self._mail
            due = self._had_arrived(mail, soonest) & (mail.arrivals < end_us)
            if self._weather.had_fronts:
                # What is to arrive before a cell's wake may not all have been sent until the cell lives.
                living = np.zeros(len(soonest), np.bool_)
                living[cells] = True
                due &= living[mail.receivers]
            self._arrive(mail.where(due))
            self._listen(cells)
            lived = np.empty(len(cells), RECORD_DTYPE)
            lived["time_us"], lived["cell"], lived["state"] = times, cells, self._update(cells)
            records.append(lived)
            sent = self._send(times, cells)
            self._mail = mail.where(~due).followed_by(sent)
            soonest[cells] = following[places[cells]]
            places[cells] += 1
            awake = awake[soonest[awake] < end_us]
        self._report(start_us, np.concatenate(records))
        if self._weather.had_fronts:
            self.deliver(end_us - 1)

    def _agenda(self, start_us: int, end_us: int) -> tuple[Int64, Int64]:
        """Moves the clocks on to the first wake at or after the end.

        Returns all wakes but each cell's first, by cell and time, and where each cell's begin.
        """
        population = self.population
        awake = np.flatnonzero(population.wakes[:-1] < end_us)
        wakes = [np.empty(0, np.int64)]
        while len(awake):
            population.prngs[awake], waits_us = draw_waits_us(self._timing, population.prngs[awake])
            population.wakes[awake] += scaled(waits_us, population.rates[awake]) + self._config.compute_us
            wakes.append(awake << 32 | population.wakes[awake] - start_us)
            awake = awake[population.wakes[awake] < end_us]
        ordered = np.sort(np.concatenate(wakes))
        places = np.searchsorted(ordered, np.arange(self._neighbours.shape[1]) << 32)
        return start_us + (ordered & 0xFFFFFFFF), places

    def _report(self, start_us: int, records: NDArray[np.void]) -> None:
        """To the trace and the observer, in order."""
        cells = records["cell"].astype(np.int64)
        order = np.argsort(records["time_us"].astype(np.int64) - start_us << 32 | cells)
        self._trace.records(records[order].view(np.uint8).data)
        self._observer.lived(cells[order])

    def _had_arrived(self, mail: Mail, ends: Int64) -> NDArray[np.bool_]:
        """Which frames were there when the update began that ends then, int64[cells + 1]."""
        return mail.arrivals <= ends[mail.receivers] - self._config.compute_us

    def _in_vain(self, mail: Mail) -> NDArray[np.bool_]:
        """Which frames come in at a cell that boots meanwhile, or has booted since they began to."""
        return self.population.booted[mail.receivers] > mail.arrivals - self._config.latency_us

    def _arrive(self, mail: Mail) -> None:
        """Frames are received, in order, by cells that have had power for as long as they came in."""
        population = self.population
        if self._weather.had_fronts:
            mail = mail.where(np.argsort(mail.arrivals, kind="stable"))
        deaf = self._in_vain(mail)
        if population.any_dark:
            deaf |= population.wakes[mail.receivers] == DARK
        if deaf.any():
            self.traffic.unheard += int(np.count_nonzero(deaf))
            mail = mail.where(~deaf)
        self._units[mail.units] = mail.frames
        np.bitwise_or.at(self.population.heard, mail.receivers, _BIT[mail.units - UNITS * mail.receivers])

    def _listen(self, cells: Int64) -> None:
        """Forget neighbours that were silent for a whole listening period, as firmware.cell does."""
        population = self.population
        listened = population.rows["listened"][cells] + np.uint8(1)
        over = listened >= self._timing.listening_wakes
        population.rows["listened"][cells] = np.where(over, 0, listened)
        cells = cells[over]
        silent = ~population.heard[cells, None] & _BIT != 0
        self._units[(UNITS * cells[:, None] + _PORT)[silent]] = np.zeros((), self._units.dtype)
        population.heard[cells] = 0

    def _update(self, cells: Int64) -> NDArray[np.int8]:
        """New states of cells, int8[n, 16], as firmware.arithmetic.update; they are also written."""
        unit = UNITS * cells
        inbox = self._units[unit[:, None] + _PORT].view(np.int8).reshape(-1, PORTS, CHANNELS)
        old = self._units[unit + PORTS].view(np.int8).reshape(-1, CHANNELS)
        new = np.zeros_like(old)
        near = inbox[..., ALPHA].max(axis=1) >= ALIVE_MIN
        alive = np.flatnonzero(near | (old[:, ALPHA] >= ALIVE_MIN))
        change = self._think(_perceive(old[alive], inbox[alive]), self._runs[cells[alive]])
        after = np.clip(old[alive] + change, -128, 127).astype(np.int8)
        after[~(near[alive] | (after[:, ALPHA] >= ALIVE_MIN))] = 0
        new[alive] = after
        self._units[unit + PORTS] = new.view(self._units.dtype)[:, 0]
        return new

    def _think(self, seen: NDArray[np.float32], runs: NDArray[np.intp]) -> NDArray[np.int32]:
        """What the network of each cell makes of what it has seen: int32[n, 16]."""
        if not runs.any():
            return self._networks[0].think(seen)
        change = np.empty((len(seen), CHANNELS), np.int32)
        for number in np.unique(runs):
            change[runs == number] = self._networks[number].think(seen[runs == number])
        return change

    def _send(self, times: Int64, cells: Int64) -> Mail:
        """Broadcast the states of cells at these times, on all ports that are not open."""
        rows, seed, config = self.population.rows, self._config.seed, self._config
        going = rows["wired"][cells, None] & _BIT != 0
        who, ports = np.nonzero(going)
        indices = rows["broadcasts"][cells].astype(np.uint64)[who]
        rows["broadcasts"][cells] += 1
        self.traffic.sent += len(who)
        sent = Sent(times[who], cells[who], ports, indices)
        fates = meet_fronts(self._weather.active, sent)
        if self._lost_below:
            draws = draw32(key(seed, Stream.LOSS, sent.links), indices)
            fates.lost |= draws < np.uint64(self._lost_below)
        kept = ~fates.lost
        self.traffic.lost += int(np.count_nonzero(fates.lost))
        arrivals = times[who] + config.latency_us + fates.late_us
        if config.jitter_us:
            draws = draw32(key(seed, Stream.JITTER, sent.links), indices)
            arrivals += (draws * np.uint64(config.jitter_us + 1) >> np.uint64(32)).astype(np.int64)
        orderly = kept & ~fates.stray
        links = sent.links.astype(np.int64)
        arrivals[orderly] = np.maximum(arrivals[orderly], self._latest[links[orderly]])
        self._latest[links[orderly]] = arrivals[orderly]
        receivers = self._neighbours[ports, cells[who]]
        frames = self._units[UNITS * cells[who] + PORTS]
        frames[fates.false] = fates.said[fates.false].view(frames.dtype)[:, 0]
        units = UNITS * receivers + self._far_ports[ports, cells[who]]
        mail = Mail(arrivals - fates.late_us, arrivals, receivers, units, frames)
        sound = kept & ~fates.corrupt
        self.traffic.corrupted += int(np.count_nonzero(kept & fates.corrupt))
        whole = mail.where(sound)
        for echoes, after_us in fates.echoes:
            self.traffic.sent += int(np.count_nonzero(echoes & kept))
            self.traffic.corrupted += int(np.count_nonzero(echoes & kept & fates.corrupt))
            copies = mail.where(echoes & sound)
            whole = whole.followed_by(copies._replace(arrivals=copies.arrivals + after_us))
        return whole


_PORT: Final = np.arange(PORTS)
_BIT: Final = (1 << np.arange(PORTS)).astype(np.uint8)


def _perceive(state: NDArray[np.int8], inbox: NDArray[np.int8]) -> NDArray[np.float32]:
    """Perceive as firmware.arithmetic does: float32[n, 48]."""
    seen = np.empty((len(state), 3, CHANNELS), np.float32)
    heard = inbox.astype(np.int16)
    falling, across, rising, down = (heard[:, a] - heard[:, b] for a, b in ((1, 5), (2, 6), (3, 7), (4, 0)))
    seen[:, 0] = state
    seen[:, 1] = np.clip(falling + rising + 2 * across + 2 >> 2, -128, 127)
    seen[:, 2] = np.clip(rising - falling + 2 * down + 2 >> 2, -128, 127)
    return seen.reshape(-1, 3 * CHANNELS)
