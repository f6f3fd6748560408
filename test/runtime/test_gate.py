"""The running port: real TLS, one server, no Flower client. Who is refused, and that a question registers nobody."""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import queue
import socket
import ssl
import subprocess
import threading
from pathlib import Path
from typing import Any

import grpc
import pytest
from cryptography import x509

from fl_wizard_runtime import messages, whoami
from fl_wizard_runtime.health import TRAINING
from network import ROOT, Network, until
from pki import HOST, Authority, Leaf
from test_monitor import check
from watching import channel, snapshot, watch, watched_so_far

YESTERDAY = dt.datetime.now(dt.timezone.utc).replace(microsecond=0) - dt.timedelta(days=1)
JOIN = "/flwr.proto.FlowerService/Join"


def ask(network: Network, leaf: Leaf | None, service: str = whoami.SERVICE) -> Any:
    with channel(network, leaf, network.port) as made:
        call = made.unary_unary(
            f"/{service}/WhoAmI",
            request_serializer=messages.message(whoami.REQUEST).SerializeToString,
            response_deserializer=messages.message(whoami.RESPONSE).FromString,
        )
        return call(messages.message(whoami.REQUEST)(), timeout=20)


def refused(network: Network, leaf: Leaf | None) -> grpc.RpcError:
    with pytest.raises(grpc.RpcError) as error:
        ask(network, leaf)
    return error.value


class Join:
    """A call of Flower's own method, in bytes."""

    def __init__(self, network: Network, leaf: Leaf, agent: str = "one") -> None:
        self.requests: queue.Queue[bytes | None] = queue.Queue()
        options = [("grpc.ssl_target_name_override", HOST), ("grpc.primary_user_agent", agent)]
        key, certificate = _pems(leaf)
        credentials = grpc.ssl_channel_credentials(network.authority.pem, key, certificate)
        self.channel = grpc.secure_channel(f"127.0.0.1:{network.port}", credentials, options)
        self.call = self.channel.stream_stream(JOIN)(iter(self.requests.get, None), timeout=60)
        self.metadata = threading.Event()
        threading.Thread(target=self._wait, daemon=True).start()

    def _wait(self) -> None:
        self.call.initial_metadata()
        self.metadata.set()

    def end(self) -> tuple[Any, str]:
        """How the server ends the call."""
        try:
            for _ in self.call:
                pass
        except grpc.RpcError as error:
            return error.code(), error.details()
        return grpc.StatusCode.OK, ""

    def close(self) -> None:
        self.requests.put(None)
        self.channel.close()


def _pems(leaf: Leaf) -> tuple[bytes, bytes]:
    from cryptography.hazmat.primitives import serialization

    pem = serialization.Encoding.PEM
    key = leaf.key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return key, leaf.certificate.public_bytes(pem)


def test_the_right_certificate_is_told_who_it_is_and_joins_nothing(serving: Network) -> None:
    leaf = serving.leaves["client1"]
    answer = serving.hosts["client1"].whoami()
    assert answer["ok"] is True
    identity = answer["identity"]
    assert (identity["name"], identity["fingerprint"], identity["network"]) == ("client1", leaf.fingerprint, "test")
    assert identity["serial"] == f"{leaf.certificate.serial_number:x}"
    assert ask(serving, leaf, "flwizard.identity.v1.Identity").name == "client1"
    assert serving.events("client-changed", client="client1") == []
    assert [client.state for client in snapshot(serving).clients] == ["", ""]
    assert serving.wait("connection-accepted", client="client1")["fingerprint"] == leaf.fingerprint


def test_whoami_says_why_it_was_refused(serving: Network) -> None:
    answer = serving.hosts["client1"].whoami("--no-certificate")
    assert answer["ok"] is False and answer["code"] == "UNAVAILABLE"
    answer = serving.hosts["client1"].whoami("--target-name", "other.example.test")
    assert "Hostname Verification Check failed" in answer["detail"]
    stranger = serving.stranger(serving.authority.client("nobody"))
    assert "is not on the list of clients" in stranger.whoami()["detail"]
    (stranger.certificates / "stranger.key").write_text("no key")
    stranger.call("whoami", "--address", f"127.0.0.1:{serving.port}", code=78)


