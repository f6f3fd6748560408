"""Where a run stands, folded from its events."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

from .record import Event

Members = dict[str, Any]


class Board:
    """The present state of a run.

    Args:
        run: Its id.
        expected: The names of the clients that are expected.
    """

    def __init__(self, run: str, expected: Iterable[str]) -> None:
        self._lock = threading.Lock()
        self._top: Members = {"run": run, "phase": "", "round": 0, "rounds": 0, "sequence": 0}
        self._server: Members = {}
        self._expected = tuple(expected)
        self._last: dict[str, Event] = {}
        """Of each client that was seen, what it did last."""
        self._addresses: dict[str, str] = {}

    def fold(self, events: Iterable[Event]) -> None:
        """Counts events in."""
        with self._lock:
            for event in events:
                self._top["sequence"] = event["sequence"]
                # Nearly all are of this kind, and only the last one of each client is ever looked at.
                if event["type"] == "client-changed":
                    self._last[event["client"]] = event
                    if "address" in event:
                        self._addresses[event["client"]] = event["address"]
                else:
                    self._rare(event)

    def _rare(self, event: Event) -> None:
        kind = event["type"]
        if kind == "run-started":
            self._top["rounds"] = event["rounds"]
            self._server.update(flower=event["flower"], strategy=event["strategy"])
        elif kind == "server-started":
            self._server.update(port=event["port"], monitorPort=event["monitorPort"], started=event["time"])
            # Whoever was connected to the process before has to come again.
            self._last.clear()
            self._addresses.clear()
        elif kind == "phase-changed":
            self._top.update(phase=event["phase"], round=event["round"], rounds=event["rounds"])

    def _client(self, name: str) -> Members:
        event = self._last.get(name)
        if event is None:
            return {"client": name, "state": ""}
        now: Members = {"client": name, "state": event["state"], "since": event["time"]}
        now.update((key, event[key]) for key in ("detail", "round") if key in event)
        if name in self._addresses:
            now["address"] = self._addresses[name]
        return now

    def tell(self, **facts: object) -> None:
        """Adds facts about the server's process."""
        with self._lock:
            self._server.update(facts)

    def snapshot(self) -> Members:
        """The state in the journal's names, as the monitor's SnapshotResponse has it."""
        with self._lock:
            clients = [self._client(name) for name in sorted({*self._expected, *self._last})]
            return {**self._top, "clients": clients, "server": dict(self._server)}
