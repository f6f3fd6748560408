"""Log files that don't fill a disk."""

from __future__ import annotations

import os
from pathlib import Path

from . import files

LIMIT = 10 * 1024 * 1024
"""Bytes of a log file before it is set aside."""
KEPT = 3
"""Log files that were set aside."""


def open_log(path: Path) -> int:
    """Opens a log file for a process to append to.

    Returns:
        A file descriptor.

    Raises:
        OSError: Where it can't be opened, or is a link.
    """
    files.private_folder(path.parent)
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, files.FILE_MODE)


def rotate(path: Path, limit: int = LIMIT) -> bool:
    """Sets the log aside where it has grown over the limit.

    Its content is copied and the file cut to nothing: the process that writes it keeps it open, and must not depend on
    a supervisor that reads a pipe. What it writes between the copy's end and the cut is lost.

    Returns:
        Whether it did.

    Raises:
        OSError: Where a copy can't be written.
    """
    try:
        if path.stat().st_size <= limit:
            return False
    except OSError:
        return False
    for number in range(KEPT - 1, 0, -1):
        older = path.with_name(f"{path.name}.{number}")
        if older.exists():
            older.replace(path.with_name(f"{path.name}.{number + 1}"))
    with path.open("rb") as source:
        descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        beside = files.temporary(path)
        try:
            with os.fdopen(files.create(beside), "wb") as copy:
                while block := source.read(1 << 20):
                    copy.write(block)
            os.ftruncate(descriptor, 0)
            beside.replace(path.with_name(f"{path.name}.1"))
        finally:
            beside.unlink(missing_ok=True)
            os.close(descriptor)
    return True
