"""The clients that take part, by the names of their certificates: who comes, who goes, who is replaced."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import grpc
from flwr.common import ReconnectIns
from flwr.server.client_manager import ClientManager

from .gate import Connection, Refusal, connection_here
from .journal import Journal
from .member import LEAVE_PATIENCE, Member
from .rounds import Rounds

CONTENTION = 120.0
"""Seconds after which two holders of one certificate are given another chance. A client pauses at most 30 s between two
tries, so that one which keeps trying is kept out for as long as it does."""


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
        member = Member(client, connection, self._rounds, self._drop)
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
            self._forget(member)  # what the manager has under this name is not this one
        connection.reason = "the script's client manager did not take it"
        member.gone()
        return False

    def unregister(self, client: Any) -> None:
        """Lets a client go; a newer connection of the same name stays."""
        with self._lock:
            member = client if isinstance(client, Member) else self._members.get(id(client))
        if member is not None:
            member.gone()

    def _drop(self, member: Member) -> None:
        with self._lock:
            if self._forget(member):
                self._unregister(member)

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
