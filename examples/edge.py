"""Robots that walk along the edge of others, who stand: the nearest of these shall be close, on the left.

Standing ones form an angle; walkers go around it, without a map of it. Somebody carries three walkers away,
and they find the edge again. Run it: ``planaria run examples/edge.py --grid 6x5 --topology
plane:range_mm=150,margin_mm=400 --mean-interval-us 200000 --loss 0.05 --fault
move:rect:0,0,1,3,down_mm=-80@900 --rounds 1500``; it prints what is kept in ``edge.out``, and a round is
0.2 s.
"""

import numpy as np

from planaria.swarm import Program, u8

STANDS = 1
"""The strap code of robots that do not move."""

WALKERS = 6
"""The first robots, which are below the others at the beginning."""


class Edge(Program):
    shows = {"stands": u8}
    keeps = {"motors": u8[2], "port": u8, "nearest_mm": u8, "wakes": u8, "wait_wakes": u8}
    inputs = {"distance_mm": u8}
    parameters = {
        "edge_mm": 50,
        "within_mm": 3,
        "off_mm": 75,
        "close_mm": 45,
        "memory_wakes": 4,
        "full": 255,
    }

    def hear(me, port, said):
        """Note the nearest of those that stand, for a while, and whether a walker is close ahead."""
        if said.stands == 0:
            if me.board.distance_mm < me.close_mm and (port <= 1 or port == 7):
                me.wait_wakes = 3
        elif me.wakes == 0 or me.board.distance_mm <= me.nearest_mm:
            me.port = port
            me.nearest_mm = me.board.distance_mm
            me.wakes = me.memory_wakes

    def wake(me):
        me.stands = me.board.strap == STANDS
        me.wait_wakes = max(0, me.wait_wakes - 1)
        goes = me.stands == 0 and me.wait_wakes == 0 and me.wakes > 0
        me.wakes = max(0, me.wakes - 1)
        # 6 is on the left; 7 is ahead of that, and 5 behind.
        far = me.nearest_mm > me.edge_mm + me.within_mm
        near = me.nearest_mm < me.edge_mm - me.within_mm
        aside = (me.port - 6 - far + near) % 8
        me.motors[0] = me.full * (goes and (aside == 0 or aside > 4))
        me.motors[1] = me.full * (goes and aside <= 4)
        me.colour[0] = 40 * me.stands
        me.colour[1] = 40 if me.stands else 40 * (far + near == 0)
        me.colour[2] = 64 - 24 * me.stands
        me.colour[3] = 64


def straps(topology):
    """All but the first stand."""
    return dict.fromkeys(range(WALKERS, topology.cells), STANDS)


def starts(topology):
    """Two bars of standing robots, an angle, and the walkers below it."""
    number = np.arange(topology.cells)
    bar = (topology.cells - WALKERS) // 2
    if bar < 1:
        raise ValueError(f"{topology.cells} robots leave none that stand: it is for {WALKERS + 2} and more")
    upright = number < WALKERS + bar
    x = np.where(upright, 340, 375 + 35 * (number - WALKERS - bar))
    y = np.where(upright, 250 + 35 * (number - WALKERS), 250 + 35 * (bar - 1))
    walks = number < WALKERS
    return np.stack([np.where(walks, 400 + 45 * number, x), np.where(walks, 720, y)], 1)


def legitimate(world):
    """Of the running walkers, the share that is not at the edge."""
    walks = np.arange(world.topology.cells) < WALKERS
    places = world.places_mm
    away = np.hypot(*(places[walks & world.running][:, None] - places[~walks]).transpose(2, 0, 1))
    return np.mean(away.min(1) > world.parameters["off_mm"]) if len(away) else 0
