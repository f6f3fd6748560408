"""Processes by number and time of start, so that a number that was given again is not taken for the old one."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ProcessId:
    """One process for ever."""

    pid: int
    started: str
    """In the system's own words, only ever compared."""

    def lives(self) -> bool:
        """Whether it is still there; a zombie is not."""
        return started(self.pid) == self.started

    def signal(self, number: int) -> None:
        """Sends a signal to it, if it lives."""
        if self.lives():
            with suppress(ProcessLookupError, PermissionError):
                os.kill(self.pid, number)

    def signal_group(self, number: int) -> None:
        """Sends a signal to the group that it leads, if it lives."""
        if self.lives():
            signal_group(self.pid, number)

    def wait(self, seconds: float) -> bool:
        """Waits for its end.

        Args:
            seconds: At most so long.

        Returns:
            Whether it has ended.
        """
        deadline = time.monotonic() + seconds
        while self.lives():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return True


def signal_group(leader: int, number: int) -> None:
    """Sends a signal to a process group, if any of it is left."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)


def started(pid: int) -> str | None:
    """When a process began, or None where there is none."""
    if Path("/proc/self/stat").exists():
        try:
            content = Path(f"/proc/{pid}/stat").read_text(errors="replace")
        except OSError:
            return None
        fields = content.rpartition(")")[2].split()  # a name may hold spaces and parentheses
        return None if fields[0] in "ZX" else fields[19]  # field 22 of proc(5)
    shown = subprocess.run(["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)  # noqa: S607
    state, _, begun = shown.stdout.strip().partition(" ")
    return begun.strip() if state and not state.startswith("Z") else None


def identify(pid: int) -> ProcessId | None:
    """The process with a number now."""
    begun = started(pid)
    return ProcessId(pid, begun) if begun is not None else None


def stored(pid: object, begun: object) -> ProcessId | None:
    """A process from what a file says, or None where it says none."""
    return ProcessId(pid, begun) if isinstance(pid, int) and isinstance(begun, str) else None


TERMINATE, KILL = signal.SIGTERM, signal.SIGKILL
