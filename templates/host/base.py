"""What every part of the agent stands on: how it is asked and answers, and what it may do with files.

The agent is what fl-wizard does on a host. It is never installed: it comes over the SSH connection's standard input and
lives as long as that stands. A request is one line of JSON: the verb, the parts of the agent that this one needs and that
were not sent yet (their bytes follow the line), and for uploads the number of bytes that come last. An answer is JSON lines
on standard output: ``{"line": …}`` while it works and at the end one ``{"result": …}`` or ``{"error": {"why", "hint"}}``.

Hosts are many and a start is what each of them pays, so nothing is imported that isn't used: ``json`` alone takes as long as
Python itself. The syntax stays that of Python 3.6, so that an old Python is told by its version and not by a SyntaxError.
"""

import errno
import os
import pwd
import stat
import sys

try:
    from _json import encode_basestring_ascii as quoted
except ImportError:
    from json import dumps as quoted
try:
    # Around it, signal makes enumerations, which takes longer than all else that is imported here.
    import _signal as signal
except ImportError:
    import signal

CHUNK = 1 << 20
# This Python may be somebody else's, and nothing is left in it.
sys.dont_write_bytecode = True


class Trouble(Exception):
    """Something the user can do something about."""

    def __init__(self, why, hint=None):
        super().__init__(why)
        self.why = why
        self.hint = hint


def encoded(value):
    """A value of plain Python as JSON."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, dict):
        return "{%s}" % ",".join("%s:%s" % (quoted(key), encoded(each)) for key, each in value.items())
    if isinstance(value, (list, tuple)):
        return "[%s]" % ",".join(encoded(each) for each in value)
    return repr(value)


def decoded(line):
    """A value from JSON that was written by JavaScript: Python reads that as its own, but for three names.

    It is no stranger's: whoever sends it has sent this program.
    """
    return eval(line, {"__builtins__": {}, "true": True, "false": False, "null": None})


def say(**message):
    """Write one JSON line to the wizard."""
    sys.stdout.write(encoded(message) + "\n")
    sys.stdout.flush()


class Parts:
    """Finds the parts of the agent that were sent.

    To compile them takes longest of all, so it is done where one is first imported; and it is ``exec`` that does it, since
    ``compile`` first makes all the types of syntax trees.
    """

    def __init__(self):
        self.sources = {}

    def find_spec(self, name, path=None, target=None):
        return type(sys.__spec__)(name, self) if name in self.sources else None

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        exec(self.sources[module.__name__], module.__dict__)


def serve(source):
    """Answer requests until there are no more."""
    os.umask(0o077)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    parts = Parts()
    sys.meta_path.insert(0, parts)
    for line in iter(source.readline, b""):
        request = decoded(line.decode("utf-8"))
        parts.sources.update((name, source.read(size)) for name, size in request["parts"])
        try:
            say(result=getattr(__import__(request["part"]), request["verb"].replace("-", "_"))(request))
        except Trouble as trouble:
            say(error={"why": trouble.why, "hint": trouble.hint})
            # What was not read of an upload would be taken for the next request.
            if request["payload"]:
                sys.exit(3)
    # All is said, and Python takes milliseconds to clear up behind itself.
    os._exit(0)


def expand(path):
    """Resolve ``~/`` to the home of the user who runs this (the owner)."""
    if path == "~" or path.startswith("~/"):
        home = os.environ.get("HOME") or pwd.getpwuid(os.getuid()).pw_dir
        return os.path.join(home, path[2:]) if len(path) > 1 else home
    return path


def cache_folder():
    """The folder that holds Python environments, by the XDG convention."""
    return os.path.join(os.environ.get("XDG_CACHE_HOME") or expand("~/.cache"), "fl-wizard")


def is_complete(environment):
    """Whether a Python environment was made to its end, and its Python was not replaced by a newer one since."""
    return all(os.path.exists(os.path.join(environment, *each)) for each in ((".complete",), ("bin", "python")))


def owner_name(uid):
    """The user name of a uid, or the number where it has none."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def which(program):
    """The path of a program that is found on PATH; None where there is none."""
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        path = os.path.join(folder, program)
        if os.access(path, os.X_OK) and not os.path.isdir(path):
            return path
    return None


def find_uv():
    """uv, where it is installed: a login without a terminal has seldom the user's own folders on its PATH."""
    for path in (which("uv"), expand("~/.local/bin/uv"), expand("~/.cargo/bin/uv")):
        if path and os.access(path, os.X_OK) and not os.path.isdir(path):
            return path
    return None


def new_sha256():
    """A SHA-256 to be fed. hashlib would load OpenSSL for it."""
    try:
        from _sha2 import sha256
    except ImportError:
        try:
            from _sha256 import sha256
        except ImportError:
            from hashlib import sha256
    return sha256()


def sha256(path):
    """SHA-256 of a file, never following a link at its end."""
    digest = new_sha256()
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
