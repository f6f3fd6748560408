"""A relay between stdin and stdout and a TCP port, for SSH servers that forbid forwarding. TLS ends behind it."""

from __future__ import annotations

import os
import selectors
import socket
import sys

from . import files
from .config import Config
from .faults import Exit, Fault

BLOCK = 1 << 16
PATIENCE = 10.0
"""Seconds for the connection to be made."""


def _target(config: Config, address: str | None) -> tuple[str, int]:
    if address is None:
        port = (files.read_json(config.state) or {}).get("monitorPort")
        if not isinstance(port, int):
            raise Fault(Exit.BUG, "the server does not serve a monitor")
        return "127.0.0.1", port
    host, _, port_text = address.rpartition(":")
    if not port_text.isdigit():
        raise Fault(Exit.UNPROTECTED, f"{address} is not HOST:PORT")
    return host.strip("[]"), int(port_text)


def main(config: Config, address: str | None) -> int:
    """Relays until either side ends.

    Args:
        config: The host's.
        address: HOST:PORT; None is the monitor of this host's server.

    Raises:
        Fault: Where the port can't be reached.
    """
    target = _target(config, address)
    try:
        peer = socket.create_connection(target, PATIENCE)
    except OSError as error:
        raise Fault(Exit.BUG, f"{target[0]}:{target[1]} can't be reached: {error}") from error
    peer.settimeout(None)
    peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    source, sink = sys.stdin.fileno(), sys.stdout.fileno()
    with peer, selectors.DefaultSelector() as waiting:
        waiting.register(source, selectors.EVENT_READ)
        waiting.register(peer, selectors.EVENT_READ)
        while True:
            for key, _ in waiting.select():
                if key.fileobj is peer:
                    block = peer.recv(BLOCK)
                    if not block:
                        return Exit.ENDED
                    while block:
                        block = block[os.write(sink, block) :]
                else:
                    block = os.read(source, BLOCK)
                    if block:
                        peer.sendall(block)
                    else:
                        waiting.unregister(source)
                        peer.shutdown(socket.SHUT_WR)
