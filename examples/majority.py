"""What do most of us see? Every board has a sensor that says yes or no, and all shall know what prevails.

A cell's estimate is the mean of its own and its neighbours', drawn a little towards what it sees itself: no
estimate is for ever, and a cell that has just booted counts soon. Run it: ``planaria run
examples/majority.py --grid 16x16 --loss 0.05 --fault scramble:half:left@100 --rounds 300``; it prints what is
kept in ``majority.out``.
"""

import numpy as np

from planaria.swarm import Program, u8, u16


class Majority(Program):
    shows = {"estimate": u16, "opinion": u8}
    hears = ("estimate",)
    inputs = {"sees": u8}
    parameters = {"yes": 65535, "patience_wakes": 8, "leak": 512}

    def boot(me, strap):
        me.estimate = me.yes * me.board.sees

    def wake(me):
        total = me.estimate
        count = 1
        for port in range(8):
            if me.inbox[port].age <= me.patience_wakes:
                total += me.inbox[port].estimate
                count += 1
        mean = total // count
        me.estimate = mean + (me.yes * me.board.sees - mean) // me.leak
        me.opinion = 2 * me.estimate > me.yes
        me.colour[0] = me.estimate >> 10
        me.colour[1] = 0
        me.colour[2] = 63 - (me.estimate >> 10)
        me.colour[3] = 64


def inputs(topology):
    """Of ten boards about six see it."""
    return {"sees": np.random.default_rng(7).random(topology.cells) < 0.6}


def legitimate(world):
    """Of the running cells, the share whose opinion is not what most of them see."""
    if not world.running.any():
        return 0
    most = 2 * world["sees"][world.running].sum() > world.running.sum()
    return np.mean(world["opinion"][world.running] != most)
