"""Who is at the other end of a connection, as its verified certificate says."""

from __future__ import annotations

import urllib.parse
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256


@dataclass(frozen=True)
class Peer:
    """The identity in a certificate that the TLS handshake has verified."""

    uri: str | None
    """The only URI of the subjectAltName; None where there is none or several."""
    fingerprint: str
    """SHA-256 of the certificate's DER, lower-case hexadecimal."""
    serial: int
    expires: float
    """Seconds since the epoch."""
    address: str
    """HOST:PORT as the server saw it; an IPv6 host stands in brackets."""

    @property
    def serial_text(self) -> str:
        """The serial number in hexadecimal, as openssl prints it."""
        return f"{self.serial:x}"

    @property
    def host(self) -> str:
        """The address without the port."""
        return self.address.rpartition(":")[0]


def address_of(peer: str) -> str:
    """GRPC's word for the other end (`ipv4:…`, `ipv6:%5B…%5D:…`) as HOST:PORT."""
    scheme, _, rest = peer.partition(":")
    return urllib.parse.unquote(rest) if scheme in {"ipv4", "ipv6"} else peer


def not_after(certificate: x509.Certificate) -> float:
    """The end of the certificate's validity in seconds since the epoch."""
    moment: datetime | None = getattr(certificate, "not_valid_after_utc", None)  # cryptography 42 or newer
    if moment is None:
        moment = certificate.not_valid_after.replace(tzinfo=timezone.utc)
    return moment.timestamp()


def peer_of(certificate: x509.Certificate, address: str) -> Peer:
    """What the certificate says about its bearer."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        uris = names.get_values_for_type(x509.UniformResourceIdentifier)
    except (x509.ExtensionNotFound, ValueError):
        uris = []
    return Peer(
        uri=uris[0] if len(uris) == 1 else None,
        fingerprint=certificate.fingerprint(SHA256()).hex(),
        serial=certificate.serial_number,
        expires=not_after(certificate),
        address=address,
    )


def peer_from(context: Any) -> Peer | None:
    """The peer of a gRPC call, or None where it has shown no certificate that can be read.

    Args:
        context: The grpc.ServicerContext of the call.
    """
    pems = context.auth_context().get("x509_pem_cert") or []
    if len(pems) != 1:
        return None
    try:
        certificate = x509.load_pem_x509_certificate(pems[0])
    except ValueError:
        return None
    return peer_of(certificate, address_of(context.peer()))
