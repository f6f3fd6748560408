"""The learning task: a small neural network, numpy only.

This is the file to change first. What server.py and client.py need of it is small: `initial_weights`, `train` and
`evaluate`. A client's share of the data comes from data.py.
"""

from __future__ import annotations

import numpy as np

from data import CLASSES, PIXELS, SEED, Array, Labels

HIDDEN = 32
# Few epochs and small steps on purpose: more of either, and the first round is so good that one
# doesn't see what the next ones add.
LEARNING_RATE = 0.07
LOCAL_EPOCHS = 3
BATCH = 8


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
