"""Whether a run has come to anything: Flower goes through all rounds even where nobody could train."""

from __future__ import annotations

from collections.abc import Iterable

from .record import Event
from .results import FIT


class Verdict:
    """Counts the rounds that brought no new weights because clients failed, since the run was last told to be over.

    A round in which nobody was to train (a strategy that only evaluates) is none of them.

    Args:
        history: What the journal held when this process began.
    """

    def __init__(self, history: Iterable[Event]) -> None:
        self._rounds = self._fruitless = 0
        self._reason = ""
        for event in history:
            self.fold(event)

    def fold(self, event: Event) -> None:
        """Counts an event of the journal."""
        if event["type"] == "run-finished":
            self._rounds = self._fruitless = 0
        if event["type"] != "round-finished":
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
        which = f"none of its {count} rounds brought" if failed else f"{self._fruitless} of its {count} rounds brought no"
        return ("failed" if failed else "changed"), f"{which} new weights: {self._reason}"
