"""Programs in C for tests: a form to fill in, and how they are built."""

import platform
import sys

from firmware import image
from firmware.clock import Timing
from firmware.hardware.build import Options, build
from firmware.hardware.chips import TARGETS
from firmware.program_in_c import ProgramInC

KILOLIB_IS_NATIVE = sys.platform == "linux" and platform.machine() == "x86_64"
"""Where programs for Kilobots are not run on chips alone."""

FLASH = image.build_program(Timing())

MINE = """#include <stdint.h>
struct said {{ int8_t state[16]; }};
struct cell {{ struct said said; uint8_t kept[{kept}]; }};
#include "program.h"
{before}
static void boot(struct cell *me, uint32_t strap) {{}}
static void hear(struct cell *me, uint32_t port, const struct said *said) {{}}
static int wake(struct cell *me)
{{
    {work}
    return {says};
}}
"""
"""A program that does something when it wakes, with so many bytes beside the 16 that it shows."""


def built_program(path, target, flash=FLASH, given=(), **options):
    """The program in a file, for a target."""
    return build(flash, TARGETS[target], Options(program=ProgramInC(path, given), **options))
