"""What goes wrong while real Flower trains over mutual TLS: the run ends with every round, and each fault is named."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import garbage
from fl_wizard_runtime import whoami
from fl_wizard_runtime.credentials import PING_PATIENCE
from network import CLIENT, Host, Network, until
from test_gate import JOIN, ask, served
from watching import watch
from ways import Detour

ROUND = "while not os.path.exists({gates!r} + str(int(parameters[0][0]))): time.sleep(0.05)"
"""The weights tell how many rounds are done: each training waits for the test to open the next one's gate."""


class Gates:
    """Files that the clients' trainings wait for."""

    def __init__(self, folder: Path) -> None:
        self.path = str(folder / "gate")

    def open(self, *numbers: int) -> None:
        for number in numbers:
            Path(f"{self.path}{number - 1}").touch()

    def guard(self, host: Host) -> None:
        host.script(CLIENT.replace("FIT", ROUND.format(gates=self.path)).replace("EVALUATE", "pass"))


@pytest.fixture
def gates(tmp_path: Path) -> Gates:
    return Gates(tmp_path)


def finished(network: Network) -> list[tuple[int, dict[str, int], dict[str, int]]]:
    return [(each["round"], each["fit"], each["evaluate"]) for each in network.events("round-finished")]


def whole(count: int, clients: int = 2) -> list[tuple[int, dict[str, int], dict[str, int]]]:
    """So many rounds in which every client did its work."""
    done = {"ok": clients, "failed": 0}
    return [(number, done, done) for number in range(1, count + 1)]


def state_of(host: Host, wanted: str) -> dict[str, Any]:
    return until(lambda: host.status() if host.status()["state"] == wanted else None, f"{host.name} is {wanted}")


def test_a_client_that_hangs_is_named_and_comes_back(network: Network, gates: Gates) -> None:
    server, steady, hangs = network.server, network.hosts["client1"], network.hosts["client2"]
    server.flower.update(rounds=3, roundTimeout=6)
    gates.guard(hangs)
    stranger = network.stranger(network.authority.client("FLstranger"))
    server.run()
    network.serving()
    for host in (steady, hangs, stranger):
        host.supervise()
    lost = network.wait("client-changed", client="client2", state="lost")
    assert (lost["detail"], lost["round"]) == ("no answer within 6 s", 1)
    until(
        lambda: [each["waiting"]["missing"] for each in network.events("phase-changed", phase="waiting", round=1)],
        "it is said for whom the round waits: Flower's strategies evaluate with as many as train",
    )
    pid = hangs.status()["pid"]
    told = until(lambda: server.state().get("lost"), "the server's state names it")
    assert told == {"client2": {"detail": "no answer within 6 s", "since": lost["time"]}}
    gates.open(1, 2, 3)
    until(lambda: server.state().get("lost") == {}, "and not any more once it is back")
    network.wait("run-finished")
    first = network.events("round-finished", round=1)[0]
    assert first["failures"] == [{"client": "client2", "phase": "fit", "reason": "no answer within 6 s"}]
    assert first["fit"] == {"ok": 1, "failed": 1}, "the other one's training counts"
    assert finished(network)[1:] == whole(3)[1:]
    assert state_of(hangs, "finished")["restarts"] == 0 and pid is not None, "the same process went on"
    refused = state_of(stranger, "refused")
    assert (refused["exitCode"], refused["restarts"]) == (77, 0), "who is not on the list has ended for good"
    assert "is not on the list of clients" in refused["detail"]


def test_a_machine_that_hangs_in_mid_fit_is_told_at_once_and_comes_back(network: Network, gates: Gates) -> None:
    server, clients = network.server, network.hosts
    server.flower.update(rounds=2, keepalive=1, roundTimeout=300)
    for host in clients.values():
        gates.guard(host)
    server.run()
    network.serving()
    running = {name: host.run() for name, host in clients.items()}
    watching = watch(network)
    for event in watching:
        if event.client_changed.client == "client2" and event.client_changed.state == "training":
            break
    os.killpg(running["client2"].pid, signal.SIGSTOP)  # nothing of it answers, and nothing closes its connection
    since = time.monotonic()
    lost = next(event.client_changed for event in watching if event.client_changed.state == "lost")
    assert (lost.client, lost.detail, lost.round) == ("client2", "the connection was lost", 1)
    assert time.monotonic() - since < 1 + PING_PATIENCE + 15, "keepalive, the wait for its answer, and a slow machine"
    assert not network.events("round-finished"), "it is told while the other one still trains"
    assert network.events("phase-changed")[-1]["phase"] == "fit"
    os.killpg(running["client2"].pid, signal.SIGCONT)
    gates.open(1)
    came = next(event.client_changed for event in watching if event.client_changed.client == "client2")
    assert came.state == "connected", "by itself, once its training has ended for nobody"
    watching.close()
    gates.open(2)
    network.wait("run-finished")
    assert [number for number, _, _ in finished(network)] == [1, 2]
    assert finished(network)[1:] == whole(2)[1:]


