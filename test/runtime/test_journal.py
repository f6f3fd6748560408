"""The journal: numbered without gaps as long as the machine runs, and no number twice, whatever happened to its file."""

from __future__ import annotations

import errno
import json
import math
import os
import threading
import tracemalloc
from collections.abc import Sequence
from pathlib import Path

import pytest

from fl_wizard_runtime import journal as journals
from fl_wizard_runtime import record, reserve
from fl_wizard_runtime.board import Board
from fl_wizard_runtime.disk import DiskFull
from fl_wizard_runtime.faults import Fault
from fl_wizard_runtime.journal import Journal
from fl_wizard_runtime.past import Past
from fl_wizard_runtime.record import BLOCK, STRIDE
from fl_wizard_runtime.verdict import Verdict


def written(path: Path, count: int) -> bytes:
    journal = Journal(path, "1")
    for number in range(count):
        journal.write("notice", text=f"number {number} ✓")
    journal.close()
    return path.read_bytes()


def test_a_line_is_compact_and_complete(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "runs" / "1" / "events.jsonl", "1")
    event = journal.write("round-finished", round=1, loss=None, metrics={"a": None})
    journal.close()
    line = (tmp_path / "runs" / "1" / "events.jsonl").read_text()
    assert line == json.dumps(event, separators=(",", ":")) + "\n"
    assert list(event) == ["type", "time", "sequence", "run", "round", "metrics"]
    assert event["time"].endswith("Z") and len(event["time"]) == 24
    assert (tmp_path / "runs" / "1" / "events.jsonl").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "runs" / "1").stat().st_mode & 0o777 == 0o700


def test_cut_at_every_byte_it_goes_on_without_a_gap(tmp_path: Path) -> None:
    whole = written(tmp_path / "whole", 4)
    path = tmp_path / "cut"
    for size in range(len(whole) + 1):
        path.write_bytes(whole[:size])
        kept = whole[:size].count(b"\n")
        past: list[record.Event] = []
        journal = Journal(path, "1", past.extend)
        assert [event["sequence"] for event in past] == list(range(1, kept + 1))
        assert journal.write("notice", text="after")["sequence"] == kept + 1
        journal.close()
        lines = path.read_bytes().splitlines()
        assert [json.loads(line)["sequence"] for line in lines] == list(range(1, kept + 2))


def test_damage_in_the_middle_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    whole = written(path, 3).splitlines(keepends=True)
    path.write_bytes(whole[0] + b"\0" * 40 + b"\n" + whole[2])
    journal = Journal(path, "1")
    assert journal.write("notice", text="after")["sequence"] == 4, "somebody may have seen the third"
    journal.close()
    assert [json.loads(line)["sequence"] for line in path.read_bytes().splitlines()] == [1, 4]
    assert [one.read_bytes() for one in tmp_path.glob("*.damaged")] == [b"\0" * 40 + b"\n" + whole[2]]


def test_two_writers_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "PATIENCE", 0.0)
    first = Journal(tmp_path / "events.jsonl", "1")
    with pytest.raises(Fault, match="another process"):
        Journal(tmp_path / "events.jsonl", "1")
    first.close()
    Journal(tmp_path / "events.jsonl", "1").close()


def test_a_full_disk_leaves_no_cut_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "events.jsonl"
    journal = Journal(path, "1")
    journal.write("notice", text="one")
    real = journals.os.write
    monkeypatch.setattr(journals.os, "write", lambda file, content: real(file, content[:7]))
    with pytest.raises(Fault, match="disk is full"):
        journal.write("round-finished", round=1)
    with pytest.raises(Fault, match="disk is full"):  # nothing is put off any more
        journal.note("client-changed", state="idle")
    assert path.read_bytes().endswith(b"\n") or not path.read_bytes()
    monkeypatch.undo()
    journal.write("notice", text="four")
    assert [json.loads(line)["sequence"] for line in path.read_bytes().splitlines()] == [1, 2, 3, 4]
    journal.close()


def test_a_full_disk_ends_neither_the_closing_nor_the_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    raised: list[object] = []
    monkeypatch.setattr(threading, "excepthook", raised.append)
    journal = Journal(tmp_path / "events.jsonl", "1")
    journal.note("client-changed", state="idle")
    journal.flush()
    monkeypatch.setattr(journals.os, "write", full)
    monkeypatch.setattr(journals.os, "fsync", full)
    with pytest.raises(DiskFull, match=f"the disk is full: nothing can be written to {tmp_path}"):
        journal.write("notice", text="lost")
    journal.close()
    assert journal._writer is not None
    journal._writer.join(20)
    assert not journal._writer.is_alive() and not raised
    journal.flush()  # what could not be written is not tried on a closed file


