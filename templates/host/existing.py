"""An interpreter that somebody else keeps (conda, a deep-learning image): looked at and never changed."""

import json
import os
import subprocess
import sys

from base import Trouble, hint_of, reason
from place import folder, link_to, replacing

# Runs in the interpreter itself: what it sees with its site packages is what a run will see. Prints what is not as it is
# wanted, with the version that is there; a requirement is read by packaging, which pip brings where nobody else has.
LOOK = r"""
import importlib.metadata as metadata, importlib.util, json, re, sys
try:
    from packaging.requirements import Requirement
except ImportError:
    try:
        from pip._vendor.packaging.requirements import Requirement
    except ImportError:
        Requirement = None
lacking = []
for line in json.loads(sys.argv[1]):
    name, exact = re.match(r"([A-Za-z0-9._-]+)(?:\s*==\s*([^\s;,*]+)$)?", line).groups()
    wanted = Requirement(line) if Requirement else None
    # Where nobody can read a condition, what stands under it is not asked for.
    if wanted.marker and not wanted.marker.evaluate() if wanted else ";" in line:
        continue
    try:
        found = metadata.version(name)
    except metadata.PackageNotFoundError:
        found = None
    fits = wanted.specifier.contains(found, prereleases=True) if wanted and found else exact in (None, found)
    if found is None or not fits:
        lacking.append({"wanted": line, "found": found} if found else {"wanted": line})
for name in json.loads(sys.argv[2]):
    if importlib.util.find_spec(name) is None:
        lacking.append({"wanted": name})
print(json.dumps(lacking))
"""
# What the runtime imports itself, and flwr brings unless it was installed alone.
MODULES = ["grpc", "cryptography", "numpy"]


def starter():
    """The script that starts this interpreter. It keeps it from writing compiled files beside what it reads."""
    return "#!/bin/sh\nexport PYTHONDONTWRITEBYTECODE=1\nexec '%s' \"$@\"\n" % sys.executable.replace("'", "'\\''")


def look_at_existing(request):
    """Whether our folder starts this interpreter for the network, and what it lacks of what is wanted."""
    environment, link = request["environment"], os.path.join(request["home"], "python")
    try:
        with open(os.path.join(environment, "bin", "python"), encoding="utf-8") as file:
            ready = file.read() == starter() and os.path.realpath(link) == os.path.realpath(environment)
    except (OSError, UnicodeDecodeError):
        ready = False
    about = {"python": sys.executable, "starter": starter(), "ready": ready, "lacking": []}
    words = [sys.executable, "-B", "-c", LOOK, json.dumps(request["requirements"]), json.dumps(MODULES)]
    done = subprocess.run(words, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          check=False)
    try:
        about["lacking"] = json.loads(done.stdout.decode("utf-8").strip().splitlines()[-1])
    except (ValueError, IndexError):
        said = [line for line in done.stderr.decode("utf-8", "replace").splitlines() if line.strip() and line[0] != " "]
        about["trouble"] = said[-1][:300] if said else "it ended with %d" % done.returncode
    return about


def use_environment(request):
    """Use this interpreter: a folder of ours starts it as it is, and nothing of theirs is touched.

    It is started by a script. Through a link, Python would not find the environment that it belongs to; an environment
    upon it, made by venv, would see the packages of a plain Python or of conda, but not those of a venv.
    """
    target = request["path"]
    path = os.path.join(target, "bin", "python")
    try:
        folder(os.path.dirname(path), 0o700)
        with replacing(path, 0o700) as file:
            file.write(starter().encode("utf-8"))
        link_to(target, request["link"])
    except OSError as error:
        raise Trouble(reason(error, target), hint_of(error)) from error
    return {}
