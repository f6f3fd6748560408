"""Who listens on a TCP port."""

import os


def listening():
    """Socket inodes that listen, by their TCP port, from /proc (Linux)."""
    inodes = {}
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            with open(table) as file:
                rows = [line.split() for line in file.readlines()[1:]]
        except OSError:
            continue
        for row in rows:
            if row[3] == "0A":
                inodes.setdefault(int(row[1].rsplit(":", 1)[1], 16), set()).add(row[9])
    return inodes


def holder_of(inodes):
    """(pid, words of its command) of the process that holds one of these sockets, where we may see it."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            for entry in os.listdir("/proc/%s/fd" % pid):
                target = os.readlink("/proc/%s/fd/%s" % (pid, entry))
                if target.startswith("socket:[") and target[8:-1] in inodes:
                    with open("/proc/%s/cmdline" % pid, "rb") as file:
                        words = file.read().decode("utf-8", "replace").split("\0")
                    return int(pid), words
        except OSError:
            continue
    return None


def network_of(command):
    """The name of the network in whose home a process runs, by the Python that it is started with; None where in none."""
    folder = os.path.dirname(command)
    while os.path.dirname(folder) != folder:
        if os.path.isdir(os.path.join(folder, "runtime", "fl_wizard_runtime")):
            return os.path.basename(folder)
        folder = os.path.dirname(folder)
    return None


def free_port(port, taken):
    """One to take instead, so far away that no port beside those of others is met; below 1024 only root may open one."""
    wanted = port + 100 if port >= 1024 else 9092
    return next((each for each in range(wanted, 65536, 100) if each not in taken), None)


def port_state(port, ours):
    """Who listens on the Flower port: nobody, our own server, or somebody else, named where that is allowed."""
    taken = listening()
    state = holder_state(port, taken.get(port), ours)
    free = free_port(port, taken)
    return dict(state, free=free) if free else state


def holder_state(port, inodes, ours):
    """The same without what to take instead."""
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
    if not held:
        return {"holder": "other", "name": "a process of another user"}
    pid, words = held
    state = {"holder": "other", "name": "%s (pid %d)" % (" ".join(words).strip()[:120], pid)}
    network = network_of(words[0])
    return dict(state, network=network) if network else state
