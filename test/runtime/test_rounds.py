"""Rounds as events: with a strategy that stands in for the user's, and clients that stand in for Flower's."""

from __future__ import annotations

import io
import json
import math
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import grpc
import numpy as np
import pytest
from flwr.common import Code, EvaluateRes, FitIns, FitRes, Parameters, Status, ndarrays_to_parameters
from flwr.server.client_manager import SimpleClientManager
from flwr.server.strategy import FedAvg, FedAvgM, Strategy

from fl_wizard_runtime import gate, strategy, text, weights
from fl_wizard_runtime.board import Board
from fl_wizard_runtime.gate import Connection, Refusal
from fl_wizard_runtime.identity import Peer
from fl_wizard_runtime.journal import Journal
from fl_wizard_runtime.members import Members
from fl_wizard_runtime.past import Past
from fl_wizard_runtime.results import Result, weighted_mean
from fl_wizard_runtime.rounds import Rounds
from fl_wizard_runtime.strategy import Start, WatchedStrategy
from fl_wizard_runtime.weights import Saver
from network import until

WEIGHTS = ndarrays_to_parameters([np.ones(3)])
FINE = Status(Code.OK, "")


class Proxy:
    """What the runtime uses of Flower's GrpcClientProxy."""

    def __init__(self, fit: Callable[[], Any] | None = None, evaluate: Callable[[], Any] | None = None) -> None:
        self.cid, self.properties = "random", {}
        self.closed = threading.Event()
        self.bridge = SimpleNamespace(close=self.closed.set)
        self._fit = fit or (lambda: FitRes(FINE, WEIGHTS, 10, {"acc": 0.5, "name": "x"}))
        self._evaluate = evaluate or (lambda: EvaluateRes(FINE, 0.25, 10, {"acc": 0.75}))

    def fit(self, ins: Any, timeout: Any, group_id: Any) -> Any:
        return self._fit()

    def evaluate(self, ins: Any, timeout: Any, group_id: Any) -> Any:
        return self._evaluate()


class Scene:
    """A run without a network."""

    def __init__(
        self, folder: Path, strategy: Any, start: Start | None = None, expected: tuple[str, ...] = ("a", "b")
    ) -> None:
        self.path, self.folder = folder / "events.jsonl", folder
        self.journal = Journal(self.path, "1")
        self.saver = Saver(folder, lambda text: self.journal.write("notice", text=text))
        self.rounds = Rounds(self.journal, expected, self.saver.finished)
        self.rounds.total = 3
        self.manager = SimpleClientManager()
        self.members = Members(self.manager, self.rounds, self.journal)
        self.strategy = WatchedStrategy(strategy, self.rounds, self.saver, start or Start())

    def join(self, name: str, proxy: Proxy | None = None, instance: str = "i", address: str = "1.1.1.1:1") -> Proxy:
        proxy = proxy or Proxy()
        peer = Peer(f"uri:{name}", "ff", 1, time.time() + 99, address)
        gate._here.connection = Connection(name, peer, instance, cancel=lambda: None)
        self.members.register(proxy)
        return proxy

    def round(self, number: int) -> None:
        for phase in ("fit", "evaluate"):
            chosen = getattr(self.strategy, f"configure_{phase}")(number, WEIGHTS, self.manager)
            results, failures = [], []
            for client, ins in chosen:
                try:
                    answer = getattr(client, phase)(ins, timeout=5.0, group_id=number)
                except Exception as error:
                    failures.append(error)
                    continue
                (results if answer.status.code == Code.OK else failures).append((client, answer))
            if chosen:
                getattr(self.strategy, f"aggregate_{phase}")(number, results, failures)
            if phase == "fit":
                self.strategy.evaluate(number, WEIGHTS)

    def events(self, kind: str) -> list[dict[str, Any]]:
        self.journal.flush()
        found = [json.loads(line) for line in self.path.read_text().splitlines()]
        return [event for event in found if event["type"] == kind]


@pytest.fixture(autouse=True)
def _no_connection() -> Iterator[None]:
    yield
    gate._here.connection = None


def fedavg(**named: Any) -> FedAvg:
    return FedAvg(**{"min_fit_clients": 2, "min_evaluate_clients": 2, "min_available_clients": 2, **named})


