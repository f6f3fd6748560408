"""The policy: who is let in, and that whatever can't be understood lets nobody in."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest

from fl_wizard_runtime.allowed import CLIENTS, OPERATORS
from fl_wizard_runtime.faults import Exit, Fault
from fl_wizard_runtime.identity import address_of, peer_of
from fl_wizard_runtime.policy import Policy, Verdict
from pki import Authority, Leaf, uri_of

YESTERDAY = dt.datetime.now(dt.timezone.utc).replace(microsecond=0) - dt.timedelta(days=1)


class Place:
    """A policy's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.authority = folder, Authority()
        self.one, self.operator = self.authority.client("one"), self.authority.client("me", "operator")
        self.notices: list[str] = []
        (folder / "ca.crt").write_bytes(self.authority.pem)
        self.allow([self.one.fingerprint])
        self.crl()
        self.policy = Policy(folder, folder / "ca.crt", self.notices.append)

    def allow(self, fingerprints: list[str], **more: object) -> None:
        entry = {"name": "client1", "uri": uri_of("one"), "fingerprints": fingerprints}
        operator = {"name": "me", "uri": uri_of("me", "operator"), "fingerprints": [self.operator.fingerprint]}
        value = {"version": 1, "clients": [entry], "operators": [operator], **more}
        self.put("allow.json", json.dumps(value).encode())

    def crl(self, content: bytes | None = None) -> None:
        self.put("crl.pem", content or self.authority.crl())

    def put(self, name: str, content: bytes) -> None:
        beside = self.folder / f"{name}.new"
        beside.write_bytes(content)
        beside.replace(self.folder / name)

    def judge(self, leaf: Leaf, kind: str = CLIENTS) -> Verdict:
        return self.policy.judge(peer_of(leaf.certificate, "127.0.0.1:1"), kind)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_the_listed_client_is_let_in_under_its_name(place: Place) -> None:
    assert place.judge(place.one) == Verdict("client1", None, genuine=True)
    assert place.judge(place.operator, OPERATORS) == Verdict("me", None, genuine=True)
    place.policy.check()
    assert place.notices == []


def test_refusals_say_why(place: Place) -> None:
    same_name = place.authority.client("one")
    unknown = place.authority.client("two")
    expired = place.authority.client("one", until=YESTERDAY)
    place.allow([place.one.fingerprint, expired.fingerprint.upper()])
    assert place.policy.judge(None, CLIENTS).refusal == "no verified certificate was shown"
    assert "fingerprint differs" in str(place.judge(same_name).refusal)
    assert place.judge(same_name).genuine is False
    assert f"{uri_of('two')} is not on the list" in str(place.judge(unknown).refusal)
    assert "names nobody" in str(place.judge(place.authority.server()).refusal)
    assert place.judge(place.operator).refusal == "me is on the list of operators, not of clients"
    assert place.judge(place.one, OPERATORS).refusal == "client1 is on the list of clients, not of operators"
    assert "has expired" in str(place.judge(expired).refusal)
    assert place.judge(expired).genuine


def test_the_wildcard_of_older_lists_lets_nobody_in(place: Place) -> None:
    place.allow(["*"])
    assert "fingerprint differs" in str(place.judge(place.one).refusal)


def test_a_probe_is_marked_where_it_is_refused_and_never_let_in_for_it(place: Place) -> None:
    impostor, unlisted, stranger = (place.authority.client(name) for name in ("one", "two", "two"))
    probes = [impostor.fingerprint.upper(), unlisted.fingerprint, place.operator.fingerprint, place.one.fingerprint]
    for leaf in (impostor, unlisted, place.operator):
        assert place.judge(leaf).refusal is not None and not place.judge(leaf).probe, "an older list has none"
    before = {leaf.fingerprint: place.judge(leaf).refusal for leaf in (impostor, unlisted, place.operator)}
    place.allow([place.one.fingerprint], probes=probes)
    for leaf in (impostor, unlisted, place.operator):
        verdict = place.judge(leaf)
        assert (verdict.refusal, verdict.probe) == (before[leaf.fingerprint], True)
    assert not place.judge(stranger).probe, "another certificate of the same name is news"
    assert place.judge(place.one) == Verdict("client1", None, genuine=True)
    assert place.judge(place.operator, OPERATORS) == Verdict("me", None, genuine=True)


