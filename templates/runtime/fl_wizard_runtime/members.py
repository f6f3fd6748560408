"""The clients that take part: Flower's proxies, with the names of their certificates."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import grpc
from flwr.common import Code, ReconnectIns
from flwr.server.client_manager import ClientManager
from flwr.server.client_proxy import ClientProxy

from . import text
from .gate import Connection, Refusal, connection_here
from .journal import Journal
from .rounds import EVALUATE, FIT, Result, Rounds

CONTENTION = 120.0
"""Seconds after which two holders of one certificate are given another chance. A client pauses at most 30 s between two
tries, so that one which keeps trying is kept out for as long as it does."""
LEAVE_PATIENCE = 10.0
"""Seconds for a client to say that it leaves."""


def size(parameters: Any) -> int:
    """Bytes of weights."""
    return sum(len(tensor) for tensor in parameters.tensors) if parameters is not None else 0


class Member(ClientProxy):  # type: ignore[misc]
    """A client under its certificate's name; knows how long each piece of work took and why it failed.

    Args:
        inner: Flower's proxy.
        connection: The call that it speaks through.
        rounds: Is told what the client does.
    """

    def __init__(self, inner: Any, connection: Connection, rounds: Rounds) -> None:
        super().__init__(connection.name)
        self.inner, self.connection, self.rounds = inner, connection, rounds
        self.properties = inner.properties
        self.during: str | None = None
        self.timeout: str | None = None
        self.left = False
        self._gone = threading.Lock()

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
        self.during = phase
        self.rounds.began(self.cid, phase, down)
        try:
            answer = getattr(self.inner, phase)(ins, timeout, *args, **named)
        except BaseException as error:
            if timeout is not None and time.monotonic() - begun >= timeout:
                self.timeout = f"no answer within {timeout:g} s"
            if self.connection.ended.is_set() or type(error).__name__ == "GrpcBridgeClosed":
                self.gone()
            else:
                self.during = None
                self.rounds.failed(self.cid, phase, f"{type(error).__name__}: {error}", time.monotonic() - begun)
            raise
        self.during = None
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
        """The connection has ended; told once, by whoever notices first."""
        if self._gone.acquire(blocking=False):
            self.rounds.went(self.cid, self.connection.reason or self.timeout, self.during, left=self.left)


class Members:
    """Gives the clients of a Flower client manager their certificates' names.

    The manager's own register and unregister are replaced, so that a user's manager stays what it is.

    Args:
        manager: Flower's, or the user's.
        rounds: Is told who comes and goes.
        journal: Gets notices.
    """

    def __init__(self, manager: ClientManager, rounds: Rounds, journal: Journal) -> None:
        self._rounds, self._journal = rounds, journal
        self._lock = threading.RLock()
        self._members: dict[int, Member] = {}
        self._current: dict[str, Member] = {}
        self._contention: dict[str, float] = {}
        self._leaving = False
        self._register: Callable[[Any], bool] = manager.register
        self._unregister: Callable[[Any], None] = manager.unregister
        manager.register = self.register
        manager.unregister = self.unregister

    def register(self, client: Any) -> bool:
        """Takes a client in that has come through the gate."""
        connection = connection_here()
        if connection is None:
            return False  # not a call that the gate has let in
        member = Member(client, connection, self._rounds)
        connection.wake = client.bridge.close
        with self._lock:
            if self._leaving:
                member.left = True
                threading.Thread(target=self._send_away, args=(member,), daemon=True).start()
                return True
            before = self._current.get(connection.name)
            if before is not None:
                self._replace(before, connection)
            client.cid = connection.name
            self._members[id(client)] = self._current[connection.name] = member
            # Told first: once it is registered, a waiting round begins with it.
            self._rounds.came(connection.name, connection.peer.address)
            if self._register(member):
                return True
            self._forget(member)
        connection.reason = "the script's client manager did not take it"
        member.gone()
        return False

    def unregister(self, client: Any) -> None:
        """Lets a client go; a newer connection of the same name stays."""
        with self._lock:
            member = client if isinstance(client, Member) else self._members.get(id(client))
            if member is None:
                return
            if self._forget(member):
                self._unregister(member)
        member.gone()

    def _forget(self, member: Member) -> bool:
        self._members.pop(id(member.inner), None)
        return self._current.get(member.cid) is member and self._current.pop(member.cid) is member

    def _replace(self, before: Member, connection: Connection) -> None:
        old, now = before.connection, time.monotonic()
        if old.instance != connection.instance or not old.instance:
            contended = self._contention.get(old.name)
            self._contention[old.name] = now
            here, there = old.peer.address, connection.peer.address
            if contended is not None and now - contended < CONTENTION:
                raise Refusal(grpc.StatusCode.ALREADY_EXISTS, f"{old.name} is already connected, from {here}")
            said = f"{old.name} connects from {here} and {there}"
            self._journal.write("notice", text=f"{said}: do two processes use one certificate? The newer stays")
        newer = f"replaced by a newer connection of {old.name}, from {connection.peer.address}"
        old.cut(grpc.StatusCode.ABORTED, newer)
        self.unregister(before)

    def _send_away(self, member: Member) -> None:
        try:
            member.reconnect(ReconnectIns(seconds=None), LEAVE_PATIENCE, None)
        except Exception:  # it is gone already
            return

    def dismiss(self) -> None:
        """The run is over: all are told to leave, now and whoever joins from now on.

        Flower's own way walks over the manager's clients while they go, and waits a round's time for one that hangs.
        """
        with self._lock:
            self._leaving = True
            living = list(self._current.values())
        threads = [threading.Thread(target=self._send_away, args=(member,), daemon=True) for member in living]
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + LEAVE_PATIENCE
        for thread in threads:
            thread.join(max(deadline - time.monotonic(), 0.0))