def test_a_round_in_the_contracts_words(tmp_path: Path) -> None:
    scene = Scene(tmp_path, fedavg())
    for name in ("a", "b"):
        scene.join(name)
    scene.round(1)
    (event,) = scene.events("round-finished")
    assert set(event) == {
        "type", "time", "sequence", "run", "round", "rounds", "seconds", "fit", "evaluate", "loss", "metrics", "bytes",
        "weights",
    }  # fmt: skip
    assert event["fit"] == event["evaluate"] == {"ok": 2, "failed": 0}
    assert event["loss"] == 0.25
    assert event["metrics"] == {"acc": 0.75}, "the evaluation's wins where both have the name"
    with np.load(tmp_path / event["weights"], allow_pickle=False) as saved:
        assert saved["arr_0"].tolist() == [1.0, 1.0, 1.0]
    idle = scene.events("client-changed")[-1]
    assert (idle["state"], idle["samples"], idle["loss"], idle["bytesUp"]) == ("idle", 10, 0.25, 0)


def test_the_strategys_own_metrics_stand(tmp_path: Path) -> None:
    scene = Scene(tmp_path, fedavg(evaluate_metrics_aggregation_fn=lambda _: {"mine": 1, "flag": True, "word": "x"}))
    scene.join("a"), scene.join("b")
    scene.round(1)
    assert scene.events("round-finished")[0]["metrics"] == {"acc": 0.5, "mine": 1.0}


@pytest.mark.parametrize("central", [False, True])
def test_what_is_not_finite_is_named(tmp_path: Path, central: bool) -> None:
    measured = EvaluateRes(FINE, math.nan, 10, {"acc": math.inf, "f1": 0.5})
    on_server = {"evaluate_fn": lambda *_: (math.inf if central else 0.5, {"central": math.nan})}
    scene = Scene(tmp_path, fedavg(**on_server))
    scene.join("a", Proxy(evaluate=lambda: measured)), scene.join("b", Proxy(evaluate=lambda: measured))
    scene.round(1)
    (event,) = scene.events("round-finished")
    assert event.get("loss") == (None if central else 0.5)
    assert event["notFinite"] == [*(["loss"] if central else []), "acc", "central"]
    assert event["metrics"] == {"acc": None, "f1": 0.5, "central": None}


def test_failures_name_the_client(tmp_path: Path) -> None:
    def lost() -> Any:
        raise RuntimeError("x" * 5000 + "\n\x1b[31m")

    refused = FitRes(Status(Code.FIT_NOT_IMPLEMENTED, "raised ValueError: no data"), Parameters([], ""), 0, {})
    scene = Scene(tmp_path, fedavg(), expected=("a", "b", "c"))
    scene.join("a"), scene.join("b", Proxy(fit=lambda: refused)), scene.join("c", Proxy(fit=lost))
    scene.round(1)
    (event,) = scene.events("round-finished")
    assert event["fit"] == {"ok": 1, "failed": 2}
    reasons = {failure["client"]: failure["reason"] for failure in event["failures"]}
    assert reasons["b"] == "raised ValueError: no data"
    assert len(reasons["c"]) == text.REASON_LIMIT and reasons["c"].isprintable()
    assert all(set(failure) == {"client", "phase", "reason"} for failure in event["failures"])


def test_nobody_evaluates(tmp_path: Path) -> None:
    scene = Scene(tmp_path, fedavg(fraction_evaluate=0.0, evaluate_fn=lambda *_: (0.125, {"central": 2.0})))
    scene.join("a"), scene.join("b")
    scene.round(1)
    scene.round(2)
    ended = scene.events("round-finished")
    assert [event["round"] for event in ended] == [1, 2]
    assert ended[0]["loss"] == 0.125 and ended[0]["metrics"] == {"acc": 0.5, "central": 2.0}
    assert ended[0]["evaluate"] == {"ok": 0, "failed": 0}


class Mute(Strategy):
    """A strategy with nothing but the interface, which chooses nobody to evaluate and never aggregates it."""

    def __init__(self) -> None:
        self.seen: list[int] = []

    def initialize_parameters(self, client_manager: Any) -> Any:
        return WEIGHTS

    def configure_fit(self, server_round: int, parameters: Any, client_manager: Any) -> Any:
        self.seen.append(server_round)
        return [(client, FitIns(parameters, {})) for client in client_manager.all().values()]

    def aggregate_fit(self, server_round: int, results: Any, failures: Any) -> Any:
        return None, {}

    def configure_evaluate(self, server_round: int, parameters: Any, client_manager: Any) -> Any:
        return []

    def aggregate_evaluate(self, server_round: int, results: Any, failures: Any) -> Any:
        raise AssertionError("nobody evaluates")

    def evaluate(self, server_round: int, parameters: Any) -> Any:
        return None


