"""The data: handwritten digits, and each client's share of them. Put your own in its place.

digits.csv.gz holds 1,797 images of 8x8 pixels, one a line, 64 values from 0 to 16 and then the digit; see DIGITS.md
for its source and license.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Labels = NDArray[np.int64]

DATA = Path(__file__).resolve().parent / "digits.csv.gz"
PIXELS, CLASSES, BRIGHTEST = 64, 10, 16.0

# One seed for everything that is drawn, so that two runs can be compared number by number.
SEED = 42
# How even the shares are: below 1 clients lack whole digits, 100 deals them like cards.
EVENNESS = 4.0
HELD_OUT = 0.2


class Share(NamedTuple):
    """What one client has: most of it to learn from, the rest to be examined with."""

    images: Array
    labels: Labels
    held_out_images: Array
    held_out_labels: Labels


def which_part(text: str | None = None) -> tuple[int, int]:
    """Reads FL_PART, "1/2" being the first of two shares; without it the client has all of the data."""
    text = text if text is not None else os.environ.get("FL_PART") or "1/1"
    number, _, count = text.partition("/")
    if not (number.isascii() and number.isdigit() and count.isascii() and count.isdigit()):
        raise ValueError(f"FL_PART is {text!r}, expected NUMBER/COUNT such as 1/2")
    part, parts = int(number), int(count)
    if not 1 <= part <= parts <= 100:
        raise ValueError(f"FL_PART is {text!r}, expected 1 <= NUMBER <= COUNT <= 100")
    return part, parts


def read_digits(path: Path = DATA) -> tuple[Array, Labels]:
    table = np.loadtxt(path, delimiter=",", dtype=np.int64)
    return table[:, :PIXELS] / BRIGHTEST, table[:, PIXELS]


def load_part(part: int, parts: int, path: Path = DATA) -> Share:
    """The share of client `part`: uneven in size and skewed in its digits, as data of real sites is.

    Every client computes the same division from the same seed and keeps its own piece, so the shares
    never overlap and together are all of the data.
    """
    images, labels = read_digits(path)
    random = np.random.default_rng([SEED, parts])
    mine: list[Labels] = []
    for digit in range(CLASSES):
        indices = random.permutation(np.flatnonzero(labels == digit))
        ends = np.cumsum(random.dirichlet(np.full(parts, EVENNESS))) * len(indices)
        mine.append(np.split(indices, ends[:-1].astype(np.int64))[part - 1])
    own = random.permutation(np.concatenate(mine))
    cut = round(len(own) * HELD_OUT)
    return Share(images[own[cut:]], labels[own[cut:]], images[own[:cut]], labels[own[:cut]])
