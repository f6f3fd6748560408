"""What the environment of this host is made of, for the record of a proof."""

import json
import os
import subprocess

from base import Trouble, expand

# Asked of the environment's own Python. Nothing of it is imported: Flower alone would take a second.
QUESTION = """
import json, platform, ssl
from importlib import metadata
packages = {}
for name in ("flwr", "grpcio", "cryptography", "numpy"):
    try:
        packages[name] = metadata.version(name)
    except metadata.PackageNotFoundError:
        pass
print(json.dumps({"python": platform.python_version(), "openssl": ssl.OPENSSL_VERSION, "packages": packages}))
"""


def system():
    """The distribution as it calls itself, and the kernel."""
    kernel = " ".join(os.uname()[i] for i in (0, 2))
    try:
        with open("/etc/os-release", encoding="utf-8", errors="replace") as file:
            for line in file:
                key, _, value = line.strip().partition("=")
                if key == "PRETTY_NAME":
                    return "%s, %s" % (value.strip("\"'"), kernel)
    except OSError:
        pass
    return kernel


def versions(request):
    """Versions of the system, of the environment's Python and OpenSSL, and of the packages that a proof is about."""
    python = os.path.join(expand(request["home"]), "python", "bin", "python")
    if not os.path.exists(python):
        raise Trouble("the Python environment is not there", "fl-wizard deploy")
    # -I: no module of the folder or of the user's own stands in for Python's.
    done = subprocess.run([python, "-I", "-c", QUESTION], cwd="/", timeout=20, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    try:
        found = json.loads(done.stdout.decode("utf-8").strip().splitlines()[-1])
    except (ValueError, IndexError):
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise Trouble(said[-1] if said else "Python ended with %d" % done.returncode, "fl-wizard deploy") from None
    return dict(found, os=system(), architecture=os.uname()[4])
