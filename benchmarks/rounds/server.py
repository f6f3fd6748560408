"""A Flower server that begins a round when it is told to: two of them take turns, and are measured beside each other."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from typing import Any

import flwr as fl
import numpy as np
from flwr.common import ndarrays_to_parameters

CERTIFICATES, PORT = Path(os.environ["FL_CERTIFICATES"]), os.environ["FL_PORT"]
CLIENTS, ROUNDS, BYTES = (int(os.environ[name]) for name in ("FL_CLIENTS", "FL_ROUNDS", "FL_BYTES"))
LAYERS = 10

asking = socket.socket(socket.AF_UNIX)
asking.connect(os.environ["FL_TURNS"])
answers = asking.makefile("rb")


def say(**said: object) -> None:
    asking.sendall(json.dumps(said).encode() + b"\n")
    answers.readline()


class InTurn(fl.server.strategy.FedAvg):
    """FedAvg; what is between two of its configure_fit is a round, with all that a runtime does around it."""

    def configure_fit(self, server_round: int, parameters: Any, client_manager: Any) -> Any:
        client_manager.wait_for(CLIENTS)
        say(round=server_round, server=os.getpid())
        return super().configure_fit(server_round, parameters, client_manager)

    def aggregate_fit(self, server_round: int, results: Any, failures: Any) -> Any:
        if len(results) != CLIENTS or failures:
            say(failed=f"fit of round {server_round}: {len(results)} results, {failures[:1]}")
        return super().aggregate_fit(server_round, results, failures)

    def aggregate_evaluate(self, server_round: int, results: Any, failures: Any) -> Any:
        if len(results) != CLIENTS or failures:
            say(failed=f"evaluation of round {server_round}: {len(results)} results, {failures[:1]}")
        return super().aggregate_evaluate(server_round, results, failures)


weights = [np.random.default_rng(layer).random(BYTES // 4 // LAYERS, np.float32) for layer in range(LAYERS)]
counts = ("min_fit_clients", "min_evaluate_clients", "min_available_clients")
fl.server.start_server(
    server_address=f"127.0.0.1:{PORT}",
    config=fl.server.ServerConfig(num_rounds=ROUNDS),
    strategy=InTurn(initial_parameters=ndarrays_to_parameters(weights), **dict.fromkeys(counts, CLIENTS)),
    certificates=tuple((CERTIFICATES / name).read_bytes() for name in ("ca.crt", "server.crt", "server.key")),
)
