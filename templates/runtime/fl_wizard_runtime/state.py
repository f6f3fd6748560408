"""The file in which a process of the runtime tells how it is doing."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import ClassVar

from . import files, text
from .faults import Exit, Fault


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

    def tell(self, **members: object) -> None:
        """Merges the members into what was told and writes it; nothing is written where nothing changed.

        A state that can't be written (a full disk) does not end a training.
        """
        with self._lock:
            told = {**self._last, **members, **self._always}
            if told == self._last:
                return
            self._last = told
            try:
                files.private_folder(self.path.parent)
                files.write_json(self.path, told, sync=False)
            except OSError:
                return

    def change(self, state: str, detail: str | None = None) -> None:
        """Tells a client's new state, with its reason and since when."""
        if (self._last.get("state"), self._last.get("detail")) != (state, detail):
            self.tell(state=state, detail=detail, since=text.stamp())

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
