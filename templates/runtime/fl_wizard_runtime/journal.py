"""The journal of a run: one JSON object a line, numbered over all restarts, never rewritten.

A line is whole and on disk (in the system's cache) before anybody hears of it. Events that come often wait a moment for
others, and a thread of the journal's own writes them: at some hundred events a round, the threads of a training would
queue for the disk and for Python's lock. A process that is killed leaves a cut last line at most, which the next
process drops; numbers of what was not written are then given again, to other events that nobody has seen under them.
What a power cut took may have been seen: its numbers are not given again (reserve.py).
"""

from __future__ import annotations

import errno
import json
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from . import disk, files, record, text
from .faults import Exit, Fault
from .record import Event, Observer
from .reserve import Reserve

ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))
"""Made once: json.dumps makes one a line, for a third of what an event costs."""
LASTING = frozenset({"run-started", "round-finished", "run-finished"})
"""Events that must survive a power cut; for the others, surviving the process is enough."""
HASTE = 0.05
"""Seconds that what is noted waits for more while nobody watches: a round of small weights is not much longer."""
WATCHED = 0.012
"""The same while somebody does, who is to see within 40 ms what happened, with the way and a frame of 40 ms in it. Each
writing costs a thread's turn, which a round of 40 ms feels."""


class Journal:
    """Appends events; readers follow the file, so that a slow one costs the writer nothing.

    Args:
        path: The file; its folder is made where it is missing.
        run: The id of the run.
        told: Are told what it holds already, as observers are of what is written; some events at a time.

    Raises:
        Fault: With exit code 70, where another process writes the same journal.
        OSError: Where it can't be opened.
    """

    def __init__(self, path: Path, run: str, *told: Observer) -> None:
        self.path, self.run = path, run
        files.private_folder(path.parent)
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
        self._file = os.open(path, flags, files.FILE_MODE)
        try:
            record.lock(self._file, path)
        except Fault:
            os.close(self._file)
            raise
        self._grown = threading.Condition()
        self._writing = threading.RLock()  # taken before the other one
        self._closed = self._complete = False
        self._full = False  # the last writing failed
        self._noted: deque[tuple[float, str, dict[str, object]]] = deque()
        self._lines: list[tuple[Event, bytes]] = []
        self._due, self._urgent = threading.Event(), threading.Event()
        self._writer: threading.Thread | None = None
        self._readers = 0
        self._observers: list[Observer] = []
        found = record.repair(self._file, path, *told)
        self._index, self._size = found.index, found.size
        self._reserve = Reserve(path)
        self.sequence = self._reserve.behind(found.sequence, damaged=found.damaged)

    def observe(self, observer: Observer) -> None:
        """Calls the observer with the events that were written together, in order, in whichever thread wrote them."""
        self._observers.append(observer)

    def note(self, kind: str, **members: object) -> None:
        """Appends an event as `write` does, together with others that come within a moment; what must last at once.

        Raises:
            Fault: As `write`, where those before it could not be written.
        """
        if self._closed:
            return
        self._noted.append((time.time(), kind, members))
        if self._writer is None:
            self._start()
        if self._full:
            self.flush()
        elif not self._due.is_set():
            self._due.set()
        if kind in LASTING:
            self._urgent.set()

    def _start(self) -> None:
        with self._grown:
            if self._writer is None:
                self._writer = threading.Thread(target=self._write_soon, name="journal", daemon=True)
                self._writer.start()

    def _write_soon(self) -> None:
        while not self._closed:
            self._due.wait()
            self._urgent.wait(WATCHED if self._readers else HASTE)
            self._urgent.clear()
            self._due.clear()
            with suppress(Fault, OSError):  # told to whoever writes next
                self.flush()

    def write(self, kind: str, **members: object) -> Event:
        """Appends an event, and before it what was noted; members that are None are left out.

        Returns:
            The event; an empty one where the journal is closed, as for what a thread tells while the process ends.

        Raises:
            Fault: With exit code 70, where this event, or those before it, can't be written. They are written before
                the next one, where the disk has room again.
        """
        with self._writing:
            if self._closed:
                return {}
            self._number()
            event = self._line(time.time(), kind, members)
            self._append()
        return event

    def flush(self) -> None:
        """Writes what was noted; nothing where the journal is closed, whatever could not be written before.

        Raises:
            Fault: As `write`.
        """
        with self._writing:
            if self._closed:
                return
            self._number()
            self._append()

    def _number(self) -> None:
        # No lock: others may note meanwhile, and whoever writes is alone.
        for _ in range(len(self._noted)):
            self._line(*self._noted.popleft())

    def _line(self, moment: float, kind: str, members: dict[str, object]) -> Event:
        event: Event = {"type": kind, "time": text.stamp_of(moment), "sequence": self.sequence + 1, "run": self.run}
        for key, value in members.items():
            if value is not None:
                event[key] = value
        self._lines.append((event, ENCODER.encode(event).encode() + b"\n"))
        self.sequence += 1
        return event

    def _append(self) -> None:
        if not self._lines:
            return
        content = b"".join(line for _, line in self._lines)
        try:
            self._reserve.cover(self.sequence)
            if os.write(self._file, content) != len(content):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            if any(event["type"] in LASTING for event, _ in self._lines):
                os.fsync(self._file)
        except OSError as error:
            self._full = True
            os.ftruncate(self._file, self._size)  # no cut line stands before the next one
            if disk.is_full(error):
                raise disk.DiskFull(self.path.parent) from error
            raise Fault(Exit.BUG, f"the journal {self.path} can't be written: {error}") from error
        self._full = False
        written, self._lines = self._lines, []
        with self._grown:
            for event, line in written:
                self._index.add(event["sequence"], self._size)
                self._size += len(line)
            self._grown.notify_all()
        events = [event for event, _ in written]
        for observer in self._observers:
            observer(events)

    def follow(self, after: int, going: Callable[[], bool], pause: float = 1.0) -> Iterator[list[Event]]:
        """Yields each event after the given one, once and in order, then those that are written later.

        Args:
            after: The sequence of the last event that the reader has.
            going: Is asked at least once a pause; False ends the iteration.
            pause: Seconds.

        Yields:
            Events that are there at once, a block of them at most: a reader that takes its time holds no others. The
            iteration ends when the journal is closed and all of it was read.
        """
        with self._grown:
            self._readers += 1
        try:
            yield from self._read(after, going, pause)
        finally:
            with self._grown:
                self._readers -= 1

    def _read(self, after: int, going: Callable[[], bool], pause: float) -> Iterator[list[Event]]:
        with self.path.open("rb") as file:
            file.seek(self._index.offset(after))
            while going():
                with self._grown:
                    size, closed = self._size, self._complete
                    if file.tell() >= size and not closed:
                        self._grown.wait(pause)
                        continue
                if file.tell() >= size:
                    return
                events = [json.loads(line) for line in record.block(file, size).splitlines()]
                if fresh := [event for event in events if event["sequence"] > after]:
                    yield fresh

    def close(self) -> None:
        """Ends the readers once they have read everything, and lets go of the file, also where its disk is full."""
        with self._writing:
            with self._grown:
                if self._closed:
                    return
                self._closed = True
            with suppress(Fault, OSError):  # a full disk: what is there ends with a whole line
                self._number()
                self._append()
            with suppress(OSError):
                os.fsync(self._file)
                self._reserve.settle(self.sequence)
            with suppress(OSError):  # told by some file systems only now; it is closed all the same
                os.close(self._file)
        self._due.set()
        self._urgent.set()
        with self._grown:
            self._complete = True
            self._grown.notify_all()
