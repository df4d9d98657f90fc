"""Robots for tests: a program that uses all that a robot has, and engines that run it."""

from emulator.choose import make_engine
from emulator.config import RunConfig
from emulator.faults import Fault
from emulator.program_boards import ProgramBoards
from emulator.program_floor import ProgramFloor
from emulator.program_goal import ProgramGoal
from firmware.declaration import Program, declared
from firmware.variables import u8, u16


class Rover(Program):
    """Goes away from who is near, else at random; shows what it has sensed."""

    shows = {"near": u8, "port": u8, "seen": u16}
    keeps = {"motors": u8[2], "heard": u8}
    inputs = {"distance_mm": u16, "spare": u8}

    def hear(me, port, said):
        me.near = min(255, me.board.distance_mm)
        me.port = port
        me.seen = said.seen + 1
        me.heard = 6

    def wake(me):
        if me.heard > 0:
            me.heard -= 1
            me.motors[0] = 255 * (me.port < 5)
            me.motors[1] = 255 * (me.port > 2)
        else:
            me.motors[0] = me.entropy >> 8 & 255
            me.motors[1] = me.entropy >> 16 & 255
        if me.entropy & 3 == 0:
            return False
        return None


class Lit(Program):
    """Shows the light that falls on it, and stands."""

    shows = {"lit": u16}
    inputs = {"light": u16}

    def wake(me):
        me.lit = me.board.light


def robots(engine, plane, program=Rover, faults=(), starts=None, light=None, **options):
    """An engine with robots in a plane."""
    handlers = declared([program], "rover.py")
    boards = ProgramBoards("rover.py", layout=handlers.layout, classes=(program,))
    goal = ProgramGoal(boards, lambda _view: 0, floor=ProgramFloor("rover.py", starts, light))
    config = RunConfig(plane, faults=tuple(map(Fault.parse, faults)), **options)
    return make_engine(config, handlers, goal, engine=engine)
