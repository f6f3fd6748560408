"""Weights that no message of Flower holds: a sentence before the port opens, or at the first round, on real Flower."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from fl_wizard_runtime import limit
from network import CLIENT, Network

STRATEGY = "fl.server.strategy.FedAvg(min_fit_clients=2, min_evaluate_clients=2, min_available_clients=2)"


def bounded(network: Network, least: int, weights: str) -> None:
    """A server that takes at most 1 MB a message, and waits for so many clients in its first round."""
    path = network.server.app / "server.py"
    text = path.read_text().replace(
        STRATEGY,
        f"Mine(min_fit_clients={least}, min_evaluate_clients=1, min_available_clients={least}, "
        f"initial_parameters={weights}), grpc_max_message_length=1_000_000",
    )
    first = (
        "class Mine(fl.server.strategy.FedAvg):\n"
        "    def configure_fit(self, server_round, parameters, client_manager):\n"
        "        chosen = super().configure_fit(server_round, parameters, client_manager)\n"
        "        self.min_fit_clients = self.min_available_clients = 2\n"
        "        return chosen\n\n"
    )
    path.write_text(
        "import numpy as np\n" + text.replace("fl.server.start_server(", f"{first}fl.server.start_server(", 1)
    )


def test_numbers() -> None:
    assert limit.limit_of({}) == limit.limit_of({limit.ARGUMENT: -1}) == limit.MOST
    assert limit.limit_of({limit.ARGUMENT: 1000}) == 1000
    assert limit.complaint(2_000_000_000, limit.MOST) is None
    assert str(limit.complaint(2_200_000_000, limit.MOST)).startswith("2.2 GB of weights are more than a message of")
    assert "half precision" in str(limit.complaint(limit.MOST, limit.MOST)), "some bytes are needed beside the weights"
    assert limit.ARGUMENT in str(limit.complaint(2000, 1000)), "the script's own limit can be raised"
    assert limit.explained("keepalive watchdog timeout") is None


@pytest.mark.parametrize("compressed", [False, True])
def test_weights_to_begin_with_are_judged_before_anything_serves(network: Network, compressed: bool) -> None:
    path = network.folder / "first.npz"
    (np.savez_compressed if compressed else np.savez)(path, np.zeros(200_000))
    bounded(network, 2, "None")
    network.server.more["initialWeights"] = str(path)
    assert network.server.run().wait(40) == 79
    detail = network.server.state()["detail"]
    assert detail.startswith(
        f"the weights in {path} can't be sent: 1.6 MB of weights are more than a message of Flower"
    )
    assert network.events("server-started") == []
    assert network.wait("run-finished")["detail"] == detail


def test_weights_of_the_script_end_the_run_with_a_sentence(network: Network) -> None:
    bounded(network, 2, "fl.common.ndarrays_to_parameters([np.zeros(200_000)])")
    server = network.server.run()
    network.serving()
    for client in network.hosts.values():
        client.run()
    assert server.wait(60) == 79
    ended = network.wait("run-finished")
    assert ended["outcome"] == "failed"
    assert ended["detail"].startswith(
        "round 1 can't begin: 1.6 MB of weights are more than a message of Flower holds (1 MB)"
    )
    assert network.events("client-changed", state="training") == [], "nobody was sent anything"


def test_a_client_that_would_send_too_much_is_named_and_lives_on(networks: Callable[..., Network]) -> None:
    network = networks("steady", "wide", "narrow")
    bounded(network, 3, "fl.common.ndarrays_to_parameters([np.zeros(100_000)])")
    wide, narrow = network.hosts["wide"], network.hosts["narrow"]
    text = CLIENT.replace("EVALUATE", "pass")
    wide.script(
        text.replace("FIT", "if parameters[0][0] == 0.0: return [np.zeros(200_000)], 10, {}").replace(
            "    client=Client()", "    grpc_max_message_length=1_000_000,\n    client=Client()"
        )
    )
    narrow.script(
        text.replace("FIT", "pass").replace(
            "    client=Client()", "    grpc_max_message_length=500_000,\n    client=Client()"
        )
    )
    server = network.server.run()
    network.serving()
    running = {name: host.run() for name, host in network.hosts.items()}
    assert running["narrow"].wait(60) == 79, "another try would be no use"
    said = narrow.state()["detail"]
    assert said.startswith("a message is larger than this client takes: set grpc_max_message_length in server.py and")
    network.wait("run-finished", 60)
    first, second, _ = network.events("round-finished")
    reasons = {failure["client"]: failure["reason"] for failure in first["failures"]}
    assert reasons["wide"].startswith(
        "raised TooLarge: 1.6 MB of weights are more than a message of Flower holds (1 MB)"
    )
    assert set(reasons) == {"wide", "narrow"} and second["fit"] == {"ok": 2, "failed": 0}
    assert [running[name].wait(20) for name in ("steady", "wide")] == [0, 0] and server.wait(20) == 0


def test_an_archive_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "weights.npz"
    path.write_bytes(b"no zip")
    with pytest.raises(ValueError, match=r"no \.npz"):
        limit.size_in(path)
