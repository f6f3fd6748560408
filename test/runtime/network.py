"""A network of processes of the runtime on loopback, for the tests: folders, configurations, and patient questions."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from pki import HOST, Authority, Leaf, uri_of

ROOT = Path(__file__).resolve().parents[2]
RUNTIME = ROOT / "templates" / "runtime"
FOUND = TypeVar("FOUND")

SERVER = """
import flwr as fl
from pathlib import Path

fl.server.start_server(
    server_address="127.0.0.1:PORT",
    strategy=fl.server.strategy.FedAvg(min_fit_clients=2, min_evaluate_clients=2, min_available_clients=2),
    config=fl.server.ServerConfig(num_rounds=3),
    certificates=tuple(Path("CERTIFICATES", name).read_bytes() for name in ("ca.crt", "server.crt", "server.key")),
)
"""
CLIENT = """
import os, time
import flwr as fl
import numpy as np

class Client(fl.client.NumPyClient):
    def get_parameters(self, config):
        return [np.zeros(3)]

    def fit(self, parameters, config):
        FIT
        return [parameters[0] + 1.0], 10, {"train_loss": 0.5}

    def evaluate(self, parameters, config):
        EVALUATE
        return float(parameters[0][0]), 10, {"accuracy": 0.9}

fl.client.start_client(
    server_address="127.0.0.1:PORT",
    client=Client().to_client(),
    root_certificates=open("CERTIFICATES/ca.crt", "rb").read(),
)
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(question: Callable[[], FOUND | None], what: str, seconds: float = 40.0) -> FOUND:
    """Asks again and again until there is an answer."""
    deadline = time.monotonic() + seconds
    while not (answer := question()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.05)
    return answer


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(RUNTIME), "PYTHONUNBUFFERED": "1"}


class Host:
    """One host's folders, and the processes on it."""

    def __init__(self, network: Network, name: str, leaf: Leaf, role: str) -> None:
        self.network, self.name, self.role = network, name, role
        self.home = network.folder / name
        self.certificates = self.home / "ssl"
        self.app = self.home / "app"
        self.app.mkdir(parents=True)
        leaf.write(self.certificates, name)
        (self.certificates / "ca.crt").write_bytes(network.authority.pem)
        self.config = self.home / f"{name}.config.json"
        self.flower: dict[str, Any] = {}
        self.more: dict[str, Any] = {}
        self.processes: list[subprocess.Popen[bytes]] = []
        self.supervised = False

    def script(self, text: str) -> None:
        text = text.replace("PORT", str(self.network.port)).replace("CERTIFICATES", str(self.certificates))
        (self.app / f"{self.role}.py").write_text(text)

    def write(self) -> Path:
        named = self.certificates / self.name
        config = {
            "version": 1,
            "role": self.role,
            "network": "test",
            "name": self.name,
            "home": str(self.home),
            "certificates": {
                "ca": str(self.certificates / "ca.crt"),
                "certificate": f"{named}.crt",
                "key": f"{named}.key",
            },
            "app": str(self.app),
            "script": f"{self.role}.py",
            "args": [],
            "env": {},
            "run": "1",
            "flower": {
                "port": None,
                "rounds": None,
                "minClients": None,
                "roundTimeout": None,
                "keepalive": 60,
                "linger": 0,
                "dial": None,
                **self.flower,
            },
            "defaults": {"port": self.network.port, "rounds": 3, "minClients": 2, "roundTimeout": 60, "dial": None},
            "initialWeights": None,
            "clients": [{"name": name, "commonName": name} for name in self.network.clients],
            **self.more,
        }
        self.config.write_text(json.dumps(config))
        return self.config

    def words(self, verb: str, *more: str) -> list[str]:
        return [sys.executable, "-m", "fl_wizard_runtime", verb, "--config", str(self.write()), *more]

    def run(self) -> subprocess.Popen[bytes]:
        log = (self.home / "log").open("ab")
        process = subprocess.Popen(
            self.words("run"), stdout=log, stderr=log, env=environment(), cwd=self.home, start_new_session=True
        )
        self.processes.append(process)
        return process

    def call(self, verb: str, *more: str, code: int = 0) -> str:
        done = subprocess.run(
            self.words(verb, *more), capture_output=True, text=True, env=environment(), timeout=60, check=False
        )
        assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
        return done.stdout.strip()

    def supervise(self) -> str:
        self.supervised = True
        return self.call("supervise")

    def status(self) -> dict[str, Any]:
        return dict(json.loads(self.call("status")))

    def state(self) -> dict[str, Any]:
        try:
            return dict(json.loads((self.home / "state" / f"{self.name}.json").read_text()))
        except OSError:
            return {}

    def log(self) -> str:
        logs = [self.home / "log", self.home / "logs" / f"{self.name}.log"]
        return "".join(path.read_text(errors="replace") for path in logs if path.exists())

    def whoami(self, *more: str) -> dict[str, Any]:
        return dict(json.loads(self.call("whoami", "--address", f"127.0.0.1:{self.network.port}", *more)))


