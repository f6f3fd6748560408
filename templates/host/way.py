"""The way from a client's host to the server's port, tried before anything of Flower listens there.

The server's host opens the port for some seconds (``listen``), each client's host climbs a ladder to it (``climb``) and stops
at the first broken rung: name, TCP, the right host, a megabyte, TLS. The right host is known by a token that both were told
over SSH, TLS that nobody opens by the certificate that the listener was given.
"""

import errno
import os
import signal
import socket
import sys
import threading
import time

from base import Trouble, new_sha256, say

# Enough packets of full size to find a link that drops those (MTU), and little to send.
MEGABYTE = 1 << 20
# The first byte of a TLS handshake record; a hello of ours begins with a letter.
TLS_RECORD = b"\x16"
# Rungs are tried with patience for a slow link, and within what somebody waits for.
SECONDS = {"tcp": 5, "hello": 5, "transfer": 15, "tls": 8}
# Clients come all at once, twice each; strangers may not fill the memory of the host meanwhile.
GUESTS = 256
# The listener is the more patient of the two, so that the client's host tells what it met and not that it was hung up on.
LISTENER_SECONDS = 30
PATIENCE = 2


def proof(token, nonce):
    """What only who knows the token can say to a nonce."""
    digest = new_sha256()
    digest.update((token + nonce).encode("ascii"))
    return digest.hexdigest()


def plain_address(address):
    """An IPv4 address as people know it, where it came to a socket for both."""
    return address[7:] if address.startswith("::ffff:") else address


def receive_line(connection):
    """One short line, without its end."""
    line = b""
    while not line.endswith(b"\n"):
        byte = connection.recv(1)
        if not byte or len(line) > 200:
            break
        line += byte
    return line.decode("latin-1").strip()


def receive_all(connection, size):
    """Bytes received, up to a size."""
    got = 0
    while got < size:
        chunk = connection.recv(min(65536, size - got))
        if not chunk:
            break
        got += len(chunk)
    return got


# --- the server's side ---------------------------------------------------------------------------------------------


def server_context(certificate, key):
    """A TLS context for a certificate and its key (PEM), which never get a name on a disk."""
    import ssl
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["h2"])
    handle = os.memfd_create("fl-wizard") if hasattr(os, "memfd_create") else None
    if handle is None:
        return None
    try:
        os.write(handle, (key + certificate).encode("ascii"))
        context.load_cert_chain("/proc/self/fd/%d" % handle)
    finally:
        os.close(handle)
    return context


def greet(connection, address, token, context, places):
    """Answer one that came: a hello is answered with the proof and where it came from, TLS with the certificate."""
    try:
        connection.settimeout(LISTENER_SECONDS)
        if connection.recv(1, socket.MSG_PEEK) == TLS_RECORD:
            if context:
                context.wrap_socket(connection, server_side=True).unwrap()
            return
        words = receive_line(connection).split(" ")
        if len(words) != 2 or words[0] != "FLWIZARD":
            return
        connection.sendall(("%s %s\n" % (proof(token, words[1]), plain_address(address[0]))).encode("ascii"))
        if receive_all(connection, MEGABYTE) == MEGABYTE:
            connection.sendall(b"\0" * MEGABYTE)
            # The other side ends: who closes first would cut off what is still under way.
            connection.recv(1)
    except (OSError, ValueError):
        pass
    finally:
        connection.close()
        places.release()


