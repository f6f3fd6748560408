"""What fl-wizard does on a host, in one file without dependencies.

It is never installed: each call sends it over the SSH connection's standard input, followed by one line of JSON (the
request) and, for uploads, the bytes. It answers with JSON lines on standard output: ``{"line": …}`` while it works and
at the end one ``{"result": …}`` or ``{"error": {"why", "hint"}}``. The syntax stays that of Python 3.6, so that an old
Python is told by its version and not by a SyntaxError.
"""

import base64
import contextlib
import errno
import hashlib
import json
import os
import pwd
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time

CHUNK = 1 << 20
# How the name of a file ends that is being written; one that a killed upload left is removed by the next.
LEFTOVER = ".fl-wizard-tmp"


class Trouble(Exception):
    """Something the user can do something about."""

    def __init__(self, why, hint=None):
        super().__init__(why)
        self.why = why
        self.hint = hint


def say(**message):
    """Write one JSON line to the wizard."""
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def expand(path):
    """Resolve ``~/`` to the home of the user who runs this (the owner)."""
    if path == "~" or path.startswith("~/"):
        home = os.environ.get("HOME") or pwd.getpwuid(os.getuid()).pw_dir
        return os.path.join(home, path[2:]) if len(path) > 1 else home
    return path


def cache_folder():
    """The folder that holds Python environments, by the XDG convention."""
    return os.path.join(os.environ.get("XDG_CACHE_HOME") or expand("~/.cache"), "fl-wizard")


# --- look ---------------------------------------------------------------------------------------------------------


def owner_name(uid):
    """The user name of a uid, or the number where it has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def sha256(path):
    """SHA-256 of a file, never following a link at its end."""
    digest = hashlib.sha256()
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    with os.fdopen(handle, "rb") as file:
        for chunk in iter(lambda: file.read(CHUNK), b""):
            digest.update(chunk)
    return digest.hexdigest()


def describe(path, digest=True):
    """Mode, owner, kind and, where it is wanted, digest of what is at a path; None where nothing is."""
    try:
        found = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return None
    kinds = ((stat.S_ISREG, "file"), (stat.S_ISDIR, "folder"), (stat.S_ISLNK, "link"))
    kind = next((name for test, name in kinds if test(found.st_mode)), "other")
    about = {"mode": stat.S_IMODE(found.st_mode), "owner": owner_name(found.st_uid), "kind": kind}
    if kind == "file" and digest:
        try:
            about["sha256"] = sha256(path)
        except OSError:
            pass
    return about


def nearest(path):
    """The path itself or its nearest parent that exists."""
    while not os.path.isdir(path):
        path = os.path.dirname(path) or "/"
    return path


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


def sudo_state(path):
    """Whether sudo is needed to make a folder, and whether it works without a password."""
    # What is there is somebody's: sudo never takes it from them.
    if os.path.lexists(path) or os.access(nearest(path), os.W_OK):
        return "not needed"
    if not shutil.which("sudo"):
        return "absent"
    done = subprocess.run(["sudo", "-n", "true"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, check=False)
    return "works" if done.returncode == 0 else "wants a password"


def listening_inodes(port):
    """Socket inodes that listen on a TCP port, from /proc (Linux)."""
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            with open(table) as file:
                rows = [line.split() for line in file.readlines()[1:]]
        except OSError:
            continue
        inodes.update(row[9] for row in rows if row[3] == "0A" and int(row[1].rsplit(":", 1)[1], 16) == port)
    return inodes


def holder_of(inodes):
    """(pid, command) of the process that holds one of these sockets, where we may see it."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            for entry in os.listdir("/proc/%s/fd" % pid):
                target = os.readlink("/proc/%s/fd/%s" % (pid, entry))
                if target.startswith("socket:[") and target[8:-1] in inodes:
                    with open("/proc/%s/cmdline" % pid, "rb") as file:
                        words = file.read().decode("utf-8", "replace").split("\0")
                    return int(pid), " ".join(words).strip()[:120]
        except OSError:
            continue
    return None


