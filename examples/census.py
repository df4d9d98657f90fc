"""How many are we? The cell with the strap comes to know, and everybody how many stand behind it.

Each cell chooses the neighbour who is nearest to the root as its parent, and says so. Whoever is chosen adds
up what its children count, itself included; the root's number is that of all cells that it can reach. For
lattices only: what leaves a cell on a port comes in on the opposite one. Run it: ``planaria run
examples/census.py --grid 16x16 --loss 0.05 --fault kill:disc:8,12,3@80+40 --fault scramble:all@220
--rounds 300``; it prints what is kept in ``census.out``.
"""

import numpy as np

from planaria.swarm import Program, u8, u16


class Census(Program):
    shows = {"hops": u8, "parent": u8, "count": u16}
    hears = ("hops", "parent", "count")
    parameters = {"limit": 200, "patience_wakes": 16, "nobody": 8}

    def wake(me):
        choose(me)
        me.count = 1
        for port in range(8):
            if me.inbox[port].age <= me.patience_wakes and me.inbox[port].parent == (port + 4) % 8:
                me.count += me.inbox[port].count
        show(me)


def choose(me):
    """The nearest to the root of those who are heard; of equally near ones the first."""
    me.hops = 0 if me.board.strap else me.limit
    me.parent = me.nobody
    if me.board.strap:
        return
    for port in range(8):
        if me.inbox[port].age <= me.patience_wakes and me.inbox[port].hops + 1 < me.hops:
            me.hops = me.inbox[port].hops + 1
            me.parent = port


def show(me):
    """Blue, the brighter the more stand behind a cell; the root is red."""
    me.colour[0] = 64 if me.board.strap else 0
    me.colour[1] = 0
    me.colour[2] = min(64, 4 * me.count)
    me.colour[3] = 64


def legitimate(world):
    """Of the running cells, the share that errs about its way to the root; and by how much the root errs."""
    if not world.running.any():
        return 0
    roots = (world["strap"] > 0) & world.running
    hops = world.hops_from(roots)
    right = np.where(hops >= 0, hops, world.parameters["limit"])
    missed = abs(world["count"][roots].sum() - (hops >= 0).sum()) / world.running.sum()
    return min(1, np.mean((world["hops"] != right)[world.running]) + missed)
