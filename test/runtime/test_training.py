"""Real Flower over real mutual TLS: whole runs, and what goes wrong in them."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from flwr.proto.transport_pb2 import ClientMessage, Reason, ServerMessage

from network import CLIENT, Network, shared, tutorial, until
from pki import HOST
from test_gate import Join
from watching import snapshot, watch

GATE = "while not os.path.exists({!r}): time.sleep(0.05)"


def rounds(network: Network) -> list[int]:
    return [event["round"] for event in network.events("round-finished")]


def gapless(network: Network) -> bool:
    return [event["sequence"] for event in network.events()] == list(range(1, len(network.events()) + 1))


@pytest.mark.skipif(not shared().exists(), reason="the project's shared papers are not here")
def test_the_tutorial_from_its_first_to_its_last_round(network: Network) -> None:
    """The tutorial's scripts, with its folder and its name replaced (unreplaced they run in a mount namespace)."""
    server_script, client_script = tutorial()
    server, clients = network.server, list(network.hosts.values())
    address = f"127.0.0.1:{network.port}"
    server.script(server_script.replace("/etc/ssl/fl_network", "CERTIFICATES").replace("0.0.0.0:9092", address))
    for client in clients:
        client.script(client_script.replace("/etc/ssl/fl_network", "CERTIFICATES").replace(f"{HOST}:9092", address))
        client.flower["dial"] = address
    server.flower["linger"] = 8
    server.more["appDigest"] = "ab" * 32
    running = [client.run() for client in clients]
    for client in clients:  # they wait for their server as long as it takes
        until(lambda client=client: "nothing listens" in str(client.state().get("detail")) or None, "it tries again")
        assert client.state()["state"] == "retrying"
    serving = server.run()
    network.serving()
    seen: list[Any] = []
    watching = threading.Thread(target=lambda: seen.extend(watch(network)))
    watching.start()

    finished = network.wait("run-finished", 60)
    assert finished["outcome"] == "changed"
    assert [process.wait(20) for process in running] == [0, 0]
    assert [client.state()["state"] for client in clients] == ["left", "left"]
    assert "by its dial in fl-network.yaml" in clients[0].log()

    late = Join(network, network.leaves["client1"], "late")
    message = ServerMessage.FromString(next(late.call))
    assert message.WhichOneof("msg") == "reconnect_ins", "who joins after the last round is told to leave"
    leaves = ClientMessage(disconnect_res=ClientMessage.DisconnectRes(reason=Reason.ACK))
    late.requests.put(leaves.SerializeToString())
    late.close()
    state = snapshot(network)
    assert (state.phase, state.round, state.rounds) == ("lingering", 3, 3)
    assert {client.client: client.state for client in state.clients} == {"client1": "idle", "client2": "idle"}

    assert serving.wait(30) == 0
    watching.join(10)
    assert not watching.is_alive(), "the monitor's stream ends with the server"
    assert [event.sequence for event in seen] == [event["sequence"] for event in network.events()]
    assert gapless(network)
    assert network.events("phase-changed")[-1]["phase"] == "ended"
    began = network.wait("run-started")
    assert (began["rounds"], began["minClients"], began["strategy"]) == (3, 2, "SaveModelStrategy")
    assert began["clients"] == ["client1", "client2"]
    folder = network.journal.parent
    for number, event in enumerate(network.events("round-finished"), 1):
        assert (event["round"], event["fit"], event["evaluate"]) == (
            number,
            {"ok": 2, "failed": 0},
            {"ok": 2, "failed": 0},
        )
        assert event["loss"] == 0.0 and event["metrics"] == {"accuracy": pytest.approx(0.9)}
        with np.load(folder / event["weights"], allow_pickle=False) as saved:
            assert [float(saved[f"arr_{at}"]) for at in range(3)] == [1.0, 2.0, 3.0]
    written = sorted(path.name for path in (server.app / "weights").iterdir())
    assert written == [f"round-{number}-weights.npy" for number in (1, 2, 3)], "what the script writes is left alone"
    kept = json.loads((folder / "run.json").read_text())
    assert kept["rounds"] == 3 and kept["app"] == {"sha256": "ab" * 32}
    assert set(kept["versions"]) == {"fl-wizard", "python", "flwr", "grpc", "numpy"}

    before = network.journal.read_bytes()
    assert server.run().wait(30) == 0, "a finished run serves nothing"
    assert network.journal.read_bytes() == before


