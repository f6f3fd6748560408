"""The apps to start from that are laid over the digits example: whole, pinned, and learning."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
sys.path.insert(0, str(TEMPLATES / "app"))

import data  # noqa: E402


def load(template: str) -> ModuleType:
    """Its task.py, beside those of the other templates."""
    spec = importlib.util.spec_from_file_location(f"{template}_task", TEMPLATES / template / "task.py")
    assert spec is not None and spec.loader is not None
    task = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(task)
    return task


@pytest.fixture(scope="module")
def task() -> ModuleType:
    return load("sklearn")


def federate(task: ModuleType, clients: int, rounds: int) -> list[float]:
    """What FedAvg does, without a network: the accuracy after each round."""
    shares = [data.load_part(part + 1, clients) for part in range(clients)]
    weights, history = task.initial_weights(), []
    for draw in range(1, rounds + 1):
        results = [task.train(weights, share.images, share.labels, draw) for share in shares]
        sizes = [len(share.labels) for share in shares]
        weights = [np.average(np.stack(layers), axis=0, weights=sizes) for layers in zip(*results, strict=True)]
        exams = [task.evaluate(weights, share.held_out_images, share.held_out_labels)[1] for share in shares]
        history.append(float(np.mean(exams)))
    return history


def test_sklearn_learns_round_by_round(task: ModuleType) -> None:
    first, second, third = federate(task, 2, 3)
    assert first < second < third and third > 0.9
    assert federate(task, 2, 1) == [first], "two runs give the same numbers"


def test_sklearn_does_without_a_digit(task: ModuleType) -> None:
    share = data.load_part(1, 2)
    known = share.labels < 9
    before = task.initial_weights()
    weights = task.train(before, share.images[known], share.labels[known])
    assert weights[0].shape == (10, 64) and not before[0].any(), "what was received is left alone"
    loss, accuracy = task.evaluate(weights, share.images[~known][:1], share.labels[~known][:1])
    assert np.isfinite(loss) and accuracy == 0.0


def test_sklearns_proximal_term_holds_the_weights_back(task: ModuleType) -> None:
    share, weights = data.load_part(1, 10), task.initial_weights()

    def strayed(mu: float) -> float:
        learned = task.train(weights, share.images, share.labels, proximal_mu=mu)
        return float(sum(((old - new) ** 2).sum() for old, new in zip(weights, learned, strict=True)))

    assert strayed(10.0) < strayed(1.0) < strayed(0.0)


@pytest.mark.parametrize("template", ["app", "torch", "sklearn", "tutorial"])
def test_what_a_template_brings_is_whole(template: str) -> None:
    lines = (TEMPLATES / template / "requirements.txt").read_text().splitlines()
    required = [line for line in lines if line and not line.startswith("#")]
    # numpy's own promise is kept by Flower, which names the range that it works with.
    assert all(re.fullmatch(r"numpy>=1\.26|[a-z-]+==[\d.]+", line) for line in required), required
    for script in (TEMPLATES / template).glob("*.py"):
        compile(script.read_text(), str(script), "exec")
    assert not [path for path in (TEMPLATES / template).rglob("*") if path.suffix in {".pyc", ".pt", ".pkl"}]


@pytest.mark.parametrize("template", ["app", "tutorial"])
def test_a_client_dials_nobody_else_where_no_server_is_named(template: str) -> None:
    environment = {key: value for key, value in os.environ.items() if key != "FL_SERVER"}
    client = [sys.executable, "-B", "client.py"]
    done = subprocess.run(client, cwd=TEMPLATES / template, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.strip().endswith(
        "FL_SERVER is not set: HOST:PORT of the server, by a name or an address of its certificate"
    )
    assert "scriptchain" not in (TEMPLATES / template / "client.py").read_text()
