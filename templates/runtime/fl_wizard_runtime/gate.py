"""The gate before every method of the training port: who is let in, who is cut off, and what the journal says of it."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import grpc

from . import text
from .allowed import CLIENTS
from .faults import Fault
from .identity import Peer, peer_from
from .journal import Journal
from .policy import Policy, Verdict

LOOK_AGAIN = 1.0
"""Seconds between looks at the policy for those who are connected; the contract allows two."""
REFUSAL_WINDOW = 10.0
"""Seconds in which refusals of one identity for one reason are one event, and questions of one identity another."""
REFUSALS_KEPT = 1000
"""Identities and reasons that are told apart within a window; beyond, they are not counted one by one."""
GRACE = 0.3
"""Seconds in which a waiting call can still be ended with its reason before it is cut."""


class Refusal(Exception):
    """Ends a call with a status and a reason."""

    def __init__(self, code: Any, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


@dataclass(eq=False)
class Connection:
    """A client's call that lasts: its training."""

    name: str
    peer: Peer
    instance: str
    """Tells one process of a client from another."""
    cancel: Callable[[], object]
    wake: Callable[[], object] = lambda: None
    """Ends the wait of the call's thread."""
    reason: str | None = None
    """Why the connection was cut; None while it was not."""
    code: Any = None
    ended: threading.Event = field(default_factory=threading.Event)

    def cut(self, code: Any, reason: str) -> None:
        """Ends the call with a reason where its thread waits, and without one where it does not."""
        if self.reason is not None:
            return
        self.reason, self.code = reason, code
        self.wake()
        timer = threading.Timer(GRACE, lambda: None if self.ended.is_set() else self.cancel())
        timer.daemon = True
        timer.start()


_here = threading.local()


def connection_here() -> Connection | None:
    """The connection whose call runs in this thread: Flower registers a client in the thread of its call."""
    return getattr(_here, "connection", None)


def instance_of(context: Any) -> str:
    """What tells one process of a client from another: its user agent carries a random word."""
    for key, value in context.invocation_metadata():
        if key == "user-agent":
            return str(value).split(" ", 1)[0]
    return ""


