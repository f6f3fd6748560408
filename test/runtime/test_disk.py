"""A full disk: no process dies of what it prints, the end has its reason, and where there is room the run goes on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fl_wizard_runtime.disk import PAUSE
from fl_wizard_runtime.faults import Exit
from fl_wizard_runtime.keeper import CRASH_WINDOW, CRASHES
from network import CLIENT, SERVER, Network, environment, until

PRINTING = """
import logging, sys
from fl_wizard_runtime import logs
logs.tolerate()
logging.basicConfig()
for _ in range(3):
    print("x" * 100_000)
    sys.stdout.buffer.write(b"more")
    sys.stdout.flush()
    logging.warning("careful")
    print("fl-wizard: no", file=sys.stderr, flush=True)
try:
    raise ValueError
except ValueError:
    sys.excepthook(*sys.exc_info())
sys.exit(3)
"""


@pytest.mark.any_flower
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_what_is_printed_on_a_full_disk_is_lost_and_nothing_else(unbuffered: str) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-c", PRINTING],
            stdout=full,
            stderr=full,
            env={**environment(), "PYTHONUNBUFFERED": unbuffered},
            timeout=60,
            check=False,
        )
    assert done.returncode == 3


@pytest.mark.any_flower
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_where_there_is_room_it_is_printed_in_its_order(unbuffered: str) -> None:
    script = "from fl_wizard_runtime import logs; logs.tolerate(); print('é'); print('b', flush=True); 1 / 0"
    done = subprocess.run(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**environment(), "PYTHONUNBUFFERED": unbuffered, "PYTHONIOENCODING": "utf-8"},
        timeout=60,
        check=False,
    )
    assert done.stdout.decode().splitlines()[:2] == ["é", "b"]
    assert b"ZeroDivisionError" in done.stdout and done.returncode == 1


@pytest.mark.any_flower
def test_full_disks_are_no_crashes() -> None:
    assert PAUSE * (CRASHES - 1) >= CRASH_WINDOW


class Disk:
    """A disk of a server's own, that can be filled to its last byte."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._filler = folder, folder / "filler"

    def fill(self) -> None:
        with self._filler.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
            while True:
                file.write(bytes(4096))

    def free(self) -> None:
        self._filler.unlink()


@pytest.fixture
def small(tmp_path: Path) -> Iterator[tuple[Network, Disk]]:
    """A network whose server's home is a disk of its own."""
    home = tmp_path / "network" / "server"
    home.mkdir(parents=True)
    words = ["mount", "-t", "tmpfs", "-o", "size=4m,mode=700", "tmpfs", str(home)]
    if os.geteuid() != 0 or subprocess.run(words, capture_output=True, check=False).returncode != 0:
        pytest.skip("a disk of its own can be mounted by root only, and not in every container")
    network = None
    try:
        network = Network(tmp_path / "network")
        yield network, Disk(home)
    finally:
        if network is not None:
            network.close()
        subprocess.run(["umount", str(home)], check=True)


def test_a_run_outlives_a_full_disk(small: tuple[Network, Disk], tmp_path: Path) -> None:
    network, disk = small
    server, gate = network.server, tmp_path / "gate"
    wait = f"while parameters[0][0] == 1 and not os.path.exists({str(gate)!r}): time.sleep(0.05)"
    for host in network.hosts.values():
        host.script(CLIENT.replace("FIT", wait).replace("EVALUATE", "pass"))
    server.supervise()
    network.serving()
    for host in network.hosts.values():
        host.supervise()
    network.wait("client-changed", round=2, state="training")
    first = server.status()["pid"]
    disk.fill()
    gate.touch()
    until(lambda: server.state().get("phase") == "failed", "the server tells its end")
    sentence = f"the disk is full: nothing can be written to {network.journal.parent}"
    assert server.state()["detail"] == sentence and server.state()["pid"] == first
    assert (server.status()["state"], server.status()["detail"]) == ("running", sentence), "it waits before it ends"
    disk.free()
    kept = server.home / "state" / "server.process.json"
    # Read here: `status` would take too much of the moment before it is started again.
    ended = until(lambda: (told := json.loads(kept.read_text()))["exitCode"] is not None and told, "it has ended")
    assert (ended["exitCode"], ended["detail"]) == (Exit.BUG, sentence)
    network.wait("run-finished", 90, outcome="changed")
    assert [event["round"] for event in network.events("round-finished")] == [1, 2, 3]
    assert [event["sequence"] for event in network.events()] == list(range(1, len(network.events()) + 1))
    assert network.events("server-started")[-1]["resumedAfter"] == 1
    assert "Traceback" not in server.log()


SAVING = """
import numpy as np

np.save("weights.npy", np.zeros(1_000_000))
"""


@pytest.mark.parametrize(
    ("script", "said"), [(SERVER, ""), (SAVING, " (server.py failed: OSError: ")], ids=["the journal", "the script"]
)
def test_one_that_waits_before_it_ends_does_as_it_is_told(small: tuple[Network, Disk], script: str, said: str) -> None:
    network, disk = small
    server = network.server
    before = server.run()
    network.serving()
    before.terminate()
    assert before.wait(20) == -signal.SIGTERM
    server.script(script)
    if script == SERVER:  # the other one fills it, by an error that does not say so
        disk.fill()
    after = server.run()
    until(lambda: server.state()["pid"] == after.pid, "it tells its end", 60)
    assert server.state()["phase"] == "failed", "it was never heard of before: there is no room for its start"
    folder = server.home if said else network.journal.parent
    assert server.state()["detail"].startswith(f"the disk is full: nothing can be written to {folder}{said}")
    after.terminate()
    assert after.wait(PAUSE / 2) == -signal.SIGTERM, "at once, and not after its pause"
