"""One try at the training port with this host's own pair, for the proof of mutual TLS where keys never leave hosts.

The same as the wizard does with the keys that it has, and by the same rules: only a real answer or a real refusal
counts. A refusal counts only if the server was there, that is if it answered PERMISSION_DENIED, or sent bytes and ended
the connection itself. gRPC doesn't tell that, so its bytes pass through a socket of ours, which sees it.
"""

from __future__ import annotations

import json
import os
import socket
import tempfile
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from cryptography import x509

from . import credentials, explain, pair, text, whoami
from .config import Certificates
from .identity import peer_of

NOBODY = "nobody: the server does not ask who it is"
"""Who somebody is to a server that does not ask."""
SAID_LIMIT = 600
"""Characters of gRPC's own words: they hold several layers of one failure."""
DIAL_PATIENCE = 10.0
"""Seconds for a TCP connection: a firewall that drops says nothing."""
CHUNK = 65_536
HEAD = 1024
"""So many of the server's first bytes are passed on: its choice of TLS version and cipher is in them."""
HANDSHAKE = b"\x16"
"""The first byte of one who has begun a TLS handshake."""
# What this side says when the server's certificate does not please it: then it was no refusal of the server.
OURS = ("CERTIFICATE_VERIFY_FAILED", "Hostname Verification Check failed", "WRONG_VERSION_NUMBER")


@dataclass
class Wire:
    """What happened below the call."""

    received: int = 0
    """Bytes that the server has sent."""
    head: bytes = b""
    """The first of them."""
    ended: bool = False
    """Whether the server ended a connection that this side still wanted."""
    failure: str | None = None
    """Why there was no connection."""


@dataclass
class Relay:
    """Carries the connections to a Unix socket on to a server, and sees what passes."""

    host: str
    port: int
    wire: Wire = field(default_factory=Wire)
    connect: Callable[[], socket.socket] | None = None
    """Makes a connection in another way than to host and port."""

    def listen(self, path: str) -> socket.socket:
        """Begins to carry.

        Args:
            path: Of the socket; others must not get at its folder.

        Returns:
            What is to be closed at the end.
        """
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.listen()
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return listener

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):  # closed, since the try is over
            while True:
                local, _ = listener.accept()
                threading.Thread(target=self._carry, args=(local,), daemon=True).start()

    def _carry(self, local: socket.socket) -> None:
        with closing(local):
            try:
                server = (
                    socket.create_connection((self.host, self.port), DIAL_PATIENCE)
                    if self.connect is None
                    else self.connect()
                )
            except OSError as error:
                self.wire.failure = _why(error, f"{self.host}:{self.port}")
                return
            with closing(server):
                server.settimeout(None)
                left = threading.Event()
                threading.Thread(target=_upstream, args=(local, server, left), daemon=True).start()
                self._downstream(server, local, left)
                # To close what another thread still reads from ends nothing.
                for end in (local, server):
                    with suppress(OSError):
                        end.shutdown(socket.SHUT_RDWR)

    def _downstream(self, server: socket.socket, local: socket.socket, left: threading.Event) -> None:
        while True:
            try:
                data = server.recv(CHUNK)
            except OSError:  # reset: the server went while bytes of ours were under way
                data = b""
            if not data:
                self.wire.ended = self.wire.ended or not left.is_set()
                return
            self.wire.received += len(data)
            self.wire.head = (self.wire.head + data)[:HEAD] if len(self.wire.head) < HEAD else self.wire.head
            try:
                local.sendall(data)
            except OSError:
                return


def _upstream(local: socket.socket, server: socket.socket, left: threading.Event) -> None:
    with suppress(OSError):
        while data := _received(local):
            server.sendall(data)
        left.set()
        server.shutdown(socket.SHUT_WR)


def _received(local: socket.socket) -> bytes:
    with suppress(OSError):
        return local.recv(CHUNK)
    return b""


def _why(error: OSError, address: str) -> str:
    if isinstance(error, socket.gaierror):
        return f"the name of {address} could not be resolved on this host"
    if isinstance(error, TimeoutError):
        return f"no answer from {address}: a firewall drops it"
    if isinstance(error, ConnectionRefusedError):
        return f"{address} refuses connections: nothing listens there"
    return f"{address}: {error.strerror or error}"


def dial(paths: Certificates, host: str, port: int, name: str, seconds: float) -> dict[str, Any]:
    """Asks a server with a real call, which joins nothing, who it sees.

    Args:
        paths: The pair that is shown, and the CA that has to have signed the server's certificate.
        host: Where the server is.
        port: Where it serves.
        name: What the server's certificate has to hold.
        seconds: After which nothing is proved.

    Returns:
        {"outcome": "accepted", "identity", "word"}, {"outcome": "refused", "by", "reason"} or {"outcome": "unclear",
        "reason"}; with each "shown", the fingerprint of the certificate, and "head", the server's first bytes in
        hexadecimal.

    Raises:
        Fault: With exit code 78, where the host's files can't be used.
    """
    # Dates and chain are the server's to judge: that is what is tried.
    read = pair.load(paths, valid=False)
    shown = peer_of(x509.load_pem_x509_certificate(read.certificate), "").fingerprint
    relay = Relay(host, port)
    with tempfile.TemporaryDirectory(prefix="flw-") as folder:  # 0700
        path = str(Path(folder, "s"))
        with closing(relay.listen(path)):
            made = credentials.new_channel_credentials(read.ca, read.key, read.certificate)
            options = [("grpc.ssl_target_name_override", name), ("grpc.enable_retries", 0)]
            with credentials.new_secure_channel(f"unix:{path}", made, options) as channel:
                came = _asked(channel, seconds, relay.wire, f"{host}:{port}")
    return {**came, "shown": shown, "head": relay.wire.head.hex()}


def _asked(channel: Any, seconds: float, wire: Wire, address: str) -> dict[str, Any]:
    try:
        answer = whoami.call(channel, seconds)
    except grpc.RpcError as error:
        return seen(error.code(), error.details() or "", wire, address)
    word = {"uri": answer.uri, "fingerprint": answer.fingerprint, "address": answer.address}
    return {"outcome": "accepted", "identity": answer.uri or answer.name or "unnamed", "word": word}


def seen(code: Any, detail: str, wire: Wire, address: str) -> dict[str, str]:
    """What a call that failed proves.

    Args:
        code: gRPC's.
        detail: gRPC's words, or the server's.
        wire: What happened below.
        address: That was dialed.

    Returns:
        As `dial`, of the outcome only.
    """
    if code in {grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.UNAUTHENTICATED}:
        return {"outcome": "refused", "by": "policy", "reason": text.clean(detail)}
    # TLS let us through to a server that has no WhoAmI: plain Flower, our protection is not there.
    if code == grpc.StatusCode.UNIMPLEMENTED:
        return {"outcome": "accepted", "identity": NOBODY}
    if wire.failure is not None:
        return {"outcome": "unclear", "reason": wire.failure}
    there = code == grpc.StatusCode.UNAVAILABLE and wire.ended and wire.head[:1] == HANDSHAKE
    if there and not any(words in detail for words in OURS):
        return {"outcome": "refused", "by": "handshake", "reason": "the server closed the connection in the handshake"}
    reason = f"{code.name}: {explain.cause(detail, address)}"
    return {"outcome": "unclear", "reason": reason, "said": text.clean(detail, SAID_LIMIT)}


def main(paths: Certificates, host: str, port: int, name: str, seconds: float) -> int:
    """Prints what was seen as one line of JSON."""
    print(json.dumps(dial(paths, host, port, name, seconds)), flush=True)  # noqa: T201
    return os.EX_OK
