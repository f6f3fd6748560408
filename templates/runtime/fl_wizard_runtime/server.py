"""The server's process: Flower's start_server, with mutual TLS, a journal, resume, a monitor and a linger."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterable
from contextlib import suppress

from . import files, script, text
from .board import Board
from .config import Config
from .faults import Exit, Fault
from .journal import Journal
from .past import Past
from .record import Event
from .results import EVALUATE, FIT
from .signals import Ending
from .state import State
from .verdict import Verdict

NOTICES_TOLD = 20
"""Sentences that `launch` shows of a server's start; the journal has all."""


def finished(config: Config, past: Past) -> Event | None:
    """The end of a run that is over, so that nothing is to be served; None where there is something to do.

    A finished run goes on where the user asks for more rounds than it had; one that failed only where the configuration
    says `resume`, or a restart of the host would try a broken script again. Where all of its rounds are done, there is
    nothing to resume.
    """
    if past.end is None:
        return None
    wanted = config.flower.rounds or 0
    if past.end["outcome"] == "changed":
        return None if wanted > past.rounds else past.end
    goes_on = config.resume and (past.done == 0 or max(wanted, past.rounds) > past.done)
    return None if goes_on else past.end


class ServerProcess:
    """One process that serves one run.

    Args:
        config: The server's configuration.
        journal: The run's.
        past: The run before this process.
        board: Knows it as well.
        verdict: Likewise.
    """

    def __init__(self, config: Config, journal: Journal, past: Past, board: Board, verdict: Verdict) -> None:
        # Imported here: `status` and a finished run have no use for grpc, numpy and Flower.
        from . import guarded, whoami
        from .gate import Gate
        from .monitor import Monitor
        from .policy import Policy

        self.config, self.journal, self.state = config, journal, State(config.state, config.settings)
        self.past, self.board, self.verdict = past, board, verdict
        self.ended = False
        self.failure: str | None = None  # why the run that has ended is no success
        self._until = 0.0
        self._notices: list[str] = []
        self._lost: dict[str, dict[str, object]] = {}
        self._stopping = threading.Event()
        self._ending = Ending(self._cut_off)
        self._servers: list[guarded.GuardedServer] = []
        self.policy = Policy(config.policy, config.certificates.ca, self.notice)
        self.policy.check()
        self.board.tell(pid=os.getpid())
        journal.observe(self.verdict.fold)
        journal.observe(self.board.fold)
        journal.observe(self._told)
        self.monitor = Monitor(config, self.policy, journal, self.board)
        self.gate = Gate(self.policy, journal, self._refused)
        hooks = guarded.Hooks([self.gate], whoami.handlers(config.network), self._serving, self._may_stop)
        guarded.protect(config.certificates, config.flower.keepalive, self.notice, hooks, self._servers)
        self.done = 0
        self.host = ""  # where the training port is bound: empty for every address

    def notice(self, sentence: str) -> None:
        """Tells a person something, in the journal and in the log."""
        print(f"fl-wizard: {sentence}", file=sys.stderr, flush=True)  # noqa: T201
        said = text.clean(sentence)
        self._notices.append(said)
        if self.past.has_told(said):
            return  # by a process before: what the script says has not changed since
        with suppress(Fault):  # a full disk; the log has it
            self.journal.write("notice", text=said)

    def _refused(self, name: str, reason: str) -> None:
        self.journal.write("client-changed", client=name, state="refused", detail=text.clean(reason))

    def _told(self, events: Iterable[Event]) -> None:
        lost = dict(self._lost)
        for event in events:
            if event["type"] == "phase-changed":
                passing = event["phase"] in {FIT, EVALUATE}
                (self.state.soon if passing else self.state.tell)(phase=event["phase"])
            elif event["type"] == "client-changed" and event["state"] == "lost":
                # A client that hangs doesn't know it.
                lost[event["client"]] = {"detail": event.get("detail"), "since": event["time"]}
            elif event["type"] == "client-changed":
                lost.pop(event["client"], None)
        if lost != self._lost:
            self._lost = lost
            self.state.soon(lost=lost)

    def _serving(self, port: int) -> None:
        self.journal.write("server-started", port=port, monitorPort=self.monitor.port, resumedAfter=self.done or None)
        ports: dict[str, object] = {"port": port, "monitorPort": self.monitor.port, "host": self.host}
        ports["notices"] = self._notices[-NOTICES_TOLD:]
        self.state.tell(phase="waiting", **ports, run=self.config.run, started=text.stamp(), detail=None)

    def _may_stop(self) -> bool:
        """Flower stops its server after the last round; it is held until the script and the linger have ended."""
        return self._stopping.is_set()

    def finish(self, total: int) -> None:
        """Tells the end of the run, and from when on the linger counts."""
        self.ended = True
        linger = self.config.flower.linger
        self._until = time.monotonic() + linger
        self.journal.flush()
        outcome, detail = self.verdict.outcome()
        self.failure = detail if outcome == "failed" else None
        self.journal.write("run-finished", outcome=outcome, detail=detail and text.clean(detail))
        self.journal.write("phase-changed", phase="lingering", round=total, rounds=total, until=text.stamp(linger))

    def linger(self) -> None:
        """Waits while the port and the monitor stay."""
        while (rest := self._until - time.monotonic()) > 0:
            self._stopping.wait(rest)

    def catch_signals(self) -> None:
        """Has SIGTERM and SIGINT end the process, in place of Flower's handlers, which end it with a code of theirs."""
        self._ending.listen()

    def _cut_off(self) -> None:
        # The journal first: the clients that are cut off now have not failed, and this round has not ended.
        self.journal.close()
        self.monitor.close()

    def close(self) -> None:
        """Ends the journal, the monitor once its readers have the last events, and the training port."""
        self._stopping.set()
        self.journal.close()
        self.state.close()  # a phase that was still to be noted is no longer true
        self.monitor.close()
        self.gate.close()
        for server in self._servers:
            server.end(0.5)


def serve(config: Config) -> int:
    """Runs the server to its end.

    Returns:
        0 when the run ended.

    Raises:
        Fault: With the exit code and the reason, where it can't go on.
    """
    files.private_folder(config.run_folder)
    past, board, verdict = Past(config.run_folder), Board(config.run, config.clients), Verdict()
    journal = Journal(config.run_folder / "events.jsonl", config.run, past.fold, board.fold, verdict.fold)
    if end := finished(config, past):
        journal.close()
        if end["outcome"] != "changed":
            raise Fault(Exit.SCRIPT, end.get("detail") or f"run {config.run} has failed")
        print(f"fl-wizard: the run {config.run} is finished", file=sys.stderr, flush=True)  # noqa: T201
        return Exit.ENDED
    from .training import Training

    process = ServerProcess(config, journal, past, board, verdict)
    training = Training(process)
    training.install()
    try:
        script.run(config)
        if not training.begun:
            raise Fault(Exit.SCRIPT, f"{config.script} ended without starting a server (flwr.server.start_server)")
    except Fault as fault:
        if process.ended:  # all rounds are done: what failed comes after them
            process.notice(f"after the last round: {fault.sentence}")
            process.linger()
        elif fault.code == Exit.SCRIPT:
            # Before anybody hears of the end, who then asks where it failed.
            process.state.end(config.role, fault)
            journal.write("run-finished", outcome="failed", detail=text.clean(fault.sentence))
        else:
            process.notice(fault.sentence)
        raise
    else:
        process.linger()
        journal.write("phase-changed", phase="ended", round=training.total, rounds=training.total)
        if process.failure:
            raise Fault(Exit.SCRIPT, process.failure)
    finally:
        process.close()
    return Exit.ENDED
