"""Ways to a port that are not straight: from another address, or through a firewall that forgets."""

from __future__ import annotations

import contextlib
import select
import socket
import threading


class Detour:
    """Carries connections to a port on from another address of this machine.

    Args:
        port: On 127.0.0.1.
        source: The address that they come from.
        idle: Seconds without a byte in either direction after which a flow is forgotten, as by a firewall or a NAT:
            what comes then is swallowed, and neither end is told. None forgets nothing.
    """

    def __init__(self, port: int, source: str = "127.0.0.1", idle: float | None = None) -> None:
        self._port, self._source, self._idle = port, source, idle
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.forgotten = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._port), 20, (self._source, 0))
                threading.Thread(target=self._carry, args=(near, far), daemon=True).start()

    def _carry(self, near: socket.socket, far: socket.socket) -> None:
        other, known = {near: far, far: near}, True
        with near, far, contextlib.suppress(OSError):
            while True:
                ready, _, _ = select.select([near, far], [], [], self._idle if known else None)
                if not ready:
                    known, self.forgotten = False, self.forgotten + 1
                for one in ready:
                    data = one.recv(65_536)
                    if not data:
                        return
                    if known:
                        other[one].sendall(data)

    def close(self) -> None:
        self._listener.close()
