"""The strategy of a run: the script's, with what the user wrote about it in fl-network.yaml."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flwr.server.strategy import FedAvg, FedAvgM

from .config import Config
from .exchange import of_class, unfit
from .layers import layers
from .wish import attribute

Notice = Callable[[str], None]

AVAILABLE = "min_available_clients"
CHOSEN = {"fraction_fit": "min_fit_clients", "fraction_evaluate": "min_evaluate_clients"}
MINIMA = (AVAILABLE, *CHOSEN.values())


def tuned(said: Any, config: Config, notice: Notice) -> Any:
    """The script's strategy, or None, as the user wants it.

    Args:
        said: What the script gave to start_server.
        config: With the user's wishes.
        notice: Is told where a wish wins over the script.

    Raises:
        Fault: With exit code 79, where the script's strategy can't be as it is wished.
    """
    if said is None:
        said = FedAvg(**dict.fromkeys(MINIMA, config.defaults.min_clients))
        notice = _silent
    *outer, inner = layers(said)
    wish = config.flower.strategy
    if wish.name is not None:
        inner = of_class(wish.name, inner, {attribute(key): value for key, value in wish.numbers.items()}, notice)
        if outer:
            outer[-1].strategy = inner
    wished = {attribute(key): (key, value) for key, value in wish.numbers.items()}
    if config.flower.min_clients is not None:
        _set_minima(inner, config.flower.min_clients, wished, notice)
    for name, (key, value) in wished.items():
        _set(inner, key, name, value, notice)
    _fit_together(inner, wished, notice)
    if isinstance(inner, FedAvgM):  # it works this out once, when it is made
        inner.server_opt = inner.server_momentum != 0.0 or inner.server_learning_rate != 1.0
    return outer[0] if outer else inner


def _silent(_: str) -> None:
    """Where the script says nothing, nothing wins over it."""


def _set_minima(strategy: Any, least: int, wished: dict[str, Any], notice: Notice) -> None:
    # Where a fraction is written, minClients says how many have to be there, and not how many are chosen.
    left = {minimum for fraction, minimum in CHOSEN.items() if fraction in wished} | set(wished)
    known = [name for name in MINIMA if name not in left and hasattr(strategy, name)]
    if not any(hasattr(strategy, name) for name in MINIMA):
        notice(f"flower.minClients can't be set on a {type(strategy).__name__}: the script decides")
    if any(getattr(strategy, name) != least for name in known):
        notice(f"flower.minClients {least} holds; the script's strategy says otherwise")
    for name in known:
        setattr(strategy, name, least)


def _set(strategy: Any, key: str, name: str, value: float | bool, notice: Notice) -> None:
    kind = type(strategy).__name__
    if not hasattr(strategy, name):
        raise unfit(f"flower.strategy.{key} can't be set: the script's strategy, {kind}, has no {name}")
    said = getattr(strategy, name)
    if said == value:
        return
    try:
        setattr(strategy, name, value)
    except AttributeError:
        raise unfit(f"flower.strategy.{key} can't be set: the script's strategy, {kind}, keeps its {name}") from None
    notice(f"flower.strategy.{key} {_text(value)} holds; the script's {kind} has {_text(said)}")


def _fit_together(strategy: Any, wished: dict[str, Any], notice: Notice) -> None:
    """Flower chooses nobody, round after round, where more are to be chosen than have to be there."""
    if not wished or not all(hasattr(strategy, name) for name in MINIMA):
        return
    for name in CHOSEN.values():
        available, wanted = getattr(strategy, AVAILABLE), getattr(strategy, name)
        if wanted <= available:
            continue
        if name in wished:
            notice(f"the run waits for {wanted} clients, and not for {available}: so many are to be chosen")
            setattr(strategy, AVAILABLE, wanted)
        else:
            setattr(strategy, name, available)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, (int, float)) else str(value)