def bound(port):
    """A socket that listens on every address of this host.

    A listener of ours may just be on its way out (preflight, run again at once), so a port in use is tried for a while.
    """
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return bound_now(port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > until:
                raise Trouble("port %d can't be opened: %s" % (port, error.strerror)) from error
            time.sleep(0.05)


def bound_now(port):
    """The same without patience: IPv6 too where there is any."""
    failure = None
    for family, address in ((socket.AF_INET6, "::"), (socket.AF_INET, "0.0.0.0")):
        try:
            server = socket.socket(family)
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            server.bind((address, port))
            server.listen(128)
            return server
        except OSError as error:
            server.close()
            failure = error
    raise failure


def listen(request):
    """Open the port, say so, and answer all that come until standard input ends."""
    # A client that hangs up must not end the listener of all others.
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    server = bound(request["port"])
    context = server_context(request["certificate"], request["key"])
    say(result={"tls": context is not None})

    def accept():
        places = threading.Semaphore(GUESTS)
        while places.acquire():
            connection, address = server.accept()
            arguments = (connection, address, request["token"], context, places)
            threading.Thread(target=greet, args=arguments, daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    sys.stdin.buffer.read()
    os._exit(0)


# --- the client's side ---------------------------------------------------------------------------------------------


def kind_of(error):
    """What an OSError means for a connection."""
    if isinstance(error, socket.timeout):
        return "timeout"
    if isinstance(error, ConnectionRefusedError):
        return "refused"
    if isinstance(error, (ConnectionResetError, BrokenPipeError)):
        return "reset"
    return error.strerror or str(error)


def dial(found, rung, port):
    """Connect to the first of a name's addresses that takes the connection."""
    failure = None
    for family, _, _, _, address in found:
        connection = socket.socket(family)
        connection.settimeout(SECONDS[rung])
        try:
            connection.connect(address)
            return connection
        except OSError as error:
            connection.close()
            # Of several addresses, the first tells most.
            failure = failure or error
    raise failure or OSError("no address")


def local_address(found):
    """The address that this host would send from, and the one it would send to; nothing is sent."""
    for family, _, _, _, address in found:
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect(address)
                return probe.getsockname()[0], address[0]
        except OSError:
            continue
    return None, found[0][4][0] if found else None


def hello(connection, told, token):
    """Whether the listener answers, and not something else."""
    nonce = os.urandom(16).hex()
    connection.settimeout(SECONDS["hello"])
    connection.sendall(("FLWIZARD %s\n" % nonce).encode("ascii"))
    said = receive_line(connection)
    words = said.split(" ")
    if words[0] != proof(token, nonce):
        told["trouble"] = "other" if said else "closed"
        told["said"] = said[:100]
        return False
    told["seenAs"] = words[1] if len(words) > 1 else None
    return True


def transfer(connection, told):
    """A megabyte there and back."""
    connection.settimeout(SECONDS["transfer"])
    connection.sendall(b"\0" * MEGABYTE)
    got = receive_all(connection, MEGABYTE)
    if got < MEGABYTE:
        told["trouble"] = "closed"
        return False
    return True


def handshake(connection, name):
    """The certificate (base64 of DER) that is shown to a TLS client; nothing is verified here."""
    import base64
    import ssl
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    connection.settimeout(SECONDS["tls"])
    with context.wrap_socket(connection, server_hostname=name) as secured:
        return base64.b64encode(secured.getpeercert(True)).decode("ascii")


def climb(request):
    """Try the rungs in their order. ``rung`` is the one that broke, or ``top``; ``trouble`` says how."""
    told = {"rung": "dns", "trouble": None}
    try:
        try:
            found = socket.getaddrinfo(request["host"], request["port"], type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            told["trouble"] = getattr(error, "strerror", None) or str(error)
            return told
        told["from"], told["to"] = local_address(found)
        told["rung"] = "tcp"
        with dial(found, "tcp", request["port"]) as connection:
            # The running server answers no hello of ours.
            if request["token"]:
                told["rung"] = "hello"
                if not hello(connection, told, request["token"]):
                    return told
                told["rung"] = "transfer"
                if not transfer(connection, told):
                    return told
        if request["tls"]:
            told["rung"] = "tls"
            told["certificate"] = handshake(dial(found, "tls", request["port"]), request["host"])
        told["rung"] = "top"
    except (OSError, ValueError) as error:
        told["trouble"] = kind_of(error)
    return told
