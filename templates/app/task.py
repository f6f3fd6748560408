"""The learning task: handwritten digits, numpy only.

This is the file to change first. What server.py and client.py need of it is small: `initial_weights`,
`train`, `evaluate`, and a client's share of the data (`load_part`).

Data: digits.csv.gz holds 1,797 images of 8x8 pixels, one a line, 64 values from 0 to 16 and then the digit;
see DIGITS.md for its source and license.
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
PIXELS, HIDDEN, CLASSES, BRIGHTEST = 64, 32, 10, 16.0

# One seed for everything that is drawn, so that two runs can be compared number by number.
SEED = 42
# Few epochs and small steps on purpose: more of either, and the first round is so good that one
# doesn't see what the next ones add.
LEARNING_RATE = 0.07
LOCAL_EPOCHS = 3
BATCH = 8
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


def initial_weights() -> list[Array]:
    """One hidden layer: each layer's weights are drawn by its number of inputs, so that signals keep their size."""
    random = np.random.default_rng(SEED)
    return [
        random.normal(0, np.sqrt(2 / PIXELS), (PIXELS, HIDDEN)),
        np.zeros(HIDDEN),
        random.normal(0, np.sqrt(1 / HIDDEN), (HIDDEN, CLASSES)),
        np.zeros(CLASSES),
    ]


def forward(weights: list[Array], images: Array) -> tuple[Array, Array]:
    """What the hidden layer makes of the images, and the probability of each digit."""
    hidden = np.maximum(images @ weights[0] + weights[1], 0)
    scores = hidden @ weights[2] + weights[3]
    # The largest score is taken off first: exp() overflows from about 710 on.
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return hidden, powers / powers.sum(axis=1, keepdims=True)


def train(common: list[Array], images: Array, labels: Labels, draw: int = 0, proximal_mu: float = 0.0) -> list[Array]:
    """Mini-batch gradient descent on a copy; `draw` (the round, say) chooses the order of the samples.

    With a `proximal_mu`, as FedProx sends it, the weights are held back near the common ones that all began with.
    """
    weights = [layer.copy() for layer in common]
    wanted = np.eye(CLASSES)[labels]
    random = np.random.default_rng([SEED, draw])
    for _ in range(LOCAL_EPOCHS):
        order = random.permutation(len(labels))
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            hidden, guesses = forward(weights, images[batch])
            error = (guesses - wanted[batch]) / len(batch)
            # The error that reaches the hidden layer, taken before its outgoing weights change.
            inner = (error @ weights[2].T) * (hidden > 0)
            gradients = [images[batch].T @ inner, inner.sum(axis=0), hidden.T @ error, error.sum(axis=0)]
            for layer, gradient, begun in zip(weights, gradients, common, strict=True):
                layer -= LEARNING_RATE * (gradient + proximal_mu * (layer - begun))
    return weights


def evaluate(weights: list[Array], images: Array, labels: Labels) -> tuple[float, float]:
    """Cross-entropy loss and accuracy."""
    _, guesses = forward(weights, images)
    # Never log(0): a single confident mistake would make the whole loss infinite.
    likelihood = np.maximum(guesses[np.arange(len(labels)), labels], 1e-12)
    return float(-np.log(likelihood).mean()), float((guesses.argmax(axis=1) == labels).mean())