def test_rounds_go_on_counting_after_a_restart(tmp_path: Path) -> None:
    mute = Mute()
    resumed = ndarrays_to_parameters([np.zeros(2)])
    scene = Scene(tmp_path, mute, Start(offset=4, weights=resumed))
    scene.join("a")
    assert scene.strategy.initialize_parameters(scene.manager) is resumed
    scene.round(1), scene.round(2)
    assert mute.seen == [5, 6]
    ended = scene.events("round-finished")
    assert [event["round"] for event in ended] == [5, 6]
    assert "weights" not in ended[0] and "loss" not in ended[0]


def test_an_adaptive_strategy_steps_from_the_resumed_weights(tmp_path: Path) -> None:
    resumed = ndarrays_to_parameters([np.full(3, 7.0)])
    inner = FedAvgM(initial_parameters=WEIGHTS)
    strategy = Scene(tmp_path, inner, Start(offset=1, weights=resumed)).strategy
    assert strategy.initialize_parameters(None) is resumed
    assert inner.initial_parameters is resumed
    assert strategy.min_fit_clients == inner.min_fit_clients, "what the strategy has beyond the interface is there"


def test_waiting_is_told_with_who_is_missing(tmp_path: Path) -> None:
    scene = Scene(tmp_path, fedavg())
    choosing = threading.Thread(target=lambda: scene.strategy.configure_fit(1, WEIGHTS, scene.manager))
    choosing.start()
    scene.join("b")
    scene.join("a")
    choosing.join(10)
    phases = scene.events("phase-changed")
    assert phases[-1]["phase"] == "fit"
    assert {"have": 1, "need": 2, "missing": ["a"]} in [event.get("waiting") for event in phases]


def test_a_lost_client_is_told_once(tmp_path: Path) -> None:
    scene = Scene(tmp_path, fedavg())
    gone = threading.Event()

    class GrpcBridgeClosed(Exception):
        pass

    def hangs() -> Any:
        gone.wait(10)
        raise GrpcBridgeClosed

    scene.join("a")
    proxy = scene.join("b", Proxy(fit=hangs))
    running = threading.Thread(target=scene.round, args=(1,))
    running.start()
    until(
        lambda: any(event["client"] == "b" for event in scene.events("client-changed") if "round" in event), "b trains"
    )
    scene.members.unregister(proxy)  # as Flower does when the call has ended
    gone.set()
    until(lambda: scene.events("phase-changed")[-1].get("waiting"), "waits for b, to evaluate")
    scene.join("b")
    running.join(10)
    (lost,) = [event for event in scene.events("client-changed") if event["state"] == "lost"]
    assert (lost["client"], lost["round"], lost["detail"]) == ("b", 1, "the connection was lost")
    assert scene.events("round-finished")[0]["failures"] == [
        {"client": "b", "phase": "fit", "reason": "the connection was lost"}
    ]


def test_who_has_gone_is_chosen_no_more(tmp_path: Path) -> None:
    scene = Scene(tmp_path, fedavg())

    class GrpcBridgeClosed(Exception):
        pass

    def gone() -> Any:
        raise GrpcBridgeClosed

    scene.join("a")
    scene.join("b", Proxy(fit=gone))
    ins = FitIns(WEIGHTS, {})
    (b,) = [client for client, _ in scene.strategy.configure_fit(1, WEIGHTS, scene.manager) if client.cid == "b"]
    for _ in range(2):  # the second time as one that was chosen before it went
        with pytest.raises(GrpcBridgeClosed):
            b.fit(ins, timeout=5.0, group_id=1)
    assert list(scene.manager.all()) == ["a"], "though Flower has not yet noticed the end of its call"
    scene.rounds.end_round()
    states = [event["state"] for event in scene.events("client-changed") if event["client"] == "b"]
    assert states == ["connected", "training", "lost"], "the last word is that it has gone"
    reason = "the connection was lost"
    (ended,) = scene.events("round-finished")
    assert ended["failures"] == [{"client": "b", "phase": "fit", "reason": reason}] * 2, "each failure counts"


def test_a_newer_connection_of_the_same_process_replaces_the_old_one(tmp_path: Path) -> None:
    scene = Scene(tmp_path, fedavg())
    old = scene.join("a", instance="one", address="1.1.1.1:1")
    new = scene.join("a", instance="one", address="1.1.1.1:2")
    assert old.closed.is_set() and not new.closed.is_set()
    assert scene.manager.num_available() == 1
    scene.members.unregister(old)
    assert scene.manager.num_available() == 1, "the end of the old call does not drop the new one"
    assert scene.events("notice") == []


