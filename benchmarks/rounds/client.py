"""A Flower client that learns nothing: what is measured is the way of the weights, there and back."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import flwr as fl


class Client(fl.client.NumPyClient):
    def fit(self, parameters: Any, config: Any) -> Any:
        return parameters, 10, {"train_loss": 0.5}

    def evaluate(self, parameters: Any, config: Any) -> Any:
        return float(parameters[0][0]), 10, {"accuracy": 0.9}


fl.client.start_client(
    server_address=f"127.0.0.1:{os.environ['FL_PORT']}",
    client=Client().to_client(),
    root_certificates=(Path(os.environ["FL_CERTIFICATES"]) / "ca.crt").read_bytes(),
)
