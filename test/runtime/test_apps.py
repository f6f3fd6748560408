"""Apps as users have them, whole, with real Flower over mutual TLS."""

from __future__ import annotations

import shutil

from network import ROOT, Network


def test_the_template_of_scikit_learn(network: Network) -> None:
    """As `init --template sklearn` lays it down, with a share of the data for each client."""
    hosts = [network.server, *network.hosts.values()]
    for part, host in enumerate(hosts):
        for folder in ("app", "sklearn"):
            shutil.copytree(ROOT / "templates" / folder, host.app, dirs_exist_ok=True)
        host.flower.update(port=network.port, dial=f"127.0.0.1:{network.port}", rounds=2)
        host.more["env"] = {"FL_CERTIFICATES": str(host.certificates), "FL_PART": f"{part}/2"}
    network.server.flower["strategy"] = {"name": "FedProx", "proximalMu": 0.01}
    running = [network.server.run()]
    network.serving()
    running += [host.run() for host in network.hosts.values()]
    assert network.wait("run-finished", 90)["outcome"] == "changed"
    first, last = network.events("round-finished")
    assert set(last["metrics"]) == {"train_loss", "accuracy"}
    assert last["loss"] < first["loss"] and last["metrics"]["accuracy"] > 0.8
    samples = {event["client"]: event["samples"] for event in network.events("client-changed") if "samples" in event}
    assert samples["client1"] != samples["client2"], "each learned from its own share"
    assert [process.wait(20) for process in running] == [0, 0, 0]
