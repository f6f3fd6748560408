"""How much one message of Flower holds, and a sentence where weights are more: gRPC alone ends the call, in numbers."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

MOST = 2_147_483_647
"""Bytes that any message holds: Flower's default since 1.9, gRPC's length and protobuf's own limit."""
BESIDE = 65_536
"""Bytes that are left for what a message holds beside weights: configuration, metrics, names."""
ARGUMENT = "grpc_max_message_length"
"""What a script may set lower, for its server and for its clients each."""
DIFFERS = ("larger than max", "exceeds maximum protobuf size")
"""What gRPC and protobuf say of a message that is too large."""


def size(parameters: Any) -> int:
    """Bytes of Flower's parameters."""
    return sum(map(len, parameters.tensors)) if parameters is not None else 0


def size_in(path: Path) -> int:
    """Bytes of the arrays in an .npz, which may be compressed; they are not read.

    Raises:
        OSError: Where it can't be read.
        ValueError: Where it is none.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return sum(info.file_size for info in archive.infolist())
    except zipfile.BadZipFile as error:
        raise ValueError("it is no .npz") from error


def limit_of(arguments: Mapping[str, Any]) -> int:
    """The limit that holds for what a script gives start_server or start_client; -1 is gRPC's word for none."""
    said = arguments.get(ARGUMENT)
    return min(said, MOST) if isinstance(said, int) and said > 0 else MOST


def shown(count: int) -> str:
    """Bytes as people say them."""
    for power, unit in ((9, "GB"), (6, "MB"), (3, "kB")):
        if count >= 10**power:
            return f"{count / 10**power:.3g} {unit}"
    return f"{count} B"


def complaint(count: int, limit: int) -> str | None:
    """What is wrong with so many bytes of weights, and what to do; None where they fit.

    Args:
        count: Bytes of the weights.
        limit: Bytes of a message.
    """
    if count + min(BESIDE, limit // 16) <= limit:
        return None
    fix = (
        f"raise {ARGUMENT} in server.py and in client.py alike"
        if limit < MOST
        else "send less: half precision, or only the layers that are trained"
    )
    return f"{shown(count)} of weights are more than a message of Flower holds ({shown(limit)}): {fix}"


class TooLarge(Exception):
    """A client's weights are more than a message holds."""


def within(answer: Any, limit: int) -> Any:
    """A client's answer, where a message holds its weights.

    Raises:
        TooLarge: Where it does not.
    """
    if found := complaint(size(getattr(answer, "parameters", None)), limit):
        raise TooLarge(found)
    return answer


def explained(detail: str) -> str | None:
    """A sentence in place of gRPC's words about a message that is too large; None for all others."""
    if not any(words in detail for words in DIFFERS):
        return None
    return f"a message is larger than this client takes: set {ARGUMENT} in server.py and in client.py alike ({detail})"
