"""Files that are whole or absent, and private from their first byte."""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

FOLDER_MODE = 0o700
FILE_MODE = 0o600


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
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    write(path, text.encode() + b"\n", sync=sync)


def read_json(path: Path) -> dict[str, Any] | None:
    """The object in a file, or None where there is none that can be read as one."""
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None
