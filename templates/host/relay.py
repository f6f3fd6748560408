"""Connects standard input and output to a TCP port, as seen from this host.

A proof opens a dozen of these at once, so each is an agent of its own that loads nothing else. The answer tells whether the
connection stands, in words that tell DNS, refused and timed out apart; after it, bytes only.
"""

import os
import socket
import sys
import threading

from base import Trouble, say


def connect(host, port, timeout):
    """The connection. Raises Trouble."""
    try:
        return socket.create_connection((host, port), timeout=timeout)
    except socket.gaierror:
        raise Trouble("%s has no address here (DNS)" % host,
                      "give %s an address that this host can look up" % host) from None
    except socket.timeout:
        raise Trouble("no answer from %s:%d: a firewall drops it" % (host, port),
                      "open TCP %d for this host in the firewall or security group" % port) from None
    except ConnectionRefusedError:
        raise Trouble("%s:%d refuses connections: nothing listens there" % (host, port), "fl-wizard launch") from None
    except OSError as error:
        raise Trouble("%s:%d: %s" % (host, port, error.strerror or error)) from error


def upstream(connection):
    """Standard input to the port, until it ends."""
    try:
        while True:
            # What came behind the request lies in Python's buffer: read1 takes that first.
            data = sys.stdin.buffer.read1(65536)
            if not data:
                break
            connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def downstream(connection):
    """The port to standard output, until it ends."""
    try:
        while True:
            data = connection.recv(65536)
            if not data:
                break
            while data:
                data = data[os.write(1, data):]
    except OSError:
        pass


def relay(request):
    """Connect, say so, and carry bytes both ways until the port has no more."""
    connection = connect(request["host"], request["port"], request.get("timeout", 10))
    say(result={"connected": True})
    connection.settimeout(None)
    threading.Thread(target=upstream, args=(connection,), daemon=True).start()
    downstream(connection)
    # The other thread may still wait for standard input: nothing is left to be said.
    os._exit(0)