def test_two_processes_with_one_certificate_do_not_take_turns(tmp_path: Path) -> None:
    scene = Scene(tmp_path, fedavg())
    scene.join("a", instance="one", address="1.1.1.1:1")
    scene.join("a", instance="two", address="2.2.2.2:2")
    with pytest.raises(Refusal) as refusal:
        scene.join("a", instance="one", address="1.1.1.1:3")
    assert refusal.value.code == grpc.StatusCode.ALREADY_EXISTS
    (notice,) = scene.events("notice")
    assert "a connects from 1.1.1.1:1 and 2.2.2.2:2" in notice["text"]


def test_who_did_not_come_through_the_gate_is_not_registered(tmp_path: Path) -> None:
    scene = Scene(tmp_path, fedavg())
    gate._here.connection = None
    assert scene.members.register(Proxy()) is False
    assert scene.manager.num_available() == 0


def result(client: str, samples: int, **metrics: float | None) -> Result:
    return Result(client, "fit", 1.0, samples, dict(metrics))


def test_the_weighted_mean() -> None:
    assert weighted_mean([result("a", 10, x=1.0), result("b", 30, x=3.0, y=5.0)]) == {"x": 2.5, "y": 5.0}
    assert weighted_mean([result("a", 0, x=1.0), result("b", 0, x=3.0)]) == {"x": 2.0}
    assert weighted_mean([result("a", 10, x=None), result("b", 10, x=3.0)]) == {"x": 3.0}
    assert weighted_mean([]) == {}


def test_metrics_are_numbers_that_json_knows() -> None:
    given = {"a": np.float32(0.5), "nan": math.nan, "flag": True, "word": "x", "b" * 999: 1, "list": [1]}
    found = text.metrics(given)
    assert found["a"] == 0.5 and found["nan"] is None
    assert {"flag", "word", "list"}.isdisjoint(found)
    assert max(map(len, found)) == text.NAME_LIMIT
    assert len(text.metrics({str(number): number for number in range(1000)})) == text.METRICS_LIMIT


def tensor(array: Any, version: tuple[int, int] = (1, 0)) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array(file, np.asanyarray(array), version, allow_pickle=True)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"not an array", "no numpy arrays"),
        (b"", "no numpy arrays"),
        (tensor(np.array([{}])), "Python objects"),
        (tensor(np.zeros(9))[:-1], "no whole numpy arrays"),
        (tensor(np.zeros(9)) + b"x", "no whole numpy arrays"),
    ],
)
def test_weights_that_are_no_arrays_are_told_and_not_saved(tmp_path: Path, content: bytes, reason: str) -> None:
    notices: list[str] = []
    saver = Saver(tmp_path, notices.append)
    saver.save(1, Parameters([tensor(np.ones(1)), content], "mine"))
    assert saver.finished(1) is None
    assert "could not be saved" in notices[0] and reason in notices[0]
    assert list(tmp_path.iterdir()) == []


def test_weights_are_what_numpy_reads(tmp_path: Path) -> None:
    arrays = [np.float32(0.5), np.zeros((0, 3)), np.asfortranarray(np.arange(6).reshape(2, 3)), np.ones(70_000, "<f2")]
    tensors = [*map(tensor, arrays), tensor(np.arange(3), (2, 0))]
    arrays.append(np.arange(3))
    weights.save(tmp_path / "kept.npz", Parameters(tensors, "numpy.ndarray"))
    with np.load(tmp_path / "kept.npz", allow_pickle=False) as kept:
        assert kept.files == [f"arr_{at}" for at in range(len(arrays))]
        for at, array in enumerate(arrays):
            assert kept[f"arr_{at}"].dtype == array.dtype
            np.testing.assert_array_equal(kept[f"arr_{at}"], array)
    assert (tmp_path / "kept.npz").stat().st_mode & 0o777 == 0o600


def test_where_a_run_goes_on(tmp_path: Path) -> None:
    assert (Past(tmp_path).done, Past(tmp_path).weights) == (0, None)
    for number in (1, 2, 3):
        (tmp_path / weights.file_name(number)).write_bytes(b"x")
    past = Past(tmp_path)
    past.fold([{"type": "round-finished", "round": 1, "weights": "round-1-weights.npz"}])
    past.fold([{"type": "round-finished", "round": 2}])
    assert (past.done, past.weights) == (2, tmp_path / "round-1-weights.npz")
    past.fold([{"type": "round-finished", "round": 3, "weights": "../../etc/passwd"}])
    assert (past.done, past.weights) == (3, tmp_path / "round-1-weights.npz")


