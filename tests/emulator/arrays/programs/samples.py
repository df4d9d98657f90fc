"""Programs that try the corners: silence, failures, loops without end, and every byte of RAM."""

from firmware.declaration import Program, declared
from firmware.handlers import Handlers
from firmware.variables import i8, i16, i32, u8, u16, u32

STATES, PUBLIC, BYTES = 80, 16, 208


def boot(ram, strap):
    ram[3] = 64
    ram[4] = strap


def boot_or_fail(ram, strap):
    """Fails on some random numbers: the cell stays dark."""
    ram[3] = 64
    assert ram[208] % 16 > 0, "no luck"


def keep(ram, port, state):
    for byte in range(PUBLIC):
        ram[STATES + PUBLIC * port + byte] = state[byte]


def total(ram):
    """All that was heard, in a way in which order matters."""
    sum_ = 0
    for place in range(STATES, BYTES):
        sum_ = (31 * sum_ + ram[place]) % 65521
    return sum_


def wake_and_show(ram):
    heard = total(ram)
    ram[5] = heard
    ram[6] = heard >> 8
    ram[7] -= ram[4] - 3 * heard


def wake_silent_often(ram):
    ram[8] += 1
    wake_and_show(ram)
    if ram[8] % 4:
        return False
    return None


def hear_and_fail(ram, port, state):
    """Divides by what it hears, and reaches beyond RAM."""
    keep(ram, port, state)
    ram[9] = 100 // (state[5] % 23)
    if state[6] % 31 == 1:
        ram[state[6] + 200] = 1


def wake_and_fail(ram):
    wake_and_show(ram)
    if ram[5] % 29 == 3:
        raise ValueError("it is 3")


def hear_for_ever(ram, port, state):
    keep(ram, port, state)
    while state[5] % 97 == 2:
        ram[9] += 1


def add(me, port):
    """What a neighbour shows, if it was heard lately."""
    if me.inbox[port].age < 3:
        me.row[port % 3] -= me.inbox[port].row[(port + 1) % 3] + me.inbox[port].small
    else:
        me.sum = -me.sum + me.inbox[port].age


def wake_on_all_bytes(ram):
    """A shift register through all that a program has."""
    wake_and_show(ram)
    for place in range(BYTES - 1, 16, -1):
        ram[place] = ram[place - 1] ^ ram[place % 16]


class Declared(Program):
    """Every kind of variable, rows, what was heard and how long ago, and an index that may be wrong."""

    shows = {"small": i8, "wide": u32, "row": i16[3]}
    keeps = {"sum": i32, "many": u16[4], "count": u8}
    hears = ("row", "small")
    inputs = {"light": i16}
    parameters = {"step": 7, "table": (3, -5, 1 << 40, 11)}

    def boot(me, strap):
        me.small = 3 - 5 * strap
        me.wide = me.entropy

    def hear(me, port, said):
        me.sum += said.wide * me.table[said.row[1] & 3]
        me.many[said.small & 7] = port  # from 4 on there is none

    def wake(me):
        me.count = me.many[me.count % 4] = me.count + me.step
        for port in range(8):
            add(me, port)
        me.colour[3] = 64
        me.wide ^= me.sum + me.board.id * me.board.light


class Other(Declared):
    """Another role: it has a parameter of its own, hears otherwise, and keeps silent at times."""

    parameters = {"step": 2, "table": (1,), "often": 3}

    def boot(me, strap):
        me.small = me.board.role

    def hear(me, port, said):
        me.count ^= port

    def wake(me):
        add(me, me.board.role)
        me.row[1] = me.board.role
        if me.count % me.often:
            me.sum ^= me.often
            return True
        return False


class Failing(Other):
    """A role whose cells fail at times."""

    def wake(me):
        me.sum = me.table[0] // (me.entropy & 3) + me.step


SAMPLES = {
    "silent": Handlers(boot, keep, wake_silent_often, "silent"),
    "failing": Handlers(boot, hear_and_fail, wake_and_fail, "failing"),
    "dark": Handlers(boot_or_fail, keep, wake_and_fail, "dark"),
    "endless": Handlers(boot, hear_for_ever, wake_silent_often, "endless"),
    "full": Handlers(boot, keep, wake_on_all_bytes, "full"),
    "declared": declared([Declared], "declared"),
    "roles": declared([Declared, Other, Failing], "roles"),
}