class Gate(grpc.ServerInterceptor):  # type: ignore[misc]
    """Asks the policy before every call, and again and again for those that last.

    Args:
        policy: Who may come in.
        journal: Is told who did and who did not.
        genuine_refused: Is called with name and reason when a client itself is refused, not somebody who uses its name.
    """

    def __init__(self, policy: Policy, journal: Journal, genuine_refused: Callable[[str, str], None]) -> None:
        self._policy, self._journal, self._genuine_refused = policy, journal, genuine_refused
        self._connections: set[Connection] = set()
        self._lock = threading.Lock()
        self._refusals: dict[tuple[str, str, bool], _Refusals] = {}
        self._asked: dict[tuple[str, str], float] = {}
        self._ended = threading.Event()
        threading.Thread(target=self._watch, name="gate", daemon=True).start()

    def intercept_service(self, continuation: Callable[[Any], Any], handler_call_details: Any) -> Any:
        """Puts the gate before the handler, whatever kind it is of."""
        handler = continuation(handler_call_details)
        if handler is None:
            return None  # no such method: gRPC says so, and nothing runs
        if handler.response_streaming:
            kind = "stream_stream" if handler.request_streaming else "unary_stream"
            inner = getattr(handler, kind)
            return _remade(handler, kind, lambda request, context: self._lasting(inner, request, context))
        kind = "stream_unary" if handler.request_streaming else "unary_unary"
        inner = getattr(handler, kind)
        return _remade(handler, kind, lambda request, context: self._single(inner, request, context))

    def _admit(self, context: Any, *, asks: bool) -> tuple[Peer, str]:
        peer = peer_from(context)
        verdict = self._policy.judge(peer, CLIENTS)
        if verdict.refusal is not None or peer is None or verdict.name is None:
            reason = verdict.refusal or "no verified certificate was shown"
            # A proof asks and never joins: whoever tries to train with a probe's certificate is no proof.
            self._refused(peer, verdict, reason, context, probe=verdict.probe and asks)
            context.abort(grpc.StatusCode.PERMISSION_DENIED, reason)
            raise AssertionError("abort raises")
        return peer, verdict.name

    def _single(self, inner: Any, request: Any, context: Any) -> Any:
        peer, name = self._admit(context, asks=True)
        _here.admitted = (peer, name)
        now, key = time.monotonic(), (peer.fingerprint, peer.host)
        with self._lock:
            again = self._asked.get(key, 0.0) > now
            self._asked[key] = now + REFUSAL_WINDOW
        if not again:
            self._accepted(name, peer)
        return inner(request, context)

    def _lasting(self, inner: Any, request: Any, context: Any) -> Iterator[Any]:
        peer, name = self._admit(context, asks=False)
        connection = Connection(name, peer, instance_of(context), context.cancel)
        with self._lock:
            self._connections.add(connection)
        _here.connection = connection
        self._accepted(name, peer)
        try:
            context.send_initial_metadata(())  # tells the client that it is in, before there is anything to do
            yield from inner(request, context)
        except Refusal as refusal:
            context.abort(refusal.code, refusal.reason)
        except Exception:
            if connection.reason is None and context.is_active():
                raise
        finally:
            _here.connection = None
            connection.ended.set()
            with self._lock:
                self._connections.discard(connection)
        if connection.reason is not None:
            context.abort(connection.code, connection.reason)

    def _accepted(self, name: str, peer: Peer) -> None:
        facts = {"address": peer.address, "serial": peer.serial_text, "fingerprint": peer.fingerprint}
        self._journal.write("connection-accepted", client=name, **facts)

    def _refused(self, peer: Peer | None, verdict: Verdict, reason: str, context: Any, *, probe: bool) -> None:
        facts: dict[str, object] = {
            "name": verdict.name,
            "uri": text.clean(peer.uri) if peer and peer.uri else None,
            "address": peer.address if peer else context.peer(),
            "serial": peer.serial_text if peer else None,
            "fingerprint": peer.fingerprint if peer else None,
            "reason": text.clean(reason),
            "probe": probe or None,
        }
        key = (peer.fingerprint if peer else "", reason, probe)
        with self._lock:
            known = self._refusals.get(key)
            if known is not None:
                known.more += 1
                return
            if len(self._refusals) >= REFUSALS_KEPT:
                return
            self._refusals[key] = _Refusals(facts, time.monotonic() + REFUSAL_WINDOW)
        self._journal.write("connection-refused", **facts)
        if verdict.genuine and verdict.name is not None:
            self._genuine_refused(verdict.name, reason)

    def _watch(self) -> None:
        while not self._ended.wait(LOOK_AGAIN):
            try:
                self._look_again()
                self._tell_refusals()
            except Fault as fault:  # the journal's disk is full; the gate goes on shutting out whom it must
                print(f"fl-wizard: {fault.sentence}", file=sys.stderr, flush=True)  # noqa: T201

    def _look_again(self) -> None:
        with self._lock:
            living = list(self._connections)
        for connection in living:
            if connection.reason is not None:
                continue
            verdict = self._policy.judge(connection.peer, CLIENTS)
            if verdict.refusal is None:
                continue
            reason = f"cut off: {verdict.refusal}"
            connection.cut(grpc.StatusCode.PERMISSION_DENIED, reason)
            peer = connection.peer
            self._journal.write(
                "connection-refused",
                name=connection.name,
                uri=text.clean(peer.uri or ""),
                address=peer.address,
                serial=peer.serial_text,
                fingerprint=peer.fingerprint,
                reason=text.clean(reason),
            )
            self._genuine_refused(connection.name, reason)

    def _tell_refusals(self) -> None:
        now = time.monotonic()
        with self._lock:
            over = [key for key, known in self._refusals.items() if known.until < now]
            ended = [self._refusals.pop(key) for key in over]
            self._asked = {key: until for key, until in self._asked.items() if until > now}
        for known in ended:
            if known.more:
                count = known.more if known.more > 1 else None
                self._journal.write("connection-refused", **known.facts, count=count)

    def close(self) -> None:
        """Ends the looks at the policy, and tells what was counted."""
        self._ended.set()


@dataclass
class _Refusals:
    facts: dict[str, object]
    until: float
    more: int = 0


def admitted_here() -> tuple[Peer, str]:
    """Who was let in to the unary call that runs in this thread, with the name on the allow-list."""
    peer, name = _here.admitted
    return peer, name


def _remade(handler: Any, kind: str, behavior: Callable[[Any, Any], Any]) -> Any:
    make = getattr(grpc, f"{kind}_rpc_method_handler")
    return make(behavior, handler.request_deserializer, handler.response_serializer)
