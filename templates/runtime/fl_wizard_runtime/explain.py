"""What gRPC and OpenSSL say when a connection fails, as cause and remedy.

The wizard says the same of what it meets itself (source/plan/tls-errors.ts). All words are of real peers.
"""

from __future__ import annotations

import re

from . import text

RENEW = "fl-wizard certs --allow-reissue, then fl-wizard deploy --only-certificates"
PLACE = "fl-wizard deploy --only-certificates puts the right pair in place"

# In this order: the first whose words are found. gRPC's own sentences hold several layers of one failure.
CAUSES = (
    # How this client judged the server's certificate.
    (
        "Hostname Verification Check failed|(hostname|IP address) mismatch",
        "the server's certificate does not hold the name of {address}: add it to server.names in fl-network.yaml, then "
        "fl-wizard config, certs --allow-reissue, deploy --only-certificates",
    ),
    (
        "certificate has expired",
        f"the server's certificate has expired, or the clock here is ahead: {RENEW}; preflight compares clocks",
    ),
    (
        "certificate is not yet valid",
        "the server's certificate is not valid yet, so a clock is wrong: fl-wizard preflight tells whose",
    ),
    (
        "uns(uitable|upported) certificate purpose",
        f"what {{address}} shows is no server's certificate, but a client's: {PLACE}",
    ),
    (
        "KEY_USAGE_BIT_INCORRECT",
        f"what {{address}} shows may not be used by a server, such as a CA's own certificate: {PLACE}",
    ),
    (
        "self[- ]signed certificate(?! in)",
        "{address} shows a certificate that it signed itself: it is not signed by this network's CA (ca.crt): check "
        "the address that is dialed",
    ),
    (
        "CERTIFICATE_VERIFY_FAILED|certificate verify failed",
        "the server's certificate is not signed by this network's CA (ca.crt): is {address} another server, or does "
        f"something between open the connection? If the CA is new: {PLACE}",
    ),
    # What the server said of this client's certificate, by an alert of TLS.
    (
        "ALERT_CERTIFICATE_REQUIRED|DID_NOT_RETURN_A_CERTIFICATE",
        f"the server wants a client certificate, and none was shown: {PLACE}",
    ),
    ("ALERT_CERTIFICATE_EXPIRED", f"the server finds this client's certificate expired: {RENEW}"),
    ("ALERT_CERTIFICATE_REVOKED", f"the server finds this client's certificate revoked: {RENEW}"),
    ("ALERT_UNKNOWN_CA", f"the server does not know the CA that signed this client's certificate: {PLACE}"),
    (
        "ALERT_(UNSUPPORTED|BAD)_CERTIFICATE",
        f"the server does not take this certificate for a client's: {PLACE}",
    ),
    (
        "ALERT_PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL",
        "this client and {address} have no version of TLS in common: bring Python and OpenSSL up to date",
    ),
    (
        "ALERT_HANDSHAKE_FAILURE|TSI_DATA_CORRUPTED",
        f"the server ended the handshake: it did not accept this client's certificate: {PLACE}",
    ),
    # Who is there at all.
    (
        "WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG",
        "what listens at {address} speaks no TLS: it is another program, or a server that was not started by fl-wizard",
    ),
    ("ALPN", "what listens at {address} speaks TLS, but no gRPC: it is another program"),
    (
        "DNS resolution failed|errors resolving|not known",
        "the name of {address} could not be resolved: check the name, or set the client's dial to an address",
    ),
    (
        "Connection refused",
        "nothing listens at {address}: the server is not running, or the port is another one (fl-wizard status)",
    ),
    (
        "No route to host|Network is unreachable",
        "there is no way to {address}: check address, network and firewall (fl-wizard preflight tries the way)",
    ),
    (
        "timed out|FD Shutdown|Deadline Exceeded|tcp handshaker shutdown",
        "{address} does not answer: check the firewall or security group of the server's port (fl-wizard preflight "
        "tries the way)",
    ),
    # Gone in the handshake is told as "Handshake read failed (Socket closed)", and by a reset the same.
    (
        "Socket closed",
        "the server closed the connection: it went away, or it did not accept this client's certificate "
        "(expired, or from another CA): fl-wizard verify tells which",
    ),
    ("reset by peer|Connection reset", "the connection was reset: the server went away, or something between cuts it"),
    ("keepalive watchdog timeout", "the server did not answer for too long: the network between is cut"),
)

# The policy says in words of its own why it refuses: only what to do is missing.
REMEDIES = (
    ("is revoked|has expired|names nobody", RENEW),
    ("fingerprint differs|list of operators", PLACE),
    ("is not on the list", "fl-wizard deploy brings the server's allow-list up to date"),
    ("everybody is refused", "fl-wizard deploy writes the server's policy anew"),
)


def cause(detail: str, address: str) -> str:
    """One sentence for a person.

    Args:
        detail: What gRPC says.
        address: HOST:PORT that was dialed.

    Returns:
        The translation; gRPC's own words, bounded, where there is none.
    """
    for words, sentence in CAUSES:
        if re.search(words, detail, re.IGNORECASE):
            return sentence.format(address=address)
    return text.clean(detail or f"the connection to {address} ended")


def refusal(reason: str) -> str:
    """The policy's reason, with what helps where that is known."""
    for words, remedy in REMEDIES:
        if re.search(words, reason):
            return f"{reason} ({remedy})"
    return reason
