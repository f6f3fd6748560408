"""The configuration: read as the contract has it, and what is wrong is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fl_wizard_runtime import __version__, config, server
from fl_wizard_runtime.faults import Exit, Fault
from fl_wizard_runtime.past import Past
from network import ROOT

WHOLE: dict[str, Any] = {
    "version": 1,
    "role": "server",
    "network": "scriptchain",
    "name": "server",
    "home": "/home/ubuntu/fl",
    "certificates": {"ca": "/c/ca.crt", "certificate": "/c/server.crt", "key": "/c/server.key"},
    "app": "/home/ubuntu/fl/app",
    "script": "server.py",
    "args": ["--epochs", "2"],
    "env": {"K": "V"},
    "run": "1",
    "flower": {
        "port": None,
        "rounds": 3,
        "minClients": None,
        "roundTimeout": 1800,
        "keepalive": 60,
        "linger": 600,
        "dial": None,
    },
    "defaults": {"port": 9092, "rounds": 3, "minClients": 2, "roundTimeout": 1800, "dial": "scriptchain.co:9092"},
    "initialWeights": None,
    "clients": [{"name": "client1", "commonName": "FLClient1"}],
}


def changed(path: str, value: object) -> str:
    whole = json.loads(json.dumps(WHOLE))
    *folders, last = path.split(".")
    at = whole
    for folder in folders:
        at = at[folder]
    at[last] = value
    return json.dumps(whole)


def test_a_whole_one() -> None:
    read = config.parse(json.dumps(WHOLE), Path("/x.json"))
    assert read.flower.rounds == 3 and read.flower.port is None and read.flower.linger == 600
    assert read.args == ("--epochs", "2") and read.clients == ("client1",)
    assert read.process == Path("/home/ubuntu/fl/state/server.process.json")
    assert read.run_folder == Path("/home/ubuntu/fl/runs/1")


@pytest.mark.parametrize(
    ("path", "value", "word"),
    [
        ("version", 2, "version"),
        ("role", "spy", "role"),
        ("name", "../up", "name"),
        ("run", "a/b", "run"),
        ("home", "relative", "home"),
        ("certificates", None, "certificates"),
        ("certificates.key", "key.pem", "certificates.key"),
        ("env", {"K": 1}, "env"),
        ("args", "x", "args"),
        ("flower.rounds", 0, "flower.rounds"),
        ("flower.rounds", 1.5, "flower.rounds"),
        ("flower.port", True, "flower.port"),
        ("flower.keepalive", None, "flower.keepalive"),
        ("flower.linger", -1, "flower.linger"),
        ("defaults.port", None, "defaults.port"),
        ("clients", [{"name": "a b"}], "clients[0].name"),
        ("script", "", "script"),
        ("node", {"a": []}, "node"),
        ("node", [1], "node"),
    ],
)
def test_what_is_wrong_is_named(path: str, value: object, word: str) -> None:
    with pytest.raises(Fault) as fault:
        config.parse(changed(path, value), Path("/x.json"))
    assert fault.value.code == Exit.UNPROTECTED
    assert word in fault.value.sentence


def test_a_file_that_is_missing_or_no_json(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="can't be read"):
        config.load(tmp_path / "none.json")
    (tmp_path / "half.json").write_text("{")
    with pytest.raises(Fault, match="no JSON"):
        config.load(tmp_path / "half.json")


def history(outcome: str | None, done: int = 3) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = [
        {"type": "run-started", "rounds": 3},
        {"type": "round-finished", "round": done},
    ]
    return events + ([{"type": "run-finished", "outcome": outcome}] if outcome else [])


@pytest.mark.parametrize(
    ("outcome", "rounds", "done", "resume", "over"),
    [
        (None, 3, 3, False, False),
        ("changed", 3, 3, False, True),
        ("changed", None, 3, False, True),
        ("changed", 5, 3, False, False),
        ("failed", 3, 2, False, True),
        ("failed", 5, 2, False, True),
        ("failed", 3, 2, True, False),
        ("failed", None, 2, True, False),
        ("failed", 3, 3, True, True),
        ("failed", 5, 3, True, False),
    ],
)
def test_when_a_run_is_over(outcome: str | None, rounds: int | None, done: int, resume: bool, over: bool) -> None:
    whole = json.loads(changed("flower.rounds", rounds))
    read = config.parse(json.dumps({**whole, "resume": resume}), Path("/x.json"))
    past = Past(Path("/none"))
    past.fold(history(outcome, done))
    assert (server.finished(read, past) is not None) is over


def test_the_version_is_that_of_the_package() -> None:
    assert json.loads((ROOT / "package.json").read_text())["version"] == __version__
