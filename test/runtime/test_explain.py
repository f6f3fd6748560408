"""What gRPC says of real peers that are not as they should be, and what is made of it."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import struct
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import grpc
import pytest

import pki
from fl_wizard_runtime import explain
from network import free_port
from pki import DAY, HOST, Authority, Leaf

OURS = Authority()
Serve = Callable[[socket.socket], object]


@contextmanager
def listening(serve: Serve) -> Iterator[int]:
    """A port that does so with each connection."""

    def run() -> None:
        with suppress(OSError):  # closed, since the test is over
            while True:
                connection, _ = listener.accept()
                with connection, suppress(OSError):
                    serve(connection)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=run, daemon=True).start()
        yield int(listener.getsockname()[1])
        listener.shutdown(socket.SHUT_RDWR)


def tls(
    leaf: Leaf, folder: Path, *, asks: bool = False, http2: bool = True, newest: ssl.TLSVersion | None = None
) -> Serve:
    """One who speaks TLS, and hangs up on whoever is through."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*leaf.write(folder, "peer"))
    if http2:
        context.set_alpn_protocols(["h2"])
    if newest is not None:
        context.maximum_version = newest
    if asks:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=OURS.pem.decode())

    def serve(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secure:
            secure.recv(100)

    return serve


def said(port: int, *, leaf: Leaf | None = None, folder: Path | None = None, host: str = "127.0.0.1") -> str:
    """What gRPC says of a call to a port."""
    pair = [path.read_bytes() for path in reversed(leaf.write(folder, "me"))] if leaf and folder else [None, None]
    options = [("grpc.ssl_target_name_override", HOST), ("grpc.enable_retries", 0)]
    credentials = grpc.ssl_channel_credentials(OURS.pem, *pair)
    with grpc.secure_channel(f"{host}:{port}", credentials, options) as channel, pytest.raises(grpc.RpcError) as error:
        channel.unary_unary("/a/b")(b"", timeout=20)
    return str(error.value.details())


def made(kind: str, monkeypatch: pytest.MonkeyPatch) -> Leaf:
    now = pki._now()
    if kind == "foreign":
        return Authority().server()
    if kind == "name":
        return OURS.server(("other.example.test",))
    if kind == "client":
        return OURS.client("FLclient1")
    # The same clock, at another time: its certificates begin two days before, and end two years after.
    moment = {"expired": now - 731 * DAY, "early": now + 3 * DAY}[kind]
    monkeypatch.setattr(pki, "_now", lambda: moment)
    return OURS.server()


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("foreign", "is not signed by this network's CA"),
        ("name", "does not hold the name of h:1"),
        ("client", "shows is no server's certificate, but a client's"),
        ("expired", "the server's certificate has expired"),
        ("early", "not valid yet, so a clock is wrong"),
    ],
)
def test_a_server_that_is_not_ours(kind: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with listening(tls(made(kind, monkeypatch), tmp_path)) as port:
        detail = said(port)
    assert words in explain.cause(detail, "h:1"), detail


def test_a_server_that_signed_its_certificate_itself(tmp_path: Path) -> None:
    words = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={HOST}"]
    files = [tmp_path / "peer.crt", tmp_path / "peer.key"]
    command = ["openssl", *words, "-out", str(files[0]), "-keyout", str(files[1])]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    with listening(lambda connection: context.wrap_socket(connection, server_side=True)) as port:
        detail = said(port)
    assert "a certificate that it signed itself" in explain.cause(detail, "h:1"), detail


def test_a_ca_that_serves_with_its_own_certificate(tmp_path: Path) -> None:
    authority = Authority(HOST)
    with listening(tls(Leaf(authority.certificate, authority.key), tmp_path)) as port:
        detail = said(port)
    assert "may not be used by a server" in explain.cause(detail, "h:1"), detail


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("who", ["none", "expired", "foreign", "server"])
def test_a_server_that_refuses_this_client(who: str, newest: ssl.TLSVersion, tmp_path: Path) -> None:
    leaf = {
        "none": None,
        "expired": OURS.client("FLclient1", until=dt.datetime.now(dt.timezone.utc) - DAY),
        "foreign": Authority().client("FLclient1"),
        "server": OURS.server(),
    }[who]
    with listening(tls(OURS.server(), tmp_path, asks=True, newest=newest)) as port:
        detail = said(port, leaf=leaf, folder=tmp_path / "me")
    words = {
        "SSLV3_ALERT_CERTIFICATE_EXPIRED": "finds this client's certificate expired",
        "TLSV1_ALERT_UNKNOWN_CA": "does not know the CA that signed",
        "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE": "does not take this certificate for a client's",
    }
    expected = next((sentence for alert, sentence in words.items() if alert in detail), "did not accept this client's")
    assert expected in explain.cause(detail, "h:1"), detail
    if newest == ssl.TLSVersion.TLSv1_2 and who != "none":
        assert any(alert in detail for alert in words), detail


def test_grpc_itself_refuses_without_a_word(tmp_path: Path) -> None:
    certificate, key = OURS.server().write(tmp_path, "peer")
    server = grpc.server(ThreadPoolExecutor(1))
    pairs = [(key.read_bytes(), certificate.read_bytes())]
    port = server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials(pairs, OURS.pem, True))
    server.start()
    try:
        detail = said(port)
    finally:
        server.stop(None)
    assert "did not accept this client's certificate" in explain.cause(detail, "h:1"), detail


