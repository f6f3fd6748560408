"""The Flower server of the example: federated averaging over three rounds.

Plain Flower, nothing of fl-wizard in it. Started by hand it speaks ordinary TLS; fl-wizard starts the same
file so that clients have to show a certificate as well.
"""

from __future__ import annotations

import os
from pathlib import Path

import flwr as fl
from flwr.common import Metrics, ndarrays_to_parameters

import task

# Where ca.crt, server.crt and server.key are.
CERTIFICATES = Path(os.environ.get("FL_CERTIFICATES") or "/etc/ssl/fl_network")


def weighted_mean(results: list[tuple[int, Metrics]]) -> Metrics:
    """The mean of each metric, a client counting by its number of samples."""
    samples = sum(count for count, _ in results)
    if samples == 0:
        return {}
    return {name: sum(count * float(metrics[name]) for count, metrics in results) / samples for name in results[0][1]}


def main() -> None:
    strategy = fl.server.strategy.FedAvg(
        # All begin at the same weights, known here, so the result doesn't depend on who connects first.
        initial_parameters=ndarrays_to_parameters(task.initial_weights()),
        # Which round it is decides the order of the samples.
        on_fit_config_fn=lambda server_round: {"round": server_round},
        fit_metrics_aggregation_fn=weighted_mean,
        evaluate_metrics_aggregation_fn=weighted_mean,
    )
    fl.server.start_server(
        server_address="0.0.0.0:9092",
        config=fl.server.ServerConfig(num_rounds=3),
        strategy=strategy,
        certificates=(
            (CERTIFICATES / "ca.crt").read_bytes(),
            (CERTIFICATES / "server.crt").read_bytes(),
            (CERTIFICATES / "server.key").read_bytes(),
        ),
    )


if __name__ == "__main__":
    main()
