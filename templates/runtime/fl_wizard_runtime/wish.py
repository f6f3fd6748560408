"""What the user wrote in fl-network.yaml about the strategy; what is left out, the script decides."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .faults import unprotected

NAME = re.compile(r"[A-Z][A-Za-z0-9]{0,62}")
KEY = re.compile(r"[a-z][A-Za-z0-9]{0,62}")


@dataclass(frozen=True)
class Wish:
    """Which of Flower's strategies, and its numbers by their names in fl-network.yaml."""

    name: str | None = None
    numbers: dict[str, float | bool] = field(default_factory=dict)


def attribute(key: str) -> str:
    """Flower's name of a number: fraction_fit of fractionFit, beta_1 of beta1."""
    return re.sub(r"(?<=[a-z])([A-Z]|\d)", r"_\1", key).lower()


def read(value: object) -> Wish:
    """Reads the configuration's flower.strategy.

    Raises:
        Fault: With exit code 78, where it is not one that this runtime understands.
    """
    if value is None:
        return Wish()
    if not isinstance(value, dict):
        raise unprotected("the configuration's flower.strategy is no object")
    numbers = {key: each for key, each in value.items() if key != "name"}
    for key, each in numbers.items():
        if not KEY.fullmatch(key) or not isinstance(each, (int, float)):
            raise unprotected(f"the configuration's flower.strategy.{key} is not a number")
    name = value.get("name")
    if name is not None and not (isinstance(name, str) and NAME.fullmatch(name)):
        raise unprotected("the configuration's flower.strategy.name is not a name")
    return Wish(name, numbers)
