"""The strategy as the user wants it: Flower's own classes and loop are real, the clients stand in for Flower's."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flwr.common import (
    Code,
    EvaluateRes,
    FitRes,
    GetParametersRes,
    Status,
    ndarrays_to_parameters,
    parameters_to_ndarrays,
)
from flwr.server import Server, SimpleClientManager
from flwr.server import strategy as flowers
from flwr.server.client_proxy import ClientProxy

from fl_wizard_runtime import config, momenta, weights
from fl_wizard_runtime.config import Config
from fl_wizard_runtime.faults import Exit, Fault
from fl_wizard_runtime.journal import Journal
from fl_wizard_runtime.layers import told
from fl_wizard_runtime.rounds import Rounds
from fl_wizard_runtime.strategy import Start, WatchedStrategy
from fl_wizard_runtime.tuning import tuned
from fl_wizard_runtime.weights import Saver
from fl_wizard_runtime.wish import attribute
from network import Network
from test_config import WHOLE

FIRST = ndarrays_to_parameters([np.array([1.0, -2.0]), np.array([[0.5]])])
FINE = Status(Code.OK, "")
NAMES = ["FedAvg", "FedProx", "FedAvgM", "FedAdagrad", "FedAdam", "FedYogi", "FedMedian", "FedTrimmedAvg", "Krum"]
NUMBERS: dict[str, dict[str, float]] = {
    "FedProx": {"proximalMu": 0.3},
    "FedAvgM": {"serverLearningRate": 0.5, "serverMomentum": 0.9},
    "FedAdagrad": {"eta": 0.2, "etaL": 0.3, "tau": 0.01},
    "FedAdam": {"eta": 0.2, "etaL": 0.3, "beta1": 0.8, "beta2": 0.95, "tau": 0.01},
    "FedYogi": {"eta": 0.2, "etaL": 0.3, "beta1": 0.8, "beta2": 0.95, "tau": 0.02},
    "FedTrimmedAvg": {"beta": 0.4},
    "Krum": {"numMaliciousClients": 1, "numClientsToKeep": 2},
}


def wished(strategy: dict[str, Any] | None = None, **flower: Any) -> Config:
    more = {**WHOLE["flower"], **flower, "strategy": strategy}
    return config.parse(json.dumps({**WHOLE, "flower": more}), Path("/x.json"))


def tune(said: Any, strategy: dict[str, Any] | None = None, **flower: Any) -> tuple[Any, list[str]]:
    notices: list[str] = []
    return tuned(said, wished(strategy, **flower), notices.append), notices


class Client(ClientProxy):
    """Learns by going half of the way to what it knows."""

    def __init__(self, cid: str, target: float) -> None:
        super().__init__(cid)
        self.target, self.configs = target, list[Any]()

    def get_properties(self, ins: Any, timeout: Any, group_id: Any) -> Any:
        raise NotImplementedError

    def get_parameters(self, ins: Any, timeout: Any, group_id: Any) -> Any:
        return GetParametersRes(FINE, FIRST)

    def fit(self, ins: Any, timeout: Any, group_id: Any) -> Any:
        self.configs.append(ins.config)
        learned = [layer + (self.target - layer) / 2 for layer in parameters_to_ndarrays(ins.parameters)]
        return FitRes(FINE, ndarrays_to_parameters(learned), 10, {})

    def evaluate(self, ins: Any, timeout: Any, group_id: Any) -> Any:
        return EvaluateRes(FINE, 0.5, 10, {})

    def reconnect(self, ins: Any, timeout: Any, group_id: Any) -> Any:
        raise NotImplementedError


def clients() -> list[Client]:
    return [Client(str(at), target) for at, target in enumerate((2.0, 3.0, 7.0))]


def run(strategy: Any, rounds: int = 3, those: list[Client] | None = None) -> list[np.ndarray]:
    """Flower's own loop, and the weights at its end."""
    manager = SimpleClientManager()
    for client in those or clients():
        manager.register(client)
    server = Server(client_manager=manager, strategy=strategy)
    server.fit(num_rounds=rounds, timeout=5.0)
    return parameters_to_ndarrays(server.parameters)


def watched(strategy: Any, folder: Path, start: Start | None = None) -> WatchedStrategy:
    journal = Journal(folder / "events.jsonl", "1")
    return WatchedStrategy(strategy, Rounds(journal, ()), Saver(folder, print), start or Start())


