"""Robots that go around another one: they measure how far away it is, and on which side it lies.

Each keeps the star on its left. Too far away it turns towards it, too near away from it, and it waits while
another planet is close ahead. Somebody carries those on the left away, within range of the star, and they
come back. Run it: ``planaria run examples/orbit.py --grid 3x3 --topology plane:range_mm=250
--mean-interval-us 200000 --loss 0.05 --fault move:half:left,down_mm=90@900 --rounds 1500``; it prints what is
kept in ``orbit.out``, and a round is 0.2 s.
"""

import numpy as np

from planaria.swarm import Program, u8

STAR = 1
"""The strap code of the robot that stands still."""


class Orbit(Program):
    shows = {"star": u8}
    keeps = {"motors": u8[2], "port": u8, "away_mm": u8, "unheard_wakes": u8, "wait_wakes": u8}
    inputs = {"distance_mm": u8}
    parameters = {
        "orbit_mm": 90,
        "within_mm": 3,
        "off_mm": 15,
        "close_mm": 45,
        "patience_wakes": 20,
        "full": 255,
    }

    def hear(me, port, said):
        """Note where the star is, and whether a planet is close ahead."""
        if said.star > 0:
            me.port = port
            me.away_mm = me.board.distance_mm
            me.unheard_wakes = 0
        elif me.board.distance_mm < me.close_mm and (port <= 1 or port == 7):
            me.wait_wakes = 3

    def wake(me):
        me.star = me.board.strap == STAR
        me.unheard_wakes = min(255, me.unheard_wakes + 1)
        me.wait_wakes = max(0, me.wait_wakes - 1)
        # 6 is on the left; 7 is ahead of that, and 5 behind.
        far = me.away_mm > me.orbit_mm + me.within_mm
        near = me.away_mm < me.orbit_mm - me.within_mm
        aside = (me.port - 6 - far + near) % 8
        goes = me.star == 0 and me.wait_wakes == 0 and me.unheard_wakes < me.patience_wakes
        me.motors[0] = me.full * (goes and (aside == 0 or aside > 4))
        me.motors[1] = me.full * (goes and aside <= 4)
        me.colour[0] = 64 * me.star
        me.colour[1] = 64 if me.star else 40 * (far + near == 0)
        me.colour[2] = 64 * (1 - me.star)
        me.colour[3] = 64


def straps(topology):
    """The robot in the middle."""
    return {topology.cells // 2: STAR}


def legitimate(world):
    """Of the running planets, the share that is not on its orbit."""
    star = world.topology.cells // 2
    planets = world.running & (np.arange(world.topology.cells) != star)
    away = np.hypot(*(world.places_mm[planets] - world.places_mm[star]).T)
    off = np.abs(away - world.parameters["orbit_mm"]) > world.parameters["off_mm"]
    return np.mean(off) if len(off) else 0
