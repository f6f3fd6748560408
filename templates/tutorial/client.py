"""The tutorial's client: three weights that learn something small, so that the rounds show a change."""

from __future__ import annotations

import os
from pathlib import Path

import flwr as fl
import numpy as np
from flwr.common import NDArrays, Scalar

# Where ca.crt is, and the server as this client reaches it: a name or an address of the server's certificate.
CERTIFICATES = Path(os.environ.get("FL_CERTIFICATES") or "/etc/ssl/fl_network")
SERVER = os.environ.get("FL_SERVER")

# What this client "knows": the weights are drawn towards it. Put your own data and model in its place.
TARGET = np.array([2.0, 4.0, 6.0])
SAMPLES = 100
STEP = 0.5


class SimpleClient(fl.client.NumPyClient):
    def __init__(self) -> None:
        # A list with one array per layer: an array alone would be taken apart into numbers on its way.
        self.weights: NDArrays = [np.array([1.0, 2.0, 3.0])]

    def get_parameters(self, config: dict[str, Scalar]) -> NDArrays:
        return self.weights

    def set_parameters(self, parameters: NDArrays) -> None:
        self.weights = [np.array(layer) for layer in parameters]

    def fit(self, parameters: NDArrays, config: dict[str, Scalar]) -> tuple[NDArrays, int, dict[str, Scalar]]:
        self.set_parameters(parameters)
        self.weights[0] += STEP * (TARGET - self.weights[0])
        return self.get_parameters(config), SAMPLES, {}

    def evaluate(self, parameters: NDArrays, config: dict[str, Scalar]) -> tuple[float, int, dict[str, Scalar]]:
        self.set_parameters(parameters)
        distance = float(np.linalg.norm(TARGET - self.weights[0]))
        # One when the weights are where they should be, nearing zero the farther off they are.
        return distance, SAMPLES, {"accuracy": 1.0 / (1.0 + distance)}


def main() -> None:
    if not SERVER:
        raise SystemExit("FL_SERVER is not set: HOST:PORT of the server, by a name or an address of its certificate")
    fl.client.start_client(
        server_address=SERVER,
        client=SimpleClient().to_client(),
        root_certificates=(CERTIFICATES / "ca.crt").read_bytes(),
    )


if __name__ == "__main__":
    main()
