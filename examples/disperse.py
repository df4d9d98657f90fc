"""Robots that go away from each other until nobody is near: they hear how far away the others are, and where.

Somebody carries those on the left among the others, and they disperse again. Run it: ``planaria run
examples/disperse.py --grid 6x5 --topology plane --mean-interval-us 200000 --loss 0.05 --fault
move:half:left,right_mm=120@600 --rounds 1200``; it prints what is kept in ``disperse.out``. A round is 0.2 s.
"""

import numpy as np

from planaria.swarm import Program, u8


class Disperse(Program):
    shows = {"near": u8}
    keeps = {"motors": u8[2], "port": u8, "nearest_mm": u8, "wakes": u8}
    inputs = {"distance_mm": u8}
    parameters = {"apart_mm": 80, "memory_wakes": 8, "full": 255}

    def hear(me, port, said):
        """Remember whoever is nearest, for a while."""
        if me.wakes == 0 or me.board.distance_mm <= me.nearest_mm:
            me.port = port
            me.nearest_mm = me.board.distance_mm
            me.wakes = me.memory_wakes

    def wake(me):
        me.near = me.wakes > 0 and me.nearest_mm < me.apart_mm
        me.wakes = max(0, me.wakes - 1)
        # Ahead if the other is behind; else a turn to the other side.
        me.motors[0] = me.full * (me.near and me.port < 6)
        me.motors[1] = me.full * (me.near and me.port > 2)
        me.colour[0] = 64 * me.near
        me.colour[1] = 48 * (1 - me.near)
        me.colour[2] = 0
        me.colour[3] = 64


def legitimate(world):
    """Of the running robots, the share that has another one near."""
    places = world.places_mm[world.running]
    away = np.hypot(*(places[:, None] - places).transpose(2, 0, 1))
    near = away < world.parameters["apart_mm"]
    return np.mean(near.sum(1) > 1) if len(places) else 0
