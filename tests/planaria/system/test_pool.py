import signal
import sys
import threading
import time
from concurrent.futures import _base

import pytest

from planaria.system.pool import Pool, first_done, result_of


def test_it_gives_those_that_are_done_and_none_at_the_limit():
    with Pool(1) as pool:
        quick, slow = pool.submit(abs, -7), pool.submit(time.sleep, 60)
        assert first_done([quick, slow]) == {quick}
        assert first_done([slow], 0.2) == set()
        assert first_done([]) == set()
        assert result_of(quick) == 7


def test_what_a_function_raises_reaches_who_asks_for_its_result():
    with Pool(1) as pool, pytest.raises(ZeroDivisionError):
        result_of(pool.submit(divmod, 1, 0))


@pytest.fixture
def interrupted_with_locks():
    """SIGINT comes when the main thread has just locked the futures that it waits for."""

    def trace(frame, event, _):
        if frame.f_code is _base._AcquireFutures.__enter__.__code__:
            if event == "return":
                sys.settrace(None)
                signal.raise_signal(signal.SIGINT)
            return trace
        return None

    handler = signal.signal(signal.SIGINT, signal.default_int_handler)
    before = sys.gettrace()
    sys.settrace(trace)
    yield
    sys.settrace(before)
    signal.signal(signal.SIGINT, handler)


def test_an_interrupt_leaves_no_future_locked(interrupted_with_locks):
    """It ended the wait between locking and unlocking; a pool never closed then, nor did its process end."""
    with Pool(1) as pool:
        futures = [pool.submit(time.sleep, 60) for _ in range(4)]
        with pytest.raises(KeyboardInterrupt):
            first_done(futures)
        closer = threading.Thread(target=lambda: [future.done() for future in futures], daemon=True)
        closer.start()
        closer.join(5)
        if closer.is_alive():
            for future in futures:
                future._condition.release()  # or this test would not end either
            pytest.fail("a future is still locked")
