"""The example's task: shares that add up, a gradient that is right, accuracy that rises round by round."""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import numpy as np
import pytest

APP = Path(__file__).resolve().parents[2] / "templates" / "app"
sys.path.insert(0, str(APP))

import data  # noqa: E402
import task  # noqa: E402


def federate(clients: int, rounds: int) -> list[float]:
    """What FedAvg does, without a network: the accuracy after each round."""
    shares = [data.load_part(part + 1, clients) for part in range(clients)]
    weights, history = task.initial_weights(), []
    for draw in range(1, rounds + 1):
        results = [task.train(weights, share.images, share.labels, draw) for share in shares]
        sizes = [len(share.labels) for share in shares]
        weights = [np.average(np.stack(layers), axis=0, weights=sizes) for layers in zip(*results, strict=True)]
        exams = [task.evaluate(weights, share.held_out_images, share.held_out_labels)[1] for share in shares]
        history.append(float(np.average(exams, weights=[len(share.held_out_labels) for share in shares])))
    return history


@pytest.mark.parametrize("clients", range(2, 11))
def test_accuracy_rises_with_every_round(clients: int) -> None:
    first, second, third = federate(clients, 3)
    assert first < second < third
    assert third > 0.85
    assert third - first > 0.05


def test_two_runs_give_the_same_numbers() -> None:
    assert federate(2, 2) == federate(2, 2)


@pytest.mark.parametrize("parts", [1, 2, 3, 10, 100])
def test_shares_are_all_of_the_data_and_none_twice(parts: int) -> None:
    images, labels = data.read_digits()
    shares = [data.load_part(part + 1, parts) for part in range(parts)]
    pieces = [np.column_stack([share.images, share.labels]) for share in shares]
    pieces += [np.column_stack([share.held_out_images, share.held_out_labels]) for share in shares]
    together = np.concatenate(pieces)
    whole = np.column_stack([images, labels])
    assert np.array_equal(together[np.lexsort(together.T)], whole[np.lexsort(whole.T)])
    assert all(len(share.labels) and len(share.held_out_labels) for share in shares)


def test_shares_differ_in_size_and_digits() -> None:
    one, other = (data.load_part(part, 2) for part in (1, 2))
    counts = [np.bincount(share.labels, minlength=data.CLASSES) for share in (one, other)]
    assert len(one.labels) != len(other.labels)
    assert np.abs(counts[0] - counts[1]).max() > 30
    assert min(counts[0].min(), counts[1].min()) > 0


def test_data_is_the_known_file() -> None:
    images, labels = data.read_digits()
    assert images.shape == (1797, 64)
    assert (images.min(), images.max()) == (0, 1)
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    with gzip.open(data.DATA) as file:
        assert len(file.read()) == 264712


def test_gradient_is_the_slope_of_the_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    # One step on one batch of everything, compared with the loss measured on both sides of each weight.
    share = data.load_part(1, 100)
    monkeypatch.setattr(task, "LOCAL_EPOCHS", 1)
    monkeypatch.setattr(task, "BATCH", len(share.labels))
    weights = task.initial_weights()
    stepped = task.train(weights, share.images, share.labels)
    for layer, index in [(0, (20, 3)), (1, (5,)), (2, (7, 4)), (3, (9,))]:
        loss = []
        for nudge in (1e-5, -1e-5):
            moved = [each.copy() for each in weights]
            moved[layer][index] += nudge
            loss.append(task.evaluate(moved, share.images, share.labels)[0])
        slope = (loss[0] - loss[1]) / 2e-5
        assert (weights[layer][index] - stepped[layer][index]) / task.LEARNING_RATE == pytest.approx(slope, abs=1e-6)


def test_training_leaves_the_received_weights_alone() -> None:
    share, weights = data.load_part(1, 10), task.initial_weights()
    before = [layer.copy() for layer in weights]
    task.train(weights, share.images, share.labels)
    assert all(np.array_equal(old, new) for old, new in zip(before, weights, strict=True))


def test_the_proximal_term_holds_the_weights_back() -> None:
    share, weights = data.load_part(1, 10), task.initial_weights()

    def strayed(mu: float) -> float:
        learned = task.train(weights, share.images, share.labels, proximal_mu=mu)
        return float(sum(((old - new) ** 2).sum() for old, new in zip(weights, learned, strict=True)))

    assert strayed(10.0) < strayed(1.0) < strayed(0.0)


def test_certain_mistakes_give_a_finite_loss() -> None:
    share = data.load_part(1, 10)
    loss, _ = task.evaluate([layer * 1e4 for layer in task.initial_weights()], share.images, share.labels)
    assert np.isfinite(loss)


def test_which_part_reads_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FL_PART", "2/3")
    assert data.which_part() == (2, 3)
    monkeypatch.delenv("FL_PART")
    assert data.which_part() == (1, 1)


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "a/b", "1/0", "1/101", "-1/2", "1/2/3", "²/3"])
def test_which_part_names_what_is_wrong(text: str) -> None:
    with pytest.raises(ValueError, match="FL_PART"):
        data.which_part(text)
