"""Who listens on a TCP port."""

import os


def listening_inodes(port):
    """Socket inodes that listen on a TCP port, from /proc (Linux)."""
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            with open(table) as file:
                rows = [line.split() for line in file.readlines()[1:]]
        except OSError:
            continue
        inodes.update(row[9] for row in rows if row[3] == "0A" and int(row[1].rsplit(":", 1)[1], 16) == port)
    return inodes


def holder_of(inodes):
    """(pid, command) of the process that holds one of these sockets, where we may see it."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            for entry in os.listdir("/proc/%s/fd" % pid):
                target = os.readlink("/proc/%s/fd/%s" % (pid, entry))
                if target.startswith("socket:[") and target[8:-1] in inodes:
                    with open("/proc/%s/cmdline" % pid, "rb") as file:
                        words = file.read().decode("utf-8", "replace").split("\0")
                    return int(pid), " ".join(words).strip()[:120]
        except OSError:
            continue
    return None


def port_state(port, ours):
    """Who listens on the Flower port: nobody, our own server, or somebody else, named where that is allowed."""
    inodes = listening_inodes(port)
    if not inodes:
        import socket
        probe = socket.socket()
        try:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("0.0.0.0", port))
        except PermissionError:
            return {"holder": "other", "name": "nobody may open it without root (ports below 1024)"}
        except OSError:
            return {"holder": "other", "name": "another process"}
        finally:
            probe.close()
        return {"holder": "nobody"}
    if ours:
        return {"holder": "ours"}
    held = holder_of(inodes)
    return {"holder": "other", "name": "%s (pid %d)" % (held[1], held[0]) if held else "a process of another user"}
