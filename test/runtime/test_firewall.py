"""A firewall that forgets idle flows, and a training that is longer than its patience.

The real figures are 60 s of keepalive (our default), a firewall of 90 s, and a training of five minutes. Here all are
a thirtieth, but for the firewall, which has a second more than its 3 s: that a machine is busy may not decide.
FL_REAL_TIME=1 takes the real ones, for eight minutes.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from network import CLIENT, Network
from ways import Detour

pytestmark = pytest.mark.any_flower


@dataclass(frozen=True)
class Times:
    """Seconds."""

    keepalive: float
    firewall: float
    fit: float
    patience: float


TIMES = Times(60, 90, 300, 400) if os.environ.get("FL_REAL_TIME") else Times(2, 4, 10, 60)
NEVER = 100_000
Make = Callable[[float, int], tuple[Network, list[Detour]]]


@pytest.fixture
def trained(networks: Callable[..., Network]) -> Iterator[Make]:
    """Makes a training of one long round by two clients, each behind a firewall of its own."""
    ways: list[Detour] = []

    def make(keepalive: float, timeout: int) -> tuple[Network, list[Detour]]:
        network = networks("client1", "client2")
        own = [Detour(network.port, idle=TIMES.firewall) for _ in network.hosts]
        ways.extend(own)
        network.server.flower.update(rounds=1, keepalive=keepalive, roundTimeout=timeout)
        network.server.run()
        network.serving()
        for client, way in zip(network.hosts.values(), own, strict=True):
            client.script(CLIENT.replace("FIT", f"time.sleep({TIMES.fit})").replace("EVALUATE", "pass"))
            client.flower.update(dial=way.address, keepalive=keepalive)
            client.run()
        return network, own

    yield make
    for way in ways:
        way.close()


def test_no_training_is_lost_to_a_firewall(trained: Make) -> None:
    kept, ways = trained(TIMES.keepalive, NEVER)
    # The same without keepalive, at the same time: it shows that this firewall loses trainings.
    lost, forgetful = trained(NEVER, int(TIMES.fit * 1.5))
    kept.wait("run-finished", TIMES.patience)
    (ended,) = kept.events("round-finished")
    assert (ended["fit"], ended["evaluate"]) == ({"ok": 2, "failed": 0}, {"ok": 2, "failed": 0})
    assert kept.events("client-changed", state="lost") == []
    assert [way.forgotten for way in ways] == [0, 0]

    reason = f"no answer within {int(TIMES.fit * 1.5)} s"
    for client in lost.clients:
        lost.wait("client-changed", TIMES.patience, client=client, state="lost", detail=reason)
    assert all(way.forgotten > 0 for way in forgetful)
