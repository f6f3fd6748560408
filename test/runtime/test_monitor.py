"""The monitor by itself, over real gRPC: readers that don't read, its places, its health, members that nobody knows."""

from __future__ import annotations

import itertools
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import grpc
import pytest

from fl_wizard_runtime import config, credentials, health, messages
from fl_wizard_runtime import monitor as monitors
from fl_wizard_runtime.board import Board
from fl_wizard_runtime.journal import Journal
from fl_wizard_runtime.monitor import READERS, Monitor
from fl_wizard_runtime.policy import Policy
from network import HOST, ROOT, Network, until
from watching import channel

pytestmark = pytest.mark.any_flower

WATCH = f"/{monitors.SERVICE}/Watch"
MANY = 100_000
SLOW = """
import sys
import grpc
from pathlib import Path

folder, port, host = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
pems = [(folder / name).read_bytes() for name in ("ca.crt", "me.key", "me.crt")]
options = [("grpc.ssl_target_name_override", host)]
# As grpc-js takes: no more than HTTP/2's first window lies here unread.
options += [("grpc.http2.bdp_probe", 0), ("grpc.http2.lookahead_bytes", 65_535)]
channel = grpc.secure_channel(f"127.0.0.1:{port}", grpc.ssl_channel_credentials(*pems), options)
events = channel.unary_stream(sys.argv[4])(bytes.fromhex(sys.argv[5]))
next(events)
print("in", flush=True)
sys.stdin.readline()
print(1 + sum(1 for _ in events), flush=True)
"""


class Served:
    """A monitor in this process, with a journal that is written by the test."""

    def __init__(self, folder: Path, before: int = 0) -> None:
        self.network = Network(folder / "network")
        self.network.server.flower["keepalive"] = 86_400  # the training's, which must not be the monitor's
        settings = config.load(self.network.server.write())
        path = settings.run_folder / "events.jsonl"
        path.parent.mkdir(parents=True, mode=0o700)
        mark = {"type": "notice", "time": "2026-11-20T09:41:00.000Z", "run": "1", "text": "x" * 100}
        with path.open("w") as file:
            file.writelines(json.dumps({**mark, "sequence": at}) + "\n" for at in range(1, before + 1))
        self.journal = Journal(path, "1")
        policy = Policy(settings.policy, settings.certificates.ca)
        self.monitor = Monitor(settings, policy, self.journal, Board("1", []))
        self.channel = channel(self.network, self.network.operator, self.monitor.port)
        self.readers: list[subprocess.Popen[str]] = []

    def watch(self, request: bytes = b"") -> Any:
        answer = messages.message(f"{messages.MONITOR}.WatchResponse").FromString
        return self.channel.unary_stream(WATCH, response_deserializer=answer)(request, timeout=60)

    def slow(self, count: int, after: int = 0) -> None:
        """Readers in processes of their own, who take the first event and then no more."""
        folder = self.network.folder
        self.network.operator.write(folder, "me")
        (folder / "ca.crt").write_bytes(self.network.authority.pem)
        request = messages.message(f"{messages.MONITOR}.WatchRequest")(after=after).SerializeToString()
        words = [sys.executable, "-c", SLOW, str(folder), str(self.monitor.port), HOST, WATCH, request.hex()]
        for _ in range(count):
            self.readers.append(
                subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
            )
        for reader in self.readers[-count:]:
            assert reader.stdout is not None and reader.stdout.readline() == "in\n"

    def close(self) -> None:
        for reader in self.readers:
            reader.kill()
            reader.communicate()
        self.channel.close()
        self.journal.close()
        self.monitor.close()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with closing(Served(tmp_path)) as made:
        yield made


