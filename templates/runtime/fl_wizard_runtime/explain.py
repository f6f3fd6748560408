"""What gRPC says when a connection fails, as cause and remedy."""

from __future__ import annotations

from . import text

# In this order: the first whose words are found. gRPC's own sentences hold several layers of one failure.
CAUSES = (
    (
        "Hostname Verification Check failed",
        "the server's certificate does not hold the name of {address}: add it to server.names and issue a new one",
    ),
    (
        "CERTIFICATE_VERIFY_FAILED",
        "the server's certificate was not accepted: it is not signed by this network's CA (ca.crt), has "
        "expired, or is no server's certificate",
    ),
    (
        "DNS resolution failed",
        "the name of {address} could not be resolved: check the name, or set the client's dial to an address",
    ),
    ("Connection refused", "nothing listens at {address}: the server is not running, or the port is another one"),
    ("No route to host", "there is no way to {address}: check address, network and firewall"),
    ("Network is unreachable", "there is no way to {address}: check address and network"),
    ("Connection timed out", "{address} does not answer: check the firewall or security group of the server's port"),
    ("FD Shutdown", "{address} does not answer: check the firewall or security group of the server's port"),
    (
        "WRONG_VERSION_NUMBER",
        "what listens at {address} speaks no TLS: it is another program, or a server that was not started by fl-wizard",
    ),
    (
        "Socket closed",
        "the server closed the connection: it went away, or it did not accept this client's certificate "
        "(expired, or from another CA)",
    ),
    ("Connection reset", "the connection was reset: the server went away, or something between cuts it"),
    ("keepalive watchdog timeout", "the server did not answer for too long: the network between is cut"),
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
        if words in detail:
            return sentence.format(address=address)
    return text.clean(detail or f"the connection to {address} ended")
