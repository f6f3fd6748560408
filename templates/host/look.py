"""One look at everything that any step wants to know of a host. Changes nothing."""

import os
import stat
import sys
import time

from base import cache_folder, describe, expand, find_uv, is_complete, nearest, owner_name, which
from told import process_facts, read_json


def unsafe_parent(path):
    """A parent that is a link, or that somebody else may change: whoever can replace it can replace what is below.

    A sticky folder such as /tmp lets nobody replace another user's entries. A group of the user's own is no stranger.
    """
    parent = os.path.dirname(path.rstrip("/"))
    while parent not in ("", "/"):
        try:
            found = os.lstat(parent)
        except OSError:
            parent = os.path.dirname(parent)
            continue
        strangers = found.st_mode & 0o002 or (found.st_mode & 0o020 and found.st_gid != os.getgid())
        if stat.S_ISLNK(found.st_mode) or found.st_uid not in (0, os.getuid()):
            return parent
        if strangers and not found.st_mode & stat.S_ISVTX:
            return parent
        parent = os.path.dirname(parent)
    return None


def only_roots(path):
    """Whether all folders on the way belong to root: root follows no path that somebody else could turn elsewhere."""
    parent = nearest(path)
    while parent != "/":
        if os.lstat(parent).st_uid != 0:
            return False
        parent = os.path.dirname(parent)
    return True


def sudo_state(path):
    """Whether sudo is needed to make a folder, and whether it works without a password."""
    # What is there is somebody's: sudo never takes it from them.
    if os.path.lexists(path) or os.access(nearest(path), os.W_OK):
        return "not needed"
    if not only_roots(path):
        return "of no use"
    if not which("sudo"):
        return "absent"
    if ask_sudo("true")[0] == 0:
        return "works"
    # For who is in no rule of sudoers at all, it does not even ask: no password would help.
    code, said = ask_sudo("-v")
    return "wants a password" if code == 0 or said.startswith(b"sudo:") else "not allowed"


def ask_sudo(word):
    """Have sudo do something harmless without asking: its code and what it says."""
    import subprocess
    done = subprocess.run(["sudo", "-n", word], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, check=False)
    return done.returncode, done.stderr.strip().split(b"\n")[-1]


def expand_marks(path, home, certificates):
    """A path whose beginning stands for one of this host's own folders."""
    return path.replace("{home}", home, 1).replace("{certificates}", certificates, 1)


def look(request):
    """One look at everything that any step wants to know. Changes nothing."""
    home, certificates = expand(request["home"]), expand(request["certificates"])
    environment = os.path.join(cache_folder(), request["environment"])
    name, role = request["name"], request["role"]
    paths = {"home": home, "certificates": certificates, "environment": environment,
             "policy": os.path.join(home, "policy")}
    wanted = [expand_marks(path, home, certificates) for path in request["files"]]
    process = process_facts(request, home)
    told = read_json(os.path.join(home, "state", name + ".json"))
    lives = process.get("state") in ("running", "starting")
    # Until the process itself has spoken ("running"), what lies there was said by one before it.
    spoken = process.get("state") == "running"
    # Said where keys are made on their hosts (keys.py): of the private file nothing is told, not even a digest.
    own = expand_marks(request["publicKeyOf"], home, certificates) if request.get("publicKeyOf") else None
    smallest = min((home, environment), key=disk_free)
    facts = {
        "os": " ".join(os.uname()[i] for i in (0, 2)), "architecture": os.uname()[4],
        "user": owner_name(os.getuid()),
        "python": "%d.%d.%d" % sys.version_info[:3], "libc": libc(),
        "venv": has_venv() or find_uv() is not None, "now": time.time(),
        "diskFree": disk_free(smallest), "diskAt": smallest,
        "paths": paths, "sudo": sudo_state(certificates),
        "environmentReady": is_complete(environment)
        and os.path.realpath(os.path.join(home, "python")) == os.path.realpath(environment),
        "files": {path: about for path, about in ((path, describe(path, path != own)) for path in wanted) if about},
        "openssl": which("openssl") is not None, "process": process, "runs": runs_below(os.path.join(home, "runs")),
    }
    others = sharing(home, certificates)
    if others:
        facts["sharing"] = others
    left = former(home, expand_marks(request["record"], home, certificates), set(wanted))
    if left:
        facts["former"] = left
    if told.get("trace") and process.get("state") != "starting":
        facts["trace"] = told["trace"]
    flower = flower_in(os.path.join(home, "python"))
    if flower:
        facts["flower"] = flower
    barred = next((each for each in map(nearest, (home, environment)) if not os.access(each, os.W_OK | os.X_OK)), None)
    if barred:
        facts["barred"] = {"path": barred, "readOnly": bool(os.statvfs(barred).f_flag & os.ST_RDONLY)}
    unsafe = unsafe_parent(certificates)
    if unsafe:
        facts["unsafeParent"] = unsafe
    folder = describe(certificates)
    if folder:
        try:
            names = sorted(os.listdir(certificates)) if folder["kind"] == "folder" else []
        except OSError:
            names = []
        facts["certificateFolder"] = dict(folder, names=names)
    if role == "server":
        from port import port_state
        serving = spoken and isinstance(told.get("port"), int)
        port = told["port"] if serving else request["port"]
        facts["port"] = port_state(port, lives)
        if serving:
            keys = ("phase", "port", "monitorPort", "run", "host", "settings", "lost")
            facts["server"] = {key: told[key] for key in keys if told.get(key) is not None}
        elif told.get("settings"):
            facts["before"] = told["settings"]
    else:
        facts["port"] = {"holder": "nobody"}
        if spoken and told.get("state"):
            facts["client"] = {key: told[key] for key in ("state", "detail", "settings") if told.get(key)}
    return facts


