"""A small supervisor for hosts without systemd: it outlives the SSH session that began it."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import sys
from contextlib import suppress
from typing import Any

from . import files, text
from .config import Config
from .faults import Exit, Fault
from .keeper import Keeper
from .process import KILL, TERMINATE, ProcessId, stored

STOP_PATIENCE = 15.0
"""Seconds that `stop` gives a supervisor, which gives its process ten of them."""
BEGIN_PATIENCE = 20.0
"""Seconds for a supervisor to have begun its process."""
OPEN_LIMIT = 256
"""File descriptors that are looked at; a session opens a few."""
LIVING = frozenset({"starting", "running"})


def _lock(config: Config) -> int | None:
    """Takes the lock that a supervisor holds for its life, or None where one lives."""
    files.private_folder(config.process.parent)
    path = config.process.with_suffix(".lock")
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, files.FILE_MODE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def _told(config: Config) -> tuple[dict[str, Any], ProcessId | None, ProcessId | None]:
    """What the state file says: all of it, the supervisor, and the process that it keeps."""
    told = files.read_json(config.process) or {}
    supervisor = stored(told.get("supervisor"), told.get("supervisorStarted"))
    return told, supervisor, stored(told.get("pid"), told.get("pidStarted"))


def supervise(config: Config) -> int:
    """Begins a supervisor in the background, and returns once its process was begun.

    Returns:
        The exit code: 0, also where one lives already.

    Raises:
        Fault: With exit code 70, where the process could not be begun.
    """
    lock = _lock(config)
    if lock is None:
        print("already running")  # noqa: T201
        return Exit.ENDED
    _, _, orphan = _told(config)
    if orphan is not None:  # its supervisor was killed and could not take it along
        _end(orphan)
    _forget(config)
    told, tell = os.pipe()
    sys.stdout.flush()
    first = os.fork()
    if first == 0:
        os.close(told)
        _detached(config, lock, tell)
    os.close(tell)
    os.close(lock)  # the supervisor holds its own
    os.waitpid(first, 0)
    with os.fdopen(told, "rb") as pipe:
        answer = pipe.read().decode(errors="replace")
    if answer != "begun":
        raise Fault(Exit.BUG, f"the process could not be begun: {answer or 'the supervisor ended'}")
    return Exit.ENDED


def _forget(config: Config) -> None:
    """What a process said before it: a client that has left a run would not come again when somebody asks it to."""
    with suppress(OSError):
        config.state.unlink(missing_ok=True)


def _detached(config: Config, lock: int, tell: int) -> None:
    """The rest of the first child's life, and all of the second's, which is the supervisor."""
    code = 1
    try:
        os.setsid()
        if os.fork() != 0:
            os._exit(0)
        os.chdir("/")
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        nothing = os.open(os.devnull, os.O_RDWR)
        for standard in range(3):
            os.dup2(nothing, standard)
        for other in range(3, OPEN_LIMIT):  # whatever the session left open would keep it from ending
            if other not in (lock, tell):
                with suppress(OSError):
                    os.close(other)
        try:
            keeper = Keeper(config)
            keeper.begin()
        except BaseException as error:
            os.write(tell, str(error).encode()[:1000])
            raise
        os.write(tell, b"begun")
        os.close(tell)
        keeper.keep()
        code = 0
    finally:
        os._exit(code)


def _end(process: ProcessId) -> None:
    process.signal_group(TERMINATE)
    if not process.wait(10.0):
        process.signal_group(KILL)
        process.wait(5.0)


def stop(config: Config) -> int:
    """Ends the supervisor and its process, and waits until they have.

    Returns:
        0, also where nothing ran.
    """
    _, supervisor, child = _told(config)
    if supervisor is not None and supervisor.lives():
        supervisor.signal(TERMINATE)
        if not supervisor.wait(STOP_PATIENCE):
            supervisor.signal(KILL)
    if child is not None and child.lives():
        _end(child)
    told, _, _ = _told(config)
    if told.get("state") in LIVING:  # nobody was left to write it
        with suppress(OSError):
            files.write_json(config.process, {**told, "state": "stopped", "since": text.stamp()})
    return Exit.ENDED


def status(config: Config) -> int:
    """Prints one line of JSON: what the state file says, checked against the processes that live."""
    told, supervisor, child = _told(config)
    state, detail = told.get("state", "none"), told.get("detail")
    alive = child is not None and child.lives()
    if state in LIVING:
        own = files.read_json(config.state) or {}
        if alive:
            spoken = child is not None and own.get("pid") == child.pid
            state = "running" if spoken else "starting"
            if spoken and own.get("phase") == "failed":  # it waits before it ends (disk.py)
                detail = own.get("detail")
            if supervisor is None or not supervisor.lives():
                detail = "its supervisor is gone; nothing starts it again"
        elif supervisor is None or not supervisor.lives():
            state, detail = "failed", "it ended with its supervisor: both were killed, or the host was restarted"
        else:
            state = "starting"
    shown = {
        "name": config.name,
        "state": state,
        "pid": child.pid if child is not None and alive else None,
        "since": told.get("since"),
        "restarts": told.get("restarts", 0),
        "exitCode": told.get("exitCode"),
        "detail": detail,
    }
    print(json.dumps(shown))  # noqa: T201
    return Exit.ENDED
