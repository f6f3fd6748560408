"""What a journal's file holds when a process takes it over."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import sys
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from . import files
from .faults import Exit, Fault

Event = dict[str, Any]
Observer = Callable[[Sequence[Event]], None]

PATIENCE = 5.0
"""Seconds to wait for the process before to let go of the journal."""
STRIDE = 256
"""Lines that a reader reads too many at most."""
BLOCK = 32768
"""Bytes that a reader takes at once: a hundred events or two. A longer line is read whole."""


def lock(file: int, path: Path) -> None:
    """Keeps other processes from writing the file, until its descriptor is closed.

    Args:
        file: The descriptor.
        path: Its path, for the reason.

    Raises:
        Fault: With exit code 70, where another process writes it.
    """
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() > deadline:
                raise Fault(Exit.BUG, f"another process writes {path}") from None
            time.sleep(0.1)
        else:
            return


class Index:
    """Where some of the lines begin, one of each stride: an index of every line would grow with the run."""

    def __init__(self) -> None:
        self._marks = [(0, 0)]

    def add(self, sequence: int, offset: int) -> None:
        """Notes the next line."""
        if sequence // STRIDE > self._marks[-1][0] // STRIDE:
            self._marks.append((sequence, offset))

    def offset(self, after: int) -> int:
        """Where a line begins from which on all events behind the given one are found."""
        return self._marks[bisect_right(self._marks, (max(after, 0), sys.maxsize)) - 1][1]


@dataclass
class Found:
    """What a journal's file holds: whole lines, with events in order."""

    index: Index = field(default_factory=Index)
    size: int = 0
    sequence: int = 0  # of the last one
    damaged: bool = False  # whole lines were lost


def repair(file: int, path: Path, *told: Observer) -> Found:
    """Takes away what is no whole line in order; more than a cut last line is kept beside the file.

    Args:
        file: The descriptor.
        path: Its path.
        told: Are called with the events that are left, some at a time: a long run has too many to hold them all.

    Raises:
        OSError: Where it can't be read or cut.
    """
    found = Found()
    with path.open("rb") as content:
        lines = _lines(content)
        while some := list(islice(lines, STRIDE)):
            for event, line in some:
                found.sequence = event["sequence"]
                found.index.add(found.sequence, found.size)
                found.size += len(line)
            events = [event for event, _ in some]
            for each in told:
                each(events)
        if found.size < os.fstat(file).st_size:
            _cut(file, path, content, found)
    return found


def _cut(file: int, path: Path, content: BinaryIO, found: Found) -> None:
    content.seek(found.size)
    found.damaged = content.readline().endswith(b"\n")
    if content.tell() < os.fstat(file).st_size:  # for a person to look at
        content.seek(found.size)
        with files.replacing(files.temporary(path).with_suffix(".damaged")) as beside:
            shutil.copyfileobj(content, beside)
    os.ftruncate(file, found.size)
    os.fsync(file)


def _lines(content: BinaryIO) -> Iterator[tuple[Event, bytes]]:
    """Each event with its line, up to what is no whole line in order. Behind a power cut sequences have a gap."""
    last = 0
    for line in content:
        event = _event(line) if line.endswith(b"\n") else None
        if event is None or event["sequence"] <= last:
            return
        last = event["sequence"]
        yield event, line


def _event(line: bytes) -> Event | None:
    try:
        event = json.loads(line)
    except ValueError:
        return None
    known = isinstance(event, dict) and isinstance(event.get("sequence"), int) and isinstance(event.get("type"), str)
    return event if known else None


def block(file: BinaryIO, size: int) -> bytes:
    """The next whole lines of a journal of that size, which holds whole lines only and has not been read to its end."""
    block = file.read(min(BLOCK, size - file.tell()))
    whole = block.rfind(b"\n") + 1
    if not whole:
        return block + file.readline()
    file.seek(whole - len(block), os.SEEK_CUR)
    return block[:whole]