@pytest.mark.parametrize("name", NAMES)
def test_a_plain_strategy_becomes_the_one_that_is_asked_for(name: str, tmp_path: Path) -> None:
    """It trains as a script that says the same; the script's callables go on being used."""
    numbers = NUMBERS.get(name, {})
    shared: dict[str, Any] = {
        "min_fit_clients": 3,
        "min_evaluate_clients": 3,
        "min_available_clients": 3,
        "on_fit_config_fn": lambda server_round: {"round": server_round},
        "evaluate_metrics_aggregation_fn": lambda _: {"mine": 1.0},
    }
    own = {attribute(key): value for key, value in numbers.items()}
    alone = run(getattr(flowers, name)(**shared, **own, initial_parameters=FIRST))

    strategy, notices = tune(flowers.FedAvg(**shared), {"name": name, **numbers})
    assert type(strategy) is getattr(flowers, name)
    assert strategy.evaluate_metrics_aggregation_fn is shared["evaluate_metrics_aggregation_fn"]
    those = clients()
    ours = run(watched(strategy, tmp_path), those=those)  # its first weights come from a client
    for layer, other in zip(ours, alone, strict=True):  # not to the bit: Flower adds up as the answers come
        np.testing.assert_allclose(layer, other, rtol=1e-9)
    mu = {"proximal_mu": 0.3} if name == "FedProx" else {}
    assert those[0].configs == [{"round": number, **mu} for number in (1, 2, 3)]
    expected = [f"flower.strategy.name {name} holds; the script's strategy is FedAvg"] if name != "FedAvg" else []
    assert notices == expected


@pytest.mark.parametrize("name", ["FedAvgM", "FedAdagrad", "FedAdam", "FedYogi"])
def test_a_server_that_was_killed_goes_on_as_if_it_had_lived(name: str, tmp_path: Path) -> None:
    wish = {"name": name, **NUMBERS[name]}
    alone = run(started(wish), rounds=5)

    strategy = started(wish)
    first = watched(strategy, tmp_path)
    run(first, rounds=3)
    assert momenta.expected(strategy)
    first._saver.finished(3)
    assert sorted(path.name for path in tmp_path.glob("*-momenta.npz")) == [
        "round-2-momenta.npz",
        "round-3-momenta.npz",
    ], "what no process will ask for is not kept"

    file = tmp_path / "round-3-weights.npz"
    start = Start(3, weights.load(file), momenta=momenta.beside(file))
    (tmp_path / "events.jsonl").rename(tmp_path / "before.jsonl")  # its lock is the first process's
    resumed = run(watched(started(wish), tmp_path, start), rounds=2)
    for layer, other in zip(resumed, alone, strict=True):
        np.testing.assert_allclose(layer, other, rtol=1e-9)


def started(wish: dict[str, Any]) -> Any:
    return tune(flowers.FedAvg(initial_parameters=FIRST), wish)[0]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"no archive"])
def test_momenta_that_are_lost_are_none(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "round-3-momenta.npz").write_bytes(content)
    assert momenta.beside(tmp_path / "round-3-weights.npz") == {}
    assert momenta.beside(tmp_path / "round-4-weights.npz") == momenta.beside(None) == {}
    strategy = started({"name": "FedAvgM", **NUMBERS["FedAvgM"]})
    at = ndarrays_to_parameters([np.array([5.0, 5.0]), np.array([[5.0]])])
    learned = run(watched(strategy, tmp_path, Start(offset=4, weights=at)), rounds=2)
    assert all(value < 5.0 for layer in learned for value in layer.flat), "Flower alone would stop here"


def test_a_strategy_without_momenta_keeps_none(tmp_path: Path) -> None:
    for wish in ({"name": "FedAvgM"}, {"name": "FedMedian"}):
        strategy = started(wish)
        one = watched(strategy, tmp_path)
        run(one, rounds=2)
        one._saver.finished(2)
        assert not momenta.expected(strategy) and list(tmp_path.glob("*-momenta.npz")) == []
        (tmp_path / "events.jsonl").rename(tmp_path / f"{wish['name']}.jsonl")


class Saving(flowers.FedAvg):
    """A user's own."""


class Momentum(flowers.FedAvgM):
    """Another."""


class Bare(flowers.Strategy):
    """Flower's interface and nothing else."""

    initialize_parameters = configure_fit = aggregate_fit = evaluate = lambda *_: None
    configure_evaluate = aggregate_evaluate = lambda *_: None


@dataclasses.dataclass(frozen=True)
class Frozen:
    """A strategy that lets nothing be set."""

    fraction_fit: float = 1.0


def test_numbers_are_set_on_a_class_of_the_users_own() -> None:
    mine = Saving(fraction_fit=1.0, fraction_evaluate=0.5)
    strategy, notices = tune(mine, {"name": "FedAvg", "fractionFit": 0.5, "fractionEvaluate": 0.5})
    assert strategy is mine and mine.fraction_fit == 0.5
    assert notices == ["flower.strategy.fractionFit 0.5 holds; the script's Saving has 1"]
    moved, notices = tune(Momentum(), {"serverMomentum": 0.9, "acceptFailures": False})
    assert moved.server_opt is True, "without it the momentum would not be used"
    assert notices[1] == "flower.strategy.acceptFailures false holds; the script's Momentum has true"
    assert told(moved)["name"] == "Momentum"
    assert told(moved)["numbers"].items() >= {"server_momentum": 0.9, "fraction_fit": 1.0}.items()


