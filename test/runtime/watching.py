"""A client of the monitor, for the tests: plain grpc with the runtime's message classes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import grpc
from cryptography.hazmat.primitives import serialization

from fl_wizard_runtime import messages
from network import Network
from pki import HOST, Leaf

PATIENCE = 60.0


def channel(network: Network, leaf: Leaf | None, port: int) -> Any:
    """A channel to a port of the server, with a leaf's certificate or without one."""
    shown = (None, None)
    if leaf is not None:
        pem = serialization.Encoding.PEM
        key = leaf.key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        shown = (key, leaf.certificate.public_bytes(pem))
    credentials = grpc.ssl_channel_credentials(network.authority.pem, *shown)
    return grpc.secure_channel(f"127.0.0.1:{port}", credentials, [("grpc.ssl_target_name_override", HOST)])


def _call(network: Network, leaf: Leaf | None, name: str, kind: str) -> Any:
    port = network.events("server-started")[-1]["monitorPort"]
    return getattr(channel(network, leaf, port), kind)(
        f"/{messages.MONITOR}.MonitorService/{name}",
        request_serializer=messages.message(f"{messages.MONITOR}.{name}Request").SerializeToString,
        response_deserializer=messages.message(f"{messages.MONITOR}.{name}Response").FromString,
    )


def watch(
    network: Network, leaf: Leaf | None = None, after: int = 0, run: str = "", together: bool = False
) -> Iterator[Any]:
    """The monitor's events."""
    call = _call(network, leaf or network.operator, "Watch", "unary_stream")
    request = messages.message(f"{messages.MONITOR}.WatchRequest")(after=after, run=run, together=together)
    for response in call(request, timeout=PATIENCE):
        yield from response.events if together else [response.event]


def watched_so_far(network: Network) -> list[Any]:
    """The events up to now."""
    last = snapshot(network).sequence
    found: list[Any] = []
    for event in watch(network):
        found.append(event)
        if event.sequence >= last:
            break
    return found


def snapshot(network: Network, leaf: Leaf | None = None) -> Any:
    """The monitor's snapshot."""
    call = _call(network, leaf or network.operator, "Snapshot", "unary_unary")
    return call(messages.message(f"{messages.MONITOR}.SnapshotRequest")(), timeout=PATIENCE)