def test_two_fingerprints_of_one_name_overlap(place: Place) -> None:
    renewed = place.authority.client("one")
    place.allow([place.one.fingerprint, renewed.fingerprint])
    assert place.judge(place.one).refusal is place.judge(renewed).refusal is None


def test_a_revoked_certificate_is_refused_as_soon_as_the_list_is_there(place: Place) -> None:
    assert place.judge(place.one).refusal is None
    place.authority.revoke(place.one)
    place.crl()
    assert "is revoked" in str(place.judge(place.one).refusal)


def test_an_outdated_list_is_enforced_and_told_once(place: Place) -> None:
    place.authority.revoke(place.one)
    place.crl(place.authority.crl(until=YESTERDAY))
    other = place.authority.client("one")
    place.allow([place.one.fingerprint, other.fingerprint])
    assert "is revoked" in str(place.judge(place.one).refusal)
    assert place.judge(other).refusal is None
    assert [notice[:25] for notice in place.notices] == ["the CRL is outdated since"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("allow.json", None),
        ("allow.json", b""),
        ("allow.json", b"{"),
        ("allow.json", b"[]"),
        ("allow.json", b'{"version":2,"clients":[]}'),
        ("allow.json", b'{"version":1}'),
        ("allow.json", b'{"version":1,"clients":[{"name":"x"}]}'),
        ("allow.json", b'{"version":1,"clients":["x"]}'),
        ("allow.json", b'{"version":1,"clients":[{"name":"x","uri":"u","fingerprints":"*"}]}'),
        ("allow.json", b'{"version":1,"clients":[],"probes":"*"}'),
        ("allow.json", b'{"version":1,"clients":[],"probes":[1]}'),
        ("crl.pem", None),
        ("crl.pem", b""),
        ("crl.pem", b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n"),
        ("crl.pem", Authority("Test FL Root CA").crl()),
        ("ca.crt", None),
        ("ca.crt", b"nothing"),
    ],
)
def test_what_is_missing_or_unreadable_refuses_everybody(place: Place, name: str, content: bytes | None) -> None:
    if content is None:
        (place.folder / name).unlink()
    else:
        place.put(name, content)
    verdict = place.judge(place.one)
    assert verdict.refusal is not None and verdict.refusal.startswith("everybody is refused")
    assert name in verdict.refusal
    assert place.notices == [verdict.refusal]
    with pytest.raises(Fault) as fault:
        place.policy.check()
    assert fault.value.code == Exit.UNPROTECTED


def test_it_recovers_when_the_file_is_there_again(place: Place) -> None:
    place.put("allow.json", b"{")
    assert place.judge(place.one).refusal
    place.allow([place.one.fingerprint])
    assert place.judge(place.one).refusal is None


def test_a_crl_is_optional_only_where_the_list_says_so(place: Place) -> None:
    place.allow([place.one.fingerprint], crl=False)
    (place.folder / "crl.pem").unlink()
    assert place.judge(place.one).refusal is None
    place.authority.revoke(place.one)
    place.crl()
    assert "is revoked" in str(place.judge(place.one).refusal), "one that is there is looked at"


def test_two_authorities_while_the_ca_is_rotated(place: Place) -> None:
    new = Authority("Next FL Root CA")
    revoked = new.client("one")
    new.revoke(revoked)
    place.put("ca.crt", place.authority.pem + new.pem)
    place.crl(place.authority.crl() + new.crl())
    place.allow([place.one.fingerprint, revoked.fingerprint])
    assert place.judge(place.one).refusal is None
    assert "is revoked" in str(place.judge(revoked).refusal)


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        ("ipv4:127.0.0.1:5000", "127.0.0.1:5000"),
        ("ipv6:%5B::1%5D:5000", "[::1]:5000"),
        ("ipv6:[fe80::1%25eth0]:5000", "[fe80::1%eth0]:5000"),
        ("unix:", "unix:"),
    ],
)
def test_addresses_read_as_people_write_them(peer: str, address: str) -> None:
    assert address_of(peer) == address
