"""Where are we hurt? A cell misses neighbours that it ought to have, and everybody knows how far that is.

Each board knows to which ports wires are soldered. A cell counts those on which it hears nobody; who misses
one is beside a wound, and everybody else is a hop farther than the nearest of its neighbours.
Run it: ``planaria run examples/damage.py --grid 16x16 --loss 0.05 --fault kill:disc:5,6,2@100+60 --fault
scramble:all@260 --rounds 360``; it prints what is kept in ``damage.out``.
"""

import numpy as np

from planaria.swarm import Program, u8


class Damage(Program):
    shows = {"missing": u8, "hops": u8}
    hears = ("hops",)
    inputs = {"wires": u8}
    parameters = {"patience_wakes": 24, "nowhere": 16}

    def wake(me):
        me.missing = 0
        nearest = me.nowhere
        for port in range(8):
            if me.inbox[port].age <= me.patience_wakes:
                nearest = min(nearest, me.inbox[port].hops + 1)
            elif me.board.wires >> port & 1:
                me.missing += 1
        me.hops = 0 if me.missing else nearest
        me.colour[0] = 8 * me.missing
        me.colour[1] = max(0, 32 - 8 * me.hops)
        me.colour[2] = 16
        me.colour[3] = 64


def inputs(topology):
    """Of each cell the ports with a wire, a bit for each."""
    wired = topology.receivers < topology.cells
    return {"wires": (wired << np.arange(wired.shape[1])).sum(1)}


def legitimate(world):
    """Of the running cells, the share that errs about what it misses or how far that is."""
    if not world.running.any():
        return 0
    runs = np.append(world.running, True)
    missing = (~runs[world.topology.receivers]).sum(1)
    hops = world.hops_from(missing > 0)
    nowhere = world.parameters["nowhere"]
    right = np.where(hops >= 0, np.minimum(hops, nowhere), nowhere)
    wrong = (world["missing"] != missing) | (world["hops"] != right)
    return np.mean(wrong[world.running])
