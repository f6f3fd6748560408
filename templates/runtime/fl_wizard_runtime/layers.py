"""A strategy from outside: what it wraps, its numbers, and what it keeps from round to round."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from flwr.common import parameters_to_ndarrays
from flwr.server.strategy import Strategy


def layers(strategy: Any) -> list[Any]:
    """The strategy, and the one that it wraps, and so on; Flower's for differential privacy wrap another one."""
    found = [strategy]
    while isinstance(inner := getattr(found[-1], "strategy", None), Strategy) and inner not in found:
        found.append(inner)
    return found


def told(strategy: Any) -> dict[str, object]:
    """The strategy's class and its numbers, for the run's papers."""
    numbers = {
        name: value
        for name, value in getattr(layers(strategy)[-1], "__dict__", {}).items()
        if not name.startswith("_") and isinstance(value, (int, float)) and math.isfinite(value)
    }
    return {"name": type(strategy).__name__, "numbers": numbers}


def hand_over(strategy: Any, weights: Any) -> None:
    """Gives the weights that a process begins with to a strategy that steps from weights of its own.

    Flower's adaptive strategies would step from their first ones, or from none where a client gave them.
    """
    for one in layers(strategy):
        if hasattr(one, "current_weights"):
            one.current_weights = parameters_to_ndarrays(weights)
        if hasattr(one, "momentum_vector"):  # FedAvgM: its weights are its initial ones
            one.initial_parameters = weights
            # It makes it in round 1 only, and a server that goes on has none.
            one.momentum_vector = [np.zeros_like(layer) for layer in parameters_to_ndarrays(weights)]
