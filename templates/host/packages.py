"""Where packages come from on this host, and what nobody may read of it: an index's address may hold a password."""

import os
import select
import signal
import subprocess
import sys

from base import cache_folder, expand, say

# What the settings of fl-network.yaml are called by pip, and by uv. They are variables and never arguments: every user of
# a host can read arguments.
VARIABLES = {
    "indexUrl": ("PIP_INDEX_URL", "UV_DEFAULT_INDEX"), "extraIndexUrl": ("PIP_EXTRA_INDEX_URL", "UV_INDEX"),
    "proxy": ("PIP_PROXY", "HTTPS_PROXY", "HTTP_PROXY"),
}
# uv reads no pip.conf: what this host's pip is set to use, as uv has it, and what stands between several.
UV_VARIABLES = {
    "index-url": ("UV_DEFAULT_INDEX", " "), "extra-index-url": ("UV_INDEX", " "), "find-links": ("UV_FIND_LINKS", ","),
    "trusted-host": ("UV_INSECURE_HOST", " "), "cert": ("SSL_CERT_FILE", " "), "proxy": ("HTTPS_PROXY", " "),
}
HIDDEN = "***"


def own_settings():
    """What this host's pip is set to use, by pip's names: its files, then its variables."""
    from configparser import Error, RawConfigParser
    own = os.environ.get("PIP_CONFIG_FILE")
    config = os.environ.get("XDG_CONFIG_HOME") or expand("~/.config")
    files = ["/etc/xdg/pip/pip.conf", "/etc/pip.conf", expand("~/.pip/pip.conf"), os.path.join(config, "pip", "pip.conf")]
    found = {}
    for path in [] if own == os.devnull else files + ([own] if own else []):
        parser = RawConfigParser()
        try:
            parser.read(path, encoding="utf-8")
        except (Error, OSError, UnicodeDecodeError):
            continue
        for section in ("global", "install"):
            if parser.has_section(section):
                found.update((name.replace("_", "-"), value) for name, value in parser.items(section))
    found.update((name[4:].lower().replace("_", "-"), value) for name, value in os.environ.items()
                 if name.startswith("PIP_") and value)
    return found


def secrets_in(addresses):
    """What must not be read of addresses: passwords (alone, a user's name is a token), as they may be printed."""
    import re
    from base64 import b64encode
    from urllib.parse import unquote
    found = set()
    for address in addresses:
        for scheme, inside in re.findall(r"(\w+)://([^/\s]*)@", address):
            user, colon, password = inside.partition(":")
            if not colon and not scheme.startswith("http"):
                continue
            secret = password if colon else user
            found.update((secret, unquote(secret)))
            found.add(b64encode(unquote(user + colon + password).encode("utf-8")).decode("ascii"))
        found.update(re.findall(r"\?(\S+)", address))
    return sorted((each for each in found if each), key=len, reverse=True)


def hiding(addresses):
    """A function that takes what is secret in these addresses, and the login of any other, out of a line."""
    import re
    secrets = secrets_in(addresses)

    def hide(line):
        for secret in secrets:
            line = line.replace(secret, HIDDEN)
        return re.sub(r"://[^/\s]*@", "://%s@" % HIDDEN, line)
    return hide


class Sources:
    """Variables for pip and uv that say where packages come from, and what takes secrets out of what they print."""

    def __init__(self, pip, wheels):
        """``wheels``: a folder that is all there is."""
        import re
        own = own_settings()
        given = {variable: pip[key] for key, variables in VARIABLES.items() if pip.get(key) for variable in variables}
        self.pip = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1", "PIP_USER": "0",
                    "PYTHONDONTWRITEBYTECODE": "1"}
        self.uv = {"NO_COLOR": "1", "UV_NO_PROGRESS": "1"}
        if wheels:
            self.pip.update(PIP_NO_INDEX="1", PIP_ONLY_BINARY=":all:", PIP_FIND_LINKS=wheels)
        else:
            self.pip.update(given)
            self.uv.update((variable, between.join(own[name].split())) for name, (variable, between)
                           in UV_VARIABLES.items() if own.get(name) and not os.environ.get(variable))
            self.uv.update(given)
        self.wheels = wheels
        variables = [value for name, value in os.environ.items() if re.match("(?i)PIP_|UV_|.*_PROXY", name)]
        self.hide = hiding(list(given.values()) + list(own.values()) + variables)

    def keep_beside(self, target):
        """Have uv keep what it fetches in our own cache: for a uv that nobody had here before, and goes with it."""
        own = os.path.join(os.path.dirname(cache_folder()), "uv")
        if not os.environ.get("UV_CACHE_DIR") and not os.path.isdir(own):
            self.uv["UV_CACHE_DIR"] = os.path.join(os.path.dirname(target), "uv")

    def tell_pip(self, python, words):
        """Run pip in an environment."""
        return self.tell([python, "-m", "pip", "install", "--quiet"] + words, dict(os.environ, **self.pip))

    def tell_uv(self, uv, words):
        """Run uv, which takes its folders of wheels as arguments only in its older versions."""
        offline = ["--offline", "--no-index", "--find-links", self.wheels] if self.wheels and words[0] == "pip" else []
        return self.tell([uv] + words + offline, dict(os.environ, **self.uv))

    def tell(self, words, environment):
        """Run a command and pass its output on, line by line. Returns (code, last lines)."""
        return tell(words, environment, self.hide)


def tell(words, environment, hide):
    """Run a command and pass its output on; it ends with those who wait for it. Returns (code, last lines)."""
    # From `/`: uv would take a pyproject.toml in the user's home for its own.
    process = subprocess.Popen(words, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, start_new_session=True, cwd="/")
    tail = []
    try:
        for raw in lines_of(process.stdout.fileno()):
            line = hide(raw.decode("utf-8", "replace").rstrip())
            if line:
                tail = (tail + [line])[-8:]
                say(line=line[:300])
        return process.wait(), tail
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise


def lines_of(handle):
    """The lines of a pipe, until it ends or nobody reads our own any more: that is the end of the connection."""
    ours = sys.stdout.fileno()
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    poll.register(ours, 0)
    held = b""
    while True:
        if any(ready == ours for ready, _ in poll.poll()):
            sys.exit(3)
        read = os.read(handle, 65536)
        if not read:
            break
        lines = (held + read).split(b"\n")
        held = lines.pop()[-65536:]
        for line in lines:
            yield line
    yield held
