"""What a client can see of its own call: when the server has let it in, and when it is told to leave."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import grpc


class _Watch(grpc.StreamStreamClientInterceptor):  # type: ignore[misc]
    def __init__(self, let_in: Callable[[], object], leaving: Callable[[], object]) -> None:
        self._let_in, self._leaving = let_in, leaving

    def intercept_stream_stream(self, continuation: Any, client_call_details: Any, request_iterator: Any) -> Any:
        call = continuation(client_call_details, request_iterator)
        threading.Thread(target=self._wait, args=(call,), daemon=True).start()
        return self._messages(call)

    def _wait(self, call: Any) -> None:
        try:
            call.initial_metadata()  # sent by the gate when it opens; waits until then, or until the call ends
        except grpc.RpcError:
            return
        if call.is_active():
            self._let_in()

    def _messages(self, call: Any) -> Iterator[Any]:
        for message in call:
            if message.WhichOneof("msg") == "reconnect_ins" and not message.reconnect_ins.seconds:
                self._leaving()
            yield message


def watched(channel: Any, let_in: Callable[[], object], leaving: Callable[[], object]) -> Any:
    """A channel that tells about the calls made through it.

    Args:
        channel: The grpc.Channel.
        let_in: Is called when the server has let the client in.
        leaving: Is called when the server tells the client that the run is over.
    """
    return grpc.intercept_channel(channel, _Watch(let_in, leaving))
