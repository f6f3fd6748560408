"""The monitor: the run's journal and its present state, for operators, over mutual TLS on a loopback port."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc

from . import credentials, messages
from .allowed import OPERATORS
from .board import Board
from .config import Config
from .identity import Peer, peer_from
from .journal import Journal
from .policy import Policy

SERVICE = f"{messages.MONITOR}.MonitorService"
READERS = 16
"""Watchers at once: each holds a thread, and a run has few operators."""
LOOK_AGAIN = 1.0
"""Seconds between looks at the policy for an operator who is connected."""
PING_INTERVAL = 1.0
"""Seconds between an operator's pings, at least: more often than clients', so that a cut link is soon known to be."""
DRAIN = 2.0
"""Seconds for readers to get the last events when the server ends."""


class Monitor:
    """Serves the journal's events.

    Args:
        config: The server's.
        policy: Knows the operators.
        journal: Is read from its file; a slow reader costs the training nothing.
        board: Knows the present state.
    """

    def __init__(self, config: Config, policy: Policy, journal: Journal, board: Board) -> None:
        self._policy, self._journal, self._board = policy, journal, board
        # Not through grpc.server: that one is the training's, which lets clients in and operators not.
        self._server = credentials.new_server(
            ThreadPoolExecutor(max_workers=READERS, thread_name_prefix="monitor"),
            options=credentials.server_options(config.flower.keepalive, PING_INTERVAL),
            maximum_concurrent_rpcs=READERS,
        )
        notice = self._notice
        self.port = int(self._server.add_secure_port("127.0.0.1:0", credentials.reloading(config.certificates, notice)))
        self._server.add_generic_rpc_handlers(tuple(self._handlers()))
        self._server.start()

    def _notice(self, _: str) -> None:
        return  # the training port follows the same files and has told it

    def _handlers(self) -> list[Any]:
        def of(name: str) -> Any:
            return messages.message(f"{messages.MONITOR}.{name}")

        watch = grpc.unary_stream_rpc_method_handler(
            self._watch,
            request_deserializer=of("WatchRequest").FromString,
            response_serializer=of("WatchResponse").SerializeToString,
        )
        snapshot = grpc.unary_unary_rpc_method_handler(
            self._snapshot,
            request_deserializer=of("SnapshotRequest").FromString,
            response_serializer=of("SnapshotResponse").SerializeToString,
        )
        return messages.handlers(SERVICE, {"Watch": watch, "Snapshot": snapshot})

    def _admit(self, request: Any, context: Any) -> Peer:
        peer = peer_from(context)
        refusal = self._policy.judge(peer, OPERATORS).refusal
        if peer is None or refusal is not None:
            context.abort(grpc.StatusCode.PERMISSION_DENIED, refusal or "no certificate was shown")
            raise AssertionError("abort raises")
        if request.run not in ("", self._journal.run):
            context.abort(grpc.StatusCode.NOT_FOUND, f"the run being served is {self._journal.run}")
        return peer

    def _watch(self, request: Any, context: Any) -> Iterator[Any]:
        peer = self._admit(request, context)
        response = messages.message(f"{messages.MONITOR}.WatchResponse")
        for events in self._journal.follow(request.after, self._welcome(peer, context), LOOK_AGAIN):
            told = [messages.event(event) for event in events]
            yield from [response(events=told)] if request.together else (response(event=each) for each in told)
        refusal = self._policy.judge(peer, OPERATORS).refusal
        if refusal is not None:
            context.abort(grpc.StatusCode.PERMISSION_DENIED, refusal)

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
        self._admit(request, context)
        return messages.from_members(f"{messages.MONITOR}.SnapshotResponse", self._board.snapshot())

    def close(self) -> None:
        """Ends the monitor once its readers have got the last events; the journal has to be closed before."""
        self._server.stop(DRAIN).wait(DRAIN + 1)
