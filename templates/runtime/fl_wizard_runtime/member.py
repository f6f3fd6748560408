"""A client that takes part: Flower's proxy, with the name of its certificate."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from typing import Any

from flwr.common import Code
from flwr.server.client_proxy import ClientProxy

from . import text
from .gate import Connection
from .limit import size
from .results import EVALUATE, FIT, Result
from .rounds import Rounds

LEAVE_PATIENCE = 10.0
"""Seconds for a client to say that it leaves."""


class Member(ClientProxy):  # type: ignore[misc]
    """A client under its certificate's name; knows how long each piece of work took and why it failed.

    Args:
        inner: Flower's proxy.
        connection: The call that it speaks through.
        rounds: Is told what the client does.
        drop: Takes it from those that a strategy may choose.
    """

    def __init__(self, inner: Any, connection: Connection, rounds: Rounds, drop: Callable[[Member], None]) -> None:
        super().__init__(connection.name)
        self.inner, self.connection, self.rounds, self._drop = inner, connection, rounds, drop
        self.properties = inner.properties
        self.left = False
        self._lock = threading.Lock()
        self._is_gone = False
        self._during: str | None = None
        self._timeout, self._deadline = 0.0, math.inf

    def __getattr__(self, name: str) -> Any:
        """What Flower's own proxy has beyond a ClientProxy, such as its bridge."""
        return getattr(self.inner, name)

    def get_properties(self, *args: Any, **named: Any) -> Any:
        """Asks for the client's properties."""
        return self.inner.get_properties(*args, **named)

    def get_parameters(self, *args: Any, **named: Any) -> Any:
        """Asks for the client's weights."""
        return self.inner.get_parameters(*args, **named)

    def fit(self, ins: Any, timeout: float | None = None, *args: Any, **named: Any) -> Any:
        """Has the client train."""
        return self._work(FIT, ins, timeout, args, named)

    def evaluate(self, ins: Any, timeout: float | None = None, *args: Any, **named: Any) -> Any:
        """Has the client evaluate."""
        return self._work(EVALUATE, ins, timeout, args, named)

    def _work(self, phase: str, ins: Any, timeout: float | None, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
        begun, down = time.monotonic(), size(ins.parameters)
        with self._lock:
            if timeout is not None:
                self._timeout, self._deadline = timeout, begun + timeout
            if self._is_gone:  # chosen a moment before it went: Flower's proxy says so now
                self.rounds.missed(self.cid, phase, self._reason(phase))
            else:
                self._during = phase
                self.rounds.began(self.cid, phase, down)
        try:
            answer = getattr(self.inner, phase)(ins, timeout, *args, **named)
        except BaseException as error:
            if self.connection.ended.is_set() or type(error).__name__ == "GrpcBridgeClosed":
                self.gone()
            else:
                self._during = None
                self.rounds.failed(self.cid, phase, f"{type(error).__name__}: {error}", time.monotonic() - begun)
            raise
        self._during = None
        seconds = time.monotonic() - begun
        if answer.status.code != Code.OK:
            self.rounds.failed(self.cid, phase, answer.status.message or answer.status.code.name, seconds)
            return answer
        self.rounds.did(
            Result(
                client=self.cid,
                phase=phase,
                seconds=seconds,
                samples=max(int(answer.num_examples), 0),
                metrics=text.metrics(answer.metrics),
                loss=text.finite(text.number(answer.loss)) if phase == EVALUATE else None,
                bytes_up=size(answer.parameters) if phase == FIT else 0,
                bytes_down=down,
            )
        )
        return answer

    def reconnect(self, ins: Any, timeout: float | None = None, *args: Any, **named: Any) -> Any:
        """Tells the client to leave; one that hangs is not waited for by the hour."""
        self.left = True
        return self.inner.reconnect(ins, min(timeout or LEAVE_PATIENCE, LEAVE_PATIENCE), *args, **named)

    def gone(self) -> None:
        """The connection has ended; told once, by whoever notices first. From here on no strategy chooses it."""
        self._drop(self)
        with self._lock:
            if self._is_gone:
                return
            self._is_gone, during = True, self._during
        self.rounds.went(self.cid, self._reason(during), during, left=self.left)

    def _reason(self, during: str | None) -> str:
        # Flower ends the call of a client that hangs, and the end of the call may be noticed before its reason.
        hung = during is not None and time.monotonic() >= self._deadline
        said = f"no answer within {self._timeout:g} s" if hung else "the connection was lost"
        return self.connection.reason or said