def port_state(port, ours):
    """Who listens on the Flower port: nobody, our own server, or somebody else, named where that is allowed."""
    inodes = listening_inodes(port)
    if not inodes:
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
    return {"holder": "other", "name": "%s (pid %d)" % (held[1], held[0]) if held else "a process of another user"}


def read_json(path):
    """A JSON object from a file, or an empty one."""
    try:
        with open(path, encoding="utf-8") as file:
            value = json.load(file)
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def started_at(pid):
    """The start time of a process in clock ticks since boot, as text; None where it does not live or can't be told."""
    try:
        with open("/proc/%d/stat" % pid) as file:
            return file.read().rsplit(")", 1)[1].split()[19]
    except (OSError, IndexError):
        return None


def run_facts(folder):
    """What the journals below ``runs/`` say of each run."""
    found = []
    names = [name for name in os.listdir(folder) if name.isdigit()] if os.path.isdir(folder) else []
    for name in sorted(names, key=int):
        facts = {"run": name, "rounds": 0, "done": 0, "finished": False, "last": 0}
        try:
            with open(os.path.join(folder, name, "events.jsonl"), encoding="utf-8", errors="replace") as file:
                for line in file:
                    try:
                        event = json.loads(line)
                    except ValueError:
                        continue
                    if not isinstance(event, dict):
                        continue
                    kind = event.get("type")
                    if kind in ("run-started", "round-finished"):
                        facts["rounds"] = event.get("rounds") or facts["rounds"]
                    if kind == "round-finished":
                        facts["done"] = max(facts["done"], event.get("round") or 0)
                    facts["last"] = max(facts["last"], event.get("sequence") or 0)
                    if kind == "run-started":
                        facts.setdefault("started", event.get("time"))
                    # A server that starts again goes on with the run: its end was not the last word.
                    if kind == "server-started":
                        facts["finished"] = False
                        facts.pop("outcome", None)
                    if kind == "run-finished":
                        facts["finished"] = True
                        facts["outcome"] = event.get("outcome")
        except OSError:
            pass
        found.append(facts)
    return found