def test_a_killed_server_goes_on_where_it_was(network: Network, tmp_path: Path) -> None:
    server, clients = network.server, list(network.hosts.values())
    gates = [tmp_path / f"gate{number}" for number in range(7)]
    # The weights tell the round: each training waits for the test to open its round's gate.
    gate = f"while not os.path.exists({str(tmp_path / 'gate')!r} + str(int(parameters[0][0]))): time.sleep(0.05)"
    for client in clients:
        client.script(CLIENT.replace("FIT", gate).replace("EVALUATE", "pass"))
    # With a momentum, which has to be kept as well; too small a one to be seen in the weights.
    server.flower.update(rounds=6, linger=60, strategy={"name": "FedAvgM", "serverMomentum": 1e-9})
    server.more["env"] = {"SECRET": "hunter2"}
    seen: list[int] = []
    assert server.supervise() == ""
    network.serving()
    for client in clients:
        client.supervise()
    gates[0].touch()
    gates[1].touch()
    network.wait("round-finished", 60, round=2)
    seen.extend(event.sequence for event in _until_sequence(network, 0, network.events()[-1]["sequence"]))
    network.wait("client-changed", round=3, state="training")
    first = server.status()["pid"]
    os.kill(first, signal.SIGKILL)
    until(lambda: server.status()["pid"] not in (None, first), "the server is started again")
    for number in (2, 3):
        gates[number].touch()
    network.wait("round-finished", 60, round=4)
    network.wait("client-changed", round=5, state="training")
    second = server.status()["pid"]
    os.kill(second, signal.SIGTERM)
    until(lambda: server.status()["pid"] not in (None, second), "the server is started again")
    gates[4].touch()
    gates[5].touch()
    network.wait("run-finished", 60)
    seen.extend(event.sequence for event in _until_sequence(network, seen[-1], network.events()[-1]["sequence"]))

    assert rounds(network) == [1, 2, 3, 4, 5, 6]
    assert all("failures" not in event for event in network.events("round-finished"))
    assert [event.get("resumedAfter") for event in network.events("server-started")] == [None, 2, 4]
    assert len(network.events("run-started")) == len(network.events("run-finished")) == 1
    assert gapless(network)
    assert seen == list(range(1, len(seen) + 1)), "each event once, over two restarts and two connections"
    assert network.events("round-finished")[-1]["loss"] == pytest.approx(6.0), "the weights went on too"
    assert not [event["text"] for event in network.events("notice") if "momenta" in event["text"]]
    for client in clients:
        until(lambda client=client: client.status()["state"] == "finished" or None, "the client has left")
        assert client.status()["exitCode"] == 0
    assert server.status()["restarts"] == 2
    assert "hunter2" not in (network.journal.parent / "run.json").read_text() + network.journal.read_text()
    server.call("stop")
    assert server.status()["state"] == "stopped"
    assert server.run().wait(30) == 0, "stopped while it lingered, the run is finished all the same"


def _until_sequence(network: Network, after: int, last: int) -> list[Any]:
    found = []
    for event in watch(network, after=after):
        found.append(event)
        if event.sequence >= last:
            break
    return found


