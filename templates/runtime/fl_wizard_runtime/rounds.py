"""What happens in a run, round by round, as events of its journal.

Threads of Flower's pool, of gRPC and of the gate tell what they see; one lock makes an order of it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable

from . import text
from .journal import Journal
from .results import DOING, EVALUATE, FIT, Metrics, Result, Round, weighted_mean

NAMED = 5
"""So many clients are named in a sentence."""


class Rounds:
    """Turns what happens into events.

    Args:
        journal: Where they go.
        expected: The names of the clients that are expected.
        finished: Is called with a round's number before its end is told; returns the name of its weights' file.
    """

    def __init__(
        self,
        journal: Journal,
        expected: Iterable[str],
        finished: Callable[[int], str | None] = lambda _: None,
    ) -> None:
        self._journal = journal
        self._expected = tuple(expected)
        self._finished = finished
        self._lock = threading.RLock()
        self._round: Round | None = None
        self._phase: tuple[object, ...] = ()
        self._need = 0
        self._until: str | None = None  # so long it is waited for more clients than are needed
        self._connected: set[str] = set()
        self.total = 0
        self.number = 0

    @property
    def expected(self) -> int:
        """How many clients there are in all."""
        return len(self._expected)

    def client(self, name: str, state: str, **members: object) -> None:
        """A client's state changed."""
        self._journal.note("client-changed", client=name, state=state, **members)

    def came(self, name: str, address: str) -> None:
        """A client joined."""
        with self._lock:
            self._connected.add(name)
            self.client(name, "connected", address=address)
            self._still_waiting()

    def went(self, name: str, detail: str, during: str | None, *, left: bool) -> None:
        """A client's connection ended.

        Args:
            name: The client.
            detail: Why.
            during: The phase in which it was at work, or None.
            left: Whether it was told to leave.
        """
        with self._lock:
            self._connected.discard(name)
            if left:
                self.client(name, "idle", detail="left at the end")
                return
            detail = text.clean(detail)
            self.client(name, "lost", detail=detail, round=self.number if during else None)
            if during:
                self._fail(name, during, detail)
            self._still_waiting()

    def began(self, name: str, phase: str, bytes_down: int) -> None:
        """A client was given work."""
        with self._lock:
            self._count(bytes_down)
            self.client(name, DOING[phase], round=self.number, bytesDown=bytes_down)

    def did(self, result: Result) -> None:
        """A client's work is done."""
        with self._lock:
            self._count(result.bytes_up)
            if self._round is not None:
                self._round.results.append(result)
            self.client(
                result.client,
                "idle",
                round=self.number,
                samples=result.samples,
                seconds=round(result.seconds, 3),
                loss=result.loss,
                metrics=result.metrics or None,
                bytesUp=result.bytes_up,
                bytesDown=result.bytes_down,
            )

    def failed(self, name: str, phase: str, reason: str, seconds: float) -> None:
        """A client answered that it could not do its work."""
        with self._lock:
            reason = text.clean(reason)
            self._fail(name, phase, reason)
            self.client(name, "failed", detail=reason, round=self.number, seconds=round(seconds, 3))

    def missed(self, name: str, phase: str, reason: str) -> None:
        """A client was chosen for work and had gone already, which was told then."""
        with self._lock:
            self._fail(name, phase, text.clean(reason))

    def _fail(self, name: str, phase: str, reason: str) -> None:
        if self._round is not None:
            self._round.failures.append({"client": name, "phase": phase, "reason": reason})

    def _count(self, size: int) -> None:
        if self._round is not None:
            self._round.bytes += size

    def choosing(self, number: int, phase: str, need: int) -> None:
        """The strategy is about to choose clients for a phase, and waits where there are too few.

        Args:
            number: The round.
            phase: fit or evaluate.
            need: How many clients it waits for.
        """
        with self._lock:
            if phase == FIT:
                self.end_round()
                self.number = number
                self._round = Round(number, time.monotonic())
            self._need = need
            self._still_waiting()

    def chosen(self, phase: str) -> None:
        """The strategy has chosen clients."""
        with self._lock:
            self._need = 0
            if phase == FIT and self._round is not None:
                # The time that it took to wait for clients is told by the waiting phase, and is not the round's.
                self._round.begun = time.monotonic()
            self.enter(phase)

    def waits(self, need: int) -> None:
        """The run waits for clients before its first round."""
        with self._lock:
            self._need = need
            self._still_waiting()

    def gather(self, seconds: float) -> None:
        """There are enough for the first round, and it waits so long for those that were started with them."""
        with self._lock:
            self._need, self._until = len(self._expected), text.stamp(seconds)
            self._still_waiting()

    def gathered(self, seconds: float) -> None:
        """It waits for them no longer."""
        with self._lock:
            self._need, self._until = 0, None
            missing = self._missing()
            if missing:
                names = ", ".join(missing[:NAMED]) + (f" and {len(missing) - NAMED} more" if missing[NAMED:] else "")
                begins = f"the first round begins without {names}"
                self._journal.write("notice", text=f"{begins}: not there {seconds:g} s after the others")

    def _missing(self) -> list[str]:
        return [name for name in self._expected if name not in self._connected]

    def _still_waiting(self) -> None:
        have = len(self._connected)
        if have >= self._need:
            return
        until = {} if self._until is None else {"until": self._until}
        self.enter("waiting", waiting={"have": have, "need": self._need, "missing": self._missing()}, **until)

    def enter(self, phase: str, **members: object) -> None:
        """Tells a new phase, once."""
        with self._lock:
            now = (phase, self.number, repr(members))
            if now != self._phase:
                self._phase = now
                self._journal.note("phase-changed", phase=phase, round=self.number, rounds=self.total, **members)

    def aggregated(self, phase: str, loss: float | None, metrics: Metrics) -> None:
        """The strategy aggregated a phase; where it has no metrics, the clients' weighted mean stands for them."""
        with self._lock:
            if self._round is None:
                return
            own = [result for result in self._round.results if result.phase == phase]
            self._round.metrics[phase] = metrics or weighted_mean(own)
            if phase == EVALUATE:
                self._round.tell_loss(loss)

    def evaluated_centrally(self, loss: float | None, metrics: Metrics) -> None:
        """The strategy evaluated the weights on the server."""
        with self._lock:
            if self._round is not None:
                self._round.tell_loss(loss, central=True)
                self._round.metrics["central"] = metrics

    def end_round(self) -> None:
        """Tells the end of the round that is under way, if one is."""
        with self._lock:
            ended, self._round = self._round, None
            if ended is None:
                return
            metrics: Metrics = {}
            for source in (FIT, "central", EVALUATE):
                metrics.update(ended.metrics.get(source, {}))
            loss = ended.loss if ended.loss is not None else ended.central_loss
            # The next round does not wait for the disk. A process that dies before this is there does the round again.
            self._journal.note(
                "round-finished",
                round=ended.number,
                rounds=self.total,
                seconds=round(time.monotonic() - ended.begun, 3),
                fit=ended.tally(FIT),
                evaluate=ended.tally(EVALUATE),
                loss=loss,
                metrics=metrics,
                notFinite=ended.not_finite(loss, metrics) or None,
                bytes=ended.bytes,
                weights=self._finished(ended.number),
                failures=ended.failures or None,
            )
