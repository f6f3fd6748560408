"""Whether systemd has done what a unit asks of it: where it may not make namespaces, it goes on without a word."""

from __future__ import annotations

import os
from pathlib import Path

READ_ONLY = "/usr"
"""Can be written to by nobody under ProtectSystem=strict: it is mounted anew for the process, read-only."""


def is_open() -> bool:
    """Whether this process sees the host's files as they are, and not as its unit has them."""
    try:
        return not os.statvfs(READ_ONLY).f_flag & os.ST_RDONLY
    except OSError:
        return False


def may_gain_privileges() -> bool:
    """Whether a program that this process starts could become another user's."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return False
    return "\nNoNewPrivs:\t0" in status


def lacking() -> list[str]:
    """The directives of a unit that do not hold for this process."""
    files = ["ProtectSystem", "ProtectHome", "PrivateDevices", "PrivateTmp"] if is_open() else []
    return [*files, *(["NoNewPrivileges"] if may_gain_privileges() else [])]