class Network:
    """A CA, a server and clients in one temporary folder."""

    def __init__(self, folder: Path, clients: tuple[str, ...] = ("client1", "client2")) -> None:
        self.folder, self.clients = folder, clients
        self.port = free_port()
        self.authority = Authority()
        self.leaves = {name: self.authority.client(f"FL{name}") for name in clients}
        self.operator = self.authority.client("me", "operator")
        self.probes: list[str] = []
        self.server = Host(self, "server", self.authority.server(), "server")
        self.server.script(SERVER)
        self.hosts = {name: self.client(name, leaf) for name, leaf in self.leaves.items()}
        self.strangers: list[Host] = []
        self.policy = self.server.home / "policy"
        self.policy.mkdir()
        self.allow()
        self.write_crl()

    def client(self, name: str, leaf: Leaf, fit: str = "pass", evaluate: str = "pass") -> Host:
        host = Host(self, name, leaf, "client")
        host.script(CLIENT.replace("FIT", fit).replace("EVALUATE", evaluate))
        return host

    def stranger(self, leaf: Leaf, name: str = "stranger", authority: bytes | None = None) -> Host:
        host = self.client(name, leaf)
        if authority is not None:
            (host.certificates / "ca.crt").write_bytes(authority)
        self.strangers.append(host)
        return host

    def allow(self, **changed: list[str]) -> None:
        prints = {name: [leaf.fingerprint] for name, leaf in self.leaves.items()} | changed
        value = {
            "version": 1,
            "clients": [
                {"name": name, "uri": uri_of(f"FL{name}"), "fingerprints": all_} for name, all_ in prints.items()
            ],
            "operators": [{"name": "me", "uri": uri_of("me", "operator"), "fingerprints": [self.operator.fingerprint]}],
            "probes": self.probes,
        }
        self._replace("allow.json", json.dumps(value).encode())

    def write_crl(self, content: bytes | None = None) -> None:
        self._replace("crl.pem", content or self.authority.crl())

    def _replace(self, name: str, content: bytes) -> None:
        beside = self.policy / f"{name}.new"
        beside.write_bytes(content)
        beside.replace(self.policy / name)

    @property
    def journal(self) -> Path:
        return self.server.home / "runs" / "1" / "events.jsonl"

    def events(self, kind: str | None = None, **members: object) -> list[dict[str, Any]]:
        content = self.journal.read_bytes() if self.journal.exists() else b""
        whole = content[: content.rfind(b"\n") + 1]
        found = [json.loads(line) for line in whole.splitlines()]
        return [
            event
            for event in found
            if kind in (None, event["type"]) and all(event.get(key) == value for key, value in members.items())
        ]

    def wait(self, kind: str, seconds: float = 40.0, **members: object) -> dict[str, Any]:
        """The first such event, once it is there."""

        def what() -> list[dict[str, Any]]:
            return self.events(kind, **members)

        try:
            return until(what, f"{kind} {members}", seconds)[0]
        except AssertionError:
            print(self.server.log()[-3000:])
            for host in self.hosts.values():
                print(host.name, host.log()[-1500:])
            print(*self.events(), sep="\n")
            raise

    def serving(self) -> None:
        """Waits until the port answers."""
        until(lambda: self.server.state().get("port") or None, "the server serves", 90)

    def close(self) -> None:
        """Ends every process that was begun."""
        hosts = [self.server, *self.hosts.values(), *self.strangers]
        for host in hosts:
            if host.supervised:
                host.call("stop")
            for process in host.processes:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def shared() -> Path:
    """The folder of the project's shared papers."""
    return Path(os.environ.get("FL_WIZARD_SHARED", ROOT.parent / "shared"))


def tutorial() -> tuple[str, str]:
    """The tutorial's server.py and client.py, word for word."""
    text = next((shared() / "seed").glob("*.txt")).read_text()
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    server = next(block for block in blocks if "start_server" in block)
    client = next(block for block in blocks if "start_client" in block)
    return server, client


__all__ = ["CLIENT", "HOST", "SERVER", "Network", "free_port", "tutorial", "until"]