def process_facts(environment, home, name):
    """What the supervisor says of its process, by its own tool, so that a reused pid is never taken for it."""
    config = os.path.join(home, name + ".json")
    python = os.path.join(environment, "bin", "python")
    if not os.path.exists(config) or not os.path.exists(python):
        return {"state": "none"}
    try:
        done = subprocess.run([python, "-m", "fl_wizard_runtime", "status", "--config", config],
                              env=dict(os.environ, PYTHONPATH=os.path.join(home, "runtime")), timeout=20, cwd="/",
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
        return json.loads(done.stdout.decode("utf-8").strip().splitlines()[-1])
    except (OSError, ValueError, IndexError, subprocess.SubprocessError):
        return {"state": "none"}


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
    process = process_facts(os.path.join(home, "python"), home, name)
    told = read_json(os.path.join(home, "state", name + ".json"))
    lives = process.get("state") in ("running", "starting")
    # Until the process itself has spoken ("running"), what lies there was said by one before it.
    spoken = process.get("state") == "running"
    # Asked for where keys are made on their hosts: then of the private file nothing is told, not even a digest.
    own = expand_marks(request["publicKeyOf"], home, certificates) if request.get("publicKeyOf") else None
    facts = {
        "os": " ".join(os.uname()[i] for i in (0, 2)), "architecture": os.uname()[4],
        "user": owner_name(os.getuid()),
        "python": "%d.%d.%d" % sys.version_info[:3],
        "venv": has_venv(), "now": time.time(),
        "diskFree": min(shutil.disk_usage(nearest(path)).free for path in (home, environment)),
        "paths": paths, "sudo": sudo_state(certificates),
        "environmentReady": os.path.exists(os.path.join(environment, ".complete"))
        and os.path.realpath(os.path.join(home, "python")) == os.path.realpath(environment),
        "files": {path: about for path, about in ((path, describe(path, path != own)) for path in wanted) if about},
        "openssl": shutil.which("openssl") is not None, "process": process, "runs": run_facts(os.path.join(home, "runs")),
    }
    public = public_key(own) if own else None
    if public:
        facts["publicKey"] = public
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
        serving = spoken and isinstance(told.get("port"), int)
        port = told["port"] if serving else request["port"]
        facts["port"] = port_state(port, lives)
        if serving:
            facts["server"] = {key: told.get(key) for key in ("phase", "port", "monitorPort", "run", "host")}
    else:
        facts["port"] = {"holder": "nobody"}
        if spoken and told.get("state"):
            facts["client"] = {key: told[key] for key in ("state", "detail") if told.get(key)}
    return facts


def has_venv():
    """Whether this Python can make environments: Debian splits venv and ensurepip off."""
    done = subprocess.run([sys.executable, "-c", "import venv, ensurepip"], stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return done.returncode == 0


# --- receive ------------------------------------------------------------------------------------------------------


def folder(path, mode):
    """Make a folder if it is not there; a link in its place is refused."""
    if not path.startswith("/"):
        raise Trouble("%s is no absolute path" % path, "begin it with / or ~/ in fl-network.yaml")
    missing = []
    while not os.path.lexists(path):
        missing.append(path)
        path = os.path.dirname(path)
    if os.path.islink(path) and missing == []:
        raise Trouble("%s is a link" % path, "remove the link; fl-wizard never writes through one")
    for each in reversed(missing):
        try:
            os.mkdir(each, mode)
        except FileExistsError:
            pass


@contextlib.contextmanager
def replacing(to, mode):
    """A new file to be written and read under a temporary name; at the end it is synced and renamed into place.

    The mode is right from the first byte; a link at the target is replaced, never followed; nothing is left behind where
    it fails.
    """
    parent = os.path.dirname(to)
    temporary = os.path.join(parent, ".%s.%s%s" % (os.path.basename(to), os.urandom(6).hex(), LEFTOVER))
    handle = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    try:
        with os.fdopen(handle, "wb+") as file:
            os.fchmod(file.fileno(), mode)
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.rename(temporary, to)
    except BaseException:
        try:
            os.unlink(temporary)
        except OSError:
            pass
        raise
    parent_handle = os.open(parent, os.O_RDONLY)
    try:
        os.fsync(parent_handle)
    finally:
        os.close(parent_handle)


def place(to, mode, size, digest):
    """Write one file from standard input; a folder that is a link is refused."""
    parent = os.path.dirname(to)
    folder(parent, 0o700)
    if os.path.isdir(to) and not os.path.islink(to):
        raise Trouble("%s is a folder" % to)
    with replacing(to, mode) as file:
        seen = hashlib.sha256()
        left = size
        while left:
            chunk = sys.stdin.buffer.read(min(left, CHUNK))
            if not chunk:
                raise Trouble("the connection ended in the middle of %s" % to, "run it again")
            seen.update(chunk)
            file.write(chunk)
            left -= len(chunk)
        if seen.hexdigest() != digest:
            raise Trouble("%s arrived damaged" % to, "run it again")


def remove_leftovers(parent):
    """Remove what a killed upload left in a folder."""
    try:
        names = [name for name in os.listdir(parent) if name.startswith(".") and name.endswith(LEFTOVER)]
    except OSError:
        return
    for name in names:
        try:
            os.unlink(os.path.join(parent, name))
        except OSError:
            pass


def receive(request):
    """Place the files of a request, in their order."""
    for parent in sorted({os.path.dirname(each["to"]) for each in request["files"]}):
        remove_leftovers(parent)
    for each in request["files"]:
        try:
            place(each["to"], each["mode"], each["size"], each["sha256"])
        except OSError as error:
            raise Trouble(reason(error, each["to"]), hint_of(error)) from error
    return {}


def reason(error, path):
    """An OSError as a sentence that names the path and, where it is full, the disk."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "no space left for %s (the disk that holds %s)" % (path, nearest(os.path.dirname(path)))
    return "%s: %s" % (path, os.strerror(error.errno) if error.errno else error)


def hint_of(error):
    """What to try after an OSError, where that can be said."""
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "make the folder writable for %s, or set remote.certificates and remote.home" % owner_name(os.getuid())
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "free some space there and run it again"
    return None


def make_folder(request):
    """Make a folder as its owner."""
    path = request["path"]
    try:
        folder(path, request["mode"])
        if os.lstat(path).st_uid == os.getuid():
            os.chmod(path, request["mode"])
    except OSError as error:
        raise Trouble(reason(error, path), hint_of(error)) from error
    return {}


def set_modes(request):
    """Set the modes of files and folders; links are refused."""
    for each in request["entries"]:
        path = each["path"]
        try:
            # Without O_NONBLOCK, opening a pipe would wait for its other end.
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            try:
                os.fchmod(handle, each["mode"])
            finally:
                os.close(handle)
        except OSError as error:
            # Ours, but not readable: the mode is just what is wrong.
            if error.errno == errno.EACCES and not os.path.islink(path):
                os.chmod(path, each["mode"])
                continue
            raise Trouble(reason(error, path), hint_of(error)) from error
    return {}


# --- keys that are made here --------------------------------------------------------------------------------------


def openssl(words, key):
    """Run openssl with a key's file on its standard input. Returns (code, output, last line of what it said).

    The path is never given to it, so no link can be followed; an empty passphrase makes it fail where it would ask.
    """
    done = subprocess.run(["openssl"] + words + ["-passin", "pass:"], stdin=key, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=False)
    said = done.stderr.decode("utf-8", "replace").strip().splitlines()
    return done.returncode, done.stdout, said[-1] if said else ""


def open_key(path):
    """The file of a key, opened without following a link; None where there is no regular file."""
    try:
        # Without O_NONBLOCK, opening a pipe would wait for its other end.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    if stat.S_ISREG(os.fstat(handle).st_mode):
        return os.fdopen(handle, "rb")
    os.close(handle)
    return None


def public_key(path):
    """The public half of a private key as SubjectPublicKeyInfo (base64 of DER); None where openssl can't read one."""
    file = open_key(path) if shutil.which("openssl") else None
    if file is None:
        return None
    with file:
        code, output, _ = openssl(["pkey", "-pubout", "-outform", "DER"], file)
    return base64.b64encode(output).decode("ascii") if code == 0 else None


def generate(request, file):
    """Have openssl write a new private key (PKCS#8) into a file that is open: its bytes pass through nobody else."""
    kind = (["RSA", "-pkeyopt", "rsa_keygen_bits:%d" % request["bits"]] if request["algorithm"] == "rsa"
            else ["EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-pkeyopt", "ec_param_enc:named_curve"])
    done = subprocess.run(["openssl", "genpkey", "-algorithm"] + kind, stdin=subprocess.DEVNULL, stdout=file,
                          stderr=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        raise Trouble("openssl could not make a key (genpkey ended with %d)" % done.returncode,
                      "what does openssl genpkey -algorithm %s say there?" % kind[0])


def sign_request(request, key):
    """A certificate request (PEM) for the key in an open file, as the configuration of the request wants it."""
    os.lseek(key.fileno(), 0, os.SEEK_SET)
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", prefix="fl-wizard-", suffix=".cnf") as configuration:
        configuration.write(request["configuration"])
        configuration.flush()
        code, output, last = openssl(["req", "-new", "-" + request["digest"], "-key", "/dev/stdin",
                                      "-config", configuration.name], key)
    if code != 0:
        raise Trouble("openssl could not make the request: %s" % (last or "it ended with %d" % code),
                      "is %s a private key without a passphrase? Move it away to have a new one made" % request["key"])
    return output.decode("utf-8", "replace")


def make_request(request):
    """Make this host's private key, unless it is there and to be kept, and a request for its certificate.

    A new key takes the old one's place only once the request for it is made. Only the request leaves this host.
    """
    path = expand(request["key"])
    if not shutil.which("openssl"):
        raise Trouble("openssl is not there", "apt install openssl")
    try:
        folder(os.path.dirname(path), 0o700)
        remove_leftovers(os.path.dirname(path))
        if not request["replace"] and os.path.lexists(path):
            key = open_key(path)
            if key is None:
                raise Trouble("%s is no file that its owner can read" % path, "remove it")
            with key:
                return {"request": sign_request(request, key)}
        if os.path.isdir(path) and not os.path.islink(path):
            raise Trouble("%s is a folder" % path)
        with replacing(path, 0o600) as key:
            generate(request, key)
            made = sign_request(request, key)
        return {"request": made}
    except OSError as error:
        raise Trouble(reason(error, path), hint_of(error)) from error


# --- environment --------------------------------------------------------------------------------------------------


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


# --- a try at the training port -----------------------------------------------------------------------------------


def probe(request):
    """Dial the training port with this host's own pair, by the runtime's own tool: the key stays where it is."""
    home, certificates = expand(request["home"]), expand(request["certificates"])
    python = os.path.join(home, "python", "bin", "python")
    if not os.path.exists(python):
        raise Trouble("the Python environment is not there", "fl-wizard deploy")
    words = [python, "-m", "fl_wizard_runtime", "probe", "--certificates", certificates, "--name", request["name"],
             "--host", request["host"], "--port", str(request["port"]), "--target-name", request["targetName"],
             "--seconds", str(request["seconds"])]
    done = subprocess.run(words, env=dict(os.environ, PYTHONPATH=os.path.join(home, "runtime")), cwd="/",
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    try:
        return json.loads(done.stdout.decode("utf-8").strip().splitlines()[-1])
    except (ValueError, IndexError):
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise Trouble(said[-1] if said else "the runtime ended with %d" % done.returncode, "fl-wizard deploy") from None


# --- told of a run ----------------------------------------------------------------------------------------------


def tail(request):
    """The last bytes of a log, as text."""
    path = os.path.join(expand(request["home"]), "logs", request["name"] + ".log")
    try:
        with open(path, "rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - request.get("bytes", 20000)))
            return {"text": file.read().decode("utf-8", "replace")}
    except OSError:
        return {"text": ""}


def state(request):
    """What the process and its supervisor say of themselves: a light look for waiting."""
    home = expand(request["home"])
    told = read_json(os.path.join(home, "state", request["name"] + ".json"))
    process = process_facts(os.path.join(home, "python"), home, request["name"])
    return {"process": process, "told": told}


def journal(request):
    """The events of a run after a sequence number, for when its server is gone."""
    path = os.path.join(expand(request["home"]), "runs", request["run"], "events.jsonl")
    events = []
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            for line in file:
                try:
                    event = json.loads(line)
                except ValueError:
                    continue
                if isinstance(event, dict) and isinstance(event.get("sequence"), int) and event["sequence"] > request["after"]:
                    events.append(event)
    except OSError:
        pass
    return {"events": events}


VERBS = {"look": look, "state": state, "journal": journal, "receive": receive, "make-folder": make_folder, "set-modes": set_modes,
         "make-environment": make_environment, "make-request": make_request, "probe": probe, "tail": tail}


def main():
    """Read one request, do it, answer it."""
    os.umask(0o077)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    request = json.loads(sys.stdin.buffer.readline().decode("utf-8"))
    try:
        say(result=VERBS[request["verb"]](request))
    except Trouble as trouble:
        say(error={"why": trouble.why, "hint": trouble.hint})
        sys.exit(3)


main()
