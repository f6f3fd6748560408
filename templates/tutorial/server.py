"""The tutorial's server: federated averaging that keeps the weights of each round."""

from __future__ import annotations

import os
from pathlib import Path

import flwr as fl
import numpy as np
from flwr.common import EvaluateRes, FitRes, Metrics, Parameters, Scalar, parameters_to_ndarrays
from flwr.server.client_proxy import ClientProxy

CERTIFICATES = Path(os.environ.get("FL_CERTIFICATES") or "/etc/ssl/fl_network")
WEIGHTS = Path("weights")


def weighted_accuracy(results: list[tuple[int, Metrics]]) -> Metrics:
    samples = sum(count for count, _ in results)
    return {"accuracy": sum(count * float(metrics["accuracy"]) for count, metrics in results) / samples}


class SaveModelStrategy(fl.server.strategy.FedAvg):
    def aggregate_fit(
        self,
        server_round: int,
        results: list[tuple[ClientProxy, FitRes]],
        failures: list[tuple[ClientProxy, FitRes] | BaseException],
    ) -> tuple[Parameters | None, dict[str, Scalar]]:
        parameters, metrics = super().aggregate_fit(server_round, results, failures)
        if parameters is not None:
            WEIGHTS.mkdir(exist_ok=True)
            # As arrays, one entry a layer: what Flower hands over is an object of its own, and saving that
            # would make a pickle, which runs code when it is loaded.
            np.savez(WEIGHTS / f"round-{server_round}-weights.npz", *parameters_to_ndarrays(parameters))
        return parameters, metrics

    def aggregate_evaluate(
        self,
        server_round: int,
        results: list[tuple[ClientProxy, EvaluateRes]],
        failures: list[tuple[ClientProxy, EvaluateRes] | BaseException],
    ) -> tuple[float | None, dict[str, Scalar]]:
        loss, metrics = super().aggregate_evaluate(server_round, results, failures)
        print(f"round {server_round}: loss {loss}, {metrics}, {len(failures)} failed", flush=True)
        return loss, metrics


def main() -> None:
    strategy = SaveModelStrategy(
        min_fit_clients=2,
        min_evaluate_clients=2,
        min_available_clients=2,
        evaluate_metrics_aggregation_fn=weighted_accuracy,
    )
    fl.server.start_server(
        server_address="0.0.0.0:9092",
        strategy=strategy,
        config=fl.server.ServerConfig(num_rounds=3),
        certificates=(
            (CERTIFICATES / "ca.crt").read_bytes(),
            (CERTIFICATES / "server.crt").read_bytes(),
            (CERTIFICATES / "server.key").read_bytes(),
        ),
    )


if __name__ == "__main__":
    main()
