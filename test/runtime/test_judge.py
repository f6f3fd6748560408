"""Whom a host's gRPC takes for the server: offered over standard input, and the running one."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

from fl_wizard_runtime.judge import DATA, ENDED, FRAME, OPENED, RESULT, Frames
from network import Network, environment
from pki import HOST, Authority
from test_explain import listening, tls


def frames(stream: BinaryIO) -> Any:
    while head := stream.read(FRAME.size):
        kind, number, length = FRAME.unpack(head)
        yield kind, number, stream.read(length)


def judged(folder: Path, server: int, offers: list[int]) -> dict[int, dict[str, Any]]:
    """Plays the operator's machine: each offer is a port here."""
    words = [sys.executable, "-m", "fl_wizard_runtime", "judge", "--certificates", str(folder), "--name", "me"]
    words += ["--host", "127.0.0.1", "--port", str(server), "--target-name", HOST, "--other-name", "other.invalid"]
    words += ["--offers", str(len(offers)), "--seconds", "20"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(words, env=environment(), **pipes)
    assert process.stdin is not None and process.stdout is not None
    to_host, ends, results = Frames(target=process.stdin.fileno()), {}, {}

    def pump(number: int, end: socket.socket) -> None:
        with suppress(OSError):  # closed, since all is told
            while data := end.recv(65_536):
                to_host.write(DATA, number, data)
            to_host.write(ENDED, number)

    for kind, number, payload in frames(process.stdout):
        if kind == RESULT:
            results[number] = json.loads(payload)
        elif kind == OPENED:
            ends[number] = socket.create_connection(("127.0.0.1", offers[int(payload)]), 20)
            threading.Thread(target=pump, args=(number, ends[number]), daemon=True).start()
        elif kind == DATA:
            ends[number].sendall(payload)
    assert process.wait(20) == os.EX_OK
    for end in ends.values():
        end.close()
    return results


def test_wrong_servers_are_refused_and_the_right_one_is_not(serving: Network, tmp_path: Path) -> None:
    leaf = serving.leaves["client1"]
    leaf.write(tmp_path, "me")
    (tmp_path / "ca.crt").write_bytes(serving.authority.pem)
    foreign = tls(Authority().server(), tmp_path / "foreign")
    client = tls(serving.authority.client("FLother"), tmp_path / "client")
    before = serving.events("client-changed")
    with listening(foreign) as one, listening(client) as two:
        results = judged(tmp_path, serving.port, [one, two])
    assert "CERTIFICATE_VERIFY_FAILED" in results[0]["said"] and results[0]["code"] == "UNAVAILABLE"
    assert "certificate purpose" in results[1]["said"]
    assert "Hostname Verification Check failed" in results[2]["said"] and results[2]["outcome"] == "unclear"
    assert (results[3]["outcome"], results[3]["shown"]) == ("accepted", leaf.fingerprint)
    assert results[3]["identity"].endswith("/FLclient1")
    assert serving.events("client-changed") == before, "it joins nothing"


def test_a_server_that_is_taken_in_is_told(serving: Network, tmp_path: Path) -> None:
    serving.leaves["client1"].write(tmp_path, "me")
    (tmp_path / "ca.crt").write_bytes(serving.authority.pem)
    # The running server itself, in the place of a wrong one.
    results = judged(tmp_path, serving.port, [serving.port])
    assert results[0] == {"code": "OK", "said": ""}
