"""An operator's pings: as often as it takes to know soon that a link is cut, and no attack."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest

from fl_wizard_runtime import credentials
from fl_wizard_runtime.monitor import PING_INTERVAL

KEEPALIVE = 60.0
PATIENCE = 60.0
OFTEN = [("grpc.keepalive_time_ms", int(PING_INTERVAL * 1100)), ("grpc.http2.max_pings_without_data", 0)]


class Quiet(grpc.GenericRpcHandler):
    """A stream on which nothing is told until it is released."""

    def __init__(self) -> None:
        self.released = threading.Event()

    def service(self, _: Any) -> Any:
        """Whatever is asked for."""
        return grpc.unary_stream_rpc_method_handler(self._tell)

    def _tell(self, _: bytes, __: Any) -> Iterator[bytes]:
        self.released.wait(PATIENCE)
        yield b"told"


def watched(options: list[tuple[str, Any]], quiet: Quiet) -> tuple[Any, Any]:
    """A server with these options, and a stream from it whose reader pings often."""
    server = credentials.new_server(ThreadPoolExecutor(1), options=options)
    server.add_generic_rpc_handlers((quiet,))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    stream = grpc.insecure_channel(f"127.0.0.1:{port}", OFTEN).unary_stream("/quiet/Watch")(b"", timeout=PATIENCE)
    return server, stream


def test_a_stream_outlives_pings_that_end_one_where_clients_ping() -> None:
    """The monitor's options let a quiet stream live, while those of the training port end theirs by the same pings."""
    ours, theirs = Quiet(), Quiet()
    monitor, stream = watched(credentials.server_options(KEEPALIVE, PING_INTERVAL), ours)
    training, ended = watched(credentials.server_options(KEEPALIVE), theirs)
    try:
        with pytest.raises(grpc.RpcError) as broken:
            next(ended)
        assert "ping" in str(broken.value.details()).lower()
        ours.released.set()
        assert next(stream) == b"told"
    finally:
        ours.released.set()
        theirs.released.set()
        monitor.stop(None)
        training.stop(None)
