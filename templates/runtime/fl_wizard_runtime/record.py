"""What a journal's file holds when a process takes it over."""

from __future__ import annotations

import fcntl
import json
import os
import time
from pathlib import Path
from typing import Any

from . import files
from .faults import Exit, Fault

Event = dict[str, Any]

PATIENCE = 5.0
"""Seconds to wait for the process before to let go of the journal."""


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


def repair(file: int, path: Path) -> tuple[list[tuple[int, Event]], int]:
    """Takes away what is no whole line in order; more than a cut last line is kept beside the file.

    Args:
        file: The descriptor.
        path: Its path.

    Returns:
        As `lines`, of what is left.

    Raises:
        OSError: Where it can't be read or cut.
    """
    content = path.read_bytes()
    found, good = lines(content)
    if good < len(content):
        rest = content[good:]
        if b"\n" in rest[:-1]:  # for a person to look at
            files.write(files.temporary(path).with_suffix(".damaged"), rest)
        os.ftruncate(file, good)
        os.fsync(file)
    return found, good


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