def test_initial_weights_load_without_running_code(tmp_path: Path) -> None:
    np.savez(tmp_path / "good.npz", np.arange(3), np.float32(1))
    assert len(weights.load(tmp_path / "good.npz").tensors) == 2
    np.savez(tmp_path / "bad.npz", np.array([print], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match="allow_pickle"):
        weights.load(tmp_path / "bad.npz")


@pytest.mark.parametrize("size", [0, 4, 100, -1])
def test_initial_weights_that_are_cut_have_a_reason(tmp_path: Path, size: int) -> None:
    file = tmp_path / "cut.npz"
    np.savez(file, np.arange(3))
    file.write_bytes(file.read_bytes()[:size])
    with pytest.raises(weights.UNREADABLE):
        weights.load(file)


def test_the_board_starts_afresh_with_each_process() -> None:
    board = Board("1", ("a", "b"))
    mark = {"time": "t", "run": "1"}
    board.fold([{**mark, "type": "client-changed", "sequence": 1, "client": "b", "state": "connected", "address": "x:1"}])
    board.fold([{**mark, "type": "client-changed", "sequence": 2, "client": "b", "state": "idle", "round": 2}])
    board.fold([{**mark, "type": "phase-changed", "sequence": 3, "phase": "fit", "round": 2, "rounds": 3}])
    seen = board.snapshot()
    assert (seen["phase"], seen["round"], seen["rounds"], seen["sequence"]) == ("fit", 2, 3, 3)
    assert seen["clients"][1] == {"client": "b", "state": "idle", "since": "t", "round": 2, "address": "x:1"}
    board.fold([{**mark, "type": "server-started", "sequence": 4, "port": 1, "monitorPort": 2}])
    assert [client["state"] for client in board.snapshot()["clients"]] == ["", ""]


def begin(scene: Scene) -> threading.Thread:
    thread = threading.Thread(target=scene.strategy.configure_fit, args=(1, WEIGHTS, scene.manager))
    thread.start()
    return thread


def test_the_first_round_waits_for_all_that_were_started_with_it(tmp_path: Path) -> None:
    scene = Scene(tmp_path, fedavg(fraction_fit=1.0), expected=("a", "b", "c"))
    thread = begin(scene)
    for name in ("a", "b"):
        scene.join(name)
    until(lambda: any(event.get("until") for event in scene.events("phase-changed")), "waiting for c")
    last = scene.events("phase-changed")[-1]
    assert last["waiting"] == {"have": 2, "need": 3, "missing": ["c"]}
    assert thread.is_alive()
    scene.join("c")
    thread.join(20)
    assert scene.events("phase-changed")[-1]["phase"] == "fit"
    assert scene.events("notice") == []


def test_it_begins_without_one_that_does_not_come_and_the_next_waits_no_longer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strategy, "GATHERING", 0.01)
    scene = Scene(tmp_path, fedavg(), expected=("a", "b", "c", "d", "e", "f", "g", "h"))
    for name in ("a", "b"):
        scene.join(name)
    scene.round(1)
    (notice,) = scene.events("notice")
    assert notice["text"] == "the first round begins without c, d, e, f, g and 1 more: not there 0.01 s after the others"
    scene.round(2)
    assert len(scene.events("notice")) == 1
    assert all("until" not in event for event in scene.events("phase-changed") if event["round"] == 2)


def test_no_round_waits_where_a_run_goes_on_or_the_strategy_waits_for_nobody(tmp_path: Path) -> None:
    # It would take its half minute, and say so.
    (tmp_path / "on").mkdir()
    resumed = Scene(tmp_path / "on", fedavg(), Start(offset=1), expected=("a", "b", "c"))
    for name in ("a", "b"):
        resumed.join(name)
    resumed.round(1)
    assert resumed.events("notice") == []

    class Own(Strategy):  # type: ignore[misc]
        def configure_fit(self, server_round: int, parameters: Any, client_manager: Any) -> Any:
            return []

        initialize_parameters = aggregate_fit = configure_evaluate = aggregate_evaluate = evaluate = configure_fit

    (tmp_path / "own").mkdir()
    own = Scene(tmp_path / "own", Own(), expected=("a", "b", "c"))
    assert own.strategy.configure_fit(1, WEIGHTS, own.manager) == []
    assert own.events("notice") == []