def megabytes() -> float:
    """What this process holds in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="no /proc")
def test_readers_that_do_not_read_cost_nothing_and_miss_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = itertools.count()
    made = messages.event
    monkeypatch.setattr(messages, "event", lambda event: next(sent) is None or made(event))
    with closing(Served(tmp_path, MANY)) as served:
        size = served.journal.path.stat().st_size / 1e6
        before, further = megabytes(), 1000
        served.slow(1, after=MANY - further)
        served.slow(READERS - 1)
        for at in range(further):  # the training goes on, whoever hangs
            served.journal.write("notice", text=f"number {at} " + "x" * 100)
        grown, taken = megabytes() - before, next(sent)
        assert grown < size, f"{grown:.1f} MB more for {READERS} readers of {size:.1f} MB each"
        assert taken < READERS * further, f"{taken} events were made for those who take none"
        served.journal.close()  # what they have not read yet waits in the file
        assert served.readers[0].communicate("go on\n", timeout=60)[0] == f"{2 * further}\n"


def test_one_too_many_is_told_so_and_who_hangs_gives_his_place_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credentials, "PING_PATIENCE", 1.0)
    monkeypatch.setattr(monitors, "KEEPALIVE", 1.0)
    with closing(Served(tmp_path, 20_000)) as served:
        served.slow(READERS)
        with pytest.raises(grpc.RpcError) as error:
            next(served.watch())
        assert error.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        assert error.value.details() == f"{READERS} watch it already, and it serves no more"
        assert check(served.channel, "") == "SERVING", "questions are answered all the same"
        # A process that hangs, or whose machine is gone: nothing closes its connection.
        for reader in served.readers:
            os.kill(reader.pid, signal.SIGSTOP)
        until(lambda: _comes_in(served), "a place is free again")


def _comes_in(served: Served) -> bool:
    watching = served.watch()
    try:
        return int(next(watching).event.sequence) == 1
    except grpc.RpcError:
        return False
    finally:
        watching.cancel()


def test_a_place_is_free_again_once_its_watcher_has_gone(served: Served) -> None:
    served.journal.write("notice", text="hello")
    for _ in range(2):
        watching = [served.watch() for _ in range(READERS)]
        assert [next(each).event.sequence for each in watching] == [1] * READERS
        for each in watching:
            each.cancel()
        until(lambda: served.monitor._places._value == READERS, "all of them have gone")


def test_the_pings_of_our_own_monitor_are_not_too_many() -> None:
    told = re.search(r"'grpc.keepalive_time_ms': ([\d_]+)", (ROOT / "source" / "rpc" / "dial.ts").read_text())
    assert told is not None
    allowed = dict(credentials.server_options(monitors.KEEPALIVE, monitors.PING_INTERVAL))["grpc.http2.min_ping_interval_without_data_ms"]
    assert int(told[1]) >= 2 * allowed, "gRPC ends a connection by the third ping that comes too soon"


def test_members_that_are_not_known_are_passed_over(served: Served) -> None:
    served.journal.write("notice", text="hello", later={"a": 1})
    served.journal.write("something-newer", text="hello")
    served.journal.write("notice", text="again")
    newer = b"\xfa\x3e\x05later"  # field 1007, a text
    assert len(messages.message(f"{messages.MONITOR}.WatchRequest").FromString(newer).SerializeToString()) > 0
    watching = served.watch(b"\x08\x00" + newer)
    first, unknown, last = (next(watching).event for _ in range(3))
    watching.cancel()
    assert (first.sequence, first.notice.text) == (1, "hello")
    assert (unknown.sequence, unknown.WhichOneof("event")) == (2, None), "a number is never missing"
    assert (last.sequence, last.notice.text) == (3, "again")
    after = next(served.watch(b"\x08\x02" + newer)).event
    assert after.sequence == 3, "what is known of the request counts"


HEALTH = "/grpc.health.v1.Health"


def status_in(answer: bytes) -> str:
    """The only member of the standard's response: field 1, a varint; absent for 0."""
    names = {b"": "UNKNOWN", b"\x08\x01": "SERVING", b"\x08\x02": "NOT_SERVING", b"\x08\x03": "SERVICE_UNKNOWN"}
    return names[answer]


def asked(service: str) -> bytes:
    """The standard's request: field 1, a text."""
    return b"\x0a" + bytes([len(service)]) + service.encode() if service else b""


def check(made: Any, service: str) -> str:
    """As any probe asks, in bytes: with the standard's path and numbers."""
    return status_in(made.unary_unary(f"{HEALTH}/Check")(asked(service), timeout=20))


def test_health_by_the_standard(served: Served) -> None:
    for service in ("", "flwizard.monitor.v1.MonitorService", "flwizard.monitor.v1.Monitor"):
        assert check(served.channel, service) == "SERVING"
    with pytest.raises(grpc.RpcError) as error:
        check(served.channel, "nothing.like.it")
    assert error.value.code() == grpc.StatusCode.NOT_FOUND
    watch = served.channel.unary_stream(f"{HEALTH}/Watch")
    training, whole, nothing = (
        watch(asked(service), timeout=60) for service in (health.TRAINING, "", "nothing.like.it")
    )
    assert [status_in(next(each)) for each in (training, whole, nothing)] == [
        "NOT_SERVING",
        "SERVING",
        "SERVICE_UNKNOWN",
    ], "what can't be joined yet does not serve"
    served.journal.write("server-started", port=1, monitorPort=2)
    assert status_in(next(training)) == check(served.channel, health.TRAINING) == "SERVING"
    served.journal.write("notice", text="nothing has changed")
    served.journal.write("run-finished", outcome="changed")
    assert status_in(next(training)) == check(served.channel, health.TRAINING) == "NOT_SERVING"
    ending = threading.Thread(target=served.monitor.close)
    served.journal.close()
    ending.start()
    assert [status_in(each) for each in whole] == ["NOT_SERVING"], "the process tells its own end, and the stream ends"
    assert list(training) == [], "once"
    ending.join(20)


def test_health_is_for_operators_only(served: Served) -> None:
    for leaf in (served.network.leaves["client1"], served.network.authority.client("me", "operator")):
        with channel(served.network, leaf, served.monitor.port) as made:
            for call in (lambda: check(made, ""), lambda: next(made.unary_stream(f"{HEALTH}/Watch")(b"", timeout=20))):
                with pytest.raises(grpc.RpcError) as error:
                    call()
                assert error.value.code() == grpc.StatusCode.PERMISSION_DENIED
    with channel(served.network, None, served.monitor.port) as made, pytest.raises(grpc.RpcError) as error:
        check(made, "")
    assert error.value.code() == grpc.StatusCode.UNAVAILABLE, "TLS refuses who shows no certificate"
