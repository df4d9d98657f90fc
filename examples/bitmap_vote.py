"""The rival of what is learned: every cell has the picture in its ROM, and votes on where in it it is.

Each neighbour's place says where a cell itself would be; it takes what most of them say, and shows that dot
of the picture. The cell with the strap is in its middle; wires are those of ``square8``.
Run it: ``planaria run examples/bitmap_vote.py --grid 24x24 --loss 0.05 --fault
restart:half:left@60 --fault kill:disc:12,12,3@120+60 --rounds 240``; it prints what is kept in
``bitmap_vote.out``.
"""

import numpy as np

from planaria.swarm import Program, u8

PICTURE = """
................
......####......
.....######.....
....########....
....#oo##oo#....
....#o.##.o#....
....##oooo##....
.....######.....
......####......
.....######.....
....##++++##....
...###++++###...
..####++++####..
....##++++##....
.....######.....
......#..#......
"""

INKS = ".#o+"


def packed(line):
    """A line of the picture as a number, two bits a dot."""
    return sum(INKS.index(ink) << 2 * column for column, ink in enumerate(line))


class BitmapVote(Program):
    shows = {"row": u8, "column": u8}
    hears = ("row", "column")
    parameters = {
        "dots": tuple(map(packed, PICTURE.split())),
        "colours": ((0, 0, 0, 0), (40, 12, 30, 64), (62, 60, 50, 64), (60, 36, 8, 64)),
        "down": (-1, -1, 0, 1, 1, 1, 0, -1),
        "right": (0, 1, 1, 1, 0, -1, -1, -1),
        "side": 16,
        "middle": 128,
        "patience_wakes": 16,
    }

    def wake(me):
        if me.board.strap:
            me.row = me.middle
            me.column = me.middle
        else:
            vote(me)
        paint(me)


def vote(me):
    """Take the place that most neighbours say, or none if more of them say something else."""
    row = me.row
    column = me.column
    most = votes(me, row, column) if row else 0
    known = 0
    for port in range(8):
        if heard(me, port):
            known += 1
            there = me.inbox[port].row - me.down[port]
            beside = me.inbox[port].column - me.right[port]
            count = votes(me, there, beside)
            if count > most:
                most = count
                row = there
                column = beside
    me.row = row if 2 * most >= known else 0
    me.column = column


def votes(me, row, column):
    """Neighbours to whose places this one fits."""
    count = 0
    for port in range(8):
        if heard(me, port) and me.inbox[port].row == row + me.down[port]:
            count += me.inbox[port].column == column + me.right[port]
    return count


def heard(me, port):
    """Whether the neighbour on a port was heard lately, and knows its place."""
    return me.inbox[port].age <= me.patience_wakes and me.inbox[port].row


def paint(me):
    """The dot at the cell's place; the strap is in the middle of the picture."""
    row = me.row - me.middle + me.side // 2
    column = me.column - me.middle + me.side // 2
    ink = 0
    if me.row and 0 <= row < me.side and 0 <= column < me.side:
        ink = me.dots[row] >> 2 * column & 3
    for channel in range(4):
        me.colour[channel] = me.colours[ink][channel]


def legitimate(world):
    """Of the cells, the share that does not show its dot of the picture."""
    rows, cols = world.topology.shape
    dots = np.array([[INKS.index(ink) for ink in line] for line in PICTURE.split()])
    down, right = (np.arange(side) - side // 2 + len(dots) // 2 for side in (rows, cols))
    inside = np.outer((down >= 0) & (down < len(dots)), (right >= 0) & (right < len(dots)))
    wanted = np.where(inside, dots[np.ix_(down % len(dots), right % len(dots))], 0)
    colours = np.array(world.parameters["colours"])[wanted.ravel()]
    return np.mean((world.states[:, :4] != colours).any(1))
