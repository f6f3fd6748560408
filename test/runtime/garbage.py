"""What should not come to a training port, and does: bytes that are no TLS, frames that are no HTTP/2, and too much."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
import struct
from collections.abc import Callable
from pathlib import Path

from network import Network
from pki import HOST, Leaf

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 6, 8, 9
END_STREAM, END_HEADERS = 1, 4
CANCEL = struct.pack(">I", 8)
RESETS = 2000
"""Streams that are opened and cancelled on one connection."""
CONNECTIONS = 300
"""TCP connections that are reset as soon as they are there."""
PATIENCE = 20.0
HTTP = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def headers(path: str, **more: str) -> bytes:
    """A header block in HPACK's plainest form: no table, no Huffman."""
    fields = {":method": "POST", ":scheme": "https", ":path": path, ":authority": HOST}
    fields |= {"content-type": "application/grpc", "te": "trailers", **more}

    def text(value: str) -> bytes:
        if len(value) < 127:
            return bytes([len(value)]) + value.encode()
        rest, number = len(value) - 127, bytearray([127])
        while rest >= 128:
            number.append(rest % 128 + 128)
            rest //= 128
        return bytes([*number, rest]) + value.encode()

    return b"".join(b"\0" + text(name) + text(value) for name, value in fields.items())


def plain(network: Network) -> socket.socket:
    return socket.create_connection(("127.0.0.1", network.port), PATIENCE)


def secure(network: Network, leaf: Leaf, folder: Path) -> ssl.SSLSocket:
    """A TLS connection with a leaf's certificate, on which anything may be said."""
    certificate, key = leaf.write(folder, "garbage")
    context = ssl.create_default_context(cadata=network.authority.pem.decode())
    context.load_cert_chain(certificate, key)
    context.set_alpn_protocols(["h2"])
    return context.wrap_socket(plain(network), server_hostname=HOST)


def say(connection: socket.socket, *said: bytes) -> None:
    """Sends it and reads what is answered until the server ends the connection, or says nothing for a moment."""
    connection.settimeout(0.3)
    with connection, contextlib.suppress(OSError):
        for each in said:
            connection.sendall(each)
        while connection.recv(65_536):
            pass


def without_tls(network: Network) -> None:
    for said in (HTTP, os.urandom(20_000), BEGIN, b"\x16\x03\x01\xff\xff" + b"A" * 70_000):
        say(plain(network), said)


def reset_connections(network: Network) -> None:
    for _ in range(CONNECTIONS):
        connection = plain(network)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()  # a reset, not an end


def silent(network: Network, count: int) -> list[socket.socket]:
    return [plain(network) for _ in range(count)]


BEGIN = PREFACE + frame(SETTINGS, 0, 0)

BROKEN = {
    "HTTP/1.1": HTTP,
    "random bytes": os.urandom(20_000),
    "a frame that is longer than allowed": BEGIN + b"\xff\xff\xff\0\0\0\0\0\1" + b"A" * 50_000,
    "data for no stream": BEGIN + frame(DATA, 0, 0, b"A" * 100),
    "settings of half a length": PREFACE + frame(SETTINGS, 0, 0, b"AAA"),
    "a ping of half a length": BEGIN + frame(PING, 0, 0, b"AAA"),
    "a window of nothing": BEGIN + frame(WINDOW_UPDATE, 0, 0, bytes(4)),
    "headers that go on without a beginning": BEGIN + frame(CONTINUATION, 0, 1, b"A" * 100),
    "headers that are none": BEGIN + frame(HEADERS, END_HEADERS, 1, b"\xff" * 100),
    "a frame that is cut": BEGIN + frame(HEADERS, END_HEADERS, 1, b"A" * 1000)[:100],
}


def broken_frames(network: Network, leaf: Leaf, folder: Path) -> None:
    for said in BROKEN.values():
        say(secure(network, leaf, folder), said)


def reset_streams(network: Network, leaf: Leaf, folder: Path, path: str) -> None:
    """CVE-2023-44487: each stream makes work, and its end lets the next one come at once."""
    block = headers(path)
    pairs = [
        frame(HEADERS, END_HEADERS, stream, block) + frame(RST_STREAM, 0, stream, CANCEL)
        for stream in range(1, 2 * RESETS, 2)
    ]
    say(secure(network, leaf, folder), BEGIN, b"".join(pairs))


def oversized(network: Network, leaf: Leaf, folder: Path, path: str) -> None:
    """A message that claims 4 GB, one of 20 MB that is none, and headers of half a megabyte."""
    asked = frame(HEADERS, END_HEADERS, 1, headers(path))
    wide = frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", 2**30))
    say(secure(network, leaf, folder), BEGIN, asked, frame(DATA, 0, 1, b"\0\xff\xff\xff\xff" + b"A" * 16_000))
    length = 20_000_000
    pieces = b"".join(frame(DATA, 0, 1, b"\xff" * 16_000) for _ in range(length // 16_000))
    say(secure(network, leaf, folder), BEGIN, wide, asked, frame(DATA, 0, 1, b"\0" + struct.pack(">I", length)), pieces)
    block = headers(path, wide="A" * 500_000)
    rest = [block[at : at + 16_000] for at in range(16_000, len(block), 16_000)]
    more = [frame(CONTINUATION, END_HEADERS if each is rest[-1] else 0, 1, each) for each in rest]
    say(secure(network, leaf, folder), BEGIN, frame(HEADERS, 0, 1, block[:16_000]), *more)


Throw = Callable[[], None]


def all_of_it(
    network: Network, insider: Leaf, outsider: Leaf, folder: Path, methods: tuple[str, str]
) -> dict[str, Throw]:
    """Everything, by name.

    Args:
        network: Whose port it is thrown at.
        insider: A certificate that the policy lets in.
        outsider: One that TLS lets in and the policy does not.
        folder: For files of the certificates.
        methods: The paths of a method that answers at once, and of the training's.
    """
    single, lasting = methods
    return {
        "what is no TLS": lambda: without_tls(network),
        "connections that are reset": lambda: reset_connections(network),
        "frames that are broken": lambda: broken_frames(network, insider, folder),
        "streams that are reset": lambda: reset_streams(network, insider, folder, single),
        "trainings that are reset, of somebody who may not": lambda: reset_streams(network, outsider, folder, lasting),
        "messages that are too large": lambda: oversized(network, insider, folder, single),
    }
