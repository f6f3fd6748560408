"""What the agent makes of who listens on the training port (templates/host/port.py)."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest

HOST = Path(__file__).resolve().parents[2] / "templates" / "host"


@pytest.fixture
def port() -> ModuleType:
    """The agent's own module, which no package holds."""
    sys.path.insert(0, str(HOST))
    try:
        return importlib.import_module("port")
    finally:
        sys.path.remove(str(HOST))


def test_a_process_of_another_network_is_named_by_its_home(
    port: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "hl" / "runtime" / "fl_wizard_runtime").mkdir(parents=True)
    python = str(tmp_path / "hl" / "python" / "bin" / "python")
    monkeypatch.setattr(port, "listening", lambda: {9092: {"7"}, 9192: {"8"}, 9292: {"9"}})
    monkeypatch.setattr(port, "holder_of", lambda inodes: (7, [python, "-m", "server"]) if inodes == {"7"} else None)
    state = port.port_state(9092, False)
    assert (state["holder"], state["network"]) == ("other", "hl")
    # Not 9192, which is what a second network has taken already.
    assert state["free"] == 9392
    monkeypatch.setattr(port, "holder_of", lambda inodes: (7, ["/usr/bin/python3", "x"]))
    assert "network" not in port.port_state(9092, False)
    assert port.port_state(9192, True) == {"holder": "ours", "free": 9392}


def test_below_1024_another_port_is_one_that_needs_no_root(port: ModuleType) -> None:
    assert port.free_port(443, {9092: set()}) == 9192
    assert port.free_port(65500, {}) is None