def test_certificates_are_renewed_in_mid_run(network: Network, gates: Gates) -> None:
    server, clients = network.server, list(network.hosts.values())
    for client in clients:
        gates.guard(client)
    serving = server.run()
    network.serving()
    running = [client.run() for client in clients]
    gates.open(1)
    network.wait("client-changed", client="client1", round=2, state="training")

    before = served(network)
    renewed = network.authority.server()
    renewed.write(server.certificates, "server")
    assert served(network) == renewed.certificate.serial_number != before
    leaf = network.authority.client("FLclient1")
    both = [network.leaves["client1"].fingerprint, leaf.fingerprint]
    network.allow(client1=both)
    leaf.write(clients[0].certificates, "client1")
    gates.open(2)
    network.wait("client-changed", client="client1", round=3, state="training")
    assert not network.events("client-changed", state="lost"), "who is connected stays connected"

    network.allow(client1=[leaf.fingerprint])  # the old one does not count any more
    network.wait("client-changed", client="client1", round=3, state="lost")
    gates.open(3)
    network.wait("connection-accepted", client="client1", fingerprint=leaf.fingerprint)
    network.wait("run-finished")
    done = finished(network)
    assert done[:2] == whole(2)
    assert done[2][1] == {"ok": 1, "failed": 1} and done[2][2] == {"ok": 2, "failed": 0}
    (failure,) = network.events("round-finished", round=3)[0]["failures"]
    assert failure["client"] == "client1" and "its fingerprint differs" in failure["reason"]
    assert [process.wait(20) for process in [*running, serving]] == [0, 0, 0], "each is the process that it was"


def test_garbage_at_the_port_of_a_training(networks: Callable[..., Network], gates: Gates, tmp_path: Path) -> None:
    network = networks("client1", "client2", "insider")
    clients = [network.hosts["client1"], network.hosts["client2"]]
    for client in clients:
        gates.guard(client)
    serving = network.server.run()
    network.serving()
    running = [client.run() for client in clients]
    gates.open(1)
    network.wait("client-changed", client="client1", round=2, state="training")
    insider, listed = network.leaves["insider"], network.leaves["client1"]
    silent = garbage.silent(network, 200)
    methods = (f"/{whoami.SERVICE}/WhoAmI", JOIN)
    for name, throw in garbage.all_of_it(network, insider, network.operator, tmp_path / "tls", methods).items():
        throw()
        assert ask(network, listed).name == "client1", name
    gates.open(2, 3)
    network.wait("run-finished")
    assert finished(network) == whole(3)
    assert [process.wait(20) for process in [*running, serving]] == [0, 0, 0]
    for connection in silent:
        connection.close()


@pytest.fixture
def detour(network: Network) -> Iterator[Detour]:
    made = Detour(network.port, "127.0.0.2")
    yield made
    made.close()


def test_one_certificate_at_two_addresses_is_named(network: Network, gates: Gates, detour: Detour) -> None:
    first, other = network.hosts["client1"], network.hosts["client2"]
    second = network.client("copy", network.leaves["client1"])
    network.strangers.append(second)
    second.flower["dial"] = detour.address
    for host in (first, second, other):
        gates.guard(host)
    serving = network.server.run()
    network.serving()
    here = first.run()
    network.wait("client-changed", client="client1", state="connected")
    there = second.run()
    said = network.wait("notice")["text"]
    assert said.startswith("client1 connects from 127.0.0.1:") and " and 127.0.0.2:" in said
    until(
        lambda: "is already connected, from 127.0.0.2" in first.log() or None, "the first is told why it is not let in"
    )
    entered = network.events("client-changed", client="client1", state="connected")
    assert [each["address"].split(":")[0] for each in entered] == ["127.0.0.1", "127.0.0.2"], "they don't take turns"
    running = other.run()
    gates.open(1)
    network.wait("client-changed", client="client1", round=2, state="training")
    os.killpg(there.pid, signal.SIGKILL)
    since = time.monotonic()
    network.wait("client-changed", client="client1", state="lost", round=2)
    gates.open(2, 3)
    network.wait("run-finished", 60)
    assert time.monotonic() - since < 50, "the first is back within its longest pause"
    assert [number for number, _, _ in finished(network)] == [1, 2, 3]
    assert finished(network)[2] == whole(3)[2], "by itself, once the other one has gone"
    assert [process.wait(20) for process in (here, running, serving)] == [0, 0, 0]