@pytest.mark.parametrize("who", ["none", "foreign", "server", "expired"])
def test_tls_refuses(serving: Network, who: str) -> None:
    leaf = {
        "none": None,
        "foreign": Authority().client("FLclient1"),
        "server": serving.authority.server(),
        "expired": serving.authority.client("FLclient1", until=YESTERDAY),
    }[who]
    assert refused(serving, leaf).code() == grpc.StatusCode.UNAVAILABLE


def test_the_policy_refuses_before_every_method(serving: Network) -> None:
    for leaf, reason in (
        (serving.authority.client("FLnobody"), "is not on the list of clients"),
        (serving.authority.client("FLclient1"), "its fingerprint differs"),
        (serving.operator, "me is on the list of operators"),
    ):
        error = refused(serving, leaf)
        assert error.code() == grpc.StatusCode.PERMISSION_DENIED and reason in error.details()
        join = Join(serving, leaf)
        code, detail = join.end()
        join.close()
        assert code == grpc.StatusCode.PERMISSION_DENIED and reason in detail
        event = serving.wait("connection-refused", fingerprint=leaf.fingerprint)
        assert reason in event["reason"] and event["address"].startswith("127.0.0.1:")
    assert not [event for event in serving.events("client-changed") if event["state"] == "refused"], (
        "it was not client1"
    )


def test_a_proof_is_marked_and_a_probe_that_joins_is_not(serving: Network) -> None:
    probe = serving.authority.client("FLclient1")
    serving.probes = [probe.fingerprint]
    serving.allow()
    error = refused(serving, probe)
    assert error.code() == grpc.StatusCode.PERMISSION_DENIED and "its fingerprint differs" in error.details()
    assert serving.wait("connection-refused", fingerprint=probe.fingerprint)["probe"] is True
    join = Join(serving, probe)
    assert join.end()[0] == grpc.StatusCode.PERMISSION_DENIED
    join.close()
    until(lambda: len(serving.events("connection-refused", fingerprint=probe.fingerprint)) == 2, "the other one")
    assert "probe" not in serving.events("connection-refused", fingerprint=probe.fingerprint)[1]
    watched = [one.connection_refused for one in watched_so_far(serving) if one.HasField("connection_refused")]
    marks = [one.HasField("probe") and one.probe for one in watched if one.fingerprint == probe.fingerprint]
    assert marks == [True, False], "the monitor tells it, too"


@pytest.mark.any_flower
def test_a_flood_of_refusals_is_few_events(serving: Network) -> None:
    leaf = serving.authority.client("FLflood")
    for _ in range(30):
        refused(serving, leaf)
    serving.wait("connection-refused", fingerprint=leaf.fingerprint, count=29, seconds=25)
    assert len(serving.events("connection-refused", fingerprint=leaf.fingerprint)) == 2


def test_who_is_revoked_while_connected_is_cut_off(serving: Network) -> None:
    leaf = serving.authority.client("FLclient2")
    serving.allow(client2=[serving.leaves["client2"].fingerprint, leaf.fingerprint])
    join = Join(serving, leaf)
    assert join.metadata.wait(20), "the gate tells that it is open"
    serving.wait("client-changed", client="client2", state="connected")
    serving.authority.revoke(leaf)
    serving.write_crl()
    code, detail = join.end()
    join.close()
    assert code == grpc.StatusCode.PERMISSION_DENIED and "is revoked" in detail
    assert "is revoked" in serving.wait("client-changed", client="client2", state="refused")["detail"]
    serving.wait("client-changed", client="client2", state="lost")
    assert refused(serving, leaf).code() == grpc.StatusCode.PERMISSION_DENIED


def test_an_unreadable_policy_cuts_everybody_off(serving: Network) -> None:
    join = Join(serving, serving.leaves["client1"])
    assert join.metadata.wait(20)
    allow = serving.policy / "allow.json"
    kept = allow.read_bytes()
    try:
        allow.write_bytes(b"{")
        assert join.end()[0] == grpc.StatusCode.PERMISSION_DENIED
        join.close()
        assert "everybody is refused" in refused(serving, serving.leaves["client1"]).details()
    finally:
        allow.write_bytes(kept)
    assert ask(serving, serving.leaves["client1"]).name == "client1"


