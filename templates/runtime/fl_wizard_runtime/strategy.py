"""The user's strategy, watched: it decides as it would alone, and the journal knows of it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from flwr.common import Code, GetParametersIns
from flwr.server.strategy import Strategy

from . import limit, momenta, text
from .faults import Exit, Fault
from .layers import hand_over
from .results import EVALUATE, FIT
from .rounds import Rounds
from .text import RAISED
from .weights import Saver

INITIAL_TRIES = 20
"""Clients that may fail to give initial weights before the run does: one that was just killed does not end it."""
INITIAL_PAUSE = 1.0
"""Seconds between two of them."""


GATHERING = 30.0
"""Seconds that the first round waits for all clients once there are enough of them. Launch starts them at once, and on
a slow machine Python and Flower take so much longer to begin."""


def said_clients(strategy: Any) -> int | None:
    """How many clients a strategy says it waits for; Flower's own say so, and those that wrap another one hold it."""
    for candidate in (strategy, getattr(strategy, "strategy", None)):
        found = getattr(candidate, "min_available_clients", None)
        if isinstance(found, int):
            return max(found, 1)
    return None


def wanted_clients(strategy: Any) -> int:
    """The same, for one that says nothing, too: it can't begin without any."""
    return said_clients(strategy) or 1


@dataclass(frozen=True)
class Start:
    """Where a process takes a run up."""

    offset: int = 0
    """The last finished round of the process before; the user's strategy goes on counting from there."""
    weights: Any = None
    """Flower's parameters to begin or to go on with; None leaves them to the strategy and the clients."""
    timeout: float | None = None
    """Seconds that a client has for its answer."""
    momenta: momenta.Momenta = field(default_factory=dict)
    """What the strategy of the process before had learned beside its weights."""
    limit: int = limit.MOST
    """Bytes of a message."""


class WatchedStrategy(Strategy):  # type: ignore[misc]
    """Hands every call to the user's strategy and tells the run's rounds about it.

    Args:
        inner: The user's strategy.
        rounds: Is told what happens.
        saver: Saves the aggregated weights.
        start: Where the run stands.
    """

    def __init__(self, inner: Any, rounds: Rounds, saver: Saver, start: Start) -> None:
        self.inner, self._rounds, self._saver = inner, rounds, saver
        self._offset, self._resumed, self._timeout = start.offset, start.weights, start.timeout
        self._momenta = start.momenta
        self._limit = start.limit

    def __getattr__(self, name: str) -> Any:
        """What the user's strategy has beyond a Strategy; a user's Server may ask for it."""
        if name == "inner":  # not yet there while a copy is made
            raise AttributeError(name)
        return getattr(self.inner, name)

    def initialize_parameters(self, client_manager: Any) -> Any:
        """The weights to begin with: resumed, the strategy's, or a client's."""
        self._rounds.waits(wanted_clients(self.inner))
        if self._resumed is not None and hasattr(self.inner, "initial_parameters"):
            self.inner.initial_parameters = self._resumed
        initial = self.inner.initialize_parameters(client_manager)
        if self._resumed is None and initial is not None:
            return initial
        begun = self._resumed if self._resumed is not None else self._from_a_client(client_manager)
        hand_over(self.inner, begun)
        momenta.restore(self.inner, self._momenta)
        return begun

    def _from_a_client(self, client_manager: Any) -> Any:
        reason = "no client could be asked"
        for _ in range(INITIAL_TRIES):
            for client in client_manager.sample(1):
                try:
                    answer = client.get_parameters(GetParametersIns(config={}), timeout=self._timeout, group_id=0)
                except Exception as error:  # it is gone: its connection has been told of already
                    reason = f"{client.cid}: {type(error).__name__}"
                    continue
                if answer.status.code == Code.OK or not answer.status.message.startswith(RAISED):
                    return answer.parameters  # a client that gives none begins with empty ones, as in Flower
                reason = text.clean(f"{client.cid} {answer.status.message}")
                self._rounds.client(client.cid, "failed", detail=reason)
            time.sleep(INITIAL_PAUSE)
        raise RuntimeError(f"no client gave initial weights: {reason}")

    def configure_fit(self, server_round: int, parameters: Any, client_manager: Any) -> Any:
        """Chooses the clients that train.

        Raises:
            Fault: With exit code 79, where no client could be sent these weights.
        """
        number = server_round + self._offset
        if complaint := limit.complaint(limit.size(parameters), self._limit):
            raise Fault(Exit.SCRIPT, f"round {number} can't begin: {complaint}")
        self._rounds.choosing(number, FIT, wanted_clients(self.inner))
        if number == 1:
            self._gather(client_manager)
        chosen = self.inner.configure_fit(number, parameters, client_manager)
        self._rounds.chosen(FIT)
        return chosen

    def _gather(self, client_manager: Any) -> None:
        """Waits for all clients before the first round, where Flower alone would begin with the first few that come.

        Only for a strategy that waits for clients itself: one that does not has its reasons.
        """
        need, all_clients = said_clients(self.inner), self._rounds.expected
        if need is None or all_clients <= need:
            return
        if client_manager.wait_for(need):
            self._rounds.gather(GATHERING)
            client_manager.wait_for(all_clients, timeout=GATHERING)
            self._rounds.gathered(GATHERING)

    def aggregate_fit(self, server_round: int, results: Any, failures: Any) -> Any:
        """Makes one set of weights of the clients'."""
        number = server_round + self._offset
        parameters, metrics = self.inner.aggregate_fit(number, results, failures)
        if parameters is not None:
            self._saver.save(number, parameters, momenta.of(self.inner))
        self._rounds.aggregated(FIT, None, text.metrics(metrics))
        return parameters, metrics

    def configure_evaluate(self, server_round: int, parameters: Any, client_manager: Any) -> Any:
        """Chooses the clients that evaluate; where there are none, the round ends here."""
        number = server_round + self._offset
        self._rounds.choosing(number, EVALUATE, self._evaluators())
        chosen = self.inner.configure_evaluate(number, parameters, client_manager)
        if chosen:
            self._rounds.chosen(EVALUATE)
        else:
            self._rounds.end_round()
        return chosen

    def _evaluators(self) -> int:
        # Flower's strategies wait for nobody where none is to evaluate.
        return 0 if getattr(self.inner, "fraction_evaluate", None) == 0.0 else wanted_clients(self.inner)

    def aggregate_evaluate(self, server_round: int, results: Any, failures: Any) -> Any:
        """Makes one loss of the clients'; the round ends with it."""
        loss, metrics = self.inner.aggregate_evaluate(server_round + self._offset, results, failures)
        self._rounds.aggregated(EVALUATE, text.number(loss), text.metrics(metrics))
        self._rounds.end_round()
        return loss, metrics

    def evaluate(self, server_round: int, parameters: Any) -> Any:
        """Evaluates the weights on the server, where the strategy does."""
        found = self.inner.evaluate(server_round + self._offset, parameters)
        if found is not None:
            self._rounds.evaluated_centrally(text.number(found[0]), text.metrics(found[1]))
        return found
