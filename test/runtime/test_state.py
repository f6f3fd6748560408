"""The file in which a process tells how it is doing: what passes quickly is not written each time, the end always."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest

from fl_wizard_runtime import files
from fl_wizard_runtime.disk import DiskFull
from fl_wizard_runtime.faults import Exit, Fault
from fl_wizard_runtime.state import State
from network import until


def test_what_passes_quickly_is_not_written_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, written = tmp_path / "client1.json", 0
    write = files.write_json

    def counted(to: Path, value: object, *, sync: bool = True) -> None:
        nonlocal written
        written += 1
        write(to, value, sync=sync)

    monkeypatch.setattr(files, "write_json", counted)
    state = State(path)
    state.change("connected")
    for _ in range(100):
        state.soon(state="training")
        state.soon(state="connected")
    state.soon(state="evaluating")
    until(lambda: json.loads(path.read_text())["state"] == "evaluating", "the last of them is written")
    assert written < 20
    state.change("retrying", "the server went away")
    assert json.loads(path.read_text())["state"] == "retrying", "what has a reason is written at once"


def test_the_end_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "client1.json"
    state = State(path)
    state.soon(state="training")
    state.close()
    State(path).end("client", Fault(Exit.REFUSED, "is revoked"))
    assert state._writer is not None
    state._writer.join(20)  # what was still to be written had its time
    assert json.loads(path.read_text())["state"] == "refused"


def test_on_a_full_disk_the_end_is_told_in_the_old_files_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = tmp_path / "server.json"
    State(path).tell(phase="fit", port=9092, notices=["a word " * 20])
    monkeypatch.setattr(files, "write_json", full)
    State(path).end("server", DiskFull(tmp_path))
    told = json.loads(path.read_text())
    assert (told["phase"], told["port"]) == ("failed", 9092)
    assert told["detail"] == f"the disk is full: nothing can be written to {tmp_path}"
    State(path).tell(phase="waiting")  # shorter: nothing of the longer one is left behind it
    assert json.loads(path.read_text())["phase"] == "waiting"
    before = path.read_bytes()
    with pytest.raises(OSError, match="No space"):
        files.note_json(path, {"detail": "x" * (path.stat().st_blocks * files.BLOCK)})
    assert path.read_bytes() == before, "what does not fit leaves the old one whole"
