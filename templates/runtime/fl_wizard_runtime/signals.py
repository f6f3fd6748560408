"""SIGTERM and SIGINT: what is open is closed, then the process ends by the signal."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

ENDING = (signal.SIGTERM, signal.SIGINT)
NUDGE = 0.05
"""Seconds between two tries to have the main thread hear a signal."""


class Ending:
    """Has the signals end the process as soon as they come, whatever the main thread waits for.

    Python runs a handler in the main thread, once that comes back from what it waits for. A signal interrupts a wait,
    but not one that begins in the very moment of the signal: Flower's wait for clients has no end, and would outlast it
    (2 of 300 on a machine with two cores). So a thread of its own hears the signal, and closes what is to be closed;
    the main thread only gives the signal its meaning back, which no other thread may do, and is told to until it has.

    Args:
        close: Closes what must be whole, in a thread that holds no lock.
    """

    def __init__(self, close: Callable[[], None]) -> None:
        self._close = close
        self._closed = threading.Event()
        self._heard, self._told = os.pipe()
        os.set_blocking(self._told, False)

    def listen(self) -> None:
        """Begins to listen, in place of whoever did; does nothing outside the main thread."""
        if threading.current_thread() is not threading.main_thread():
            return
        for number in ENDING:
            signal.signal(number, self._handle)
        signal.set_wakeup_fd(self._told, warn_on_full_buffer=False)
        threading.Thread(target=self._await, name="signals", daemon=True).start()

    def _handle(self, number: int, _: FrameType | None) -> None:
        if self._closed.is_set():
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        else:  # again, should the script have a wakeup descriptor of its own
            with suppress(BlockingIOError):
                os.write(self._told, bytes([number]))

    def _await(self) -> None:
        number = 0
        while number not in ENDING:
            number = os.read(self._heard, 1)[0]
        try:
            self._close()
        finally:
            self._closed.set()
            while True:
                signal.pthread_kill(threading.main_thread().ident or 0, number)
                time.sleep(NUDGE)
