"""A full disk: an outage of the machine, that ends by itself or by somebody's hand, and no crash of ours."""

from __future__ import annotations

import shutil
import signal
import time
from pathlib import Path

from .faults import Exit, Fault
from .files import FULL
from .keeper import CRASH_WINDOW, CRASHES

PAUSE = CRASH_WINDOW / (CRASHES - 1)
"""Seconds that a process waits before it ends of a full disk. It is started again after each end, and with the pause
its ends are too far apart to be taken for crashes, also by a unit: so it is back once the disk has room."""


class DiskFull(Fault):
    """The end of a process that can't write.

    Args:
        folder: Where it could not.
        during: What failed by it, in somebody's own words.
    """

    def __init__(self, folder: Path, during: str | None = None) -> None:
        sentence = f"the disk is full: nothing can be written to {folder}"
        super().__init__(Exit.BUG, f"{sentence} ({during})" if during else sentence)


def is_full(error: BaseException | None) -> bool:
    """Whether an error is a disk's word for being full, or for a user's share of it."""
    return isinstance(error, OSError) and error.errno in FULL


def full_folder(error: BaseException, *candidates: Path) -> Path | None:
    """The folder that could not be written to, where an error is about a full disk.

    Args:
        error: Names a file where it is about opening one, and none where it is about writing to it.
        candidates: Folders in which the process writes.

    Returns:
        The file's folder, or the candidate whose disk has the least room; None where it is about something else.
    """
    fullest = min(candidates, key=_room)
    if is_full(error):
        name = getattr(error, "filename", None)
        return Path(name).absolute().parent if isinstance(name, str) else fullest
    # numpy says "9 requested and 1 written" of an array that it could not write, and not why.
    wordless = isinstance(error, OSError) and error.errno is None
    return fullest if wordless and _room(fullest) == 0 else None


def _room(folder: Path) -> float:
    try:
        return shutil.disk_usage(folder).free
    except OSError:  # it is not there
        return float("inf")


def outlast() -> None:
    """Waits before the process ends; whoever tells it to end needs not wait."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)  # all is closed: nothing is left for a handler to do
    time.sleep(PAUSE)
