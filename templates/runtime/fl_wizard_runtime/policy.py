"""Who may come in: the allow-list and the CRL, read again whenever they change.

Whatever can't be read or understood refuses everybody: a policy fails closed. A CRL that is only outdated is enforced
and reported, because an operator on holiday is no reason for an outage.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path

from cryptography import x509

from .allowed import CLIENTS, OPERATORS, Entry, parse_allow
from .faults import unprotected
from .identity import Peer

Stamp = tuple[int, int, int] | None


@dataclass(frozen=True)
class Verdict:
    """What the policy says about a peer."""

    name: str | None
    """Whose URI it is, where that is known; also of one who is refused."""
    refusal: str | None
    """Why the peer may not come in; None lets it in."""
    genuine: bool = False
    """Whether the certificate is one that was issued to that name, although it may be revoked or expired."""
    probe: bool = False
    """Whether it is refused with a certificate that a proof shows to see it refused."""


@dataclass(frozen=True)
class Rules:
    """A policy as it was read at one time."""

    entries: dict[str, dict[str, Entry]]
    """By kind (clients, operators), then by URI."""
    revoked: frozenset[int]
    outdated: datetime | None
    """Since when the CRL should have been replaced; None while it is fresh, or where none is asked for."""
    probes: frozenset[str]
    """Fingerprints of what a proof shows to be refused. A refusal is marked with it; it is no reason for one."""

    def judge(self, peer: Peer, kind: str) -> Verdict:
        """Decides by URI, fingerprint, serial number and date; never by a common name."""
        verdict = self._decide(peer, kind)
        if verdict.refusal is None or peer.fingerprint not in self.probes:
            return verdict
        return replace(verdict, probe=True)

    def _decide(self, peer: Peer, kind: str) -> Verdict:
        if peer.uri is None:
            return Verdict(None, "the certificate names nobody: it needs exactly one URI in its subjectAltName")
        entry = self.entries[kind].get(peer.uri)
        listed = entry is not None and peer.fingerprint in entry.fingerprints
        # Before the list: a revoked certificate is refused as revoked whether or not it was also taken off the list,
        # and a proof with one that never was on it shows that the CRL is looked at.
        if peer.serial in self.revoked:
            who = entry.name if entry is not None else peer.uri
            return Verdict(who, f"the certificate {peer.serial_text} of {who} is revoked", genuine=listed)
        if entry is None:
            return Verdict(None, self._unlisted(peer.uri, kind))
        if not listed:
            return Verdict(entry.name, f"this certificate of {entry.name} is not on the list: its fingerprint differs")
        if peer.expires < time.time():
            return Verdict(entry.name, f"the certificate {peer.serial_text} of {entry.name} has expired", genuine=True)
        return Verdict(entry.name, None, genuine=True)

    def _unlisted(self, uri: str, kind: str) -> str:
        other = OPERATORS if kind == CLIENTS else CLIENTS
        entry = self.entries[other].get(uri)
        if entry is not None:
            return f"{entry.name} is on the list of {other}, not of {kind}"
        return f"{uri} is not on the list of {kind}"


def parse_crl(content: bytes, authorities: list[x509.Certificate]) -> tuple[frozenset[int], datetime | None]:
    """Reads one or several CRLs in PEM; each has to be signed by one of the authorities.

    Returns:
        The revoked serial numbers, and since when the list is outdated, or None.

    Raises:
        ValueError: Where a list can't be read or its signature is wrong.
    """
    begin = b"-----BEGIN X509 CRL-----"
    blocks = content.split(begin)[1:]
    if not blocks:
        raise ValueError("it holds no CRL")
    revoked: set[int] = set()
    outdated: datetime | None = None
    for block in blocks:
        crl = x509.load_pem_x509_crl(begin + block)
        if not any(_signed(crl, authority) for authority in authorities):
            raise ValueError("its signature is not the CA's")
        revoked.update(entry.serial_number for entry in crl)
        until: datetime | None = getattr(crl, "next_update_utc", None)  # cryptography 42 or newer
        if until is None and crl.next_update is not None:
            until = crl.next_update.replace(tzinfo=timezone.utc)
        if until is not None and until < datetime.now(timezone.utc):
            outdated = min(until, outdated or until)
    return frozenset(revoked), outdated


def _signed(crl: x509.CertificateRevocationList, authority: x509.Certificate) -> bool:
    try:
        return crl.is_signature_valid(authority.public_key())  # type: ignore[arg-type]
    except (TypeError, ValueError):  # a key of a kind that signs no CRL
        return False


def _stamp(path: Path) -> Stamp:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


class Policy:
    """The policy of a host, read again when one of its files changes.

    Args:
        folder: Where allow.json and crl.pem are.
        ca: The file of the CA's certificate, which has signed the CRL.
        notice: Is told once about each new thing that a person should know.
    """

    def __init__(self, folder: Path, ca: Path, notice: Callable[[str], None] = lambda _: None) -> None:
        self.allow, self.crl, self.ca = folder / "allow.json", folder / "crl.pem", ca
        self.notice = notice
        self._lock = threading.Lock()
        self._seen: tuple[Stamp, ...] | None = None
        self._rules: Rules | None = None
        self._why = ""
        self._said = ""
        self._until = 0.0

    def judge(self, peer: Peer | None, kind: str) -> Verdict:
        """Decides about a peer by the files as they are now."""
        if peer is None:
            return Verdict(None, "no verified certificate was shown")
        rules, why = self._current()
        return rules.judge(peer, kind) if rules is not None else Verdict(None, why)

    def check(self) -> None:
        """Makes sure that the policy can be used at all.

        Raises:
            Fault: With exit code 78, where it can't.
        """
        rules, why = self._current()
        if rules is None:
            raise unprotected(why)

    def _current(self) -> tuple[Rules | None, str]:
        with self._lock:
            seen = tuple(_stamp(path) for path in (self.allow, self.crl, self.ca))
            # A minute also catches a CRL that becomes outdated while nothing is written.
            if seen != self._seen or time.monotonic() > self._until:
                self._read()
                self._seen, self._until = seen, time.monotonic() + 60
            return self._rules, self._why

    def _read(self) -> None:
        path = self.allow
        try:
            allowed = parse_allow(path.read_bytes())
            path = self.ca
            authorities = x509.load_pem_x509_certificates(path.read_bytes())
            path = self.crl
            revoked: frozenset[int] = frozenset()
            outdated: datetime | None = None
            if allowed.crl or path.exists():
                revoked, outdated = parse_crl(path.read_bytes(), authorities)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            self._rules, self._why = None, f"everybody is refused: the policy's {path.name} can't be used: {reason}"
            self._say(self._why)
            return
        self._rules, self._why = Rules(allowed.entries, revoked, outdated, allowed.probes), ""
        since = f"{outdated:%Y-%m-%d %H:%M}" if outdated else ""
        self._say(f"the CRL is outdated since {since} UTC; it is enforced as it is" if since else "")

    def _say(self, text: str) -> None:
        if text and text != self._said:
            self.notice(text)
        self._said = text
