"""The Python environment of a network, made once for all that need the same."""

import os
import re
import shutil
import subprocess
import sys
import tempfile

from base import Trouble, hint_of, reason, say
from place import folder, place


def tell(words, environment):
    """Run a command and pass its output on, line by line. Returns (code, last lines)."""
    process = subprocess.Popen(words, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT)
    tail = []
    for raw in process.stdout:
        line = raw.decode("utf-8", "replace").rstrip()
        if line:
            tail = (tail + [line])[-8:]
            say(line=line[:300])
    return process.wait(), tail


def package_sources(pip, wheelhouse):
    """(arguments of pip, variables for pip and uv) that say where packages come from.

    Addresses go into variables: they may hold a password, and every user of a host can read arguments.
    """
    if wheelhouse:
        return ["--no-index", "--only-binary", ":all:", "--find-links", wheelhouse], {}
    names = {"indexUrl": ("PIP_INDEX_URL", "UV_DEFAULT_INDEX"), "extraIndexUrl": ("PIP_EXTRA_INDEX_URL", "UV_INDEX"),
             "proxy": ("PIP_PROXY", "HTTPS_PROXY", "HTTP_PROXY")}
    return [], {variable: pip[key] for key, variables in names.items() if pip.get(key) for variable in variables}


def own_settings(python):
    """uv reads no pip.conf: hand it the index that this host's pip is set to use."""
    done = subprocess.run([python, "-m", "pip", "config", "list"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=False)
    names = {"index-url": "UV_DEFAULT_INDEX", "extra-index-url": "UV_INDEX", "cert": "SSL_CERT_FILE",
             "proxy": "HTTPS_PROXY"}
    found = {}
    for line in done.stdout.decode("utf-8", "replace").splitlines():
        match = re.match(r"^(?:global|install|:env:)\.([a-z-]+)='(.*)'$", line)
        if match and match.group(1) in names:
            found[names[match.group(1)]] = match.group(2)
    return found


def install(target, requirements, pip, wheelhouse):
    """Fill a fresh environment: by uv where it can be had (3 s where pip takes 30 s), else by pip."""
    python = os.path.join(target, "bin", "python")
    words, variables = package_sources(pip, wheelhouse)
    quiet = ["--disable-pip-version-check", "--quiet", "--no-input"]
    base = dict(os.environ, PYTHONDONTWRITEBYTECODE="1", **variables)
    if not wheelhouse:
        say(line="installing uv, which installs the rest")
        code, _ = tell([python, "-m", "pip", "install"] + quiet + words + ["uv"], base)
        if code == 0:
            uv_variables = dict(own_settings(python), VIRTUAL_ENV=target, UV_NO_CONFIG="1", NO_COLOR="1",
                                UV_NO_PROGRESS="1")
            uv_variables.update(variables)
            code, tail = tell([os.path.join(target, "bin", "uv"), "pip", "install", "--python", python] + requirements,
                              dict(base, **uv_variables))
            if code == 0:
                return
        say(line="uv could not do it; trying pip")
    code, tail = tell([python, "-m", "pip", "install"] + quiet + words + requirements, base)
    if code != 0:
        raise Trouble("pip could not install %s: %s" % (" ".join(requirements), (tail or ["no output"])[-1]),
                      "can this host reach a package index? remote.pip.indexUrl names another one")


def make_environment(request):
    """Make the Python environment unless somebody already did, and link it into the network's home.

    Two networks, or two hosts of a demo, may want the same one at the same moment: the first makes it under a lock,
    the others wait and use it.
    """
    import fcntl
    target, link = request["path"], request["link"]
    folder(os.path.dirname(target), 0o700)
    lock = os.open(target + ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            say(line="somebody else is making the same environment; waiting")
            fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(os.path.join(target, ".complete")):
            fill(target, request)
    finally:
        os.close(lock)
    folder(os.path.dirname(link), 0o700)
    if not (os.path.islink(link) and os.readlink(link) == target):
        temporary = "%s.%d.tmp" % (link, os.getpid())
        os.symlink(target, temporary)
        os.rename(temporary, link)
    return {}


def fill(target, request):
    """Make the environment from nothing; half a one from an earlier try is thrown away first."""
    if os.path.isdir(target):
        shutil.rmtree(target)
    wheels = None
    try:
        say(line="python -m venv")
        code, tail = tell([sys.executable, "-m", "venv", target], dict(os.environ))
        if code != 0:
            raise Trouble("python -m venv failed: %s" % (tail or ["no output"])[-1], "apt install python3-venv")
        if request.get("wheels"):
            wheels = tempfile.mkdtemp(prefix="wheels-", dir=os.path.dirname(target))
            for each in request["wheels"]:
                place(os.path.join(wheels, each["name"]), 0o600, each["size"], each["sha256"])
        install(target, request["requirements"], request.get("pip") or {}, wheels)
        with open(os.path.join(target, ".complete"), "w") as file:
            file.write("\n".join(request["requirements"]) + "\n")
    except BaseException as error:
        shutil.rmtree(target, ignore_errors=True)
        if isinstance(error, OSError):
            raise Trouble(reason(error, target), hint_of(error)) from error
        raise
    finally:
        if wheels:
            shutil.rmtree(wheels, ignore_errors=True)
