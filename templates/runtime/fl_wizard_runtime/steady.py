"""The user's client, made to survive its own exceptions: a failed round is reported, and the client lives on."""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable
from typing import Any, Protocol

from flwr.client import Client
from flwr.common import Code, EvaluateRes, FitRes, GetParametersRes, GetPropertiesRes, Parameters, Status

from . import limit, text
from .text import RAISED


class Told(Protocol):
    """Who wants to know how a client is doing."""

    def doing(self, state: str) -> None:
        """What it does now."""

    def ended(self, call: str, error: BaseException | None) -> None:
        """How a call ended: by an exception, or well."""


class SteadyClient(Client):  # type: ignore[misc]
    """Hands every call to the user's client; an exception becomes a failed result with its reason.

    Args:
        inner: The user's flwr.client.Client.
        told: Is told what the client does now, and what became of it.
        most: Bytes of a message.
    """

    def __init__(self, inner: Any, told: Told, most: int = limit.MOST) -> None:
        self._inner, self._told, self._most = inner, told, most

    def get_context(self) -> Any:
        """Flower's context is the user's client's."""
        return self._inner.get_context()

    def set_context(self, context: Any) -> None:
        """Flower's context is the user's client's."""
        self._inner.set_context(context)

    def get_properties(self, ins: Any) -> Any:
        """Answers the server's question for properties."""
        return self._safe(
            "get_properties",
            ins,
            Code.GET_PROPERTIES_NOT_IMPLEMENTED,
            lambda s: GetPropertiesRes(status=s, properties={}),
        )

    def get_parameters(self, ins: Any) -> Any:
        """Gives the client's weights."""
        return self._safe(
            "get_parameters",
            ins,
            Code.GET_PARAMETERS_NOT_IMPLEMENTED,
            lambda s: GetParametersRes(status=s, parameters=_none()),
        )

    def fit(self, ins: Any) -> Any:
        """Trains."""
        return self._safe(
            "fit",
            ins,
            Code.FIT_NOT_IMPLEMENTED,
            lambda s: FitRes(status=s, parameters=_none(), num_examples=0, metrics={}),
        )

    def evaluate(self, ins: Any) -> Any:
        """Evaluates."""
        return self._safe(
            "evaluate",
            ins,
            Code.EVALUATE_NOT_IMPLEMENTED,
            lambda s: EvaluateRes(status=s, loss=0.0, num_examples=0, metrics={}),
        )

    def _safe(self, name: str, ins: Any, code: Any, failed: Callable[[Any], Any]) -> Any:
        self._told.doing({"fit": "training", "evaluate": "evaluating"}.get(name, "connected"))
        try:
            result = limit.within(getattr(self._inner, name)(ins), self._most)
        except (Exception, SystemExit) as error:  # a script that ends itself in the middle of a call has failed in it
            traceback.print_exc()
            self._told.ended(name, error)
            # Flower has no code for "it failed"; whatever is not OK counts as a failure.
            return failed(Status(code=code, message=text.clean(f"{RAISED}{type(error).__name__}: {error}")))
        else:
            self._told.ended(name, None)
            return result
        finally:
            self._told.doing("connected")


class _Unmade:
    """Stands for a client that could not be made: each call says why."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def to_client(self) -> Any:
        return self

    def get_context(self) -> None:
        return None

    def set_context(self, context: Any) -> None:
        pass

    def __getattr__(self, name: str) -> Any:
        raise self._error


def _none() -> Any:
    return Parameters(tensors=[], tensor_type="")


def steady(client: Any, told: Told, most: int) -> Any:
    """Wraps a user's Client or NumPyClient; `most` as in SteadyClient."""
    return SteadyClient(client.to_client(), told, most)


def steady_function(client_fn: Callable[..., Any], told: Told, most: int) -> Callable[..., Any]:
    """Wraps a user's client_fn; Flower looks at its signature, which stays."""

    @functools.wraps(client_fn)
    def made(*args: Any, **named: Any) -> Any:
        try:
            client = client_fn(*args, **named)
        except Exception as error:
            client = _Unmade(error)
        return steady(client, told, most)

    return made
