"""The file in which a process of the runtime tells how it is doing."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import ClassVar

from . import files, text
from .faults import Exit, Fault

PAUSE = 1.0
"""Seconds between two notes of what a process does. Each costs a tenth of a round of small weights, and whoever looks
asks every few seconds."""


class State:
    """Writes `state/<name>.json`; every write is the whole file, and says which process wrote it.

    Args:
        path: The file.
        settings: Digest of what the process was started with, as its configuration has it.
    """

    common: ClassVar[dict[str, object]] = {}
    """What every state of this process tells."""

    def __init__(self, path: Path, settings: str | None = None) -> None:
        self.path = path
        self._always = {**self.common, "pid": os.getpid(), "settings": settings}
        self._lock = threading.Lock()
        self._last: dict[str, object] = {}
        self._next: dict[str, object] = {}
        self._writer: threading.Thread | None = None
        self._closed = False

    def tell(self, **members: object) -> None:
        """Merges the members into what was told and writes it; nothing is written where nothing changed.

        A state that can't be written (a full disk) does not end a training.
        """
        with self._lock:
            told = {**self._last, **self._next, **members, **self._always}
            self._next = {}
            if told == self._last or self._closed:
                return
            self._last = told
            try:
                files.private_folder(self.path.parent)
                files.note_json(self.path, told)
            except OSError:
                return

    def change(self, state: str, detail: str | None = None) -> None:
        """Tells a client's new state, with its reason and since when."""
        last = {**self._last, **self._next}
        if (last.get("state"), last.get("detail")) != (state, detail):
            self.tell(state=state, detail=detail, since=text.stamp())

    def soon(self, **members: object) -> None:
        """As `tell`, for what may be over before anybody looks: the last of what comes within a moment is written."""
        with self._lock:
            self._next = {**self._next, **members}
            if self._writer is None:
                self._writer = threading.Thread(target=self._write_soon, name="state", daemon=True)
                self._writer.start()

    def _write_soon(self) -> None:
        # Woken by nobody: a thread that is woken for each piece of work takes its time from that work.
        while not self._closed:
            time.sleep(PAUSE)
            with self._lock:
                if all(self._last.get(key) == value for key, value in self._next.items() if key != "since"):
                    self._next = {}  # it has come back to what it did before
                due = bool(self._next)
            if due:
                self.tell()

    def close(self) -> None:
        """Nothing is written from here on: how the process ends is told by another instance."""
        with self._lock:
            self._closed = True

    def is_new(self) -> bool:
        """Whether nothing was told yet."""
        return not self._last

    def end(self, role: str, fault: Fault) -> None:
        """Tells why the process ends."""
        if fault.trace:
            self._always["trace"] = fault.trace
        if role == "server":
            self._last = files.read_json(self.path) or {}
            self.tell(phase="failed", detail=text.clean(fault.sentence))
        else:
            self.change("refused" if fault.code == Exit.REFUSED else "failed", text.clean(fault.sentence))
