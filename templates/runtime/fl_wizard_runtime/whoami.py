"""WhoAmI: the server's answer about its caller, and the call that proves who gets in."""

from __future__ import annotations

import json
from typing import Any

import grpc

from . import credentials, messages, pair
from .config import Config
from .gate import admitted_here

SERVICE = f"{messages.IDENTITY}.IdentityService"
REQUEST, RESPONSE = f"{messages.IDENTITY}.WhoAmIRequest", f"{messages.IDENTITY}.WhoAmIResponse"
PATIENCE = 10.0
"""Seconds for the whole call, the connection included."""


def handlers(network: str) -> list[Any]:
    """Generic gRPC handlers for the training port; the gate stands before them.

    Args:
        network: Its name, which is part of the answer.
    """

    def who_am_i(_: Any, __: Any) -> Any:
        peer, name = admitted_here()
        return messages.message(RESPONSE)(
            name=name,
            uri=peer.uri,
            fingerprint=peer.fingerprint,
            serial=peer.serial_text,
            address=peer.address,
            network=network,
        )

    handler = grpc.unary_unary_rpc_method_handler(
        who_am_i,
        request_deserializer=messages.message(REQUEST).FromString,
        response_serializer=messages.message(RESPONSE).SerializeToString,
    )
    return messages.handlers(SERVICE, {"WhoAmI": handler})


def call(channel: Any, seconds: float) -> Any:
    """Asks the server who is calling.

    Args:
        channel: A gRPC channel to it.
        seconds: For the whole call, the connection included.

    Returns:
        Its WhoAmIResponse.

    Raises:
        grpc.RpcError: Where it refused, or nobody answered.
    """
    method = channel.unary_unary(
        f"/{SERVICE}/WhoAmI",
        request_serializer=messages.message(REQUEST).SerializeToString,
        response_deserializer=messages.message(RESPONSE).FromString,
    )
    return method(messages.message(REQUEST)(), timeout=seconds)


def ask(config: Config, address: str, *, present: bool = True, name: str | None = None) -> dict[str, object]:
    """Makes a real call with this host's certificate.

    Args:
        config: Whose certificate is shown.
        address: HOST:PORT of a server.
        present: Whether the certificate is shown at all.
        name: The name that the server's certificate must hold, where it is not the address's.

    Returns:
        {"ok": True, "identity": {…}}, or {"ok": False, "code": …, "detail": …} with gRPC's words.

    Raises:
        Fault: With exit code 78, where the host's files can't be used.
    """
    read = pair.load(config.certificates, valid=False)
    shown = (read.key, read.certificate) if present else (None, None)
    options = [("grpc.ssl_target_name_override", name)] if name else []
    made = credentials.new_channel_credentials(read.ca, *shown)
    with credentials.new_secure_channel(address, made, options) as channel:
        try:
            answer = call(channel, PATIENCE)
        except grpc.RpcError as error:
            return {"ok": False, "code": error.code().name, "detail": error.details() or ""}
    return {"ok": True, "identity": messages.to_members(answer)}


def main(config: Config, address: str, *, present: bool, name: str | None) -> int:
    """Prints the answer as one line of JSON."""
    print(json.dumps(ask(config, address, present=present, name=name)))  # noqa: T201
    return 0
