"""A gRPC server that can't be started without mutual TLS."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import grpc

from . import credentials
from .config import Certificates
from .faults import unprotected


@dataclass(frozen=True)
class Hooks:
    """What the runtime adds to a server that Flower makes."""

    interceptors: Sequence[Any]
    """They stand before every method, in front of Flower's own."""
    handlers: Sequence[Any]
    """Generic handlers of further methods on the same port."""
    serving: Callable[[int], None]
    """Is called with the port once the server serves."""
    stop: Callable[[], bool]
    """Is asked when Flower stops the server; False holds it: the runtime stops it later."""


class GuardedServer(grpc.Server):  # type: ignore[misc]
    """Delegates to a gRPC server; only ports with the runtime's credentials can be added.

    Args:
        inner: The gRPC server.
        genuine: Tells the runtime's credentials from others.
        hooks: What the runtime adds.
    """

    def __init__(self, inner: Any, genuine: Callable[[object], bool], hooks: Hooks) -> None:
        self._inner, self._genuine, self._hooks = inner, genuine, hooks
        self._port = 0

    def __getattr__(self, name: str) -> Any:
        """Methods that newer versions of grpc add, such as add_registered_method_handlers."""
        return getattr(self._inner, name)

    def add_generic_rpc_handlers(self, generic_rpc_handlers: Any) -> None:
        """Adds Flower's methods."""
        self._inner.add_generic_rpc_handlers(generic_rpc_handlers)

    def add_registered_method_handlers(self, service_name: str, method_handlers: Any) -> None:
        """Adds Flower's methods by name (grpc 1.60 or newer)."""
        self._inner.add_registered_method_handlers(service_name, method_handlers)

    def add_insecure_port(self, address: str) -> int:
        """Never: it would let everybody in."""
        raise unprotected(f"the script asked for a port without TLS at {address}: this runtime opens none")

    def add_secure_port(self, address: str, server_credentials: Any) -> int:
        """Adds a port with the runtime's credentials; others may not ask for a client certificate."""
        if not self._genuine(server_credentials):
            raise unprotected("the script brought TLS credentials of its own, which may ask for no client certificate")
        self._port = int(self._inner.add_secure_port(address, server_credentials))
        return self._port

    def start(self) -> None:
        """Starts to serve, where a port requires a client certificate."""
        if not self._port:
            raise unprotected("the server was to start without mutual TLS")
        self._inner.add_generic_rpc_handlers(tuple(self._hooks.handlers))
        self._inner.start()
        self._hooks.serving(self._port)

    def stop(self, grace: float | None = None) -> Any:
        """Stops the server, or holds it where the runtime wants it to linger."""
        if self._hooks.stop():
            return self._inner.stop(grace)
        held = threading.Event()
        held.set()
        return held

    def end(self, grace: float | None) -> None:
        """Stops the server now and waits for it.

        Args:
            grace: Seconds for calls that are under way; None ends them at once.
        """
        self._inner.stop(grace).wait()

    def wait_for_termination(self, timeout: float | None = None) -> bool:
        """Waits until the server has stopped."""
        return bool(self._inner.wait_for_termination(timeout))


def protect(
    paths: Certificates, keepalive: float, notice: Callable[[str], None], hooks: Hooks, made: list[GuardedServer]
) -> None:
    """Makes every server of this process require and verify a client certificate.

    Args:
        paths: The host's certificate files.
        keepalive: Seconds between pings on an idle connection.
        notice: Is told when new certificate files can't be used.
        hooks: What is added to each server.
        made: Gets each server.
    """
    ours: list[Any] = []

    def server_credentials(*_: object, **__: object) -> Any:
        ours.append(credentials.reloading(paths, notice))
        return ours[-1]

    def genuine(given: object) -> bool:
        return any(given is one for one in ours)

    def server(*args: Any, **named: Any) -> Any:
        named["options"] = credentials.merged(named.get("options"), credentials.server_options(keepalive))
        named["interceptors"] = [*hooks.interceptors, *(named.get("interceptors") or ())]
        guarded = GuardedServer(credentials.new_server(*args, **named), genuine, hooks)
        made.append(guarded)
        return guarded

    grpc.ssl_server_credentials = server_credentials
    grpc.dynamic_ssl_server_credentials = server_credentials
    grpc.server = server
