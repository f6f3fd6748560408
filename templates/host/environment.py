"""The Python environment of a network, made once for all that need the same."""

import os
import shutil
import sys
import tempfile

from base import Trouble, find_uv, hint_of, is_complete, reason, say
from packages import Sources
from place import folder, link_to
from wheels import beside, forget_wheels


def last(tail):
    """The last of what was said."""
    return tail[-1] if tail else "no output"


def because(tail):
    """Why no set of packages will do, in uv's words; None where it ended by something else."""
    _, found, why = " ".join(" ".join(tail).split()).partition("Because ")
    return (found + why)[:400] if found else None


def complaint(tail):
    """What pip ended by: its very last lines say only that it did."""
    errors = [line[len("ERROR: "):] for line in tail if line.startswith("ERROR: ")]
    empty = ("ResolutionImpossible", "No matching distribution", "Ignored the following")
    return last([line for line in errors if not line.startswith(empty)] or errors or tail)[:300]


def by_uv(uv, target, listed, sources):
    """Make it with the uv that is here: 1 s where venv and pip take 30 s. Returns (whether it could, why not)."""
    sources.keep_beside(target)
    code, tail = sources.tell_uv(uv, ["venv", "--quiet", "--python", sys.executable, target])
    if code == 0:
        code, tail = sources.tell_uv(uv, ["pip", "install", "--python", os.path.join(target, "bin", "python"), "-r", listed])
    return code == 0, because(tail)


def by_venv(target, listed, sources, bring, why):
    """Make it with this Python's own venv; its pip brings uv first where that may be. ``why``: what kept uv from it."""
    say(line="python -m venv")
    code, tail = sources.tell([sys.executable, "-m", "venv", target], dict(os.environ))
    if code != 0:
        raise Trouble("python -m venv failed: %s" % last(tail), "apt install python3-venv")
    python, brought = (os.path.join(target, "bin", name) for name in ("python", "uv"))
    if bring:
        say(line="installing uv, which installs the rest")
        code, _ = sources.tell_pip(python, ["uv"])
        if code == 0:
            sources.keep_beside(target)
            code, tail = sources.tell_uv(brought, ["pip", "install", "--python", python, "-r", listed])
            if code == 0:
                return
            why = because(tail)
        say(line="uv could not do it; trying pip")
    code, tail = sources.tell_pip(python, ["-r", listed])
    if code != 0:
        hint = ("fl-wizard wheels gathers the wheels that this host needs" if sources.wheels
                else "is it spelled right in requirements.txt? For an index of your own, set remote.pip.indexUrl" if why and " was not found in " in why
                else "mend the app's requirements.txt, or set flower.version" if why
                else "can this host reach a package index? remote.pip.indexUrl names another one, --wheelhouse needs none")
        raise Trouble("the packages could not be installed: %s" % (why or complaint(tail)), hint)


def install(target, requirements, sources):
    """Make and fill it. What is wanted stands in a file: a requirement may be an address with a password."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", prefix=".requirements-", suffix=".txt",
                                     dir=os.path.dirname(target)) as listed:
        listed.write("\n".join(requirements) + "\n")
        listed.flush()
        uv, why = find_uv(), None
        if uv:
            say(line="using %s" % uv)
            done, why = by_uv(uv, target, listed.name, sources)
            if done:
                return
            say(line="uv could not do it; trying venv and pip")
            remove(target)
        by_venv(target, listed.name, sources, bring=not uv and not sources.wheels, why=why)


def remove(target):
    """Remove an environment, or the half of one."""
    if os.path.lexists(target):
        shutil.rmtree(target)


def locked(path):
    """The descriptor of a lock that is held, on the file that has its name: the one before may have been removed."""
    import fcntl
    while True:
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say(line="somebody else is making the same environment; waiting")
            fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            if os.path.samestat(os.fstat(lock), os.stat(path)):
                return lock
        except FileNotFoundError:
            pass
        os.close(lock)


def make_environment(request):
    """Make the Python environment unless somebody already did, and link it into the network's home.

    Two networks, or two hosts of a demo, may want the same one at the same moment: the first makes it under a lock,
    the others wait and use it.
    """
    target, link = request["path"], request["link"]
    folder(os.path.dirname(target), 0o700)
    lock = locked(target + ".lock")
    try:
        if not is_complete(target):
            fill(target, request)
    except BaseException:
        os.unlink(target + ".lock")  # one that failed leaves nothing; who waits for it finds out, and makes another
        raise
    finally:
        os.close(lock)
    forget_wheels(request.get("wheels") or [])
    link_to(target, link)
    return {}


def fill(target, request):
    """Make the environment from nothing; half a one from an earlier try is thrown away first."""
    remove(target)
    try:
        with beside(request.get("wheels") or []) as wheels:
            sources = Sources(request.get("pip") or {}, wheels)
            install(target, request["requirements"], sources)
        with open(os.path.join(target, ".complete"), "w") as file:
            file.write("made by fl-wizard\n")
    except BaseException as error:
        shutil.rmtree(target, ignore_errors=True)
        if isinstance(error, OSError):
            raise Trouble(reason(error, target), hint_of(error)) from error
        raise
