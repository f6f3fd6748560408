"""What a strategy learns beside its weights, kept with them: a server that was killed goes on as if it had lived.

Flower's adaptive strategies step by momenta of the rounds before. They are this process's alone otherwise.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from . import files
from .layers import layers
from .weights import UNREADABLE

NAMES = ("m_t", "v_t", "momentum_vector")
FILE = re.compile(r"round-(\d+)-momenta\.npz")
KEPT = 2
"""Files that stay: of the round that was aggregated last, and of the one before, the last that is surely finished."""

Momenta = dict[str, list[Any]]
"""Arrays by the strategy's layer and the name that they have there, as `0.m_t`."""


def of(strategy: Any) -> Momenta:
    """What the strategy has now."""
    found = {f"{at}.{name}": getattr(one, name, None) for at, one in enumerate(layers(strategy)) for name in NAMES}
    return {name: list(arrays) for name, arrays in found.items() if isinstance(arrays, list) and arrays}


def expected(strategy: Any) -> bool:
    """Whether it learns from round to round what its weights don't hold."""
    return any(hasattr(one, "m_t") or getattr(one, "server_momentum", 0.0) for one in layers(strategy))


def restore(strategy: Any, momenta: Momenta) -> None:
    """Gives a strategy what another process's had."""
    for at, one in enumerate(layers(strategy)):
        for name in NAMES:
            if f"{at}.{name}" in momenta and hasattr(one, name):
                setattr(one, name, momenta[f"{at}.{name}"])


def save(folder: Path, number: int, momenta: Momenta) -> None:
    """Writes those of a round, and removes those that no process will ask for any more.

    Raises:
        OSError: Where they can't be written.
        ValueError: Where they are no plain numeric arrays.
    """
    if not momenta:
        return
    arrays = {f"{name}.{at}": array for name, some in momenta.items() for at, array in enumerate(some)}
    if any(np.asarray(array).dtype.hasobject for array in arrays.values()):
        raise ValueError("they hold Python objects")
    with files.replacing(folder / f"round-{number}-momenta.npz") as file:
        np.savez(file, **arrays)
    numbered = sorted((int(name[1]), path) for path in folder.iterdir() if (name := FILE.fullmatch(path.name)))
    for _, path in numbered[:-KEPT]:
        path.unlink(missing_ok=True)


def beside(weights: Path | None) -> Momenta:
    """Reads those that belong to a round's weights; nothing where there are none, or none that can be read."""
    if weights is None:
        return {}
    found: Momenta = {}
    try:
        with np.load(weights.with_name(weights.name.replace("-weights", "-momenta")), allow_pickle=False) as archive:
            for name in archive.files:  # in the order in which they were written
                found.setdefault(name.rpartition(".")[0], []).append(archive[name])
    except UNREADABLE:
        return {}
    return found
