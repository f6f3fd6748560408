"""Keeps one process running: starts it, starts it again, gives up, and ends it."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections import deque
from contextlib import suppress

from . import files, logs, text
from .config import Config
from .faults import PERMANENT, Exit
from .process import KILL, TERMINATE, identify, signal_group

PAUSE = 2.0
"""Seconds before the process is started again."""
CRASHES, CRASH_WINDOW = 5, 60.0
"""So many ends within so many seconds are no accident: starting again does not help."""
PATIENCE = 10.0
"""Seconds between the friendly and the unfriendly signal."""
LOOK = 1.0
"""Seconds between looks at a process, should the word of its end get lost."""

ENDS = {Exit.ENDED: "finished", Exit.REFUSED: "refused"}


def command(config: Config) -> list[str]:
    """The words that start the process."""
    return [sys.executable, "-m", str(__package__), "run", "--log", "--config", str(config.path)]


class Keeper:
    """The supervisor's work.

    Args:
        config: The process that is kept.
    """

    def __init__(self, config: Config) -> None:
        self.config = config
        self.stopping = False
        self._child: subprocess.Popen[bytes] | None = None
        self._crashes: deque[float] = deque(maxlen=CRASHES)
        self._told: dict[str, object] = {"name": config.name, "restarts": -1, "exitCode": None}
        self._woken, wake = os.pipe()
        for end in (self._woken, wake):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # only to be woken
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)

    def _stop(self, *_: object) -> None:
        self.stopping = True

    def _tell(self, **members: object) -> None:
        self._told.update(members, since=text.stamp())
        with suppress(OSError):  # a full disk: the process goes on
            files.note_json(self.config.process, self._told)

    def begin(self) -> None:
        """Starts the process.

        Raises:
            OSError: Where it can't be started.
        """
        # What it prints before it looks after its log by itself: that Python or the runtime can't be found.
        descriptor = logs.open_log(self.config.log)
        try:
            self._child = subprocess.Popen(
                command(self.config),
                stdin=subprocess.DEVNULL,
                stdout=descriptor,
                stderr=descriptor,
                start_new_session=True,  # a group of its own: what the script starts ends with it
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )
        finally:
            os.close(descriptor)
        child, me = identify(self._child.pid), identify(os.getpid())
        self._tell(
            state="starting",
            pid=self._child.pid,
            pidStarted=child.started if child else None,
            supervisor=os.getpid(),
            supervisorStarted=me.started if me else None,
            restarts=int(str(self._told["restarts"])) + 1,
            detail=None,  # how the one before it ended stays: a process that was killed has told nobody
        )

    def keep(self) -> None:
        """Watches the process until it has ended for good, or until this process is told to end."""
        while True:
            code = self._ended()
            if self.stopping:
                self._tell(state="stopped", pid=None, exitCode=code, detail=None)
                return
            now = time.monotonic()
            self._crashes.append(now)
            if code in PERMANENT:
                self._tell(state=ENDS.get(Exit(code), "failed"), pid=None, exitCode=code, detail=self._reason())
                return
            if len(self._crashes) == CRASHES and now - self._crashes[0] < CRASH_WINDOW:
                why = f"it ended {CRASHES} times within {CRASH_WINDOW:g} s"
                last = self._reason()
                self._tell(state="failed", pid=None, exitCode=code, detail=f"{why}: {last}" if last else why)
                return
            self._tell(state="starting", pid=None, exitCode=code, detail=self._reason())
            self._sleep(PAUSE)
            if self.stopping:
                self._tell(state="stopped", pid=None)
                return
            try:
                self.begin()
            except OSError as error:
                self._tell(state="failed", pid=None, detail=f"it could not be started again: {error.strerror}")
                return

    def _ended(self) -> int:
        """Waits for the process's end and ends what is left of its group.

        Returns:
            Its exit code; the negative number of a signal that ended it.
        """
        child = self._child
        if child is None:
            raise RuntimeError("nothing was begun")
        asked: float | None = None
        while not self._is_over(child):
            if self.stopping:
                now = time.monotonic()
                if asked is None:
                    asked = now
                    signal_group(child.pid, TERMINATE)
                elif now - asked > PATIENCE:
                    signal_group(child.pid, KILL)
            self._pause(LOOK)
        # Before the process is reaped, or its number could be another group's.
        signal_group(child.pid, KILL)
        return child.wait()

    def _is_over(self, child: subprocess.Popen[bytes]) -> bool:
        if not hasattr(os, "waitid"):  # macOS before Python 3.13
            return child.poll() is not None
        return os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def _reason(self) -> object:
        """Why the process ended, in its own words, where it had time for any."""
        own = files.read_json(self.config.state) or {}
        return own.get("detail") if own.get("pid") == self._told.get("pid") else None

    def _sleep(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self.stopping and (rest := until - time.monotonic()) > 0:
            self._pause(rest)

    def _pause(self, seconds: float) -> None:
        """Waits for a signal, at most so long."""
        ready, _, _ = select.select([self._woken], [], [], seconds)
        if ready:
            with suppress(BlockingIOError):
                os.read(self._woken, 4096)
