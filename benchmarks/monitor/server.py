"""A run as its server tells it, and nobody who trains: the runtime's own journal, policy, board and monitor.

`server.py CONFIG`, with the runtime on PYTHONPATH. It says {"port": …}, then takes one line of JSON each: {"clients": N,
"rate": EVENTS_A_SECOND} tells changes of clients until the next line, {"events": N} tells so many as fast as it can, and
"end" ends the run. Each is answered with what was told so far, the seconds of CPU and the memory (MB) of this process.
"""

import json
import resource
import sys
import threading
import time
from pathlib import Path

from fl_wizard_runtime import config as configuration
from fl_wizard_runtime.board import Board
from fl_wizard_runtime.journal import Journal
from fl_wizard_runtime.monitor import Monitor
from fl_wizard_runtime.policy import Policy

SLICE = 0.005
"""Seconds between two bursts: real clients are not told of in step with a frame."""
STRIDE = 389
"""Clients change in an order that is none of the screen's; a prime, so that each has its turn."""


class Run:
    """What is told of a training: each client trains, is idle, evaluates and is idle, once a round."""

    def __init__(self, journal: Journal) -> None:
        self.journal, self.told = journal, 0

    def begin(self, clients: int) -> None:
        """The run's first words."""
        names = [f"client{number + 1}" for number in range(clients)]
        self.journal.write("run-started", rounds=1000, flower="1.41.0", strategy="FedAvg", clients=names)
        self.journal.write("server-started", port=9092, monitorPort=1)
        self.journal.write("phase-changed", phase="fit", round=1, rounds=1000)

    def tell(self, count: int, clients: int) -> None:
        """So many more changes."""
        for at in range(self.told, self.told + count):
            turn, place = divmod(at, clients)
            client = f"client{place * STRIDE % clients + 1}"
            self._change(client, 1 + turn // 4, (turn + place) % 4, at)
            if place == clients - 1 and turn % 4 == 3:
                self._round(1 + turn // 4, clients)
        self.told += count

    def _change(self, client: str, number: int, phase: int, at: int) -> None:
        loss = round(1 / (1 + at % 977), 4)
        told = (
            {"state": "training"},
            {"state": "idle", "samples": 1200, "seconds": 1 + at % 90 / 10, "bytesUp": 50_000, "bytesDown": 50_000},
            {"state": "evaluating"},
            {"state": "idle", "samples": 300, "seconds": 0.2, "loss": loss, "metrics": {"accuracy": 1 - loss}},
        )[phase]
        self.journal.note("client-changed", client=client, round=number, **told)

    def _round(self, number: int, clients: int) -> None:
        tally = {"ok": clients, "failed": 0}
        figures = {"loss": 1 / number, "metrics": {"accuracy": 1 - 1 / number}, "bytes": 50_000 * clients}
        self.journal.note("round-finished", round=number, rounds=1000, seconds=0.4, fit=tally, evaluate=tally, **figures)
        self.journal.note("phase-changed", phase="fit", round=number + 1, rounds=1000)

    def tell_steadily(self, clients: int, rate: float, over: threading.Event) -> None:
        """So many a second, until it is over."""
        begun, before = time.monotonic(), self.told
        while not over.wait(SLICE):
            due = before + int((time.monotonic() - begun) * rate)
            self.tell(due - self.told, clients)


def main() -> None:
    """Serves until the run is told to end."""
    config = configuration.load(Path(sys.argv[1]))
    board = Board(config.run, config.clients)
    journal = Journal(config.run_folder / "events.jsonl", config.run, board.fold)
    journal.observe(board.fold)
    monitor = Monitor(config, Policy(config.policy, config.certificates.ca), journal, board)
    run, over, telling = Run(journal), threading.Event(), None

    def say(**members: object) -> None:
        figures = {"cpu": time.process_time(), "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}
        sys.stdout.write(json.dumps({**members, **figures, "told": journal.sequence}) + "\n")
        sys.stdout.flush()

    say(port=monitor.port)
    for line in sys.stdin:
        wish = json.loads(line)
        over.set()
        if telling is not None:
            telling.join()
        if wish == "end":
            break
        over, telling = threading.Event(), None
        if journal.sequence == 0:
            run.begin(wish["clients"])
        if "events" in wish:
            run.tell(wish["events"], wish["clients"])
            journal.flush()
        else:
            telling = threading.Thread(target=run.tell_steadily, args=(wish["clients"], wish["rate"], over))
            telling.start()
        say()
    journal.write("run-finished", outcome="changed")
    journal.close()
    monitor.close()
    say()


main()
