"""What a host has to offer, for preflight: asked once, since some of it takes a second. Changes nothing."""

import os
import re
import subprocess
import sys

from base import expand, owner_name, which

# Amazon's own page for an instance about itself, and how a machine is known to be one (no waiting anywhere else).
METADATA = "http://169.254.169.254/latest"
VENDOR = "/sys/class/dmi/id/sys_vendor"
METADATA_SECONDS = 2
# pip's own start takes a second on a small host.
INDEX_SECONDS = 20
GPU_SECONDS = 15


def run(words, seconds, environment=None):
    """(exit code, all that was said) of a command; (None, why) where it could not be run to its end."""
    try:
        done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=seconds, check=False, env=environment)
        return done.returncode, done.stdout.decode("utf-8", "replace")
    except subprocess.TimeoutExpired:
        return None, "no answer within %d s" % seconds
    except OSError as error:
        return None, error.strerror


def memory():
    """Bytes of memory: all, and what could be had now. None where the host doesn't say (no Linux)."""
    try:
        with open("/proc/meminfo") as file:
            rows = dict(line.split(":", 1) for line in file)
        return {"total": int(rows["MemTotal"].split()[0]) * 1024, "available": int(rows["MemAvailable"].split()[0]) * 1024}
    except (OSError, KeyError, ValueError):
        return None


def access(path, writable):
    """Why a path can't be used by this user; None where it can."""
    path = expand(path)
    try:
        found = os.stat(path)
    except PermissionError:
        return "%s bars the way" % barrier(path)
    except OSError as error:
        return error.strerror
    wanted = os.R_OK | (os.W_OK if writable else 0) | (os.X_OK if os.path.isdir(path) else 0)
    if os.access(path, wanted):
        return None
    return "it is mode %04o and belongs to %s" % (found.st_mode & 0o7777, owner_name(found.st_uid))


def barrier(path):
    """The first parent that this user may not pass."""
    parts = path.strip("/").split("/")
    for depth in range(1, len(parts)):
        parent = "/" + "/".join(parts[:depth])
        if not os.access(parent, os.X_OK):
            return parent
    return os.path.dirname(path)


def gpus():
    """(names of the GPUs, why there are none)."""
    program = which("nvidia-smi")
    if not program:
        return [], "nvidia-smi is not there"
    code, said = run([program, "--query-gpu=name", "--format=csv,noheader"], GPU_SECONDS)
    names = [line.strip()[:60] for line in said.splitlines() if line.strip()]
    if code == 0 and names:
        return names[:16], None
    return [], names[-1] if names else "nvidia-smi names none"


def pip_words():
    """Words that run pip: the module's own, or the wheel that venv would unpack. None where there is neither."""
    from importlib.machinery import PathFinder
    code, _ = run([sys.executable, "-m", "pip", "--version"], INDEX_SECONDS)
    if code == 0:
        return [sys.executable, "-m", "pip"], dict(os.environ)
    spec = PathFinder.find_spec("ensurepip")
    folders = [os.path.join(os.path.dirname(spec.origin), "_bundled")] if spec and spec.origin else []
    for folder in folders + ["/usr/share/python-wheels"]:
        wheels = sorted(name for name in (os.listdir(folder) if os.path.isdir(folder) else [])
                        if re.match(r"pip-.*\.whl$", name))
        if wheels:
            return [sys.executable, "-m", "pip"], dict(os.environ, PYTHONPATH=os.path.join(folder, wheels[-1]))
    return None, None


def index(request):
    """Whether pip finds a package at its index: asked by pip itself, which knows its proxies and settings."""
    words, environment = pip_words()
    if words is None:
        return {"ok": None, "why": "there is no pip to ask with"}
    variables = {"indexUrl": "PIP_INDEX_URL", "extraIndexUrl": "PIP_EXTRA_INDEX_URL", "proxy": "PIP_PROXY"}
    environment.update({variables[key]: value for key, value in request["pip"].items() if key in variables})
    code, said = run(words + ["index", "versions", request["package"], "--disable-pip-version-check", "--no-input",
                              "--retries", "1", "--timeout", "6"], INDEX_SECONDS, environment)
    lines = [line.strip() for line in said.splitlines() if line.strip() and not line.startswith("WARNING: pip index")]
    if code == 0:
        offered = next((line for line in lines if line.startswith("Available versions:")), "")
        versions = [version.strip() for version in offered.split(":", 1)[-1].split(",")]
        return {"ok": True, "offered": request["version"] in versions}
    return {"ok": False, "why": complaint(lines)}


def complaint(lines):
    """Why pip found nothing. Its last word is always that there is no such package; what it warns of before says more."""
    telling = [line for line in lines if not line.startswith("ERROR: No matching distribution")] or lines
    last = telling[-1] if telling else "it said nothing"
    # The words of urllib3 stand behind the object that they are about.
    last = last.split(">: ")[-1].split("')': ")[0].replace("WARNING: ", "").replace("ERROR: ", "")
    # An index's address may hold a password.
    return re.sub(r"//[^/@\s]+@", "//***@", last)[:200]


def amazon():
    """What an EC2 instance knows of itself (IMDSv2); None on any other machine, without asking anybody."""
    try:
        with open(VENDOR) as file:
            if "Amazon" not in file.read():
                return None
    except OSError:
        return None
    from urllib.request import ProxyHandler, Request, build_opener
    opener = build_opener(ProxyHandler({}))

    def ask(path, method="GET", **headers):
        try:
            request = Request(METADATA + path, method=method, headers=headers)
            with opener.open(request, timeout=METADATA_SECONDS) as answer:
                return answer.read(4096).decode("ascii", "replace").strip()
        except OSError:
            return None

    token = ask("/api/token", "PUT", **{"X-aws-ec2-metadata-token-ttl-seconds": "60"})
    if not token:
        return {}
    about = {"X-aws-ec2-metadata-token": token}
    mac = ask("/meta-data/mac", **about)
    groups = ask("/meta-data/network/interfaces/macs/%s/security-group-ids" % mac, **about) if mac else None
    told = {"region": ask("/meta-data/placement/region", **about), "publicAddress": ask("/meta-data/public-ipv4", **about),
            "privateAddress": ask("/meta-data/local-ipv4", **about), "groups": groups.split() if groups else None}
    return {key: value for key, value in told.items() if value}


def reached_at():
    """This host's own address at which SSH reached it: behind an address translation it is the private one."""
    words = os.environ.get("SSH_CONNECTION", "").split()
    return words[2] if len(words) == 4 else None


def survey(request):
    """Everything of this page that the request wants."""
    facts = {"memory": memory(), "systemd": os.path.isdir("/run/systemd/system"), "amazon": amazon(),
             "reachedAt": reached_at(),
             "paths": [dict(each, why=access(each["path"], each["writable"])) for each in request["paths"]]}
    if request["gpu"]:
        names, why = gpus()
        facts["gpu"] = {"names": names, "why": why}
    if request["index"]:
        facts["index"] = index(request["index"])
    return {key: value for key, value in facts.items() if value is not None}
