"""Whom this host's own gRPC takes for the server: what a client would do where somebody else answers.

The wrong servers are on the operator's machine. Their bytes come over standard input and go to standard output, in
frames, so no private key of theirs travels, and no port is opened.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import tempfile
import threading
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc

from . import credentials, pair, text, whoami
from .config import Certificates
from .probe import CHUNK, SAID_LIMIT, Relay, dial

FRAME = struct.Struct(">cHI")
"""Kind, number of the connection (of a result: of the offer), length of what follows."""
OPENED, DATA, ENDED, RESULT = b"o", b"d", b"e", b"r"


@dataclass
class Frames:
    """Both directions of the stream to the operator's machine."""

    source: int = 0
    target: int = 1
    ends: dict[int, socket.socket] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _opened: int = 0

    def write(self, kind: bytes, number: int, payload: bytes = b"") -> None:
        """Sends one frame, whole."""
        frame = FRAME.pack(kind, number, len(payload)) + payload
        with self._lock:
            while frame:
                frame = frame[os.write(self.target, frame) :]

    def connect(self, offer: int) -> socket.socket:
        """A connection to one of the wrong servers."""
        near, far = socket.socketpair()
        with self._lock:
            self._opened += 1
            number = self._opened
            self.ends[number] = far
        self.write(OPENED, number, str(offer).encode())
        threading.Thread(target=self._send, args=(number, far), daemon=True).start()
        return near

    def _send(self, number: int, far: socket.socket) -> None:
        with suppress(OSError):
            while data := far.recv(CHUNK):
                self.write(DATA, number, data)
            self.write(ENDED, number)

    def read(self) -> None:
        """Hands on what comes, until nothing comes any more."""
        with suppress(OSError, EOFError):
            while True:
                kind, number, length = FRAME.unpack(self._exactly(FRAME.size))
                payload = self._exactly(length)
                end = self.ends.get(number)
                with suppress(OSError):  # the other side has gone meanwhile
                    if end is not None and kind == DATA:
                        end.sendall(payload)
                    elif end is not None and kind == ENDED:
                        end.shutdown(socket.SHUT_WR)

    def _exactly(self, size: int) -> bytes:
        # Not through sys.stdin: its lock would be held by this thread when the process ends.
        found = b""
        while len(found) < size:
            data = os.read(self.source, size - len(found))
            if not data:
                raise EOFError
            found += data
        return found


def offered(paths: Certificates, frames: Frames, offer: int, name: str, seconds: float) -> dict[str, Any]:
    """What this host's gRPC says to one of the wrong servers.

    Args:
        paths: This host's files.
        frames: To the operator's machine.
        offer: Which of them.
        name: What the server's certificate has to hold.
        seconds: For the whole call.

    Returns:
        {"code", "said"}, or {"code": "OK"} where it took it for the network's server and was answered.
    """
    read = pair.load(paths, valid=False)
    with tempfile.TemporaryDirectory(prefix="flw-") as folder:  # 0700
        path = str(Path(folder, "s"))
        relay = Relay("", 0, connect=lambda: frames.connect(offer))
        with closing(relay.listen(path)):
            made = credentials.new_channel_credentials(read.ca, read.key, read.certificate)
            options = [("grpc.ssl_target_name_override", name), ("grpc.enable_retries", 0)]
            with credentials.new_secure_channel(f"unix:{path}", made, options) as channel:
                try:
                    whoami.call(channel, seconds)
                except grpc.RpcError as error:
                    return {"code": error.code().name, "said": text.clean(error.details() or "", SAID_LIMIT)}
    return {"code": "OK", "said": ""}


def main(paths: Certificates, server: tuple[str, int], names: tuple[str, str], offers: int, seconds: float) -> int:
    """Tries all, one after the other, and tells each result.

    Args:
        paths: This host's files.
        server: Where the running server is, as this host dials it.
        names: What its certificate holds, and a name that it does not hold.
        offers: How many wrong servers the operator's machine has.
        seconds: For each.
    """
    frames = Frames()
    threading.Thread(target=frames.read, daemon=True).start()
    right, other = names
    for offer in range(offers):
        frames.write(RESULT, offer, json.dumps(offered(paths, frames, offer, right, seconds)).encode())
    # The running server itself: under a name that its certificate does not hold, and under its own.
    for at, name in enumerate((other, right)):
        frames.write(RESULT, offers + at, json.dumps(dial(paths, *server, name, seconds)).encode())
    return os.EX_OK
