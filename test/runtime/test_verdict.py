"""Whether a run has come to anything, from its rounds."""

from __future__ import annotations

from typing import Any

import pytest

from fl_wizard_runtime.verdict import Verdict

pytestmark = pytest.mark.any_flower


def ended(ok: int, failed: int, weights: bool | None = None, phase: str = "fit") -> dict[str, Any]:
    event: dict[str, Any] = {"type": "round-finished", "fit": {"ok": ok, "failed": failed if phase == "fit" else 0}}
    if failed:
        event["failures"] = [{"client": f"client{at + 1}", "phase": phase, "reason": "no data"} for at in range(failed)]
    return {**event, "weights": "round-1-weights.npz"} if (ok > 0 if weights is None else weights) else event


OVER = {"type": "run-finished", "outcome": "changed"}
NO_DATA = "new weights: client2: no data"


@pytest.mark.parametrize(
    ("history", "outcome", "detail"),
    [
        ([], "changed", None),
        ([ended(2, 0), ended(1, 1)], "changed", None),
        ([ended(0, 2)], "failed", f"its only round brought no {NO_DATA}"),
        ([ended(0, 2), ended(0, 2)], "failed", f"none of its 2 rounds brought {NO_DATA}"),
        ([ended(2, 0), ended(0, 2), ended(0, 2)], "changed", f"2 of its 3 rounds brought no {NO_DATA}"),
        # A strategy that takes no round in which a client failed.
        ([ended(1, 2, weights=False)], "failed", f"its only round brought no {NO_DATA}"),
        # One that gives back what it had where nobody trained.
        ([ended(0, 2, weights=True)], "failed", f"its only round brought no {NO_DATA}"),
        # One that only evaluates, and weights that could not be saved.
        ([ended(0, 2, phase="evaluate")], "changed", None),
        ([ended(2, 0, weights=False)], "changed", None),
        # What was told of the rounds before is over.
        ([ended(2, 0), OVER, ended(0, 2)], "failed", f"its only round brought no {NO_DATA}"),
        ([ended(0, 2), OVER, ended(2, 0)], "changed", None),
    ],
)
def test_a_run_is_judged_by_its_rounds(history: list[dict[str, Any]], outcome: str, detail: str | None) -> None:
    half = len(history) // 2
    verdict = Verdict()
    verdict.fold(history[:half])
    verdict.fold(history[half:])
    assert verdict.outcome() == (outcome, detail)