def test_what_wraps_a_strategy_is_looked_into() -> None:
    wrapped = flowers.DifferentialPrivacyServerSideFixedClipping(flowers.FedAvg(), 1.0, 1.0, 2)
    strategy, _ = tune(wrapped, {"name": "FedAdam", "eta": 0.5}, minClients=3)
    assert strategy is wrapped and type(wrapped.strategy) is flowers.FedAdam
    assert (wrapped.strategy.eta, wrapped.strategy.min_available_clients) == (0.5, 3)


@pytest.mark.parametrize(
    ("said", "wish", "sentence"),
    [
        (Saving(), {"name": "FedAdam"}, "the script's strategy is Saving, a class of the script's own: derive it from"),
        (Momentum(), {"name": "FedAvg"}, "is Momentum, a class of the script's own"),
        (Bare(), {"name": "FedAvg"}, "is Bare, a class of the script's own"),
        (Bare(), {"fractionFit": 0.5}, "fractionFit can't be set: the script's strategy, Bare, has no fraction_fit"),
        (Frozen(), {"fractionFit": 0.5}, "the script's strategy, Frozen, keeps its fraction_fit"),
        (flowers.FedAvg(), {"eta": 0.5}, "the script's strategy, FedAvg, has no eta"),
        (flowers.FedAvg(), {"name": "FedNone"}, "has no such strategy"),
        (flowers.FedAvg(), {"name": "FedProx"}, "which needs proximal_mu"),
    ],
)
def test_what_can_not_be_is_refused(said: Any, wish: dict[str, Any], sentence: str) -> None:
    with pytest.raises(Fault) as fault:
        tune(said, wish)
    assert fault.value.code == Exit.SCRIPT and sentence in fault.value.sentence


@pytest.mark.parametrize(
    ("said", "wish", "least", "minima"),
    [
        (None, {}, None, (2, 2, 2)),
        (None, {}, 3, (3, 3, 3)),
        ((2, 2, 2), {}, 3, (3, 3, 3)),
        ((2, 2, 2), {"fractionFit": 0.5}, 4, (2, 4, 4)),
        ((2, 2, 2), {"fractionFit": 0.5, "fractionEvaluate": 0.5}, 1, (1, 1, 1)),
        ((2, 2, 2), {"minFitClients": 1}, None, (1, 2, 2)),
        ((2, 2, 2), {"minFitClients": 3}, None, (3, 2, 3)),
        ((2, 2, 2), {"minAvailableClients": 4}, 3, (3, 3, 4)),
        ((2, 2, 5), {"minAvailableClients": 1}, None, (1, 1, 1)),
    ],
)
def test_how_many_clients(said: Any, wish: dict[str, Any], least: int | None, minima: tuple[int, ...]) -> None:
    names = ("min_fit_clients", "min_evaluate_clients", "min_available_clients")
    strategy, notices = tune(said and flowers.FedAvg(**dict(zip(names, said, strict=True))), wish, minClients=least)
    assert tuple(getattr(strategy, name) for name in names) == minima
    assert (notices == []) is (said is None)


def test_a_script_without_a_strategy_gets_the_one_that_is_asked_for() -> None:
    strategy, notices = tune(None, {"name": "FedYogi", "eta": 0.5, "fractionFit": 0.5})
    assert type(strategy) is flowers.FedYogi and strategy.fraction_fit == 0.5 and notices == []
    assert strategy.beta_1 == 0.9, "its own defaults hold where nothing is written"


@pytest.mark.parametrize(
    "value", ["FedAvg", {"name": "../x"}, {"name": 1}, {"eta": "0.1"}, {"eta": None}, {"__class__": 1}]
)
def test_a_configuration_that_is_none(value: Any) -> None:
    with pytest.raises(Fault) as fault:
        wished(value)
    assert fault.value.code == Exit.UNPROTECTED and "flower.strategy" in fault.value.sentence


def test_over_real_connections(network: Network) -> None:
    """FedAdam in the place of the script's FedAvg, which has no weights: the whole way, over mutual TLS."""
    network.server.flower["strategy"] = {"name": "FedAdam", "eta": 0.5, "fractionEvaluate": 0}
    serving = network.server.run()
    network.serving()
    says = network.server.state()["notices"]
    assert says[0] == "flower.strategy.name FedAdam holds; the script's strategy is FedAvg"
    running = [host.run() for host in network.hosts.values()]
    assert network.wait("run-finished", 60)["outcome"] == "changed"
    assert network.wait("run-started")["strategy"] == "FedAdam"
    assert [event["evaluate"]["ok"] for event in network.events("round-finished")] == [0, 0, 0]
    with np.load(network.journal.parent / "round-3-weights.npz", allow_pickle=False) as saved:
        first = saved["arr_0"][0]
    # Three steps of about eta each, where FedAvg would be at 3.
    assert 1.0 < first < 2.0
    kept = json.loads((network.journal.parent / "run.json").read_text())["strategy"]
    assert kept["name"] == "FedAdam" and kept["numbers"]["eta"] == 0.5
    assert [process.wait(20) for process in [serving, *running]] == [0, 0, 0]
