"""The monitor's messages: every event of the contract fits, and what does not breaks nothing."""

from __future__ import annotations

import math
from typing import Any

import pytest

from fl_wizard_runtime import explain, messages

MARKS = {"time": "2026-01-01T00:00:00.000Z", "sequence": 7, "run": "1"}


@pytest.mark.parametrize(
    ("kind", "members"),
    [
        (
            "run-started",
            {"rounds": 3, "minClients": 2, "roundTimeout": 1800.0, "flower": "1", "strategy": "S", "clients": ["a"]},
        ),
        ("server-started", {"port": 1, "monitorPort": 2, "resumedAfter": 3}),
        (
            "phase-changed",
            {"phase": "waiting", "round": 1, "rounds": 3, "waiting": {"have": 1, "need": 2, "missing": ["b"]}},
        ),
        ("phase-changed", {"phase": "lingering", "round": 3, "rounds": 3, "until": "2026-01-01T00:00:00.000Z"}),
        (
            "client-changed",
            {
                "client": "a",
                "state": "idle",
                "round": 1,
                "samples": 9,
                "seconds": 0.5,
                "loss": 0.25,
                "bytesUp": 1,
                "bytesDown": 2,
            },
        ),
        ("connection-accepted", {"client": "a", "address": "x:1", "serial": "f", "fingerprint": "e"}),
        ("connection-refused", {"address": "x:1", "reason": "no", "count": 3, "probe": True}),
        (
            "round-finished",
            {
                "round": 1,
                "rounds": 3,
                "seconds": 0.5,
                "fit": {"ok": 2, "failed": 1},
                "evaluate": {"ok": 2, "failed": 1},
                "loss": 0.5,
                "metrics": {"acc": 0.5},
                "bytes": "912",
                "weights": "round-1-weights.npz",
                "failures": [{"client": "c", "phase": "fit", "reason": "no data"}],
                "notFinite": ["loss"],
            },
        ),
        ("notice", {"text": "x"}),
        ("run-finished", {"outcome": "failed", "detail": "x"}),
    ],
)
def test_every_event_keeps_its_members(kind: str, members: dict[str, Any]) -> None:
    event = messages.event({"type": kind, **MARKS, **members})
    name = event.WhichOneof("event")
    assert name == kind.replace("-", "_")
    assert (
        messages.to_members(getattr(event, name)).items()
        >= {
            key: str(value) if key in {"samples", "bytesUp", "bytesDown"} else value for key, value in members.items()
        }.items()
    )
    assert (event.sequence, event.run, event.time) == (7, "1", MARKS["time"])
    assert event == messages._with_care({"type": kind, **MARKS, **members})


def test_what_json_has_no_number_for_is_not_a_number() -> None:
    event = messages.event({"type": "round-finished", **MARKS, "metrics": {"acc": None, "f1": 0.5}})
    assert math.isnan(event.round_finished.metrics["acc"]) and event.round_finished.metrics["f1"] == 0.5
    assert not event.round_finished.HasField("loss")


def test_an_event_that_does_not_fit_keeps_its_number() -> None:
    for odd in (
        {"type": "later", "x": 1},
        {"type": "client-changed", "samples": -1},
        {"type": "notice", "new": {"a": 1}},
    ):
        assert messages.event({**odd, **MARKS}).sequence == 7


@pytest.mark.parametrize(
    ("detail", "words"),
    [
        ("… Ssl handshake failed: … CERTIFICATE_VERIFY_FAILED: self signed …", "not signed by this network's CA"),
        ("Hostname Verification Check failed", "does not hold the name of h:1"),
        ("failed to connect to all addresses; last error: UNKNOWN: … Connection refused", "nothing listens at h:1"),
        ("Socket closed", "did not accept this client's certificate"),
        ("DNS resolution failed for h:1", "could not be resolved"),
        ("SSL_ERROR_SSL: … WRONG_VERSION_NUMBER", "speaks no TLS"),
        ("something\nnew", "something new"),
        ("", "the connection to h:1 ended"),
    ],
)
def test_grpc_in_words_for_people(detail: str, words: str) -> None:
    assert words in explain.cause(detail, "h:1")