def test_clients_that_fail_are_named_and_the_round_goes_on(networks: Callable[..., Network], tmp_path: Path) -> None:
    network = networks("steady", "throws", "killed", "revoked")
    gate = tmp_path / "gate"
    server = network.server
    server.script(
        (server.app / "server.py")
        .read_text()
        .replace(
            "fl.server.strategy.FedAvg(min_fit_clients=2, min_evaluate_clients=2, min_available_clients=2)",
            "Mine(min_fit_clients=4, min_evaluate_clients=2, min_available_clients=4)",
        )
        .replace(
            "fl.server.start_server(",
            "class Mine(fl.server.strategy.FedAvg):\n"
            "    def configure_fit(self, server_round, parameters, client_manager):\n"
            "        chosen = super().configure_fit(server_round, parameters, client_manager)\n"
            "        self.min_fit_clients = self.min_available_clients = 2\n"
            "        return chosen\n\n"
            "fl.server.start_server(",
            1,
        )
    )
    waits = GATE.format(str(gate)).replace("while ", "while parameters[0][0] == 1.0 and ")
    throws = "if parameters[0][0] == 0.0: raise ValueError('no data here')"
    for name, fit in (("steady", waits), ("throws", throws), ("killed", waits), ("revoked", waits)):
        network.hosts[name].script(CLIENT.replace("FIT", fit).replace("EVALUATE", "pass"))
    serving = server.run()
    network.serving()
    killed = network.hosts["killed"].run()
    network.hosts["revoked"].supervise()
    others = [network.hosts[name].run() for name in ("steady", "throws")]

    first = network.wait("round-finished", 90, round=1)
    assert first["failures"] == [{"client": "throws", "phase": "fit", "reason": "raised ValueError: no data here"}]
    assert first["fit"] == {"ok": 3, "failed": 1}
    assert "no data here" in network.hosts["throws"].log(), "with its trace, in the client's own log"

    for name in ("killed", "revoked"):
        network.wait("client-changed", client=name, round=2, state="training")
    # Its next fit goes well: nothing is told of the one before any more.
    until(lambda: network.hosts["throws"].state().get("trace") is None or None, "the trace is gone")
    os.killpg(killed.pid, signal.SIGKILL)
    network.wait("client-changed", client="killed", state="lost")
    network.authority.revoke(network.leaves["revoked"])
    network.write_crl()
    since = time.monotonic()
    network.wait("client-changed", client="revoked", state="lost")
    assert time.monotonic() - since < 6, "cut off within about two seconds"
    gate.touch()
    network.wait("run-finished", 60)

    second = network.events("round-finished", round=2)[0]
    reasons = {failure["client"]: failure["reason"] for failure in second["failures"]}
    assert reasons["killed"] == "the connection was lost"
    assert "cut off" in reasons["revoked"] and "is revoked" in reasons["revoked"]
    assert second["fit"] == {"ok": 2, "failed": 2}
    assert network.events("round-finished", round=3)[0]["fit"] == {"ok": 2, "failed": 0}
    refused = network.hosts["revoked"]
    until(lambda: refused.status()["state"] == "refused" or None, "the refused client has ended")
    assert refused.status()["exitCode"] == 77 and "is revoked" in refused.status()["detail"]
    assert [process.wait(20) for process in others] == [0, 0]
    assert serving.wait(20) == 0


@pytest.mark.parametrize(
    ("raised", "said"), [("ValueError('no data here')", "ValueError: no data here"), ("SystemExit(3)", "SystemExit: 3")]
)
def test_a_run_in_which_nobody_could_train_has_failed(network: Network, raised: str, said: str) -> None:
    for client in network.hosts.values():
        client.script(CLIENT.replace("FIT", f"raise {raised}").replace("EVALUATE", "pass"))
    server = network.server
    server.flower["rounds"] = 2
    serving = server.run()
    network.serving()
    clients = [client.run() for client in network.hosts.values()]
    ended = network.wait("run-finished", 60)
    assert ended["outcome"] == "failed"
    why = "none of its 2 rounds brought new weights: client"
    assert ended["detail"].startswith(why) and ended["detail"].endswith(f"raised {said}")
    trace = network.hosts["client1"].state()["trace"]
    assert trace[0].startswith('  File "client.py", line ') and trace[-1] == said, "somebody's own code, as they know it"
    assert serving.wait(30) == 79, "it is not started again"
    assert [event["phase"] for event in network.events("phase-changed")][-2:] == ["lingering", "ended"]
    assert [process.wait(20) for process in clients] == [0, 0], "they have left in order"
    assert server.state()["phase"] == "failed" and server.state()["detail"] == ended["detail"]

    before = network.journal.read_bytes()
    for more in ((), ("--resume",)):  # after a reboot, and by hand: all rounds are done
        assert server.call("run", *more, code=79) == ""
        assert server.state()["detail"] == ended["detail"]
    assert network.journal.read_bytes() == before


