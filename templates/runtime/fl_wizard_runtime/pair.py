"""This host's certificate, its key and the CA, read together and checked to belong together."""

from __future__ import annotations

import time
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from .config import Certificates
from .faults import unprotected
from .identity import not_after

Stamps = tuple[tuple[int, int, int], ...]


@dataclass(frozen=True)
class Pair:
    """The bytes of the three files, of one generation."""

    ca: bytes
    certificate: bytes
    key: bytes


def stamps(paths: Certificates) -> Stamps:
    """What changes when one of the files does.

    Raises:
        OSError: Where one is missing.
    """
    found = [path.stat() for path in (paths.ca, paths.certificate, paths.key)]
    return tuple((one.st_mtime_ns, one.st_size, one.st_ino) for one in found)


def verify(pair: Pair, *, valid: bool = True) -> None:
    """Makes sure that key and certificate match and that the CA has signed the certificate.

    Three files can't be replaced at one instant: what was read may be of two generations.

    Args:
        pair: What was read.
        valid: Whether chain and dates have to be right, too; a proof shows certificates that are not.

    Raises:
        ValueError: With what does not fit.
    """
    leaf = x509.load_pem_x509_certificate(pair.certificate)
    key = serialization.load_pem_private_key(pair.key, password=None)
    form = (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    if key.public_key().public_bytes(*form) != leaf.public_key().public_bytes(*form):
        raise ValueError("the key is not the certificate's")
    if not valid:
        return
    if not any(_issued(leaf, authority) for authority in x509.load_pem_x509_certificates(pair.ca)):
        raise ValueError("the certificate is not signed by the CA")
    if not_after(leaf) < time.time():
        raise ValueError("the certificate has expired")


def _issued(leaf: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        leaf.verify_directly_issued_by(authority)
    except Exception:  # cryptography raises several kinds for a signature that does not fit
        return False
    return True


def read(paths: Certificates, *, valid: bool = True) -> Pair:
    """Reads the three files; `valid` as in `verify`.

    Raises:
        OSError: Where one can't be read.
        ValueError: Where they don't belong together.
    """
    pair = Pair(paths.ca.read_bytes(), paths.certificate.read_bytes(), paths.key.read_bytes())
    try:
        verify(pair, valid=valid)
    except TypeError as error:  # what cryptography raises for a key with a passphrase
        raise ValueError("the key is encrypted") from error
    return pair


def load(paths: Certificates, *, valid: bool = True) -> Pair:
    """Reads the three files at the start of a process; `valid` as in `verify`.

    Raises:
        Fault: With exit code 78, where they can't be used.
    """
    try:
        return read(paths, valid=valid)
    except OSError as error:
        raise unprotected(f"{error.filename} can't be read: {error.strerror}") from error
    except ValueError as error:
        raise unprotected(f"the certificate files beside {paths.certificate} can't be used: {error}") from error
