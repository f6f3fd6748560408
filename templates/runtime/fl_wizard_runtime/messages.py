"""The messages of the monitor, of its health and of the identity, made at run time from their descriptors.

Generated modules would have to fit the protobuf that a user's Flower brings; descriptors fit protobuf 4 to 6.
"""

from __future__ import annotations

import base64
import json
import math
from functools import cache
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

from .descriptors import DESCRIPTORS

IDENTITY = "flwizard.identity.v1"
MONITOR = "flwizard.monitor.v1"
HEALTH = "grpc.health.v1"

_NOT_A_NUMBER = "NaN"
_MARKS = ("sequence", "run", "time")


@cache
def _pool() -> Any:
    # A pool of our own: the default one is shared with Flower's messages and the user's.
    pool = descriptor_pool.DescriptorPool()
    for file in descriptor_pb2.FileDescriptorSet.FromString(base64.b64decode("".join(DESCRIPTORS.split()))).file:
        pool.Add(file)
    return pool


@cache
def message(name: str) -> Any:
    """The class of a message.

    Args:
        name: Its full name, such as flwizard.monitor.v1.Event.
    """
    descriptor = _pool().FindMessageTypeByName(name)
    if hasattr(message_factory, "GetMessageClass"):
        return message_factory.GetMessageClass(descriptor)
    return message_factory.MessageFactory(_pool()).GetPrototype(descriptor)  # protobuf before 4.22


def event(journaled: dict[str, Any]) -> Any:
    """A journal's event as flwizard.monitor.v1.Event; members that the message does not know are left out.

    One that does not fit the message goes without them: a reader misses no number, and its stream does not break.
    """
    kind = journaled["type"].replace("-", "_")
    marks = {mark: journaled[mark] for mark in _MARKS}
    names = _names(kind)
    try:
        body = {names[key]: value for key, value in journaled.items() if key in names and value is not None}
        if "metrics" in body:
            body["metrics"] = {name: math.nan if at is None else at for name, at in body["metrics"].items()}
        return message(f"{MONITOR}.Event")(**marks, **({kind: body} if names else {}))
    except (AttributeError, TypeError, ValueError):
        return _with_care(journaled)


@cache
def _names(kind: str) -> dict[str, str]:
    """The fields of an event's message, by their names in the journal; none where there is no such event."""
    field = message(f"{MONITOR}.Event").DESCRIPTOR.fields_by_name.get(kind)
    return {} if field is None else {each.json_name: each.name for each in field.message_type.fields}


def _with_care(journaled: dict[str, Any]) -> Any:
    """As `event`, for one that does not fit as it is: protobuf's JSON takes more, for ten times as long."""
    members = {key: value for key, value in journaled.items() if key not in {*_MARKS, "type"}}
    if "metrics" in members:
        members["metrics"] = {name: _NOT_A_NUMBER if at is None else at for name, at in members["metrics"].items()}
    words = journaled["type"].split("-")
    kind = words[0] + "".join(word.capitalize() for word in words[1:])
    marks = {mark: journaled[mark] for mark in _MARKS}
    try:
        return from_members(f"{MONITOR}.Event", {**marks, kind: members})
    except json_format.ParseError:
        return from_members(f"{MONITOR}.Event", marks)


def from_members(name: str, members: dict[str, Any]) -> Any:
    """A message from members in the journal's names (camelCase); unknown ones are left out."""
    return json_format.ParseDict(members, message(name)(), ignore_unknown_fields=True)


def to_members(value: Any) -> dict[str, Any]:
    """The members of a message in the journal's names, as JSON has them."""
    return dict(json.loads(json_format.MessageToJson(value)))


def handlers(service: str, methods: dict[str, Any]) -> list[Any]:
    """Generic gRPC handlers of a service.

    Args:
        service: Its full name as in the proto file; where that ends with Service, it is served without that ending too.
        methods: RPC method handlers by name.
    """
    import grpc

    return [grpc.method_handlers_generic_handler(name, methods) for name in names(service)]


def names(service: str) -> tuple[str, ...]:
    """The names that a service answers to."""
    return tuple(dict.fromkeys((service, service.removesuffix("Service"))))
