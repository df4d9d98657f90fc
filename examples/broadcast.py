"""Whom to believe? The cells in the middle say a word to all, through a crowd in which some lie.

A cell believes a word that two of its eight neighbours say, at whatever distance the second nearest of them
has heard it: a liar alone convinces nobody, and words that nobody has said grow farther away until they are
forgotten (certified propagation, Koo 2004). Run it: ``planaria run examples/broadcast.py --grid 17x17 --loss
0.05 --fault scramble:all@100 --rounds 300``; it prints what is kept in ``broadcast.out``.
"""

import numpy as np

from planaria.swarm import Program, u8


class Broadcast(Program):
    shows = {"word": u8, "hops": u8}
    hears = ("word", "hops")
    parameters = {"limit": 60, "patience_wakes": 16}

    def wake(me):
        word = me.board.strap
        hops = 0 if word else me.limit
        for port in range(8):
            farther = distance(me, me.inbox[port].word) + 1
            if me.inbox[port].word and farther < hops:
                word = me.inbox[port].word
                hops = farther
        me.word = word
        me.hops = hops
        for channel in range(3):
            me.colour[channel] = (word >> 2 * channel & 3) * 21
        me.colour[3] = 64


class Liar(Broadcast):
    """Claims to have heard another word from the first hand."""

    parameters = {**Broadcast.parameters, "lie": 0b001001}

    def wake(me):
        me.word = me.lie
        me.hops = 0
        me.colour[0] = me.colour[3] = 64
        me.colour[1] = me.colour[2] = 0


def distance(me, word):
    """At which the second nearest of the neighbours that say a word has heard it."""
    nearest = me.limit
    second = me.limit
    for port in range(8):
        if me.inbox[port].age <= me.patience_wakes and me.inbox[port].word == word:
            hops = min(me.inbox[port].hops, me.limit)
            second = min(second, max(nearest, hops))
            nearest = min(nearest, hops)
    return second


def straps(topology):
    """Nine cells in the middle say the same word."""
    rows, cols = topology.shape
    middle = np.arange(-1, 2)
    cells = (rows // 2 + middle[:, None]) * cols + cols // 2 + middle
    return dict.fromkeys(cells.ravel().tolist(), 0b110110)


def roles(topology):
    """Three liars where there is room for them: a cell that hears two would believe the same lie."""
    rows, cols = topology.shape
    liars = [3 * cols + 3, 3 * cols + cols - 6, (rows - 6) * cols + 4]
    return {Liar: liars if min(rows, cols) >= 12 else []}


def legitimate(world):
    """Of the honest cells that run, the share that does not believe what was said."""
    honest = world.running & world.has_role(Broadcast)
    if not honest.any():
        return 0
    said = world["strap"][honest].max()
    return np.mean(world["word"][honest] != said)
