"""A try at the port with a host's own pair: what is accepted, what is refused, and what proves nothing."""

from __future__ import annotations

import datetime as dt
import json
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import pytest

from network import Network, environment, free_port
from pki import HOST, Authority, Leaf

YESTERDAY = dt.datetime.now(dt.timezone.utc).replace(microsecond=0) - dt.timedelta(days=1)


def pair(folder: Path, leaf: Leaf, authority: Authority) -> Path:
    leaf.write(folder, "me")
    (folder / "ca.crt").write_bytes(authority.pem)
    return folder


def probe(folder: Path, port: int, *, name: str = HOST, host: str = "127.0.0.1", code: int = 0) -> dict[str, Any]:
    words = [sys.executable, "-m", "fl_wizard_runtime", "probe", "--certificates", str(folder), "--name", "me"]
    words += ["--host", host, "--port", str(port), "--target-name", name, "--seconds", "20"]
    done = subprocess.run(words, capture_output=True, text=True, env=environment(), timeout=60, check=False)
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    assert "PRIVATE KEY" not in done.stdout + done.stderr
    if code:
        assert done.stdout == ""
        return {"stderr": done.stderr}
    (line,) = done.stdout.splitlines()
    return dict(json.loads(line))


@pytest.mark.parametrize("name", [HOST, "127.0.0.1"])
def test_the_right_pair_is_let_in_as_who_it_is(serving: Network, tmp_path: Path, name: str) -> None:
    leaf = serving.leaves["client1"]
    seen = probe(pair(tmp_path, leaf, serving.authority), serving.port, name=name)
    uri = f"spiffe://{HOST}/fl/client/FLclient1"
    address = seen["word"].pop("address")
    assert seen.pop("head").startswith("160303"), "a TLS record with the server's choice in it"
    word = {"uri": uri, "fingerprint": leaf.fingerprint}
    assert seen == {"outcome": "accepted", "identity": uri, "shown": leaf.fingerprint, "word": word}
    assert address.startswith("127.0.0.1:")
    assert serving.events("client-changed", client="client1") == [], "it joins nothing"


@pytest.mark.parametrize("who", ["foreign", "server", "expired"])
def test_tls_refuses(serving: Network, tmp_path: Path, who: str) -> None:
    leaf = {
        "foreign": Authority().client("FLclient1"),
        "server": serving.authority.server(),
        "expired": serving.authority.client("FLclient1", until=YESTERDAY),
    }[who]
    seen = probe(pair(tmp_path, leaf, serving.authority), serving.port)
    assert (seen["outcome"], seen.get("by")) == ("refused", "handshake"), seen


def test_the_policy_refuses_with_its_reason(serving: Network, tmp_path: Path) -> None:
    seen = probe(pair(tmp_path, serving.authority.client("FLnobody"), serving.authority), serving.port)
    assert (seen["outcome"], seen["by"]) == ("refused", "policy")
    assert "is not on the list of clients" in seen["reason"]


def test_to_refuse_the_server_proves_nothing(serving: Network, tmp_path: Path) -> None:
    leaf = serving.leaves["client1"]
    seen = probe(pair(tmp_path / "foreign", leaf, Authority()), serving.port)
    assert seen["outcome"] == "unclear" and "not signed by this network's CA" in seen["reason"]
    seen = probe(pair(tmp_path / "named", leaf, serving.authority), serving.port, name="other.example.test")
    assert seen["outcome"] == "unclear" and "does not hold the name" in seen["reason"]


def listening(serve: Callable[[socket.socket], object]) -> int:
    """A port that does so with each connection."""
    listener = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        while True:
            connection, _ = listener.accept()
            with connection:
                serve(connection)

    threading.Thread(target=run, daemon=True).start()
    return int(listener.getsockname()[1])


def test_what_is_no_server_proves_nothing(serving: Network, tmp_path: Path) -> None:
    folder = pair(tmp_path, serving.leaves["client1"], serving.authority)
    closed = probe(folder, free_port())
    assert closed["outcome"] == "unclear" and "nothing listens there" in closed["reason"]
    unknown = probe(folder, 1, host="nowhere.invalid")
    assert unknown["outcome"] == "unclear" and "could not be resolved" in unknown["reason"]
    silent = probe(folder, listening(lambda connection: connection.recv(10)))
    assert silent["outcome"] == "unclear", silent
    web = probe(folder, listening(lambda connection: connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")))
    assert web["outcome"] == "unclear", web


def test_a_foreign_server_that_hangs_up_proves_nothing(serving: Network, tmp_path: Path) -> None:
    authority = Authority()
    certificate, key = authority.server().write(tmp_path / "server", "server")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.set_alpn_protocols(["h2"])

    def serve(connection: socket.socket) -> None:
        try:
            context.wrap_socket(connection, server_side=True).recv(10)
        except OSError:
            connection.close()

    seen = probe(pair(tmp_path, serving.leaves["client1"], serving.authority), listening(serve))
    assert seen["outcome"] == "unclear", seen


def test_plain_flower_asks_nobody_who_it_is(serving: Network, tmp_path: Path) -> None:
    certificate, key = serving.authority.server().write(tmp_path / "server", "server")
    server = grpc.server(ThreadPoolExecutor(1))
    made = grpc.ssl_server_credentials([(key.read_bytes(), certificate.read_bytes())])
    port = server.add_secure_port("127.0.0.1:0", made)
    server.start()
    try:
        seen = probe(pair(tmp_path, serving.leaves["client1"], serving.authority), port)
    finally:
        server.stop(None)
    assert (seen["outcome"], seen["identity"]) == ("accepted", "nobody: the server does not ask who it is")


def test_a_pair_that_is_none_is_said_so(serving: Network, tmp_path: Path) -> None:
    folder = pair(tmp_path, serving.leaves["client1"], serving.authority)
    (folder / "me.key").unlink()
    assert "me.key can't be read" in probe(folder, serving.port, code=78)["stderr"]
    serving.authority.client("another").write(folder / "other", "me")
    (folder / "me.key").write_bytes((folder / "other" / "me.key").read_bytes())
    assert "the key is not the certificate's" in probe(folder, serving.port, code=78)["stderr"]
