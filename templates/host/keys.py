"""Private keys that are made here, and never leave."""

import base64
import os
import stat
import subprocess
import tempfile

from base import Trouble, expand, hint_of, reason, which
from look import expand_marks, look
from place import folder, remove_leftovers, replacing, sync_folder


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
    file = open_key(path) if which("openssl") else None
    if file is None:
        return None
    with file:
        code, output, _ = openssl(["pkey", "-pubout", "-outform", "DER"], file)
    return base64.b64encode(output).decode("ascii") if code == 0 else None


def look_with_key(request):
    """A look that tells the public half of this host's own private key as well.

    It stands here, since most looks are without it, and would all pay for what this module imports.
    """
    facts = look(request)
    paths = facts["paths"]
    public = public_key(expand_marks(request["publicKeyOf"], paths["home"], paths["certificates"]))
    return dict(facts, publicKey=public) if public else facts


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
    if not which("openssl"):
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
        sync_folder(os.path.dirname(path))
        return {"request": made}
    except OSError as error:
        raise Trouble(reason(error, path), hint_of(error)) from error
