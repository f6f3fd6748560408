"""Apps as users have them, whole, with real Flower over mutual TLS."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from fl_wizard_runtime import component, config
from fl_wizard_runtime.faults import Fault
from network import ROOT, Host, Network
from test_config import WHOLE

PROJECT = """
[project]
name = "mine"
[tool.flwr.app]
publisher = "me"
components = { serverapp = "mine.server_app:app", clientapp = "mine.client_app:apps.client" }
[tool.flwr.app.config]
num-server-rounds = 2
train.step = 0.5
"""
SERVER_APP = """
from flwr.common import Context
from flwr.server import ServerApp, ServerAppComponents, ServerConfig
from flwr.server.strategy import FedAvg
from mine.task import first

def server_fn(context: Context):
    strategy = FedAvg(initial_parameters=first(), on_fit_config_fn=lambda server_round: {"round": server_round})
    config = ServerConfig(num_rounds=context.run_config["num-server-rounds"])
    return ServerAppComponents(strategy=strategy, config=config)

app = ServerApp(server_fn=server_fn)
"""
CLIENT_APP = """
from types import SimpleNamespace
from flwr.client import ClientApp, NumPyClient
from flwr.common import ConfigRecord, Context

class Client(NumPyClient):
    def __init__(self, context):
        self.context = context

    def fit(self, parameters, config):
        seen = self.context.state.config_records.setdefault("seen", ConfigRecord({"rounds": 0}))
        seen["rounds"] += 1  # Flower keeps it from round to round
        node, step = self.context.node_config, self.context.run_config["train.step"]
        return [parameters[0] + step], 10, {
            "part": node["partition-id"], "parts": node["num-partitions"], "seen": seen["rounds"]
        }

    def evaluate(self, parameters, config):
        return float(parameters[0][0]), 10, {}

def client_fn(context: Context):
    if context.node_config["site"] == "none":
        raise ValueError("no data for me")
    return Client(context).to_client()

def doubled(message, context, call_next):
    answer = call_next(message, context)
    if message.metadata.message_type == "train":
        next(iter(answer.content.metric_records.values()))["num_examples"] = 20 * context.run_config["num-server-rounds"]
    return answer

apps = SimpleNamespace(client=ClientApp(client_fn=client_fn, mods=[doubled]))
"""
TASK = """
import numpy as np
from flwr.common import ndarrays_to_parameters

def first():
    return ndarrays_to_parameters([np.zeros(3)])
"""
MESSAGES = {
    "server": (
        "from flwr.server import ServerApp\napp = ServerApp()\n@app.main()\ndef main(grid, context): pass",
        "main",
    ),
    "client": (
        "from types import SimpleNamespace\nfrom flwr.client import ClientApp\napp = ClientApp()\n"
        "@app.train()\ndef train(message, context): pass\napps = SimpleNamespace(client=app)",
        "train",
    ),
}


def app_folder(host: Host) -> Path:
    """A Flower app as `flwr new` lays it down, without a server.py or client.py."""
    for script in host.app.glob("*.py"):
        script.unlink()
    package = host.app / "mine"
    package.mkdir()
    (host.app / "pyproject.toml").write_text(PROJECT)
    for name, text in (("__init__", ""), ("server_app", SERVER_APP), ("client_app", CLIENT_APP), ("task", TASK)):
        (package / f"{name}.py").write_text(text)
    return package


def test_a_flower_app_of_server_fn_and_client_fn(networks: Any) -> None:
    network = networks("one", "two", "none")
    for part, host in enumerate([network.server, *network.hosts.values()]):
        app_folder(host)
        host.flower["dial"] = f"127.0.0.1:{network.port}"
        if host.role == "client":
            host.more["node"] = {"partition-id": part - 1, "num-partitions": 3, "site": host.name}
    network.server.flower.update(minClients=3)
    running = [network.server.run()]
    network.serving()
    running += [host.run() for host in network.hosts.values()]
    assert network.wait("run-finished", 60)["outcome"] == "changed"
    first, last = network.events("round-finished")
    assert last["rounds"] == 2, "of pyproject.toml, by server_fn"
    assert last["loss"] == 1.0, "two rounds of the step that the run's configuration names"
    assert last["failures"] == [
        {"client": "none", "phase": phase, "reason": "raised ValueError: no data for me"}
        for phase in ("fit", "evaluate")
    ]
    told = {
        event["client"]: event
        for event in network.events("client-changed", round=2)
        if "part" in event.get("metrics", {})
    }
    assert {name: event["metrics"] for name, event in told.items()} == {
        "one": {"part": 0, "parts": 3, "seen": 2},
        "two": {"part": 1, "parts": 3, "seen": 2},
    }
    assert told["one"]["samples"] == 40, "its mods are in the way of each message"
    assert [process.wait(20) for process in running] == [0, 0, 0, 0]


@pytest.mark.parametrize("role", MESSAGES)
def test_an_app_of_the_message_api_is_refused(network: Network, role: str) -> None:
    host = network.server if role == "server" else network.hosts["client1"]
    text, word = MESSAGES[role]
    (app_folder(host) / f"{role}_app.py").write_text(text)
    assert host.run().wait(40) == 79
    assert f"message API (@app.{word}())" in host.state()["detail"]
    assert f"make it with {role.capitalize()}App({role}_fn=...)" in host.log()


@pytest.mark.parametrize(
    ("project", "scripts", "role", "expected"),
    [
        (PROJECT, (), "server", "mine.server_app:app"),
        (PROJECT, (), "client", "mine.client_app:apps.client"),
        (PROJECT, ("server.py",), "server", "mine.server_app:app"),
        (PROJECT, ("server.py", "client.py"), "server", None),
        (PROJECT.replace("mine.", ""), ("server.py", "client.py"), "server", None),
        (
            PROJECT.replace("mine.server_app", "server"),
            ("server.py", "client.py"),
            "client",
            "mine.client_app:apps.client",
        ),
        ("[project]\nname = 'x'", (), "server", None),
        ("[tool]\nflwr = 1", (), "server", None),
        (PROJECT.replace("serverapp", "other"), (), "server", None),
        (None, (), "server", None),
    ],
)
def test_what_is_run(
    tmp_path: Path, project: str | None, scripts: tuple[str, ...], role: str, expected: str | None
) -> None:
    if project is not None:
        (tmp_path / "pyproject.toml").write_text(project)
    for script in scripts:
        (tmp_path / script).touch()
    read = config.parse(json.dumps({**WHOLE, "role": role, "app": str(tmp_path)}), Path("/x.json"))
    assert component.reference(read) == expected


def test_a_project_that_is_no_toml(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool")
    read = config.parse(json.dumps({**WHOLE, "app": str(tmp_path)}), Path("/x.json"))
    with pytest.raises(Fault, match="pyproject.toml can't be read"):
        component.reference(read)


@pytest.mark.any_flower
def test_the_template_of_scikit_learn(network: Network) -> None:
    """As `init --template sklearn` lays it down, with a share of the data for each client."""
    hosts = [network.server, *network.hosts.values()]
    for part, host in enumerate(hosts):
        for folder in ("app", "sklearn"):
            shutil.copytree(ROOT / "templates" / folder, host.app, dirs_exist_ok=True)
        dial = f"127.0.0.1:{network.port}"
        host.flower.update(port=network.port, dial=dial, rounds=2)
        host.more["env"] = {"FL_CERTIFICATES": str(host.certificates), "FL_SERVER": dial, "FL_PART": f"{part}/2"}
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