def test_one_certificate_in_two_processes(serving: Network) -> None:
    leaf = serving.leaves["client1"]
    first = Join(serving, leaf, "one")
    assert first.metadata.wait(20)
    until(lambda: len(serving.events("client-changed", client="client1", state="connected")) >= 1, "the first is in")
    second = Join(serving, leaf, "two")
    assert first.end() == (grpc.StatusCode.ABORTED, first.call.details())
    assert "replaced by a newer connection" in first.call.details()
    again = Join(serving, leaf, "one")
    code, detail = again.end()
    assert code == grpc.StatusCode.ALREADY_EXISTS and "client1 is already connected" in detail
    assert any("client1 connects from" in event["text"] for event in serving.events("notice"))
    for join in (first, second, again):
        join.close()


def served(network: Network) -> int:
    """The serial number of the certificate that the port shows."""
    context = ssl.create_default_context(cafile=str(network.server.certificates / "ca.crt"))
    host = network.hosts["client1"]
    context.load_cert_chain(host.certificates / "client1.crt", host.certificates / "client1.key")
    context.set_alpn_protocols(["h2"])
    plain = socket.create_connection(("127.0.0.1", network.port), 20)
    with context.wrap_socket(plain, server_hostname=HOST) as secure:
        return x509.load_der_x509_certificate(secure.getpeercert(binary_form=True) or b"").serial_number


def test_certificates_are_read_again(serving: Network) -> None:
    folder = serving.server.certificates
    before = served(serving)
    renewed = serving.authority.server()
    _, key = serving.authority.server().write(folder / "other", "server")
    (folder / "server.key").write_bytes(key.read_bytes())
    assert served(serving) == before, "a key of another generation does not count"
    assert (
        "the key is not the certificate's"
        in until(
            lambda: [event["text"] for event in serving.events("notice") if "certificate files" in event["text"]],
            "a notice",
        )[0]
    )
    renewed.write(folder, "server")
    assert served(serving) == renewed.certificate.serial_number


@pytest.mark.parametrize(
    "garbage", [b"", b"\0" * 64, b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"A" * 70_000]
)
def test_garbage_leaves_the_server_serving(serving: Network, garbage: bytes) -> None:
    with socket.create_connection(("127.0.0.1", serving.port), 20) as plain:
        with contextlib.suppress(OSError):
            plain.sendall(garbage)
        assert ask(serving, serving.leaves["client1"]).name == "client1"


def test_the_monitor_is_for_operators(serving: Network) -> None:
    for leaf, reason in (
        (serving.leaves["client1"], "client1 is on the list of clients, not of operators"),
        (serving.authority.client("me", "operator"), "its fingerprint differs"),
    ):
        with pytest.raises(grpc.RpcError) as error:
            snapshot(serving, leaf)
        assert error.value.code() == grpc.StatusCode.PERMISSION_DENIED and reason in error.value.details()
        with pytest.raises(grpc.RpcError):
            next(watch(serving, leaf))
    with pytest.raises(grpc.RpcError) as error:
        next(watch(serving, run="another"))
    assert error.value.code() == grpc.StatusCode.NOT_FOUND
    assert snapshot(serving).server.port == serving.port


def test_a_reader_that_takes_several_at_once_is_told_the_same(serving: Network) -> None:
    count = snapshot(serving).sequence
    one, several = (list(itertools.islice(watch(serving, together=way), count)) for way in (False, True))
    assert one == several and [event.sequence for event in one] == list(range(1, count + 1))


def test_a_running_server_says_that_it_can_be_joined(serving: Network) -> None:
    port = serving.events("server-started")[-1]["monitorPort"]
    with channel(serving, serving.operator, port) as made:
        assert [check(made, service) for service in ("", TRAINING)] == ["SERVING", "SERVING"]


def test_an_operator_who_is_removed_is_cut_off(serving: Network) -> None:
    other = serving.authority.client("me", "operator")
    kept = serving.operator
    serving.operator = other
    serving.allow()
    watching = watch(serving, other)
    assert next(watching).sequence == 1
    serving.operator = kept
    serving.allow()
    with pytest.raises(grpc.RpcError) as error:
        for _ in watching:
            pass
    assert error.value.code() == grpc.StatusCode.PERMISSION_DENIED


def test_files_on_the_host_are_private(serving: Network) -> None:
    home = serving.server.home
    for path in [home / "runs", home / "state", *(home / "runs").rglob("*"), *(home / "state").rglob("*")]:
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path


@pytest.mark.skipif(not (ROOT / "node_modules" / ".bin" / "buf").exists(), reason="buf is not installed")
def test_the_descriptors_are_up_to_date() -> None:
    done = subprocess.run(["node", Path("scripts", "proto.js"), "--check"], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
