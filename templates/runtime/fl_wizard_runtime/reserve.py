"""Sequences that nobody else is given: those that a reader may have seen are not given again to other events.

A power cut takes the lines of a journal that were not synced yet, and a reader may have had them already. Were their
sequences given again, that reader would take the new events for what it knows. To sync each line before it is told
would cost a disk's turn for each; a mark that is synced ahead of use costs one for thousands. So the sequences of a
journal have a gap behind a power cut, and none behind a process that was killed: what that has written, the system has.
"""

from __future__ import annotations

from pathlib import Path

from . import files

AHEAD = 10_000
"""Sequences that are reserved at once: one sync a second at ten thousand events a second."""
BOOT = Path("/proc/sys/kernel/random/boot_id")
"""Another one after each start of the machine."""


class Reserve:
    """The mark beside a journal.

    Args:
        journal: The journal's file.
    """

    def __init__(self, journal: Path) -> None:
        self._path = journal.with_suffix(".reserved")
        self._until = 0

    def behind(self, last: int, *, damaged: bool) -> int:
        """The sequence behind which new ones are nobody's.

        Args:
            last: The last one in the journal.
            damaged: Whether whole lines of it were lost.
        """
        kept = files.read_json(self._path) or {}
        until, boot = kept.get("until"), _boot()
        if not isinstance(until, int) or (boot and kept.get("boot") == boot and not damaged):
            return last  # no mark: a journal of a runtime that made none
        return max(last, until)

    def cover(self, sequence: int) -> None:
        """Has to be called before anybody hears of the sequence.

        Raises:
            OSError: Where the mark can't be written.
        """
        if sequence > self._until:
            self._keep(sequence + AHEAD)

    def settle(self, last: int) -> None:
        """No more are given and all of the journal is synced: the next process goes on without a gap.

        Raises:
            OSError: Where the mark can't be written.
        """
        if self._until:
            self._keep(last)

    def _keep(self, until: int) -> None:
        files.write_json(self._path, {"until": until, "boot": _boot()})
        self._until = until


def _boot() -> str:
    """Which start of the machine this is; empty where the system does not tell: each may then be behind a power cut."""
    try:
        return BOOT.read_text("ascii").strip()
    except (OSError, ValueError):
        return ""
