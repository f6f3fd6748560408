"""What a process has to know of its run before it: little, however long the run has been."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from pathlib import Path

from .record import Event

NOTICES = 1000
"""Notices that are not told again: a script says the same at each start, and a run of months says other things too."""


class Past:
    """Folded from the events that the journal held when this process began.

    Args:
        folder: The run's.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._notices: deque[str] = deque(maxlen=NOTICES)
        self.begun = False
        self.end: Event | None = None  # the run's, unless a server started after it: it then was not the last word
        self.rounds = 0  # as many as it was to have at most
        self.done = 0  # the last finished round; 0 before the first
        self.weights: Path | None = None  # the newest of a finished round that are still there

    def fold(self, events: Iterable[Event]) -> None:
        """Counts events in."""
        for event in events:
            if event["type"] != "client-changed":  # as nearly all are
                self._rare(event)

    def _rare(self, event: Event) -> None:
        kind = event["type"]
        if kind == "notice":
            self._notices.append(event["text"])
        elif kind in {"run-finished", "server-started"}:
            self.end = event if kind == "run-finished" else None
        elif kind in {"run-started", "phase-changed"}:
            self.begun = self.begun or kind == "run-started"
            self.rounds = max(self.rounds, event["rounds"])
        elif kind == "round-finished":
            self.done = max(self.done, event["round"])
            name = event.get("weights")
            if name and isinstance(name, str) and (path := self._folder / Path(name).name).is_file():
                self.weights = path

    def has_told(self, notice: str) -> bool:
        """Whether a process before this one has told it, as one of its last notices."""
        return notice in self._notices
