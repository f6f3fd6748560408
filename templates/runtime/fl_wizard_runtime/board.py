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
        history: The events so far.
    """

    def __init__(self, run: str, expected: Iterable[str], history: Iterable[Event]) -> None:
        self._lock = threading.Lock()
        self._top: Members = {"run": run, "phase": "", "round": 0, "rounds": 0, "sequence": 0}
        self._server: Members = {}
        self._clients: dict[str, Members] = {name: {"client": name, "state": ""} for name in expected}
        for event in history:
            self.fold(event)

    def fold(self, event: Event) -> None:
        """Counts an event in."""
        with self._lock:
            self._top["sequence"] = event["sequence"]
            kind = event["type"]
            if kind == "run-started":
                self._top["rounds"] = event["rounds"]
                self._server.update(flower=event["flower"], strategy=event["strategy"])
            elif kind == "server-started":
                self._server.update(port=event["port"], monitorPort=event["monitorPort"], started=event["time"])
                # Whoever was connected to the process before has to come again.
                for name in self._clients:
                    self._clients[name] = {"client": name, "state": ""}
            elif kind == "phase-changed":
                self._top.update(phase=event["phase"], round=event["round"], rounds=event["rounds"])
            elif kind == "client-changed":
                self._client(event)

    def _client(self, event: Event) -> None:
        name = event["client"]
        before = self._clients.get(name, {})
        now: Members = {"client": name, "state": event["state"], "since": event["time"]}
        now.update((key, event[key]) for key in ("detail", "round") if key in event)
        address = event.get("address", before.get("address"))
        if address is not None:
            now["address"] = address
        self._clients[name] = now

    def tell(self, **facts: object) -> None:
        """Adds facts about the server's process."""
        with self._lock:
            self._server.update(facts)

    def snapshot(self) -> Members:
        """The state in the journal's names, as the monitor's SnapshotResponse has it."""
        with self._lock:
            clients = [dict(self._clients[name]) for name in sorted(self._clients)]
            return {**self._top, "clients": clients, "server": dict(self._server)}
