"""Robots that together take on a shape, as the thousand Kilobots did (Rubenstein, Cornejo and Nagpal 2014).

Four seeds know their places. All others count the hops to them, and find their own places by how far away
those are that know theirs. Who is at the edge of the heap, and farthest from the seeds, walks around what
stands (as in ``edge.py``), into the shape, and sits down as soon as it leaves it or meets the end of its
layer. The picture is in ROM; its lowest row is at the seeds, and a dot has so many millimetres. In the
end somebody carries a part of it aside. Run it: ``planaria run examples/shape.py --grid 6x6 --set
dot_mm=19 --topology plane:range_mm=140,margin_mm=420 --mean-interval-us 200000 --loss 0.05 --fault
move:near:605,330,80,right_mm=130@12000 --rounds 14000``; it prints what is kept in ``shape.out``, and a round
is 0.2 s.
"""

import numpy as np

from planaria.swarm import Program, i16, u8

PICTURE = """
......###......
.....#####.....
....#######....
...#########...
..###########..
.#############.
###############
###############
.#############.
...#########...
...#########...
..###########..
..###########..
.#############.
.#############.
.#############.
.#############.
.#############.
.#############.
.#############.
..###########..
..###########..
..###########..
...#########...
...#########...
...#########...
....#######....
....#######....
.....#####.....
.....#####.....
......###......
......###......
"""

LINES = PICTURE.split()
ROWS, COLUMNS = len(LINES), len(LINES[0])

SEEDS_MM = (-25, 0), (25, 0), (0, -43), (0, 43)
"""Places of the four seeds, to the right and down."""

BELOW_MM = 25
"""So far below the seeds does the picture end."""

PARTS = 12
"""Robots count places in so many parts of a millimetre, from the middle of the seeds, up to 2,730 mm."""

PITCH_MM = 45
"""From robot to robot in the heap, at the beginning."""

OUTSIDE_MM, BARE_MM, BARE_SHARE = 64, 60, 0.1
"""What is forgiven: who walks along the rim of a full shape; and dots to which somebody is near."""

WAITS, MOVES, SITS, SEED = range(4)
UNKNOWN = 99
"""Of a grade: no chain of neighbours leads to a seed."""


