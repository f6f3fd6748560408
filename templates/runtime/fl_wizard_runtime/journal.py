"""The journal of a run: one JSON object a line, numbered over all restarts, never rewritten.

A line is whole and on disk (in the system's cache) before anybody hears of it. A process that is killed while it writes
leaves a cut last line, which the next process drops; its number is then given again, to another event that nobody
has seen under it.
"""

from __future__ import annotations

import fcntl
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from . import files, text
from .faults import Exit, Fault

Event = dict[str, Any]

ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
"""Made once: json.dumps makes one a line, for a third of what an event costs."""
STRIDE = 256
"""Lines that a reader reads too many at most; an index of every line would grow with the run."""
LASTING = frozenset({"run-started", "round-finished", "run-finished"})
"""Events that must survive a power cut; for the others, surviving the process is enough."""
PATIENCE = 5.0
"""Seconds to wait for the process before to let go of the journal."""


def lines(content: bytes) -> tuple[list[tuple[int, Event]], int]:
    """Takes a journal apart.

    Returns:
        Each event with the offset of its line, and how many bytes are whole lines that hold events in order.
    """
    found: list[tuple[int, Event]] = []
    good = 0
    while (end := content.find(b"\n", good)) >= 0:
        event = _event(content[good:end])
        if event is None or event["sequence"] != len(found) + 1:
            break
        found.append((good, event))
        good = end + 1
    return found, good


def _event(line: bytes) -> Event | None:
    try:
        event = json.loads(line)
    except ValueError:
        return None
    known = isinstance(event, dict) and isinstance(event.get("sequence"), int) and isinstance(event.get("type"), str)
    return event if known else None


class Journal:
    """Appends events; readers follow the file, so that a slow one costs the writer nothing.

    Args:
        path: The file; its folder is made where it is missing.
        run: The id of the run.

    Raises:
        Fault: With exit code 70, where another process writes the same journal.
        OSError: Where it can't be opened.
    """

    def __init__(self, path: Path, run: str) -> None:
        self.path, self.run = path, run
        files.private_folder(path.parent)
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        self._file = os.open(path, flags, files.FILE_MODE)
        self._lock()
        self._grown = threading.Condition()
        self._closed = False
        self._marks = [0]
        self._observers: list[Callable[[Event], None]] = []
        self.history = self._repair()
        self.sequence = len(self.history)

    def _lock(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                if time.monotonic() > deadline:
                    os.close(self._file)
                    raise Fault(Exit.BUG, f"another process writes {self.path}") from None
                time.sleep(0.1)
            else:
                return

    def _repair(self) -> list[Event]:
        content = self.path.read_bytes()
        found, good = lines(content)
        if good < len(content):
            rest = content[good:]
            if b"\n" in rest[:-1]:  # more than a cut line: kept for a person to look at
                aside = files.temporary(self.path).with_suffix(".damaged")
                files.write(aside, rest)
            os.ftruncate(self._file, good)
            os.fsync(self._file)
        self._size = good
        self._marks = [0, *(offset for offset, event in found if event["sequence"] % STRIDE == 0)]
        return [event for _, event in found]

    def observe(self, observer: Callable[[Event], None]) -> None:
        """Calls the observer with each event after it was written, in order."""
        self._observers.append(observer)

    def write(self, kind: str, **members: object) -> Event:
        """Appends an event; members that are None are left out.

        Returns:
            The event; an empty one where the journal is closed, as for what a thread tells while the process ends.

        Raises:
            Fault: With exit code 70, where it can't be written; the journal is then as before.
        """
        with self._grown:
            if self._closed:
                return {}
            event: Event = {"type": kind, "time": text.stamp(), "sequence": self.sequence + 1, "run": self.run}
            event.update((key, value) for key, value in members.items() if value is not None)
            line = ENCODER.encode(event).encode() + b"\n"
            try:
                if os.write(self._file, line) != len(line):
                    raise OSError("the disk is full")
                if kind in LASTING:
                    os.fsync(self._file)
            except OSError as error:
                os.ftruncate(self._file, self._size)  # no cut line stands before the next one
                raise Fault(Exit.BUG, f"the journal {self.path} can't be written: {error}") from error
            if event["sequence"] % STRIDE == 0:
                self._marks.append(self._size)
            self._size += len(line)
            self.sequence += 1
            for observer in self._observers:
                observer(event)
            self._grown.notify_all()
        return event

    def follow(self, after: int, going: Callable[[], bool], pause: float = 1.0) -> Iterator[Event]:
        """Yields each event after the given one, once and in order, then those that are written later.

        Args:
            after: The sequence of the last event that the reader has.
            going: Is asked at least once a pause; False ends the iteration.
            pause: Seconds.

        Yields:
            Events; the iteration ends when the journal is closed and all of it was read.
        """
        mark = min(max(after, 0) // STRIDE, len(self._marks) - 1)
        with self.path.open("rb") as file:
            file.seek(self._marks[mark])
            while going():
                with self._grown:
                    size, closed = self._size, self._closed
                    if file.tell() >= size and not closed:
                        self._grown.wait(pause)
                        continue
                if file.tell() >= size:
                    return
                while file.tell() < size and going():
                    event = json.loads(file.readline())
                    if event["sequence"] > after:
                        yield event

    def close(self) -> None:
        """Ends the readers once they have read everything, and lets go of the file."""
        with self._grown:
            if self._closed:
                return
            self._closed = True
            os.fsync(self._file)
            os.close(self._file)
            self._grown.notify_all()
