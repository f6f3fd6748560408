"""What clients bring in a round."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from . import text

FIT = "fit"
EVALUATE = "evaluate"
DOING = {FIT: "training", EVALUATE: "evaluating"}

Metrics = dict[str, float | None]


@dataclass
class Result:
    """What one client brought in one phase of a round."""

    client: str
    phase: str
    seconds: float
    samples: int
    metrics: Metrics
    loss: float | None = None
    bytes_up: int = 0
    bytes_down: int = 0


@dataclass
class Round:
    """A round that is under way."""

    number: int
    begun: float
    results: list[Result] = field(default_factory=list)
    failures: list[dict[str, str]] = field(default_factory=list)
    bytes: int = 0
    loss: float | None = None
    central_loss: float | None = None
    diverged: bool = False
    """Whether a loss was told that is no finite number."""
    metrics: dict[str, Metrics] = field(default_factory=dict)
    """By where they are from: fit, central, evaluate; the later ones win."""

    def tell_loss(self, loss: float | None, *, central: bool = False) -> None:
        """Keeps a loss, the clients' or the server's own; one that is not finite is only known to have been told."""
        if central:
            self.central_loss = text.finite(loss)
        else:
            self.loss = text.finite(loss)
        self.diverged = self.diverged or (loss is not None and text.finite(loss) is None)

    def not_finite(self, loss: float | None, metrics: Metrics) -> list[str]:
        """The names of what was told and JSON has no number for: readers would take it for absent."""
        lost = ["loss"] if loss is None and self.diverged else []
        return lost + [name for name, value in metrics.items() if value is None]

    def tally(self, phase: str) -> dict[str, int]:
        """How many clients did it and how many failed."""
        ok = sum(result.phase == phase for result in self.results)
        return {"ok": ok, "failed": sum(failure["phase"] == phase for failure in self.failures)}


def weighted_mean(results: Iterable[Result]) -> Metrics:
    """The mean of each metric over the clients that have it, weighted by their samples.

    Where no client has a sample, every client counts the same. What no client had a finite number for is None.
    """
    sums: dict[str, tuple[float, float]] = {}
    results = list(results)
    even = not any(result.samples > 0 for result in results)
    for result in results:
        weight = 1.0 if even else float(max(result.samples, 0))
        for name, value in result.metrics.items():
            if value is not None and weight:
                total, weights = sums.get(name, (0.0, 0.0))
                sums[name] = (total + weight * value, weights + weight)
    means = {name: text.finite(total / weights) for name, (total, weights) in sums.items()}
    lost = [name for result in results for name, value in result.metrics.items() if value is None and name not in means]
    return {**means, **dict.fromkeys(lost)}
