"""The monitor: the run's journal and its present state, for operators, over mutual TLS on a loopback port."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc

from . import credentials, health, messages
from .allowed import OPERATORS
from .board import Board
from .config import Config
from .identity import Peer, peer_from
from .journal import Journal
from .policy import Policy

SERVICE = f"{messages.MONITOR}.MonitorService"
READERS = 16
"""Watchers at once: each holds a thread, and a run has few operators. Keepalive notices one whose peer is gone."""
QUESTIONS = 4
"""Threads beside theirs: short questions are answered whoever watches, and one of them tells who is one too many."""
KEEPALIVE = 30.0
"""Seconds between pings to a silent watcher, whatever the training's are: a day of those would hold the places of the
dead for a day."""
LOOK_AGAIN = 1.0
"""Seconds between looks at the policy for an operator who is connected."""
PING_INTERVAL = 1.0
"""Seconds between an operator's pings, at least: every 3 s (rpc/dial.ts), so that a cut link is soon known."""
DRAIN = 2.0
"""Seconds for readers to get the last events when the server ends."""


class Monitor:
    """Serves the journal's events.

    A reader's events wait in the journal's file and not in memory: gRPC takes the next one from its thread when the
    one before has left, so who reads slowly costs the training nothing.

    Args:
        config: The server's.
        policy: Knows the operators.
        journal: Is read from its file.
        board: Knows the present state.
    """

    def __init__(self, config: Config, policy: Policy, journal: Journal, board: Board) -> None:
        self._policy, self._journal, self._board = policy, journal, board
        self._health = health.Health(journal, messages.names(SERVICE))
        self._places = threading.Semaphore(READERS)
        # Not through grpc.server: that one is the training's, which lets clients in and operators not.
        self._server = credentials.new_server(
            ThreadPoolExecutor(max_workers=READERS + QUESTIONS, thread_name_prefix="monitor"),
            options=credentials.server_options(KEEPALIVE, PING_INTERVAL),
            maximum_concurrent_rpcs=READERS + QUESTIONS,
        )
        notice = self._notice
        self.port = int(self._server.add_secure_port("127.0.0.1:0", credentials.reloading(config.certificates, notice)))
        self._server.add_generic_rpc_handlers(tuple(self._handlers()))
        self._server.start()

    def _notice(self, _: str) -> None:
        return  # the training port follows the same files and has told it

    def _handlers(self) -> list[Any]:
        def made(kind: str, behavior: Callable[[Any, Any], Any], request: str, response: str) -> Any:
            return getattr(grpc, f"{kind}_rpc_method_handler")(
                behavior,
                request_deserializer=messages.message(request).FromString,
                response_serializer=messages.message(response).SerializeToString,
            )

        def ours(kind: str, behavior: Callable[[Any, Any], Any], name: str) -> Any:
            return made(kind, behavior, f"{messages.MONITOR}.{name}Request", f"{messages.MONITOR}.{name}Response")

        standard = f"{messages.HEALTH}.HealthCheckRequest", f"{messages.HEALTH}.HealthCheckResponse"
        own = {"Watch": ours("unary_stream", self._watch, "Watch")}
        own["Snapshot"] = ours("unary_unary", self._snapshot, "Snapshot")
        general = {"Check": made("unary_unary", self._check, *standard)}
        general["Watch"] = made("unary_stream", self._watch_health, *standard)
        return [*messages.handlers(SERVICE, own), *messages.handlers(health.SERVICE, general)]

    def _admit(self, context: Any) -> Peer:
        peer = peer_from(context)
        refusal = self._policy.judge(peer, OPERATORS).refusal
        if peer is None or refusal is not None:
            context.abort(grpc.StatusCode.PERMISSION_DENIED, refusal or "no certificate was shown")
            raise AssertionError("abort raises")
        return peer

    def _same_run(self, request: Any, context: Any) -> None:
        if request.run not in ("", self._journal.run):
            context.abort(grpc.StatusCode.NOT_FOUND, f"the run being served is {self._journal.run}")

    @contextmanager
    def _place(self, peer: Peer, context: Any) -> Iterator[Callable[[], bool]]:
        """A watcher's place, with what tells whether it may go on; one who is no operator any more is told so."""
        if not self._places.acquire(blocking=False):
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, f"{READERS} watch it already, and it serves no more")
        try:
            yield self._welcome(peer, context)
        finally:
            self._places.release()
        refusal = self._policy.judge(peer, OPERATORS).refusal
        if refusal is not None:
            context.abort(grpc.StatusCode.PERMISSION_DENIED, refusal)

    def _watch(self, request: Any, context: Any) -> Iterator[Any]:
        peer = self._admit(context)
        self._same_run(request, context)
        response = messages.message(f"{messages.MONITOR}.WatchResponse")
        with self._place(peer, context) as going:
            for events in self._journal.follow(request.after, going, LOOK_AGAIN):
                told = [messages.event(event) for event in events]
                yield from [response(events=told)] if request.together else (response(event=each) for each in told)

    def _welcome(self, peer: Peer, context: Any) -> Callable[[], bool]:
        next_look = [time.monotonic() + LOOK_AGAIN]

        def going() -> bool:
            if time.monotonic() >= next_look[0]:
                next_look[0] = time.monotonic() + LOOK_AGAIN
                if self._policy.judge(peer, OPERATORS).refusal is not None:
                    return False
            return bool(context.is_active())

        return going

    def _snapshot(self, request: Any, context: Any) -> Any:
        self._admit(context)
        self._same_run(request, context)
        return messages.from_members(f"{messages.MONITOR}.SnapshotResponse", self._board.snapshot())

    def _check(self, request: Any, context: Any) -> Any:
        self._admit(context)
        status = self._health.status(request.service)
        if status == health.UNKNOWN:
            context.abort(grpc.StatusCode.NOT_FOUND, "no service of this name is served here")
        return self._said(status)

    def _watch_health(self, request: Any, context: Any) -> Iterator[Any]:
        peer = self._admit(context)
        with self._place(peer, context) as going:
            for status in self._health.follow(request.service, going, LOOK_AGAIN):
                yield self._said(status)

    def _said(self, status: str) -> Any:
        return messages.from_members(f"{messages.HEALTH}.HealthCheckResponse", {"status": status})

    def close(self) -> None:
        """Ends the monitor once its readers have got the last events; the journal has to be closed before."""
        self._health.close()
        self._server.stop(DRAIN).wait(DRAIN + 1)
