"""What the agent tells of runs by their journals (templates/host/runs.py)."""

from __future__ import annotations

import builtins
import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

HOST = Path(__file__).parents[2] / "templates" / "host"


@pytest.fixture(scope="module")
def runs() -> Any:
    """The agent's part, as a host imports it."""
    sys.path.insert(0, str(HOST))
    try:
        import runs  # type: ignore[import-not-found]
    finally:
        sys.path.remove(str(HOST))
    return runs


class Told:
    """A journal, with what has to be said of it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "1" / "events.jsonl"
        self.path.parent.mkdir()
        self.sequence = 0
        self.text = ""

    def tell(self, kind: str, **members: object) -> Told:
        self.sequence += 1
        event = {"type": kind, "time": f"t{self.sequence}", "sequence": self.sequence, "run": "1", **members}
        self.text += json.dumps(event, separators=(",", ":")) + "\n"
        return self

    def rounds(self, first: int, last: int, clients: int = 3) -> Told:
        for number in range(first, last + 1):
            for client in range(clients):
                self.tell("client-changed", client=f"client{client}", state="idle", detail='✓ "type":"run-finished"')
            self.tell("round-finished", round=number, rounds=9)
        return self

    def begin(self) -> Told:
        return self.tell("run-started", rounds=5).tell("server-started", port=1)

    def end(self, outcome: str = "changed", detail: str | None = None) -> Told:
        return self.tell("run-finished", outcome=outcome, detail=detail).tell("phase-changed", phase="lingering")

    def facts(self, runs: Any) -> dict[str, Any]:
        self.path.write_text(self.text, "utf-8")
        (found,) = runs.run_facts(str(self.path.parents[1]), ["1"])
        assert found.pop("run") == "1"
        return dict(found)


@pytest.fixture
def told(tmp_path: Path) -> Told:
    return Told(tmp_path)


GOES_ON = {"finished": False, "started": "t1"}


@pytest.mark.parametrize("block", [7, 64 * 1024])
def test_a_run_is_told_by_the_end_of_its_journal(
    told: Told, runs: Any, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(runs, "BLOCK", block)
    assert told.facts(runs) == {"rounds": 0, "done": 0, "finished": False, "last": 0}
    assert told.begin().facts(runs) == {**GOES_ON, "rounds": 5, "done": 0, "last": 2, "until": "t2"}
    assert told.rounds(1, 3).facts(runs) == {**GOES_ON, "rounds": 9, "done": 3, "last": 14, "until": "t14"}
    failed = {"rounds": 9, "done": 3, "last": 16, "until": "t16", "started": "t1"}
    failed |= {"finished": True, "outcome": "failed", "detail": "no data"}
    assert told.end("failed", "no data").facts(runs) == failed
    assert told.tell("connection-refused", reason="x" * 300).facts(runs) == {**failed, "last": 17, "until": "t17"}
    told.text += '{"type":"server-sta'  # under way
    assert told.facts(runs) == {**failed, "last": 17, "until": "t17"}
    told.text = told.text[: told.text.rindex("\n") + 1] + "garbage\n[1]\n"
    assert told.facts(runs) == {**failed, "last": 17, "until": "t17"}
    resumed = told.tell("server-started", port=2).facts(runs)
    assert resumed == {**GOES_ON, "rounds": 9, "done": 3, "last": 18, "until": "t18"}
    assert told.rounds(4, 4).facts(runs) == {**GOES_ON, "rounds": 9, "done": 4, "last": 22, "until": "t22"}
    assert told.rounds(5, 9).end().facts(runs)["outcome"] == "changed"


def test_a_round_that_ends_as_the_run_does_is_not_behind_it(told: Told, runs: Any) -> None:
    facts = told.begin().rounds(1, 2).end("failed", "no data").rounds(3, 3).facts(runs)
    assert (facts["finished"], facts["outcome"], facts["done"]) == (True, "failed", 3)


def test_a_journal_that_was_cut_or_replaced_is_told_as_it_is(told: Told, runs: Any) -> None:
    whole = told.begin().rounds(1, 4).text
    assert told.facts(runs)["done"] == 4
    told.text = whole[: whole.index('"round":3')]
    assert (told.facts(runs)["done"], told.facts(runs)["last"]) == (2, 13)
    told.text, told.sequence = "", 0
    assert told.tell("notice", text="anew").facts(runs) == {
        **{"rounds": 0, "done": 0, "finished": False},
        **{"last": 1, "until": "t1"},
    }


def test_a_look_costs_the_same_however_long_a_journal_is(
    told: Told, runs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "BLOCK", 4096)
    read: list[int] = []

    class Counting(io.FileIO):
        def readinto(self, buffer: Any) -> int | None:
            count = super().readinto(buffer)
            read.append(count or 0)
            return count

    def cost() -> int:
        told.path.write_text(told.text, "utf-8")
        with monkeypatch.context() as patch:
            patch.setattr(builtins, "open", lambda path, mode: io.BufferedReader(Counting(path)))
            read.clear()
            runs.run_facts(str(told.path.parents[1]), ["1"])
        return sum(read)

    told.begin().rounds(1, 10, clients=50)
    first = cost()
    told.rounds(11, 60, clients=50)
    assert 0 < cost() <= first + 2 * runs.BLOCK < len(told.text.encode()) / 4
    assert told.facts(runs)["done"] == 60
