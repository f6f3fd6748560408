"""A Flower client of the example: it learns from its own share of the digits and sends only weights.

Plain Flower, nothing of fl-wizard in it. What differs between clients comes from the environment, which
`env` of a client in fl-network.yaml can set.
"""

from __future__ import annotations

import os
from pathlib import Path

import flwr as fl
from flwr.common import NDArrays, Scalar

import data
import task

# Where ca.crt is, and the server as this client reaches it: a name or an address of the server's certificate.
CERTIFICATES = Path(os.environ.get("FL_CERTIFICATES") or "/etc/ssl/fl_network")
SERVER = os.environ.get("FL_SERVER")


class DigitsClient(fl.client.NumPyClient):
    def __init__(self, share: data.Share) -> None:
        self.share = share

    def get_parameters(self, config: dict[str, Scalar]) -> NDArrays:
        return list(task.initial_weights())

    def fit(self, parameters: NDArrays, config: dict[str, Scalar]) -> tuple[NDArrays, int, dict[str, Scalar]]:
        images, labels = self.share.images, self.share.labels
        # What the server's strategy sends: which round it is, and with FedProx how far to stray.
        draw, proximal_mu = int(config.get("round", 0)), float(config.get("proximal_mu", 0.0))
        weights = task.train(parameters, images, labels, draw, proximal_mu)
        loss, _ = task.evaluate(weights, images, labels)
        return list(weights), len(labels), {"train_loss": loss}

    def evaluate(self, parameters: NDArrays, config: dict[str, Scalar]) -> tuple[float, int, dict[str, Scalar]]:
        """The average of all clients' weights, examined with digits that this client didn't learn from."""
        images, labels = self.share.held_out_images, self.share.held_out_labels
        loss, accuracy = task.evaluate(parameters, images, labels)
        return loss, len(labels), {"accuracy": accuracy}


def main() -> None:
    if not SERVER:
        raise SystemExit("FL_SERVER is not set: HOST:PORT of the server, by a name or an address of its certificate")
    part, parts = data.which_part()
    fl.client.start_client(
        server_address=SERVER,
        client=DigitsClient(data.load_part(part, parts)).to_client(),
        root_certificates=(CERTIFICATES / "ca.crt").read_bytes(),
    )


if __name__ == "__main__":
    main()