FAILING = {
    "raises": ("raise RuntimeError('boom')", 79, "server.py failed: RuntimeError: boom"),
    "exits": ("raise SystemExit(3)", 79, "server.py ended with 3"),
    "does nothing": ("pass", 79, "without starting a server"),
    "insecure": (
        "import grpc\nfrom concurrent.futures import ThreadPoolExecutor as Pool\n"
        "grpc.server(Pool(1)).add_insecure_port('127.0.0.1:0')",
        78,
        "without TLS",
    ),
    "its own credentials": (
        "import grpc\nfrom concurrent.futures import ThreadPoolExecutor as Pool\n"
        "grpc.server(Pool(1)).add_secure_port('127.0.0.1:0', grpc.local_server_credentials())",
        78,
        "TLS credentials of its own",
    ),
    "starts no port": (
        "import grpc\nfrom concurrent.futures import ThreadPoolExecutor as Pool\ngrpc.server(Pool(1)).start()",
        78,
        "without mutual TLS",
    ),
}


@pytest.mark.parametrize("name", FAILING)
def test_a_server_script_that_fails(network: Network, name: str) -> None:
    script, code, sentence = FAILING[name]
    network.server.script(script)
    assert network.server.run().wait(40) == code
    assert sentence in network.server.log()
    assert sentence in network.server.state()["detail"] and network.server.state()["phase"] == "failed"
    if name == "raises":
        trace = network.server.state()["trace"]
        assert trace[-1] == "RuntimeError: boom" and "server.py" in trace[0] and "runpy" not in str(trace)
    if code == 79:
        event = network.wait("run-finished")
        assert event["outcome"] == "failed" and sentence in event["detail"]
        # It is not run again by a reboot, which says the same of it; by hand it is.
        assert network.server.run().wait(40) == code and len(network.events("run-finished")) == 1
        assert sentence in network.server.state()["detail"] and network.server.state()["phase"] == "failed"
        if name == "raises":
            assert network.server.state()["trace"] == trace
        network.server.call("run", "--resume", code=code)
        assert len(network.events("run-finished")) == 2


def test_a_server_without_policy_does_not_start(network: Network) -> None:
    (network.policy / "allow.json").unlink()
    assert network.server.run().wait(40) == 78
    assert "everybody is refused" in network.server.state()["detail"]


def test_a_server_with_a_wrong_key_does_not_start(network: Network) -> None:
    _, key = network.authority.server().write(network.folder / "other", "server")
    key.replace(network.server.certificates / "server.key")
    assert network.server.run().wait(40) == 78
    assert "the key is not the certificate's" in network.server.log()


def test_a_port_that_is_taken(network: Network) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", network.port))
        taken.listen()
        assert network.server.run().wait(40) == 70
    assert "already in use" in network.server.state()["detail"]


def test_without_certificates_in_the_script_it_is_mutual_tls_all_the_same(network: Network) -> None:
    network.server.script("import flwr as fl\nfl.server.start_server()")
    network.server.run()
    network.serving()
    assert network.server.state()["port"] == network.port, "where the script sets nothing, the default holds"
    assert network.hosts["client1"].whoami()["ok"] is True
    assert network.hosts["client1"].whoami("--no-certificate")["ok"] is False
    began = network.wait("run-started")
    assert (began["rounds"], began["minClients"], began["roundTimeout"]) == (3, 2, 60.0)
    waiting = network.wait("phase-changed", phase="waiting")
    assert waiting["waiting"] == {"have": 0, "need": 2, "missing": ["client1", "client2"]}
    assert network.server.status()["state"] == "none", "nobody supervises it"


def test_a_port_of_the_script_that_is_not_used_is_no_fault() -> None:
    from fl_wizard_runtime import training

    method = training.Training._address
    said: list[str] = []
    process = SimpleNamespace(notice=said.append, host="")
    wanted = SimpleNamespace(flower=SimpleNamespace(port=19192), defaults=SimpleNamespace(port=9092))
    address = method(SimpleNamespace(config=wanted, process=process), "0.0.0.0:9092")
    assert address == "0.0.0.0:19192"
    assert said == ["the server listens on 19192, by flower.port; its script's 0.0.0.0:9092 is not used"]
