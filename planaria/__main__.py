"""The ``planaria`` program, also as ``python -m planaria``."""

import os
import signal
import sys


def start() -> int:
    """Run the command of this process; a signal ends it with 130 while it is still being imported, too."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) not in (signal.SIG_IGN, None):
            signal.signal(number, lambda *_: os._exit(130))  # there is nothing to clean up yet
    from planaria.commands.main import main

    return main()


if __name__ == "__main__":
    sys.exit(start())
