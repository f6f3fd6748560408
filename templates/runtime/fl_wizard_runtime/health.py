"""The standard health service, grpc.health.v1: for probes that know gRPC and nothing of us."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator

from . import messages
from .journal import Journal
from .record import Event

SERVICE = f"{messages.HEALTH}.Health"
TRAINING = "flwr.proto.FlowerService"
"""What clients join; it is another port's, and told here because here is who may ask."""
SERVING, NOT_SERVING, UNKNOWN = "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"


class Health:
    """How the process and its services are.

    Args:
        journal: Tells of this process when it takes clients in, and when the run has ended.
        services: The names of those that serve as long as the process does.
    """

    def __init__(self, journal: Journal, services: Iterable[str]) -> None:
        self._changed = threading.Condition()
        self._status = {TRAINING: NOT_SERVING, **dict.fromkeys(("", *services), SERVING)}
        self._closed = False
        journal.observe(self._fold)

    def _fold(self, events: Iterable[Event]) -> None:
        # An observer is told of nothing that was journaled before this process began: another one served then.
        for event in events:
            if event["type"] == "server-started":
                self._set(TRAINING, SERVING)
            elif event["type"] == "run-finished":
                self._set(TRAINING, NOT_SERVING)

    def _set(self, service: str, status: str) -> None:
        with self._changed:
            self._status[service] = status
            self._changed.notify_all()

    def status(self, service: str) -> str:
        """The status of a service by its full name; of the process where that is empty."""
        return self._status.get(service, UNKNOWN)

    def follow(self, service: str, going: Callable[[], bool], pause: float) -> Iterator[str]:
        """Yields the status now, then each time that it has changed.

        Args:
            service: As in `status`.
            going: Is asked at least once a pause; False ends the iteration.
            pause: Seconds.

        Yields:
            Statuses; the last one is told when the process ends.
        """
        told = None
        while going():
            with self._changed:
                now, closed = self.status(service), self._closed
                if now == told and not closed:
                    self._changed.wait(pause)
                    continue
            if now != told:
                told = now
                yield now
            if closed:
                return

    def close(self) -> None:
        """Nothing serves any more: told to those who follow, whose iteration then ends."""
        with self._changed:
            self._closed = True
            self._status = dict.fromkeys(self._status, NOT_SERVING)
            self._changed.notify_all()
