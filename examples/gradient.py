"""How many hops is it to the robot with ID 0? A program for Kilobots, as it is.

The program is ``gradient.c``; here stands only what its messages have, and what is legitimate. A round is a
tick of kilolib, 32.64 ms, and a robot speaks every half second. Run it: ``python examples/gradient.py``; it
prints what is kept in ``gradient.out``.
"""

import numpy as np

from planaria.swarm import Program, u8

UNKNOWN, LIMIT = 255, 60

TICK_US = 32_640


class Gradient(Program):
    source = "gradient.c"
    shows = {"hops": u8}


def legitimate(world):
    """Of the running robots, the share that does not say the shortest way to the one with the strap."""
    hops = world.hops_from(world["strap"] == 1)
    right = np.where((hops >= 0) & (hops <= LIMIT), hops, UNKNOWN)
    return np.mean((world["hops"] != right)[world.running]) if world.running.any() else 0


def main():
    """Count; then restart the left half, and count again."""
    from planaria import Grid, open_program

    robots = Grid(open_program(__file__), rows=9, cols=9, seed=1, loss=0.05, mean_interval_us=TICK_US)
    robots.run(600)
    show(robots, "counted")
    robots.wound("restart:half:left")
    robots.run(40)
    show(robots, "left half restarted")
    recovery = robots.run(600).recoveries[0].clean
    show(robots, f"{recovery.outcome} after {recovery.rounds:.0f} rounds")


def show(robots, title):
    print(f"{title} (round {robots.rounds}, distance {robots.error:.0f})")
    for row in robots["hops"]:
        print(" ".join(f"{hops:2d}" if hops != UNKNOWN else " ." for hops in row))


if __name__ == "__main__":
    main()
