"""Files that are whole or absent, and private from their first byte."""

from __future__ import annotations

import errno
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

FOLDER_MODE = 0o700
FILE_MODE = 0o600
FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
"""What the system says of a disk that is full, and of a user's share of it."""
BLOCK = 512
"""Bytes that st_blocks counts by, whatever the disk's own blocks are (stat(2))."""


def private_folder(path: Path) -> Path:
    """Makes the folder, and those above it that are missing, for its owner only.

    Raises:
        OSError: Where it can't be made.
    """
    path.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    return path


def create(path: Path) -> int:
    """Opens a new file for writing; an existing one, or a link, is an error.

    Returns:
        A file descriptor.

    Raises:
        OSError: Where the name is taken or can't be made.
    """
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, FILE_MODE)


def temporary(path: Path) -> Path:
    """A new name beside the path: a rename within one folder is atomic."""
    return path.with_name(f".{path.name}.{secrets.token_hex(8)}")


def sync_folder(folder: Path) -> None:
    """Makes the folder's entries survive a power cut.

    Raises:
        OSError: Where the file system can't.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def replacing(path: Path, *, sync: bool = True) -> Iterator[BinaryIO]:
    """Replaces the file as a whole, at the end of the block; where the block fails, the old file stays.

    Args:
        path: The file.
        sync: Whether it has to survive a power cut; a note on what a living process does need not.

    Yields:
        The new file, to be written.

    Raises:
        OSError: Where it can't be written.
    """
    beside = temporary(path)
    descriptor = create(beside)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            if sync:
                file.flush()
                os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    if sync:
        sync_folder(path.parent)


def write(path: Path, content: bytes, *, sync: bool = True) -> None:
    """Replaces the file with the content; `sync` as in `replacing`.

    Raises:
        OSError: Where it can't be written; the old file is then as it was.
    """
    with replacing(path, sync=sync) as file:
        file.write(content)


def write_json(path: Path, value: object, *, sync: bool = True) -> None:
    """Replaces the file with the value as JSON.

    Raises:
        OSError: Where it can't be written.
        ValueError: Where the value holds NaN.
    """
    write(path, json_line(value), sync=sync)


def json_line(value: object) -> bytes:
    """The value as one line of JSON.

    Raises:
        ValueError: Where it holds NaN.
    """
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode() + b"\n"


def note_json(path: Path, value: object) -> None:
    """As `write_json`, for what a living process tells of itself: a power cut may take it, a full disk may not.

    Where there is no room for a new file, the old one's own blocks take the words, with spaces to its old end.

    Raises:
        OSError: Where it can't be written; the old file is then as it was.
        ValueError: Where the value holds NaN.
    """
    try:
        write_json(path, value, sync=False)
    except OSError as error:
        if error.errno not in FULL:
            raise
        descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            found, content = os.fstat(descriptor), json_line(value)
            if len(content) > found.st_blocks * BLOCK:
                raise
            os.pwrite(descriptor, content.ljust(found.st_size), 0)
        finally:
            os.close(descriptor)


def read_json(path: Path) -> dict[str, Any] | None:
    """The object in a file, or None where there is none that can be read as one."""
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None