class Shape(Program):
    shows = {"kind": u8, "grade": u8, "tie": u8, "sure": u8, "x": i16, "y": i16}
    keeps = {
        "motors": u8[2],
        "port": u8,  # of the nearest that does not walk, for a while
        "nearest_mm": u8,
        "nearest_grade": u8,
        "nearest_wakes": u8,
        "halt_wakes": u8,
        "busy_wakes": u8,
        "wakes": u8,
        "low": u8,  # the least of the neighbours' grades, in this window and in the last
        "low_before": u8,
        "ports": u8,  # one bit for each on which somebody is near
        "later": u8,  # whether it is another one's turn first
        "follows": u8,  # whether anybody was there to walk around
        "inside": u8,  # for so many wakes, as it walks
        "known": u8,  # how many of those that know their places, three at most, do not lie on one line
        "first_x": i16,
        "first_y": i16,
        "second_x": i16,
        "second_y": i16,
        "off": u8,  # how far from what others say, about, in parts of a millimetre, 255 at most
    }
    inputs = {"distance_mm": u8}
    parameters = {
        "lines": tuple(sum(1 << column for column, dot in enumerate(line) if dot == "#") for line in LINES),
        "seed_x": tuple(PARTS * x for x, _ in SEEDS_MM),
        "seed_y": tuple(PARTS * y for _, y in SEEDS_MM),
        "dot_mm": 64,
        "edge_mm": 58,
        "within_mm": 3,  # of that
        "ahead_mm": 20,
        "near_mm": 80,  # a neighbour, for grades
        "close_mm": 60,  # a walker ahead, for whom it is waited
        "clear_mm": 130,  # where nobody may walk when one sets out
        "memory_wakes": 4,
        "window_wakes": 8,
        "full": 255,
    }

    def boot(me, strap):
        me.grade = UNKNOWN
        me.low = UNKNOWN
        me.low_before = UNKNOWN

    def hear(me, port, said):
        away = me.board.distance_mm
        me.ports |= (away < me.near_mm) << port
        if said.kind == MOVES:
            if away < me.close_mm and (port <= 1 or port == 7):
                me.halt_wakes = 3
            if away < me.clear_mm:
                me.busy_wakes = 10
            return
        if away < me.near_mm:
            me.low = min(me.low, said.grade)
            if said.kind == WAITS and 256 * said.grade + said.tie >= 256 * me.grade + me.tie:
                me.later = 1
        # Who stands in the way counts as nearer, for to turn takes a while.
        feels = max(0, away - me.ahead_mm * (port <= 1))
        if said.grade < UNKNOWN and (me.nearest_wakes == 0 or feels <= me.nearest_mm):
            me.port = port
            me.nearest_mm = feels
            me.nearest_grade = said.grade if said.kind >= SITS else UNKNOWN
            me.nearest_wakes = me.memory_wakes
            me.follows = 1
        if said.sure and said.grade <= me.grade and me.kind != SEED:
            locate(me, said.x, said.y, PARTS * away + PARTS // 2)

    def wake(me):
        me.wakes += 1
        if me.board.strap:
            me.kind = SEED
            me.grade = 0
            me.sure = 1
            me.x = me.seed_x[me.board.strap - 1]
            me.y = me.seed_y[me.board.strap - 1]
        elif me.wakes >= me.window_wakes:
            look(me)
        if me.kind == MOVES:
            sit(me)
        drive(me)
        me.halt_wakes = max(0, me.halt_wakes - 1)
        me.busy_wakes = max(0, me.busy_wakes - 1)
        me.nearest_wakes = max(0, me.nearest_wakes - 1)
        me.colour[0] = 64 * (me.kind == MOVES or me.kind == SEED)
        me.colour[1] = 48 * (me.kind >= SITS)
        me.colour[2] = 64 * (me.kind == WAITS)
        me.colour[3] = 64


def locate(me, x, y, away):
    """Go a part of the way to where this one's place and distance say that I am."""
    right = me.x - x
    down = me.y - y
    if right == 0 and down == 0:
        right = 1 + me.entropy % 7
        down = me.entropy // 8 % 7 - 3
    length = root(right * right + down * down)
    wrong = away - length
    # To the nearest part of a millimetre: if it were rounded down, all robots would drift to one side.
    part = 2 * length * (4 if me.kind == MOVES or me.sure == 0 else 8)
    me.x += (2 * right * wrong + part // 2) // part
    me.y += (2 * down * wrong + part // 2) // part
    me.off = min(255, (7 * me.off + abs(wrong)) // 8)
    if me.known == 0:
        me.first_x = x
        me.first_y = y
        me.known = 1
    elif me.known == 1:
        if abs(x - me.first_x) + abs(y - me.first_y) > 25 * PARTS:
            me.second_x = x
            me.second_y = y
            me.known = 2
    elif me.known == 2:
        across = (me.second_x - me.first_x) * (y - me.first_y)
        if abs(across - (me.second_y - me.first_y) * (x - me.first_x)) > 625 * PARTS * PARTS:
            me.known = 3


def root(square):
    """The square root of a number below 2**34, by Newton's steps."""
    found = 1 + square // 512
    for _ in range(16):
        found = max(1, (found + square // found) // 2)
    return found


def look(me):
    """At the end of a window: my grade, whether I know my place, and whether it is my turn."""
    me.grade = min(me.low, me.low_before, UNKNOWN - 1) + 1
    me.sure = me.known == 3 and me.off < 6 * PARTS and me.grade < UNKNOWN
    if me.off > 15 * PARTS:
        me.x += me.entropy % 1024 - 512
        me.y += me.entropy // 1024 % 1024 - 512
    if me.kind == MOVES:
        if free(me) < 2 or me.follows == 0:  # it only pushes, or there is nobody to walk around
            me.kind = WAITS
    elif me.sure and shows(me, 0, 0):
        me.kind = SITS
    elif me.kind != SITS or me.grade == UNKNOWN or (me.sure and not beside(me)):
        turn = me.later == 0 and me.busy_wakes == 0 and free(me) >= 3
        me.kind = MOVES if turn else WAITS
        me.inside = 0
    me.tie = me.entropy >> 16 & 255
    me.wakes = 0
    me.low_before = me.low
    me.low = UNKNOWN
    me.later = 0
    me.ports = 0
    me.follows = 0
    me.known = 0


def free(me):
    """On how many ports side by side nobody is near."""
    most = 0
    count = 0
    for number in range(16):
        count = 0 if me.ports >> number % 8 & 1 else count + 1
        most = max(most, count)
    return most


def shows(me, right, down):
    """Whether the picture has a dot so far from me."""
    dot = PARTS * me.dot_mm
    column = (me.x + right + COLUMNS * dot // 2) // dot
    row = ROWS - 1 - (PARTS * BELOW_MM - me.y - down) // dot
    if column < 0 or column >= COLUMNS or row < 0 or row >= ROWS:
        return 0
    return me.lines[row] >> column & 1


def beside(me):
    """Whether the shape is not far away."""
    away = 40 * PARTS
    return shows(me, away, 0) or shows(me, -away, 0) or shows(me, 0, away) or shows(me, 0, -away)


def sit(me):
    """Stop as soon as I have left the shape, or at the end of my layer."""
    if me.sure and shows(me, 0, 0):
        me.inside = min(200, me.inside + 1)
        meets = me.nearest_wakes > 0 and me.grade <= me.nearest_grade and me.nearest_grade < UNKNOWN
        if me.inside > 5 and meets and me.nearest_mm < me.edge_mm + 8:
            me.kind = SITS
    elif me.inside > 5 and me.sure:
        me.kind = SITS
    elif me.sure:
        me.inside = 0


def drive(me):
    """Keep the nearest that stands on the left, as in ``edge.py``."""
    goes = me.kind == MOVES and me.halt_wakes == 0 and me.nearest_wakes > 0
    far = me.nearest_mm > me.edge_mm + me.within_mm
    near = me.nearest_mm < me.edge_mm - me.within_mm
    aside = (me.port - 6 - far + near) % 8
    me.motors[0] = me.full * (goes and (aside == 0 or aside > 4))
    me.motors[1] = me.full * (goes and aside <= 4)


def straps(topology):
    """The first four are the seeds."""
    return {number: number + 1 for number in range(len(SEEDS_MM))}


def starts(topology):
    """The seeds, and all others in a heap below them."""
    count = topology.cells - len(SEEDS_MM)
    wide = max(1, round(count**0.5))
    number = np.arange(count)
    heap = np.stack([number % wide - (wide - 1) / 2, 1 + number // wide], 1) * PITCH_MM + SEEDS_MM[-1]
    return np.rint(np.concatenate([SEEDS_MM, heap]) + origin(topology)).astype(int)


def origin(topology):
    """Where the seeds are on the floor, in mm: there is more room above them than below."""
    wide, high = topology.walls_um
    return np.array([wide // 2000, high // 1500])


def legitimate(world):
    """Of the running robots, the share that is outside; or of the dots, what is bare beyond a tenth."""
    dot = world.parameters["dot_mm"]
    dots = np.argwhere([[mark == "#" for mark in line] for line in LINES])
    x = (dots[:, 1] + 0.5 - COLUMNS / 2) * dot
    y = BELOW_MM - (ROWS - dots[:, 0] - 0.5) * dot
    right, down = (world.places_mm[world.running] - origin(world.topology)).T[..., None]
    if not len(right):
        return 0
    beyond = np.maximum(np.abs(right - x), np.abs(down - y)).min(1) - dot / 2
    bare = np.hypot(right - x, down - y).min(0) > BARE_MM
    return max(np.mean(beyond > OUTSIDE_MM), np.mean(bare) - BARE_SHARE, 0)
