"""A second program for the cells: how many hops is it to the source? As on Kilobots, by hand.

The cell with the strap is hop 0; every other one is a hop further than its nearest neighbour. A
neighbour that falls silent is forgotten, and a count above a limit means "unknown", so the gradient
finds its way back from any fault that spares the source. Run it: ``python examples/hop_count.py``;
it prints what is kept in ``hop_count.out``. In C it is ``hop_count.c``, alike in every byte.
"""

import numpy as np

HOPS, SOURCE, AGE = 4, 5, 15
"""Of the 16 public bytes, after the colour: hops + 1 (0 is unknown), whether this is the source, and, in the
inbox only, for how many wakes the neighbour has been silent."""

INBOX, STATE_BYTES, PORTS = 16, 16, 8
"""Where the newest of the neighbour on each port is kept, at the places that it has in a state."""

LIMIT = 30
"""The largest hop count that a cell believes, at most 126."""

PATIENCE_WAKES = 16
RINGS = ((0, 0, 0, 0), (64, 0, 0, 64), (0, 64, 0, 64), (0, 0, 64, 64))
"""Colour of an unknown hop count, and of those that leave 0, 1 and 2 when divided by 3."""


def boot(ram, strap):
    ram[SOURCE] = strap


def hear(ram, port, state):
    neighbour = INBOX + STATE_BYTES * port
    ram[neighbour + HOPS] = state[HOPS]
    ram[neighbour + AGE] = 0


def wake(ram):
    for port in range(PORTS):
        forget_if_silent(ram, INBOX + STATE_BYTES * port)
    ram[HOPS] = count(ram)
    ring = RINGS[(ram[HOPS] - 1) % 3 + 1 if ram[HOPS] else 0]
    for channel in range(4):
        ram[channel] = ring[channel]


def forget_if_silent(ram, neighbour):
    if signed(ram[neighbour + HOPS]) > 0:
        ram[neighbour + AGE] += 1
    if signed(ram[neighbour + AGE]) > PATIENCE_WAKES:
        ram[neighbour + HOPS] = ram[neighbour + AGE] = 0


def count(ram):
    """Hops + 1, or 0 when nobody knows."""
    nearest = 0 if ram[SOURCE] else LIMIT + 1
    for port in range(PORTS):
        hops = signed(ram[INBOX + STATE_BYTES * port + HOPS])
        if 0 < hops < nearest:
            nearest = hops
    return nearest + 1 if nearest <= LIMIT else 0


def signed(byte):
    return byte - 256 if byte > 127 else byte


def legitimate(world):
    """Of the running cells, the share that does not count the shortest way to a source that runs."""
    hops = world.hops_from(world.states[:, SOURCE] == 1)
    right = np.where((hops >= 0) & (hops <= LIMIT), hops + 1, 0)
    return np.mean((world.states[:, HOPS] != right)[world.running]) if world.running.any() else 0


def main():
    """Count, restart a half, count again; then put up a wall for ever and count around it."""
    from planaria import Grid, open_program

    grid = Grid(open_program(__file__), rows=15, cols=15, seed=1, loss=0.05)

    def show(title):
        print(f"{title} (round {grid.rounds}, distance {grid.error:.0f})")
        for row in grid.states[..., HOPS]:
            print(" ".join(f"{hops - 1:2d}" if hops else " ." for hops in row))

    grid.run(40)
    show("counted")
    grid.wound("restart:half:left")
    grid.run(1)
    show("left half restarted")
    recovery = grid.run(59).recoveries[0].clean
    show(f"{recovery.outcome} after {recovery.rounds:.0f} rounds")
    grid.wound("kill:rect:3,4,9,1")
    grid.run(200)
    show("around a wall")


if __name__ == "__main__":
    main()
