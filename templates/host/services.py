"""What could keep a process on this host, and how one is started by it."""

import os

from base import Trouble, expand, hint_of, owner_name, reason
from told import find_unit
from unit import ask, read_text

LINGERING = "/var/lib/systemd/linger"


def services(request):
    """What could keep a process here. Changes nothing."""
    found = {"owner": owner_name(os.getuid()), "ownerHome": expand("~"),
             "unit": None, "user": False, "linger": "no", "systemd": None}
    # The sign that systemd's own tools go by (sd_booted).
    if not os.path.isdir("/run/systemd/system"):
        return found
    unit = find_unit(request["unit"])
    if unit:
        found["unit"] = dict(unit, text=read_text(unit["path"]))
    version = ask("system", "show", "--property=Version")
    found["systemd"] = version.strip().partition("=")[2] if version else None
    found["linger"] = lingering(found["owner"])
    manager = found["linger"] == "on" and ask("user", "show", "--property=Version") is not None
    found["user"] = manager or found["linger"] == "allowed"
    return found


def lingering(owner):
    """Whether a user's processes live without a login, or may be let by themselves."""
    if os.path.exists(os.path.join(LINGERING, owner)):
        return "on"
    import subprocess
    words = ["pkcheck", "--action-id", "org.freedesktop.login1.set-self-linger", "--process", str(os.getpid())]
    try:
        done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              timeout=20, check=False)
    except (OSError, subprocess.SubprocessError):
        return "no"
    return "allowed" if done.returncode == 0 else "no"


def forget(request):
    """Remove what the process before has said: a client that has left a run would not come again to the same one."""
    path = os.path.join(request["home"], "state", request["name"] + ".json")
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise Trouble(reason(error, path), hint_of(error)) from error
    return {}
