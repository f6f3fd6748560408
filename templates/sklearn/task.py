"""The learning task: logistic regression of scikit-learn's, trained by stochastic gradient descent.

This is the file to change first. What server.py and client.py need of it is small: `initial_weights`, `train` and
`evaluate`. A client's share of the data comes from data.py.
"""

from __future__ import annotations

import numpy as np
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import log_loss

from data import CLASSES, PIXELS, Array, Labels

LEARNING_RATE = 0.01
LOCAL_EPOCHS = 2
DIGITS = np.arange(CLASSES)


def initial_weights() -> list[Array]:
    """Slopes and intercepts, one a digit; where a regression begins makes no difference to where it ends."""
    return [np.zeros((CLASSES, PIXELS)), np.zeros(CLASSES)]


def model_of(weights: list[Array], draw: int = 0) -> SGDClassifier:
    """A model as if it had been trained to these weights."""
    model = SGDClassifier(loss="log_loss", learning_rate="constant", eta0=LEARNING_RATE, random_state=draw)
    model.coef_, model.intercept_ = (layer.copy() for layer in weights)
    # Named here and not learned: a client may lack a digit altogether.
    model.classes_ = DIGITS
    return model


def train(common: list[Array], images: Array, labels: Labels, draw: int = 0, proximal_mu: float = 0.0) -> list[Array]:
    """A few epochs from the common weights on; `draw` (the round, say) chooses the order of the samples.

    With a `proximal_mu`, as FedProx sends it, the weights are held back near the common ones. scikit-learn takes no
    such term in its loss, so each epoch is followed by the term's own step, over as many samples.
    """
    model = model_of(common, draw)
    pull = LEARNING_RATE * len(labels) * proximal_mu
    for _ in range(LOCAL_EPOCHS):
        model.partial_fit(images, labels, classes=DIGITS)
        model.coef_ = (model.coef_ + pull * common[0]) / (1 + pull)
        model.intercept_ = (model.intercept_ + pull * common[1]) / (1 + pull)
    return [model.coef_, model.intercept_]


def evaluate(weights: list[Array], images: Array, labels: Labels) -> tuple[float, float]:
    """Cross-entropy loss and accuracy."""
    chances = model_of(weights).predict_proba(images)
    accuracy = (chances.argmax(axis=1) == labels).mean()
    return float(log_loss(labels, chances, labels=DIGITS)), float(accuracy)
