"""The allow-list as it lies on a host: who may train, who may watch, and what a proof shows to be refused."""

from __future__ import annotations

import json
from dataclasses import dataclass

CLIENTS = "clients"
OPERATORS = "operators"


@dataclass(frozen=True)
class Entry:
    """One on the allow-list."""

    name: str
    fingerprints: frozenset[str]


def _entries(value: object) -> dict[str, Entry]:
    if not isinstance(value, list):
        raise ValueError("a list of clients or operators is missing")
    found: dict[str, Entry] = {}
    for item in value:
        name, uri, fingerprints = item["name"], item["uri"], item["fingerprints"]
        if not isinstance(name, str) or not isinstance(uri, str) or not name or not uri or uri in found:
            raise ValueError("an entry has no name or no URI of its own")
        if not isinstance(fingerprints, list) or not all(isinstance(one, str) for one in fingerprints):
            raise ValueError(f"the fingerprints of {name} are no list of texts")
        found[uri] = Entry(name, _fingerprints(fingerprints))
    return found


def _fingerprints(texts: list[str]) -> frozenset[str]:
    return frozenset(one.lower().replace(":", "") for one in texts)


@dataclass(frozen=True)
class Allowed:
    """What an allow-list says."""

    entries: dict[str, dict[str, Entry]]
    """By kind (clients, operators), then by URI."""
    probes: frozenset[str]
    """Fingerprints of what a proof shows to be refused."""
    crl: bool
    """Whether a CRL is asked for."""


def parse_allow(content: bytes) -> Allowed:
    """Reads an allow-list.

    Raises:
        ValueError: Where it is not one.
    """
    value = json.loads(content)
    if not isinstance(value, dict) or value.get("version") != 1:
        raise ValueError("it has a version that this runtime does not know")
    try:
        entries = {CLIENTS: _entries(value.get(CLIENTS)), OPERATORS: _entries(value.get(OPERATORS, []))}
    except (KeyError, TypeError) as error:
        raise ValueError(f"an entry lacks {error}") from error
    probes = value.get("probes", [])
    if not isinstance(probes, list) or not all(isinstance(one, str) for one in probes):
        raise ValueError("the fingerprints of the probes are no list of texts")
    return Allowed(entries, _fingerprints(probes), value.get("crl") is not False)
