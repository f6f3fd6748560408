"""Flower's start_server, wrapped: what the user wrote, what the script says and what the runtime adds, put together."""

from __future__ import annotations

import platform
import socket
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from . import __version__, disk, files, limit, pair, text, weights
from .faults import Exit, Fault, unprotected
from .rounds import Rounds

if TYPE_CHECKING:
    from .server import ServerProcess


class Training:
    """Takes the place of flwr.server.start_server.

    Args:
        process: The server's process.
    """

    def __init__(self, process: ServerProcess) -> None:
        self.process, self.config = process, process.config
        self.begun = False
        self.total = 0
        self._original: Any = None

    def install(self) -> None:
        """Replaces start_server wherever a script finds it."""
        import flwr.server

        self._original = flwr.server.start_server
        sys.modules[self._original.__module__].start_server = self.start_server  # type: ignore[attr-defined]
        flwr.server.start_server = self.start_server

    def start_server(
        self,
        *,
        server_address: str | None = None,
        server: Any = None,
        config: Any = None,
        strategy: Any = None,
        client_manager: Any = None,
        certificates: Any = None,
        **others: Any,
    ) -> Any:
        """Runs what is left of the run and returns Flower's history of it; arguments as Flower's.

        Raises:
            Fault: Where it can't be served with mutual TLS.
        """
        if self.begun:
            raise unprotected("the script starts a second Flower server: one process serves one run")
        self.begun = True
        from flwr.server import Server, ServerConfig, SimpleClientManager

        from . import momenta
        from .members import Members
        from .strategy import Start, WatchedStrategy
        from .tuning import tuned

        process, journal = self.process, self.process.journal
        address = self._address(server_address)
        rounds_wanted, timeout = self._rounds(config), self._timeout(config)
        inner = tuned(server.strategy if server is not None else strategy, self.config, process.notice)
        folder = self.config.run_folder
        done, file = process.past.done, process.past.weights
        process.done, self.total = done, rounds_wanted
        kept = momenta.beside(file)
        if done and not kept and momenta.expected(inner):
            process.notice(f"{type(inner).__name__} goes on from round {done} with new momenta: none were kept")
        saver = weights.Saver(folder, process.notice)
        rounds = Rounds(journal, self.config.clients, saver.finished)
        rounds.total, rounds.number = rounds_wanted, done
        most = limit.limit_of(others)
        start = Start(done, self._first_weights(done, file, most), timeout, kept, most)
        watched = WatchedStrategy(inner, rounds, saver, start)
        if server is None:
            server = Server(client_manager=client_manager or SimpleClientManager(), strategy=watched)
        else:
            server.set_strategy(watched)
        members = Members(server.client_manager(), rounds, journal)
        self._hook(server, rounds, members)
        self._tell_start(inner, timeout, process.past.begun)
        own = pair.load(self.config.certificates)
        if certificates is not None and tuple(certificates)[1:2] != (own.certificate,):
            process.notice("the script's certificate is not this host's: this host's is used")
        try:
            return self._original(
                server_address=address,
                server=server,
                config=ServerConfig(num_rounds=max(rounds_wanted - done, 0), round_timeout=timeout),
                certificates=(own.ca, own.certificate, own.key),
                **others,
            )
        except SystemExit as end:  # Flower's word for a port that is taken
            raise Fault(Exit.BUG, text.clean(end.code)) from None

    def _hook(self, server: Any, rounds: Rounds, members: Any) -> None:
        """Has the runtime know when Flower's loop begins and ends; a user's own Server stays what it is."""
        fit = server.fit

        def watched_fit(*args: Any, **named: Any) -> Any:
            self.process.catch_signals()  # after Flower has set its own handlers
            answer = fit(*args, **named)
            rounds.end_round()
            return answer

        def dismiss(*_: Any, **__: Any) -> None:
            members.dismiss()
            self.process.finish(self.total)

        server.fit = watched_fit
        server.disconnect_all_clients = dismiss

    def _first_weights(self, done: int, file: Any, most: int) -> Any:
        if done and file is None:
            self.process.notice(f"no weights of the {done} finished rounds are left: the next one begins with new ones")
        path = file if done else self.config.initial_weights
        if path is None:
            return None
        try:
            if complaint := limit.complaint(limit.size_in(path), most):
                raise Fault(Exit.SCRIPT, f"the weights in {path} can't be sent: {complaint}")
            return weights.load(path)
        except weights.UNREADABLE as error:
            raise Fault(Exit.SCRIPT, text.clean(f"the weights in {path} can't be used: {error}")) from error

    def _tell_start(self, strategy: Any, timeout: float, again: bool) -> None:
        import flwr

        from .layers import told

        version = str(flwr.__version__)
        self.process.board.tell(flower=version, strategy=type(strategy).__name__)
        if not again:
            self.process.journal.write(
                "run-started",
                rounds=self.total,
                minClients=self._wanted(strategy),
                roundTimeout=timeout,
                flower=version,
                strategy=type(strategy).__name__,
                clients=list(self.config.clients),
            )
        kept = {
            "run": self.config.run,
            "network": self.config.network,
            "script": self.config.script,
            "args": list(self.config.args),
            "env": sorted(self.config.env),  # names only: a value may be a secret
            "flower": asdict(self.config.flower),
            "defaults": asdict(self.config.defaults),
            "rounds": self.total,
            "roundTimeout": timeout,
            "strategy": told(strategy),
            "clients": list(self.config.clients),
            "app": {"sha256": self.config.app_digest},
            "versions": self._versions(version),
        }
        try:
            files.write_json(self.config.run_folder / "run.json", kept)
        except OSError as error:  # it comes out of the script, which has nothing to do with it
            if disk.is_full(error):
                raise disk.DiskFull(self.config.run_folder) from error
            raise

    def _versions(self, flower: str) -> dict[str, str]:
        import grpc
        import numpy as np

        ours = {"fl-wizard": __version__, "python": platform.python_version(), "flwr": flower}
        return {**ours, "grpc": str(grpc.__version__), "numpy": str(np.__version__)}

    def _wanted(self, strategy: Any) -> int:
        from .strategy import wanted_clients

        return wanted_clients(strategy)

    def _address(self, said: str | None) -> str:
        host, _, port = (said or "").rpartition(":")
        wanted = self.config.flower.port
        if wanted is not None and said and port != str(wanted):
            self.process.notice(f"the server listens on {wanted}, by flower.port; its script's {said} is not used")
        if not said:
            host = "[::]" if socket.has_dualstack_ipv6() else "0.0.0.0"  # noqa: S104 - clients are elsewhere
            port = str(self.config.defaults.port)
        everywhere = host in {"", "0.0.0.0", "[::]", "::", "*"}  # noqa: S104 - the script's choice
        self.process.host = "" if everywhere else host.strip("[]")
        return f"{host}:{wanted if wanted is not None else port}"

    def _rounds(self, config: Any) -> int:
        wanted, said = self.config.flower.rounds, getattr(config, "num_rounds", None)
        if wanted is not None and said is not None and wanted != said:
            self.process.notice(f"{wanted} rounds are run, by flower.rounds; the script's {said} are not used")
        return int(wanted or said or self.config.defaults.rounds)

    def _timeout(self, config: Any) -> float:
        wanted, said = self.config.flower.round_timeout, getattr(config, "round_timeout", None)
        if wanted is not None and said is not None and wanted != said:
            self.process.notice(f"rounds may take {wanted:g} s, by flower.roundTimeout; the script says {said:g} s")
        return float(wanted or said or self.config.defaults.round_timeout)
