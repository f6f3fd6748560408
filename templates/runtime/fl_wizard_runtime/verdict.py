"""Whether a run has come to anything: Flower goes through all rounds even where nobody could train."""

from __future__ import annotations

from collections.abc import Iterable

from .record import Event
from .results import FIT


class Verdict:
    """Counts the rounds that brought no new weights because clients failed, since the run was last told to be over.

    A round in which nobody was to train (a strategy that only evaluates) is none of them.
    """

    def __init__(self) -> None:
        self._rounds = self._fruitless = 0
        self._reason = ""

    def fold(self, events: Iterable[Event]) -> None:
        """Counts events of the journal."""
        for event in events:
            if event["type"] in {"run-finished", "round-finished"}:
                self._count(event)

    def _count(self, event: Event) -> None:
        if event["type"] == "run-finished":
            self._rounds = self._fruitless = 0
            return
        self._rounds += 1
        fit = event["fit"]
        if fit["failed"] == 0 or (fit["ok"] > 0 and event.get("weights")):
            return
        self._fruitless += 1
        failures = [each for each in event.get("failures") or [] if each["phase"] == FIT]
        if failures:
            self._reason = f"{failures[-1]['client']}: {failures[-1]['reason']}"

    def outcome(self) -> tuple[str, str | None]:
        """The run's outcome as its journal has it, and what there is to say about it."""
        if not self._fruitless:
            return "changed", None
        count, failed = self._rounds, self._fruitless == self._rounds
        if failed and count == 1:
            return "failed", f"its only round brought no new weights: {self._reason}"
        if failed:
            return "failed", f"none of its {count} rounds brought new weights: {self._reason}"
        return "changed", f"{self._fruitless} of its {count} rounds brought no new weights: {self._reason}"
