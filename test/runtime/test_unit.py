"""What the agent makes of systemd's words on a process (templates/host/unit.py)."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

HOST = Path(__file__).parents[2] / "templates" / "host"


@pytest.fixture(scope="module")
def unit() -> Any:
    """The agent's part, as a host imports it."""
    sys.path.insert(0, str(HOST))
    try:
        import unit  # type: ignore[import-not-found]
    finally:
        sys.path.remove(str(HOST))
    return unit


OWN = {"pid": 7, "detail": "the server is away"}


@pytest.mark.parametrize(
    ("shown", "told", "state"),
    [
        ("ActiveState=active MainPID=7 ExecMainPID=7", OWN, {"state": "running", "pid": 7}),
        ("ActiveState=active MainPID=8 ExecMainPID=8", OWN, {"state": "starting", "pid": 8}),
        (
            "ActiveState=active MainPID=7 ExecMainPID=7",
            {"pid": 7, "phase": "failed", "detail": "the disk is full"},
            {"state": "running", "pid": 7, "detail": "the disk is full"},
        ),
        ("ActiveState=deactivating MainPID=7 ExecMainPID=7", OWN, {"state": "running", "pid": 7}),
        (
            "ActiveState=activating SubState=auto-restart MainPID=0 ExecMainPID=7 ExecMainCode=1 ExecMainStatus=70",
            OWN,
            {"state": "starting", "exitCode": 70, "detail": "the server is away"},
        ),
        (
            "ActiveState=activating SubState=auto-restart MainPID=0 ExecMainPID=7 ExecMainCode=1 ExecMainStatus=217",
            OWN,
            {"state": "starting", "exitCode": 217, "detail": "systemd could not start it (217)"},
        ),
        (
            "ActiveState=failed Result=exit-code ExecMainPID=7 ExecMainCode=1 ExecMainStatus=77",
            {"pid": 7, "detail": "revoked"},
            {"state": "refused", "exitCode": 77, "detail": "revoked"},
        ),
        (
            "ActiveState=failed Result=exit-code ExecMainPID=7 ExecMainCode=1 ExecMainStatus=79",
            {"pid": 7, "detail": "client.py failed"},
            {"state": "failed", "exitCode": 79, "detail": "client.py failed"},
        ),
        (
            "ActiveState=failed Result=start-limit-hit ExecMainPID=9 ExecMainCode=2 ExecMainStatus=9",
            OWN,
            {"state": "failed", "exitCode": -9, "detail": "it ended again and again, and systemd has given up"},
        ),
        (
            "ActiveState=failed Result=oom-kill ExecMainPID=7 ExecMainCode=2 ExecMainStatus=9",
            {"pid": 7},
            {"state": "failed", "exitCode": -9, "detail": "the kernel ended it: there was no memory left for it"},
        ),
        (
            "ActiveState=failed Result=exit-code ExecMainPID=9 ExecMainCode=1 ExecMainStatus=226",
            {},
            {"state": "failed", "exitCode": 226, "detail": "systemd could not start it (226)"},
        ),
        (
            "ActiveState=failed Result=signal ExecMainPID=9 ExecMainCode=2 ExecMainStatus=11",
            {},
            {"state": "failed", "exitCode": -11, "detail": "it ended with signal 11"},
        ),
        ("ActiveState=inactive ExecMainPID=0", {"state": "left"}, {"state": "finished", "exitCode": 0}),
        ("ActiveState=inactive ExecMainPID=0", {"phase": "ended"}, {"state": "finished", "exitCode": 0}),
        ("ActiveState=inactive ExecMainPID=7", {"phase": "lingering", "pid": 7}, {"state": "stopped"}),
        ("ActiveState=inactive ExecMainPID=0", {}, {"state": "none"}),
    ],
)
def test_states(unit: Any, shown: str, told: dict[str, Any], state: dict[str, Any]) -> None:
    found = dict(word.split("=", 1) for word in shown.split())
    assert unit.state_of(found, told) == state


def test_time_is_told_as_everywhere(unit: Any) -> None:
    assert unit.stamp("Mon 2026-11-23 22:10:05 UTC") == "2026-11-23T22:10:05Z"
    assert unit.stamp("") is None
    assert unit.stamp("n/a") is None


RUNS = "MainPID=7 ControlGroup=/system.slice/x.service"
HELD = RUNS + " MemoryMax=314572800 CPUQuotaPerSecUSec=500ms"
NO_MEMORY = "MemoryMax (nothing on this host enforces it)"
NO_CPU = "CPUQuota (nothing on this host enforces it)"


@pytest.mark.parametrize(
    ("shown", "made", "lacking"),
    [
        # Of no tree that can be seen: the account has to tell.
        (HELD + " MemoryCurrent=1024 CPUUsageNSec=5", [], []),
        (HELD + " MemoryCurrent=[not_set] CPUUsageNSec=5", [], [NO_MEMORY]),
        (HELD + " MemoryCurrent=18446744073709551615 CPUUsageNSec=18446744073709551615", [], [NO_MEMORY, NO_CPU]),
        (HELD.replace("MainPID=7", "MainPID=0"), [], []),
        # Where nothing was asked for, nothing is missing.
        (RUNS + " MemoryMax=infinity CPUQuotaPerSecUSec=infinity", [], []),
        (RUNS + " MemoryMax=18446744073709551615", [], []),
        # cgroup v2: a CPU's time is counted by the kernel itself.
        (HELD + " MemoryCurrent=[not_set] CPUUsageNSec=5", ["system.slice/x.service/cpu.stat"], [NO_MEMORY, NO_CPU]),
        (HELD + " MemoryCurrent=1024 CPUUsageNSec=5", ["system.slice/x.service/memory.max"], [NO_CPU]),
        # cgroup v1: nobody asked for an account, and all is held.
        (
            HELD + " MemoryCurrent=[not_set] CPUUsageNSec=[not_set]",
            [f"{tree}/system.slice/x.service/tasks" for tree in ("systemd", "memory", "cpu")],
            [],
        ),
        (HELD, [f"{tree}/system.slice/x.service/tasks" for tree in ("systemd", "cpu")], [NO_MEMORY]),
    ],
)
def test_limits_that_nothing_holds_are_named(
    unit: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shown: str, made: list[str], lacking: list[str]
) -> None:
    for each in made:
        (tmp_path / each).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / each).touch()
    monkeypatch.setattr(unit, "CGROUPS", str(tmp_path))
    lines = "\n".join(["ActiveState=active", *shown.split()]).replace("_set", " set")
    asked: list[str] = []

    def ask(*words: str) -> str:
        asked.extend(words)
        return lines

    monkeypatch.setattr(unit, "ask", ask)
    facts = unit.unit_facts({"kind": "system", "name": "x.service", "path": str(tmp_path / "none")}, {"pid": 7})
    assert facts["unit"]["omitted"] == lacking
    assert "MemoryCurrent" in asked[2]
