"""Who leads? Every board has a number; the largest one that is there becomes everybody's leader.

A cell believes the largest number that it has heard of, and says how far away it heard it. What is told from
cell to cell without end was said by nobody: beyond a distance it is not believed, so that a leader who has
died is forgotten. Run it: ``planaria run examples/leader.py --grid 24x24 --loss 0.05
--fault kill:half:right@80+40 --fault scramble:all@160 --rounds 300``; it prints what is kept in
``leader.out``.
"""

import numpy as np

from planaria.swarm import Program, u8, u32


class Leader(Program):
    shows = {"leader": u32, "distance": u8}
    hears = ("leader", "distance")
    parameters = {"limit": 60, "patience_wakes": 16}

    def wake(me):
        me.leader = me.board.id
        me.distance = 0
        for port in range(8):
            follow(me, port)
        for channel in range(3):
            me.colour[channel] = me.leader >> 3 * channel & 63
        me.colour[3] = 64


def follow(me, port):
    """Believe a neighbour who knows of a larger number, or of a nearer way to it."""
    if me.inbox[port].age > me.patience_wakes or me.inbox[port].distance >= me.limit:
        return
    larger = me.inbox[port].leader > me.leader
    nearer = me.inbox[port].leader == me.leader and me.inbox[port].distance + 1 < me.distance
    if larger or nearer:
        me.leader = me.inbox[port].leader
        me.distance = me.inbox[port].distance + 1


def legitimate(world):
    """Of the running cells, the share that does not follow the largest number in its reach."""
    if not world.running.any():
        return 0
    component = world.components()
    largest = np.zeros(len(component), int)
    running = np.flatnonzero(world.running)
    np.maximum.at(largest, component[running], running)
    return np.mean(world["leader"][running] != largest[component[running]])