def test_what_may_wait_is_written_by_itself_and_told_then(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    journal = Journal(path, "1")
    told: list[int] = []
    seen = threading.Event()

    def observer(events: Sequence[record.Event]) -> None:
        assert len(path.read_bytes().splitlines()) >= events[-1]["sequence"]
        told.extend(event["sequence"] for event in events)
        if told[-1] == 100:
            seen.set()

    journal.observe(observer)
    for _ in range(100):
        journal.note("client-changed", client="client1", state="idle")
    assert seen.wait(20)
    assert told == list(range(1, 101))
    journal.close()


def test_what_must_last_hurries_and_nobody_waits_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journals, "HASTE", 3600.0)
    journal = Journal(tmp_path / "events.jsonl", "1")
    journal.write("notice", text="sequences are reserved with the first one")
    synced, told = threading.Event(), threading.Event()
    sync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: (sync(file), synced.set()))
    journal.observe(lambda events: told.set() if synced.is_set() else None)
    journal.note("client-changed", client="client1", state="idle")
    journal.note("round-finished", round=1)
    assert told.wait(20), "synced first, and then told"
    assert journal.sequence == 3
    journal.close()


def test_what_is_noted_hurries_while_somebody_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journals, "HASTE", 3600.0)
    journal = Journal(tmp_path / "events.jsonl", "1")
    journal.write("notice", text="one")
    reader = journal.follow(0, lambda: True)
    assert [event["text"] for event in next(reader)] == ["one"]
    journal.note("notice", text="two")
    assert [event["text"] for event in next(reader)] == ["two"]
    reader.close()
    assert journal._readers == 0
    journal.close()


