"""Somebody who reads a pipe, for tests of those who write to it."""

import os
import threading
import time


def reading(pipe):
    """A thread that reads a pipe, which is open from now on, to its end; and what it reads."""
    handle = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    os.set_blocking(handle, True)
    read = bytearray()

    def to_the_end():
        while (content := os.read(handle, 1 << 16)) or not read:  # nothing comes before somebody writes
            read.extend(content)
            time.sleep(0 if content else 0.01)
        os.close(handle)

    thread = threading.Thread(target=to_the_end, daemon=True)
    thread.start()
    return thread, read
