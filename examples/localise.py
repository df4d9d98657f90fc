"""Where am I? Three cells in corners know; all others count the hops to each, and seek the place that fits.

A cell keeps an estimate of its row and column. Whenever it wakes it takes the best of its own and of its
neighbours', or a place beside that: the ways from there to the corners must be what it has counted. Behind a
hole they are not straight, and cells there err as long as it is open.
Run it: ``planaria run examples/localise.py --grid 16x16 --loss 0.05 --fault restart:half:left@100 --fault
scramble:all@200 --rounds 300``; it prints what is kept in ``localise.out``.
"""

import numpy as np

from planaria.swarm import Program, u8

SIDE = 16
LAST = SIDE - 1
"""Rows and columns of the grid, and the last of them."""


class Localise(Program):
    shows = {"first": u8, "second": u8, "third": u8, "row": u8, "column": u8}
    hears = ("first", "second", "third", "row", "column")
    parameters = {"limit": 60, "patience_wakes": 16}

    def wake(me):
        count(me)
        row = min(me.row, LAST)
        column = min(me.column, LAST)
        best = misfit(me, row, column)
        for port in range(8):
            if me.inbox[port].age <= me.patience_wakes:
                near = misfit(me, me.inbox[port].row, me.inbox[port].column)
                if near < best:
                    best = near
                    row = me.inbox[port].row
                    column = me.inbox[port].column
        me.row = row
        me.column = column
        for place in range(9):
            down = row + place // 3 - 1
            right = column + place % 3 - 1
            if misfit(me, down, right) < best:
                best = misfit(me, down, right)
                me.row = down
                me.column = right
        me.colour[0] = 4 * me.row
        me.colour[1] = 4 * me.column
        me.colour[2] = 0
        me.colour[3] = 64


def count(me):
    """The hops to each corner, as in a hop count."""
    me.first = 0 if me.board.strap == 1 else me.limit
    me.second = 0 if me.board.strap == 2 else me.limit
    me.third = 0 if me.board.strap == 3 else me.limit
    for port in range(8):
        if me.inbox[port].age <= me.patience_wakes:
            me.first = min(me.first, me.inbox[port].first + 1)
            me.second = min(me.second, me.inbox[port].second + 1)
            me.third = min(me.third, me.inbox[port].third + 1)


def misfit(me, row, column):
    """How unlike a place's ways to the corners are what has been counted; large for places outside."""
    if min(row, column) < 0 or max(row, column) > LAST:
        return 1000
    first = abs(me.first - max(row, column))
    second = abs(me.second - max(row, LAST - column))
    return first + second + abs(me.third - max(LAST - row, column))


def straps(topology):
    """The upper left corner, the upper right one, and the lower left one."""
    if topology.shape != (SIDE, SIDE) or topology.torus:
        raise ValueError(f"it is for {SIDE}x{SIDE} cells, no torus: change SIDE in the file")
    return {0: 1, SIDE - 1: 2, SIDE * (SIDE - 1): 3}


def legitimate(world):
    """Of the running cells, the share that does not know its place."""
    place = np.arange(SIDE * SIDE)
    wrong = (world["row"] != place // SIDE) | (world["column"] != place % SIDE)
    return np.mean(wrong[world.running]) if world.running.any() else 0
