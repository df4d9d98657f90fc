"""Fireflies: each has a clock of its own, which no two keep alike, and all shall flash at once.

A cell's clock goes on by a step whenever it wakes, which is at random, and is drawn towards the mean of what
its neighbours' clocks show by now. Run it: ``planaria run examples/firefly.py --grid 12x12 --loss 0.05
--fault scramble:half:left@200 --rounds 400``; it prints what is kept in ``firefly.out``.
"""

from planaria.swarm import Program, u16

TURN = 1 << 16
"""After so much a clock begins again."""


class Firefly(Program):
    shows = {"phase": u16}
    hears = ("phase",)
    parameters = {"step": 1024, "flash": 8192, "patience_wakes": 4}

    def boot(me, strap):
        me.phase = me.entropy

    def wake(me):
        phase = me.phase + me.step
        ahead = 0
        count = 0
        for port in range(8):
            if me.inbox[port].age <= me.patience_wakes:
                theirs = me.inbox[port].phase + me.step * me.inbox[port].age
                ahead += (theirs - phase + TURN // 2) % TURN - TURN // 2
                count += 1
        if count:
            phase += ahead // (count + 1)
        me.phase = phase
        for channel in range(2):
            me.colour[channel] = 64 if me.phase < me.flash else 0
        me.colour[2] = 8
        me.colour[3] = 64


def legitimate(world):
    """How far the clocks are from going together; an order of 0.9 is as good as 1."""
    order = world.order_parameter("phase", TURN)
    return 0 if order > 0.9 else 1 - order
