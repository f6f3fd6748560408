"""The supervisor: what it keeps here is a line of Python in place of a training."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from fl_wizard_runtime import logs
from fl_wizard_runtime.process import ProcessId, identify, started
from network import Network, environment, until

pytestmark = pytest.mark.any_flower

DRIVER = """
import sys
from pathlib import Path
from fl_wizard_runtime import config, keeper, supervisor
keeper.command = lambda _: [sys.executable, "-u", "-c", sys.argv[2]]
keeper.PAUSE = 0.05
sys.exit(supervisor.supervise(config.load(Path(sys.argv[1]))))
"""
WAITS = "import time\nwhile True: time.sleep(60)"


class Kept:
    """A supervised line of Python."""

    def __init__(self, network: Network) -> None:
        self.host = network.server
        self.host.supervised = True
        self.file = self.host.home / "state" / "server.process.json"

    def supervise(self, line: str) -> str:
        words = [sys.executable, "-c", DRIVER, str(self.host.write()), line]
        # The pipes would stay open, and this would wait, if the supervisor kept them.
        done = subprocess.run(words, capture_output=True, text=True, env=environment(), timeout=60, check=True)
        return done.stdout.strip()

    def told(self) -> dict[str, Any]:
        return dict(json.loads(self.file.read_text()))

    def until(self, state: str) -> dict[str, Any]:
        return until(lambda: self.told() if self.told()["state"] == state else None, state, 20)


@pytest.fixture
def kept(network: Network) -> Kept:
    return Kept(network)


@pytest.mark.parametrize(("code", "state"), [(0, "finished"), (77, "refused"), (78, "failed"), (79, "failed")])
def test_an_end_for_good(kept: Kept, code: int, state: str) -> None:
    kept.supervise(f"print('hello'); raise SystemExit({code})")
    told = kept.until(state)
    assert (told["exitCode"], told["restarts"]) == (code, 0)
    log = kept.host.home / "logs" / "server.log"
    assert log.read_text() == "hello\n" and log.stat().st_mode & 0o777 == 0o600
    status = kept.host.status()
    assert list(status) == ["name", "state", "pid", "since", "restarts", "exitCode", "detail"]
    assert (status["state"], status["pid"]) == (state, None)


def test_a_crash_limit(kept: Kept) -> None:
    kept.supervise("raise SystemExit(70)")
    told = kept.until("failed")
    assert told["restarts"] == 4 and "5 times within 60 s" in told["detail"]


def test_killed_it_is_started_again(kept: Kept) -> None:
    assert kept.supervise(WAITS) == ""
    assert kept.supervise(WAITS) == "already running"
    first = kept.told()["pid"]
    os.kill(first, signal.SIGKILL)
    until(lambda: kept.told()["pid"] not in (None, first), "another process")
    status = kept.host.status()
    assert (status["restarts"], status["exitCode"]) == (1, -signal.SIGKILL), "it could not tell that itself"


def test_stop_ends_the_whole_group(kept: Kept) -> None:
    kept.supervise(f"import subprocess, sys\nprint(subprocess.Popen([sys.executable, '-c', {WAITS!r}]).pid)\n{WAITS}")
    log = kept.host.home / "logs" / "server.log"
    child = int(until(lambda: log.read_text().strip() if log.exists() else None, "the child's pid"))
    supervisor = kept.told()["supervisor"]
    kept.host.call("stop")
    assert kept.told()["state"] == "stopped" and kept.host.status()["state"] == "stopped"
    until(lambda: started(child) is None and started(supervisor) is None, "all are gone", 5)
    kept.host.call("stop")


def test_who_ignores_the_friendly_signal_is_killed(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        sys.modules[__name__], "DRIVER", DRIVER.replace("keeper.PAUSE", "keeper.PATIENCE = 0.2; keeper.PAUSE")
    )
    kept.supervise(f"import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('deaf')\n{WAITS}")
    until(lambda: "deaf" in kept.host.log() or None, "it is deaf")
    kept.host.call("stop")
    assert kept.told()["exitCode"] == -signal.SIGKILL


def test_without_its_supervisor_a_process_is_taken_along_by_the_next(kept: Kept) -> None:
    kept.supervise(WAITS)
    told = kept.told()
    os.kill(told["supervisor"], signal.SIGKILL)
    until(lambda: started(told["supervisor"]) is None, "the supervisor is gone")
    assert "supervisor is gone" in kept.host.status()["detail"]
    kept.supervise(WAITS)
    assert started(told["pid"]) is None
    assert kept.told()["pid"] != told["pid"]


def test_a_number_that_was_given_again_is_not_the_process(kept: Kept) -> None:
    kept.supervise(WAITS)
    told = kept.told()
    kept.host.call("stop")
    other = subprocess.Popen([sys.executable, "-c", WAITS])
    kept.file.write_text(json.dumps({**told, "state": "running", "pid": other.pid, "supervisor": other.pid}))
    assert kept.host.status()["state"] == "failed"
    kept.host.call("stop")
    assert other.poll() is None
    other.kill()
    other.wait()


def test_nothing_was_ever_supervised(network: Network) -> None:
    assert network.server.status()["state"] == "none"
    network.server.call("stop")


def test_what_was_inherited_is_closed(kept: Kept) -> None:
    read, write = os.pipe()
    words = [sys.executable, "-c", DRIVER, str(kept.host.write()), WAITS]
    subprocess.run(words, env=environment(), pass_fds=[write], timeout=60, check=True)
    os.close(write)
    os.set_blocking(read, False)
    assert os.read(read, 1) == b"", "an end of file: nobody holds the other end"
    os.close(read)


def test_logs_are_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "server.log"
    with os.fdopen(logs.open_log(path), "w") as log:
        for number in range(5):
            log.write(f"{number}" * 100)
            log.flush()
            assert logs.rotate(path, limit=99)
        assert not logs.rotate(path, limit=99)
    assert sorted(one.name for one in path.parent.iterdir()) == [
        "server.log",
        "server.log.1",
        "server.log.2",
        "server.log.3",
    ]
    assert path.with_name("server.log.1").read_text() == "4" * 100
    assert path.read_text() == ""
    assert all(one.stat().st_mode & 0o777 == 0o600 for one in path.parent.iterdir())


def test_a_log_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "server.log").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic"):
        logs.open_log(tmp_path / "logs" / "server.log")


def test_a_process_for_ever() -> None:
    process = subprocess.Popen([sys.executable, "-c", WAITS])
    known = identify(process.pid)
    assert known is not None and known.lives()
    assert not ProcessId(process.pid, "another time").lives()
    process.kill()
    until(lambda: not known.lives(), "a zombie does not live", 5)
    process.wait()
    assert identify(process.pid) is None


def test_a_process_looks_after_its_own_log(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "client1.log"
    code = f"""
import subprocess, sys
from pathlib import Path
from fl_wizard_runtime import logs
logs.keep(Path({str(path)!r}), limit=1000, look=0.01)
print("first", flush=True)
print("and what goes wrong", file=sys.stderr, flush=True)
while not logs.times(Path({str(path)!r})).exists():
    pass
subprocess.run(["echo", "x" * 2000], check=True)
while not logs.times(Path({str(path)!r} + ".1")).exists():
    pass
print("last", flush=True)
"""
    done = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, timeout=30, check=True)
    assert done.stdout + done.stderr == b""
    assert path.with_name("client1.log.1").read_text().startswith("first\nand what goes wrong\nxx")
    assert path.read_text() == "last\n"
    # What was printed has its time, also in the file that was set aside.
    when, size = logs.times(path.with_name("client1.log.1")).read_text().splitlines()[0].split()
    assert abs(int(when) - time.time()) < 60 and 0 <= int(size) <= 2100
    assert path.stat().st_mode & 0o777 == 0o600
