"""Mutual TLS by wrapping public functions of grpc before Flower calls them.

Flower asks for no client certificate and shows none, in every release. The functions that it calls to make
credentials, channels and servers are replaced in the grpc module of this process; what they were is kept here, for the
monitor and for the proof, which bring their own credentials.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import grpc

from . import pair
from .config import Certificates
from .faults import unprotected

Options = Sequence[tuple[str, Any]] | None

new_server = grpc.server
new_secure_channel = grpc.secure_channel
new_channel_credentials = grpc.ssl_channel_credentials
new_dynamic_server_credentials = grpc.dynamic_ssl_server_credentials

HANDSHAKE_PATIENCE = 20.0
"""Seconds for a TLS handshake: who connects and says nothing holds a connection no longer (gRPC's limit is 120 s)."""
PING_PATIENCE = 20.0
"""Seconds to wait for the answer to a keepalive ping before the connection counts as gone."""


def reloading(paths: Certificates, notice: Callable[[str], None]) -> Any:
    """Server credentials that require a client certificate and follow their files.

    Args:
        paths: The files; they are looked at again at each handshake.
        notice: Is told once when new files can't be used; the old ones then stay in use.

    Returns:
        grpc.ServerCredentials.

    Raises:
        Fault: With exit code 78, where the files can't be used now.
    """

    def configuration(read: pair.Pair) -> Any:
        return grpc.ssl_server_certificate_configuration([(read.key, read.certificate)], root_certificates=read.ca)

    first = pair.load(paths)
    seen: list[pair.Stamps | None] = [pair.stamps(paths)]

    def fetch() -> Any:
        try:
            now = pair.stamps(paths)
            if now == seen[0]:
                return None  # gRPC's word for: keep what there is
            seen[0] = now
            return configuration(pair.read(paths))
        except (OSError, ValueError) as error:
            if seen[0] is not None:
                notice(f"new certificate files can't be used, the old ones stay: {error}")
            seen[0] = None
            return None

    return new_dynamic_server_credentials(configuration(first), fetch, require_client_authentication=True)


def merged(options: Options, ours: Sequence[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """GRPC options with ours in place of those of the same name."""
    names = {name for name, _ in ours}
    return [*((name, value) for name, value in options or () if name not in names), *ours]


def server_options(keepalive: float, ping_interval: float | None = None) -> list[tuple[str, Any]]:
    """Options of a server that notices within keepalive seconds and 20 more that a client is gone.

    Without so_reuseport=0 a second server of the same user would share the port on Linux.

    Args:
        keepalive: Seconds between the server's own pings.
        ping_interval: Seconds between a client's pings; those that come more often count as an attack. Half of
            keepalive where it is left out, which leaves room for jitter.
    """
    least = int((keepalive / 2 if ping_interval is None else ping_interval) * 1000)
    return [
        ("grpc.so_reuseport", 0),
        ("grpc.server_handshake_timeout_ms", int(HANDSHAKE_PATIENCE * 1000)),
        *channel_options(keepalive),
        ("grpc.http2.min_ping_interval_without_data_ms", least),
        ("grpc.http2.min_recv_ping_interval_without_data_ms", least),
    ]


def channel_options(keepalive: float) -> list[tuple[str, Any]]:
    """Options of a connection that is kept alive over a NAT that drops idle flows, and given up where nobody answers.

    gRPC's own limit for the answer to any ping is a minute, and holds for keepalive's as well where it is not set.
    """
    return [
        ("grpc.keepalive_time_ms", int(keepalive * 1000)),
        ("grpc.keepalive_timeout_ms", int(PING_PATIENCE * 1000)),
        ("grpc.http2.ping_timeout_ms", int(PING_PATIENCE * 1000)),
        ("grpc.http2.max_pings_without_data", 0),
    ]


def _refuse_insecure(*_: object, **__: object) -> Any:
    raise unprotected("the script asked for a connection without TLS: this runtime makes none")


def protect_client(
    paths: Certificates, options: list[tuple[str, Any]], around: Callable[[Any], Any], shows: Callable[[bytes], None]
) -> None:
    """Makes every channel of this process present the host's certificate.

    Args:
        paths: The host's certificate files, read anew for each channel.
        options: gRPC options that replace those of the caller.
        around: Wraps each new channel.
        shows: Is told the certificate that the next channel presents, as it lies in its file.
    """

    def channel_credentials(*_: object, **__: object) -> Any:
        read = pair.load(paths)
        shows(read.certificate)
        return new_channel_credentials(read.ca, read.key, read.certificate)

    def secure_channel(target: str, made: Any, given: Options = None, compression: Any = None, **named: Any) -> Any:
        made, given = named.pop("credentials", made), named.pop("options", given)
        return around(new_secure_channel(target, made, merged(given, options), compression))

    grpc.ssl_channel_credentials = channel_credentials
    grpc.secure_channel = secure_channel
    grpc.insecure_channel = _refuse_insecure
