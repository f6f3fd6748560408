"""Connects standard input and output to a TCP port, as seen from this host.

Sent and started like the agent (base.py), and kept apart from it: a proof opens a dozen of these at once, so it has to start in
milliseconds. The first line of the answer tells whether the connection stands, in words that tell DNS, refused and
timed out apart; after it, bytes only. The syntax stays that of Python 3.6.
"""

import json
import os
import socket
import sys
import threading


def connect(host, port, timeout):
    """The connection, or (why, what to try)."""
    try:
        return socket.create_connection((host, port), timeout=timeout)
    except socket.gaierror:
        return "%s has no address here (DNS)" % host, "give %s an address that this host can look up" % host
    except socket.timeout:
        return ("no answer from %s:%d: a firewall drops it" % (host, port),
                "open TCP %d for this host in the firewall or security group" % port)
    except ConnectionRefusedError:
        return "%s:%d refuses connections: nothing listens there" % (host, port), "fl-wizard launch"
    except OSError as error:
        return "%s:%d: %s" % (host, port, error.strerror or error), None


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


def serve(source):
    """Connect, say so, and carry bytes both ways until the port has no more."""
    request = json.loads(source.readline().decode("utf-8"))
    connection = connect(request["host"], request["port"], request.get("timeout", 10))
    if isinstance(connection, tuple):
        why, hint = connection
        answer = {"error": {"why": why, "hint": hint}}
    else:
        answer = {"result": {"connected": True}}
    os.write(1, (json.dumps(answer) + "\n").encode("utf-8"))
    if "error" in answer:
        sys.exit(3)
    connection.settimeout(None)
    threading.Thread(target=upstream, args=(connection,), daemon=True).start()
    downstream(connection)
    # The other thread may still wait for standard input: nothing is left to be said.
    os._exit(0)
