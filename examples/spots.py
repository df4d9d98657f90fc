"""Spots from nothing: two substances, one makes both, the other takes away, and spreads faster (Turing 1952).

It is what Kilobots grew shapes with (Slavkov et al. 2018), in whole numbers. No cell is told where a spot
shall be. Run it: ``planaria run examples/spots.py --grid 24x24 --loss 0.05 --fault
restart:half:left@1500 --fault scramble:all@3000 --rounds 4500``; it prints what is kept in ``spots.out``.
"""

import numpy as np

from planaria.swarm import Program, u16

FARTHEST, LARGEST = 8, 36
"""The most hops from a spot, and the most cells of one."""


class Spots(Program):
    shows = {"maker": u16, "taker": u16}
    hears = ("maker", "taker")
    parameters = {"noise": 4095, "most": 32767, "bright": 1500, "patience_wakes": 16}

    def boot(me, strap):
        me.maker = me.entropy & me.noise
        me.taker = me.entropy >> 12 & me.noise

    def wake(me):
        maker = 0
        taker = 0
        for port in range(8):
            if me.inbox[port].age <= me.patience_wakes:
                weight = 2 - port % 2  # diagonals are longer
                maker += weight * (me.inbox[port].maker - me.maker)
                taker += weight * (me.inbox[port].taker - me.taker)
        made = min(max(82 * me.maker - 82 * me.taker + 24000 >> 10, 0), 900)
        taken = min(max(114 * me.maker - 384 >> 10, 0), 1900)
        maker = me.maker + made - (me.maker * 31 >> 10) + (maker * 2 >> 9)
        taker = me.taker + taken - (me.taker * 62 >> 10) + (taker * 60 >> 9)
        me.maker = min(max(maker, 0), me.most)
        me.taker = min(max(taker, 0), me.most)
        me.colour[0] = 0
        me.colour[1] = min(64, me.maker >> 6)
        me.colour[2] = 64 - me.colour[1]
        me.colour[3] = 64


def legitimate(world):
    """Of the running cells, the share that is far from any spot, or in one that is too large."""
    if not world.running.any():
        return 0
    bright = world["maker"] > world.parameters["bright"]
    spots = world.components(bright)
    sizes = np.bincount(spots[spots >= 0], minlength=len(spots))
    hops = world.hops_from(bright)
    alone = (hops < 0) | (hops > FARTHEST)
    return np.mean((alone | (sizes[spots] > LARGEST))[world.running])