def _reset(connection: socket.socket) -> None:
    connection.recv(10)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _web(connection: socket.socket) -> None:
    connection.recv(10)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


@pytest.mark.parametrize(
    ("serve", "words"),
    [
        (_reset, "the connection was reset"),
        (_web, "speaks no TLS"),
        (lambda connection: connection.shutdown(socket.SHUT_WR), "the server closed the connection"),
    ],
)
def test_somebody_else_at_the_port(serve: Serve, words: str) -> None:
    with listening(serve) as port:
        detail = said(port)
    assert words in explain.cause(detail, "h:1"), detail


@pytest.mark.parametrize("end", ["Failed to connect to remote host: connect() timed out", "tcp handshaker shutdown"])
def test_a_port_whose_packets_are_dropped(end: str) -> None:
    """As gRPC 1.85 says it after 20 s, whichever of its timers is first."""
    detail = f"failed to connect to all addresses; last error: UNKNOWN: ipv4:10.0.0.4:9093: {end}"
    assert "h:1 does not answer: check the firewall" in explain.cause(detail, "h:1")


def test_tls_without_grpc(tmp_path: Path) -> None:
    with listening(tls(OURS.server(), tmp_path, http2=False)) as port:
        detail = said(port)
    assert "speaks TLS, but no gRPC" in explain.cause(detail, "h:1"), detail


def test_nobody_there() -> None:
    assert "nothing listens at h:1" in explain.cause(said(free_port()), "h:1")
    detail = said(1, host="nowhere.invalid")
    assert "could not be resolved" in explain.cause(detail, "h:1"), detail


@pytest.mark.parametrize(
    ("reason", "remedy"),
    [
        ("the certificate 01 of client1 is revoked", "certs --allow-reissue"),
        ("the certificate 01 of client1 has expired", "certs --allow-reissue"),
        ("this certificate of client1 is not on the list: its fingerprint differs", "--only-certificates"),
        ("spiffe://x is not on the list of clients", "allow-list"),
        ("everybody is refused: the policy's crl.pem can't be used: it holds no CRL", "writes the server's policy"),
    ],
)
def test_the_policys_reasons_have_a_remedy(reason: str, remedy: str) -> None:
    assert explain.refusal(reason).startswith(reason) and remedy in explain.refusal(reason)
    assert explain.refusal("something else") == "something else"