def sharing(home, certificates):
    """Networks beside this one whose processes read their certificates in the same folder, by what they are started with."""
    beside, found = os.path.dirname(home), set()
    for folder in names_in(beside):
        other = os.path.join(beside, folder)
        ours = other != home and os.path.isdir(os.path.join(other, "runtime", "fl_wizard_runtime"))
        for name in names_in(other) if ours else []:
            config = read_json(os.path.join(other, name)) if name.endswith(".json") else {}
            paths = config.get("certificates")
            if isinstance(paths, dict) and os.path.dirname(str(paths.get("ca"))) == certificates:
                found.add(str(config.get("network")))
    return sorted(found)


def names_in(folder):
    """The names in a folder; none where there is none that can be read."""
    try:
        return os.listdir(folder)
    except OSError:
        return []


def former(home, record, wanted):
    """What an earlier deploy placed below a network's home, and nobody wants any more, by its name from there.

    The record has the lines of ``sha256sum``: what the user's own code has written is in none of them.
    """
    try:
        with open(record, encoding="utf-8", errors="surrogateescape") as file:
            lines = file.read().split("\n")
    except OSError:
        return {}
    found = {}
    for line in lines:
        placed, _, name = line.partition("  ")
        if name.split("/")[0] not in ("app", "runtime") or ".." in name.split("/"):
            continue
        path = os.path.join(home, name)
        about = None if path in wanted else describe(path)
        if about:
            found[name] = {"placed": placed, "found": about.get("sha256")}
    return found


def flower_in(environment):
    """The version of Flower in an environment of ours, by the folder in which pip and uv note it; None where there is none."""
    lib = os.path.join(environment, "lib")
    try:
        packages = [os.path.join(lib, each, "site-packages") for each in os.listdir(lib)]
        names = [name for each in packages for name in os.listdir(each)]
    except OSError:
        return None
    begin, end = "flwr-", ".dist-info"
    return next((name[len(begin):-len(end)] for name in names if name.startswith(begin) and name.endswith(end)), None)


def runs_below(folder):
    """What is known of each run; mostly there is none yet."""
    names = [name for name in os.listdir(folder) if name.isdigit()] if os.path.isdir(folder) else []
    if not names:
        return []
    from runs import run_facts
    return run_facts(folder, names)


def disk_free(path):
    """Bytes that this user may still write where a path lies or will lie."""
    disk = os.statvfs(nearest(path))
    return disk.f_bavail * disk.f_frsize


def libc():
    """Which C library wheels have to be made for, e.g. ``glibc 2.36``."""
    try:
        return os.confstr("CS_GNU_LIBC_VERSION") or "unknown"
    except (ValueError, OSError):
        return musl() or "unknown"


def musl():
    """musl tells its version only by the loader's own mouth."""
    import glob
    import subprocess
    for loader in glob.glob("/lib/ld-musl-*.so.1"):
        done = subprocess.run([loader], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              check=False)
        words = done.stdout.decode("utf-8", "replace").split()
        if "Version" in words[:-1]:
            return "musl %s" % words[words.index("Version") + 1]
    return None


def has_venv():
    """Whether this Python can make environments: Debian splits venv and ensurepip off. Neither is loaded for it."""
    try:
        from _frozen_importlib_external import PathFinder
    except ImportError:
        from importlib.machinery import PathFinder
    return all(PathFinder.find_spec(name) for name in ("venv", "ensurepip"))
