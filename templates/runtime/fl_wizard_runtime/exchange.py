"""Another strategy of Flower's in the place of the script's, with all that the script gave to its own."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import flwr
from flwr.common import Parameters
from flwr.server import strategy as flowers

from .faults import Exit, Fault


def of_class(name: str, said: Any, numbers: dict[str, float | bool], notice: Callable[[str], None]) -> Any:
    """The script's strategy where it is what is asked for, or derived from it; else a new one.

    Only Flower's own are exchanged: with a class of the user's, its code would be lost.

    Args:
        name: Of one of Flower's strategies.
        said: The script's.
        numbers: What the new one is made with, by Flower's names.
        notice: Is told of an exchange.

    Raises:
        Fault: With exit code 79, where it can't be exchanged or made.
    """
    wanted: Any = getattr(flowers, name, None)
    if not inspect.isclass(wanted):
        raise unfit(f"flower.strategy.name is {name}, and Flower {flwr.__version__} has no such strategy")
    kind = type(said)
    # The nearest class of Flower's: what stands before it is the user's own.
    base = next((each for each in kind.__mro__ if each.__module__.startswith("flwr.")), None)
    if base is wanted:
        return said
    if base is not kind:
        about = f"{kind.__name__}, a class of the script's own"
    elif not isinstance(said, flowers.FedAvg):
        about = f"{kind.__name__}, which is not derived from FedAvg"
    else:
        notice(f"flower.strategy.name {name} holds; the script's strategy is {kind.__name__}")
        return _made(wanted, said, numbers)
    raise unfit(
        f"flower.strategy.name is {name}, and the script's strategy is {about}: "
        f"derive it from {name}, or leave the name out"
    )


def _made(wanted: Any, said: Any, numbers: dict[str, float | bool]) -> Any:
    known = inspect.signature(wanted).parameters
    own = {key: value for key, value in numbers.items() if key in known}
    # What every strategy has; an eta of FedAdam's would be no good one for FedYogi.
    kept = {key: getattr(said, key) for key in inspect.signature(flowers.FedAvg).parameters if key in known}
    # FedAdam and its like want weights when they are made; where the script has none, they come from a client later.
    initial = kept["initial_parameters"] or Parameters(tensors=[], tensor_type="numpy.ndarray")
    missing = [key for key, one in known.items() if one.default is one.empty and key not in {**kept, **own}]
    if missing:
        raise unfit(f"flower.strategy.name is {wanted.__name__}, which needs {' and '.join(missing)}")
    made = wanted(**{**kept, **own, "initial_parameters": initial})
    made.initial_parameters = kept["initial_parameters"]
    return made


def unfit(sentence: str) -> Fault:
    """What ends a run whose strategy can't be as the user wants it."""
    return Fault(Exit.SCRIPT, sentence)
