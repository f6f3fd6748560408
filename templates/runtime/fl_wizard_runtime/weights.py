"""The weights of a run's rounds on disk, as arrays that load without running code."""

from __future__ import annotations

import io
import math
import threading
import zipfile
import zlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from . import files
from .limit import size

if TYPE_CHECKING:
    from .momenta import Momenta

HEADER_LIMIT = 1 << 16
"""Bytes of an array's header at most: numpy itself takes none of more than 10,000 characters."""
SMALL = 1_000_000
"""Bytes of weights that are made a file's content before the clients evaluate: with them at work, each step of a thread
beside them waits for Python's lock. Writing and syncing, which need no lock, stay beside them."""
UNREADABLE = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error)
"""What numpy raises for a file that is no .npz, or only a part of one."""


def file_name(number: int) -> str:
    """The file of a round's weights."""
    return f"round-{number}-weights.npz"


def save(path: Path, parameters: Any) -> None:
    """Writes the arrays of Flower's parameters as an .npz that holds arr_0, arr_1 and so on.

    Raises:
        OSError: Where it can't be written.
        ValueError: Where they are no plain numeric arrays.
    """
    for tensor in parameters.tensors:
        _examine(tensor)
    with files.replacing(path) as file:
        _pack(file, parameters)


def packed(parameters: Any) -> bytes:
    """What `save` writes; for what is small.

    Raises:
        ValueError: As `save`.
    """
    for tensor in parameters.tensors:
        _examine(tensor)
    file = io.BytesIO()
    _pack(file, parameters)
    return file.getvalue()


def _pack(file: BinaryIO, parameters: Any) -> None:
    with zipfile.ZipFile(_Stream(file), "w", zipfile.ZIP_STORED) as archive:
        for at, tensor in enumerate(parameters.tensors):
            # Flower's tensors are what numpy.save writes, and so are the members of an .npz: no array is made of them.
            with archive.open(zipfile.ZipInfo(f"arr_{at}.npy"), "w", force_zip64=True) as member:
                member.write(tensor)


class _Stream:
    """A file without a way back: with each step back and each flush, a training's threads would take Python's lock."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, content: bytes) -> int:
        return self._file.write(content)

    def flush(self) -> None:
        pass

    def close(self) -> None:
        pass  # whoever opened the file closes it


def _examine(tensor: bytes) -> None:
    """Reads a tensor's header.

    Raises:
        ValueError: Where it holds no plain array, or not all of one.
    """
    # Its length stands in two bytes behind the magic and the version, in four from version 2 on.
    width = 2 if tensor[6:7] == b"\x01" else 4
    end = 8 + width + int.from_bytes(tensor[8 : 8 + width], "little")
    if _length(tensor[: min(end, HEADER_LIMIT)]) != len(tensor):
        raise ValueError("they are no whole numpy arrays")


@lru_cache(maxsize=1024)  # a model's are the same in each round
def _length(header: bytes) -> int:
    """How long an array with such a header is.

    Raises:
        ValueError: Where it holds no plain array.
    """
    from numpy.lib import format as numpys

    file = io.BytesIO(header)
    try:
        read = numpys.read_array_header_1_0 if numpys.read_magic(file) == (1, 0) else numpys.read_array_header_2_0
        shape, _, kind = read(file)
    except Exception as error:  # whatever numpy says about bytes that are no array
        raise ValueError(f"they are no numpy arrays: {error}") from error
    if kind.hasobject:
        raise ValueError("they hold Python objects")
    return file.tell() + math.prod(shape) * int(kind.itemsize)


def load(path: Path) -> Any:
    """Reads Flower's parameters from an .npz.

    Raises:
        OSError: Where it can't be read.
        ValueError: Where it holds anything but numeric arrays; for what is no .npz see UNREADABLE.
    """
    import numpy as np
    from flwr.common import ndarrays_to_parameters

    with np.load(path, allow_pickle=False) as archive:
        ours = [f"arr_{at}" for at in range(len(archive.files))]
        names = ours if set(ours) == set(archive.files) else archive.files
        return ndarrays_to_parameters([archive[name] for name in names])


class Saver:
    """Saves a round's weights beside its evaluation, which needs the network and not the disk.

    Args:
        folder: The run's.
        notice: Is told when weights can't be saved; the training goes on.
    """

    def __init__(self, folder: Path, notice: Callable[[str], None]) -> None:
        self._folder, self._notice = folder, notice
        self._thread: threading.Thread | None = None
        self._saved: dict[int, str] = {}

    def save(self, number: int, parameters: Any, momenta: Momenta | None = None) -> None:
        """Begins to save the aggregated weights of a round, and what the strategy has learned beside them."""
        if self._thread is not None:  # a round that nobody waited for: what is removed with one is told by its number
            self._thread.join()
        try:
            content = packed(parameters) if size(parameters) < SMALL else None
        except ValueError as error:
            self._lost(number, error)
            return
        self._thread = threading.Thread(target=self._save, args=(number, parameters, content, momenta or {}))
        self._thread.start()

    def _lost(self, number: int, error: Exception) -> None:
        self._notice(f"the weights of round {number} could not be saved: {error}")

    def _save(self, number: int, parameters: Any, content: bytes | None, momenta: Momenta) -> None:
        from .momenta import save as save_momenta

        name = file_name(number)
        try:
            if content is None:
                save(self._folder / name, parameters)
            else:
                files.write(self._folder / name, content)
        except (OSError, ValueError) as error:
            self._lost(number, error)
            return
        self._saved[number] = name
        try:
            save_momenta(self._folder, number, momenta)
        except (OSError, ValueError) as error:
            self._notice(f"the strategy's momenta of round {number} could not be saved: {error}")

    def finished(self, number: int) -> str | None:
        """Waits until the weights of a round are on disk.

        Returns:
            Their file's name, or None where the round has none.
        """
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        return self._saved.pop(number, None)
