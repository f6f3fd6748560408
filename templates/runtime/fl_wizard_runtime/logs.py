"""Log files that don't fill a disk."""

from __future__ import annotations

import io
import os
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, cast

from . import files

LIMIT = 10 * 1024 * 1024
"""Bytes of a log file before it is set aside."""
KEPT = 3
"""Log files that were set aside."""
LOOK = 1.0
"""Seconds between looks at the log's size: a process writes at most some 100 MB meanwhile."""


def open_log(path: Path) -> int:
    """Opens a log file for a process to append to.

    Returns:
        A file descriptor.

    Raises:
        OSError: Where it can't be opened, or is a link.
    """
    files.private_folder(path.parent)
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, files.FILE_MODE)


class _Dropping(io.FileIO):
    """Where a process prints to, without an error where the disk is full: what is printed there is lost instead."""

    def write(self, content: object, /) -> int:
        try:
            return super().write(content)  # type: ignore[arg-type]
        except OSError as error:
            if error.errno not in files.FULL:
                raise
            return memoryview(content).nbytes  # type: ignore[arg-type]


def tolerate() -> None:
    """Has nothing that Python prints in this process fail for a full disk: ours, Flower's and the script's.

    An error there would end a training, or hide the reason why it ends.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if not isinstance(stream, io.TextIOWrapper):  # None, where it was closed
            continue
        stream.flush()
        raw = _Dropping(stream.fileno(), "wb", closefd=False)
        raw.name = stream.name
        replaced = io.TextIOWrapper(
            # Python's own choice, which is PYTHONUNBUFFERED's.
            cast(BinaryIO, raw) if stream.write_through else io.BufferedWriter(raw),
            encoding=stream.encoding,
            errors=stream.errors,
            line_buffering=stream.line_buffering,
            write_through=stream.write_through,
        )
        setattr(sys, name, replaced)
        setattr(sys, f"__{name}__", replaced)  # or what was replaced would be flushed at the end, and fail


def keep(path: Path, limit: int = LIMIT, look: float = LOOK) -> None:
    """Sends all that this process prints, and what it starts, to a log file that is looked after from then on.

    The process opens it by itself: for a unit of systemd root would do it, and root follows no path in a user's folder.

    Args:
        path: The log file.
        limit: Bytes before it is set aside.
        look: Seconds between looks at its size.

    Raises:
        OSError: Where it can't be opened, or is a link.
    """
    descriptor = open_log(path)
    for standard in (1, 2):
        os.dup2(descriptor, standard)
    os.close(descriptor)
    threading.Thread(target=_look_after, args=(path, limit, look), name="log", daemon=True).start()


def _look_after(path: Path, limit: int, look: float) -> None:
    pause, marked = threading.Event(), -1
    while True:
        with suppress(OSError):
            marked = 0 if rotate(path, limit) else mark(path, marked)
        if pause.wait(look):
            return


def times(path: Path) -> Path:
    """The file that says when a log file had which size: lines of seconds since 1970 and bytes."""
    return path.with_name(f"{path.name}.times")


def mark(path: Path, last: int) -> int:
    """Notes the log's size and the time, where it has grown: what scripts print tells no time by itself.

    Args:
        path: The log file.
        last: Its size when it was noted before.

    Returns:
        Its size.

    Raises:
        OSError: Where it can't be noted.
    """
    size = path.stat().st_size
    if size != last:
        with os.fdopen(open_log(times(path)), "w") as file:
            file.write(f"{time.time():.0f} {size}\n")
    return size


def _follow(old: Path, new: Path) -> None:
    """The times of a log file that was set aside go with it."""
    with suppress(FileNotFoundError):
        times(old).replace(times(new))


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
        older, oldest = (path.with_name(f"{path.name}.{each}") for each in (number, number + 1))
        if older.exists():
            older.replace(oldest)
            _follow(older, oldest)
    with path.open("rb") as source:
        descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        beside = files.temporary(path)
        try:
            with os.fdopen(files.create(beside), "wb") as copy:
                while block := source.read(1 << 20):
                    copy.write(block)
            os.ftruncate(descriptor, 0)
            beside.replace(path.with_name(f"{path.name}.1"))
            _follow(path, path.with_name(f"{path.name}.1"))
        finally:
            beside.unlink(missing_ok=True)
            os.close(descriptor)
    return True
