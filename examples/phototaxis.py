"""Robots that find the light, of which they measure only how bright it is where they are.

They run and tumble, as bacteria do: straight ahead while it grows brighter, and when it does not, a turn by
chance. Somebody carries the upper half away, and they come back. Run it: ``planaria run
examples/phototaxis.py --grid 6x5 --topology plane --mean-interval-us 200000 --fault
move:half:top,down_mm=400@1500 --rounds 3000``; it prints what is kept in ``phototaxis.out``, and a round is
0.2 s.
"""

import numpy as np

from planaria.swarm import Program, u8, u16

PIXELS, LAMP = 256, (150, 100)


class Phototaxis(Program):
    shows = {"seen": u16}
    keeps = {"motors": u8[2], "turns": u8, "runs": u8}
    inputs = {"light": u16}
    parameters = {"full": 255, "run_wakes": 10, "turn_wakes": 64, "bright": 700}

    def wake(me):
        if me.turns > 0:
            me.turns -= 1
            me.runs = 0
        else:
            me.runs += 1
        if me.runs == 0:
            me.seen = me.board.light
        elif me.runs >= me.run_wakes:
            if me.board.light <= me.seen:
                me.turns = 1 + me.entropy % me.turn_wakes
            me.seen = me.board.light
            me.runs = 0
        me.motors[0] = me.full
        me.motors[1] = me.full * (me.turns == 0)
        me.colour[0] = me.colour[1] = min(64, me.seen >> 4)
        me.colour[2] = 0
        me.colour[3] = 64


def light(topology):
    """A lamp above a place on the floor; it grows dark evenly around it."""
    y, x = np.ogrid[:PIXELS, :PIXELS]
    return np.maximum(0, 1023 - 4 * np.hypot(x - LAMP[0], y - LAMP[1])).astype(int)


def legitimate(world):
    """Of the running robots, the share that was not below the lamp when it woke last."""
    bright = world["light"] >= world.parameters["bright"]
    return np.mean(~bright[world.running]) if world.running.any() else 0
