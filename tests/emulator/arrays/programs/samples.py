"""Programs that try the corners: silence, failures, loops without end, and every byte of RAM."""

from firmware.handlers import Handlers

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


def wake_on_all_bytes(ram):
    """A shift register through all that a program has."""
    wake_and_show(ram)
    for place in range(BYTES - 1, 16, -1):
        ram[place] = ram[place - 1] ^ ram[place % 16]


SAMPLES = {
    "silent": Handlers(boot, keep, wake_silent_often, "silent"),
    "failing": Handlers(boot, hear_and_fail, wake_and_fail, "failing"),
    "dark": Handlers(boot_or_fail, keep, wake_and_fail, "dark"),
    "endless": Handlers(boot, hear_for_ever, wake_silent_often, "endless"),
    "full": Handlers(boot, keep, wake_on_all_bytes, "full"),
}