def test_what_must_last_is_there_when_it_is_told(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    journal = Journal(path, "1")
    journal.note("client-changed", client="client1", state="idle")
    journal.write("round-finished", round=1)
    assert [json.loads(line)["type"] for line in path.read_bytes().splitlines()] == ["client-changed", "round-finished"]
    journal.close()


def test_many_threads_write_one_order(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    journal = Journal(path, "1")

    def some(kind: str) -> None:
        for _ in range(50):
            (journal.note if kind == "client-changed" else journal.write)(kind)

    threads = [threading.Thread(target=some, args=(kind,)) for kind in ("client-changed", "notice") * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    journal.close()
    assert [json.loads(line)["sequence"] for line in path.read_bytes().splitlines()] == list(range(1, 401))


def test_what_is_no_json_is_never_written(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "events.jsonl", "1")
    with pytest.raises(ValueError, match="JSON"):
        journal.write("notice", value=math.nan)
    assert journal.write("notice", text="next")["sequence"] == 1
    journal.close()
    assert journal.write("notice", text="late") == {}


@pytest.mark.parametrize("after", [0, 1, STRIDE - 1, STRIDE, STRIDE + 1, 3 * STRIDE, 3 * STRIDE + 5, 10_000])
def test_a_reader_gets_what_follows_once_and_in_order(tmp_path: Path, after: int) -> None:
    path = tmp_path / "events.jsonl"
    written(path, 2 * STRIDE)
    journal = Journal(path, "1")
    found: list[int] = []
    reader = threading.Thread(
        target=lambda: found.extend(
            event["sequence"] for events in journal.follow(after, lambda: True) for event in events
        )
    )
    reader.start()
    for _ in range(STRIDE + 10):
        journal.write("notice", text="live")
    journal.close()
    reader.join(20)
    assert found == list(range(after + 1, 3 * STRIDE + 11))


def test_a_reader_holds_no_more_than_a_block_and_a_long_line_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    journal = Journal(path, "1")
    texts = ["x" * size for size in (10, BLOCK // 2, BLOCK // 2, 3 * BLOCK, 10, 0, BLOCK)] + ["y"] * 3000
    for text in texts:
        journal.note("notice", text=text)
    journal.close()
    told: list[list[record.Event]] = []
    reader = Journal(path, "1")
    following = reader.follow(0, lambda: True)
    while sum(map(len, told)) < len(texts):
        told.append(next(following))
    assert [event["text"] for events in told for event in events] == texts
    assert all(len(events) == 1 or len(json.dumps(events)) < 2 * BLOCK for events in told)
    reader.close()
    assert next(following, None) is None


def test_a_reader_ends_when_it_is_told(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "events.jsonl", "1")
    journal.write("notice", text="one")
    going = iter([True, True, True, False])
    told = list(journal.follow(0, lambda: next(going), pause=0.01))
    assert [event["sequence"] for events in told for event in events] == [1]
    journal.close()


def restarted(monkeypatch: pytest.MonkeyPatch, folder: Path, boot: str | None) -> None:
    """Another start of the machine; None where the system does not tell one from the other."""
    monkeypatch.setattr(reserve, "BOOT", folder / f"boot-{boot}")
    if boot is not None:
        (folder / f"boot-{boot}").write_text(f"{boot}\n")


def power_cut(path: Path, folder: Path) -> Path:
    """What a disk holds after a power cut: all that was synced, and not what came after it."""
    synced = path.read_bytes()
    kept = synced[: synced.index(b"\n", synced.index(b'"round-finished"')) + 1]
    after = folder / "after"
    after.mkdir()
    for each in path.parent.iterdir():
        (after / each.name).write_bytes(kept if each == path else each.read_bytes())
    return after / path.name


@pytest.mark.parametrize("boots", [("one", "two"), (None, None)])
def test_a_reader_misses_nothing_after_a_power_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, boots: tuple[str | None, str | None]
) -> None:
    restarted(monkeypatch, tmp_path, boots[0])
    journal = Journal(tmp_path / "run" / "events.jsonl", "1")
    journal.write("run-started")
    journal.write("round-finished", round=1)
    for _ in range(5):
        journal.write("notice", text="seen, and not synced")
    reader = journal.follow(0, lambda: True)
    seen = next(reader)[-1]["sequence"]
    assert seen == 7
    path = power_cut(journal.path, tmp_path)
    reader.close()
    journal.close()

    restarted(monkeypatch, tmp_path, boots[1])
    journal = Journal(path, "1")
    told = [journal.write("notice", text=f"new {number}") for number in range(2 * STRIDE)]
    journal.close()
    assert [event for events in journal.follow(seen, lambda: True) for event in events] == told
    kept = [json.loads(line)["sequence"] for line in path.read_bytes().splitlines()]
    assert kept == sorted(set(kept)) and len(kept) == 2 + len(told)
    for event in told[:: STRIDE // 3]:
        behind = [each for events in journal.follow(event["sequence"], lambda: True) for each in events]
        assert behind == told[told.index(event) + 1 :]


def test_a_power_cut_before_the_next_event_is_one_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "events.jsonl"
    lasts = []
    for boot in "abc":
        restarted(monkeypatch, tmp_path, boot)
        journal = Journal(path, "1")
        lasts.append(journal.write("notice", text=boot)["sequence"])
        kept, mark = path.read_bytes(), path.with_suffix(".reserved").read_bytes()
        journal.close()
        path.write_bytes(kept[: len(kept) // 2])  # as if nothing of it had been synced
        path.with_suffix(".reserved").write_bytes(mark)
        Journal(path, "1").close()  # ends before it has told anything
    assert lasts == sorted(set(lasts))


def test_what_was_closed_goes_on_without_a_gap_on_another_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "events.jsonl"
    restarted(monkeypatch, tmp_path, "one")
    written(path, 3)
    restarted(monkeypatch, tmp_path, "two")
    assert len(written(path, 2).splitlines()) == 5
    assert json.loads(path.read_bytes().splitlines()[-1])["sequence"] == 5


def test_a_journal_without_a_mark_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a runtime before this one has left it."""
    path = tmp_path / "events.jsonl"
    written(path, 3)
    path.with_suffix(".reserved").unlink()
    restarted(monkeypatch, tmp_path, "two")
    journal = Journal(path, "1")
    assert journal.write("notice", text="four")["sequence"] == 4
    journal.close()


def test_thousands_of_events_cost_one_sync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    syncs = []
    journal = Journal(tmp_path / "events.jsonl", "1")
    sync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: (syncs.append(file), sync(file)))
    for _ in range(2 * reserve.AHEAD):
        journal.note("client-changed")
        if len(journal._noted) >= 100:
            journal.flush()
    journal.flush()
    # The mark and its folder, before the first event and each time the reserve is used up.
    assert 2 * 2 <= len(syncs) <= 3 * 2
    monkeypatch.undo()
    journal.close()


def test_what_was_before_is_not_held(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    mark = {"type": "client-changed", "time": "2026-11-20T09:41:00.000Z", "run": "1"}
    count = 40_000
    with path.open("w") as file:
        for at in range(1, count + 1):
            file.write(json.dumps({**mark, "sequence": at, "client": f"client{at % 9}", "state": "idle"}) + "\n")
        done = {**mark, "type": "round-finished", "sequence": count + 1, "round": 1, "fit": {"ok": 2, "failed": 0}}
        file.write(json.dumps(done) + "\n")
    past, board, verdict = Past(tmp_path), Board("1", []), Verdict()
    tracemalloc.start()
    try:
        journal = Journal(path, "1", past.fold, board.fold, verdict.fold)
        held, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert journal.sequence == board.snapshot()["sequence"] == count + 1 and past.done == 1
    assert held < 200_000 and most < 2_000_000 < path.stat().st_size
    journal.close()
