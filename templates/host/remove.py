"""What fl-wizard has placed on this host: found, and removed again. What is somebody else's stays, and is named."""

import fcntl
import os
import re
import shutil

from base import Trouble, cache_folder, expand, hint_of, reason
from place import LEFTOVER, forget_link, marks_of

# All that is made in a network's home; NAME.json is named by the request.
FOLDERS = ("app", "cache", "logs", "policy", "runs", "runtime", "state")
LINK = "python"
# Beside the environments.
KEPT = ("wheels", "uv")
WEIGHTS = re.compile(r"initial-weights-\d+\.npz")
ENVIRONMENT = re.compile(r"(python|existing)-[0-9a-f]{16}")


def is_ours(name, config):
    """Whether a name in the home is one of those that fl-wizard makes."""
    return name in FOLDERS or name in (LINK, config) or WEIGHTS.fullmatch(name) or name.endswith(LEFTOVER)


def names_in(folder):
    """The names in a folder; none where there is no folder, or only a link to one."""
    if os.path.islink(folder):
        return []
    try:
        return sorted(os.listdir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return []


def size_below(path):
    """Bytes of the files at and below a path; links count for nothing."""
    total = 0
    try:
        total = os.lstat(path).st_size if os.path.isfile(path) and not os.path.islink(path) else 0
    except OSError:
        pass
    if os.path.isdir(path) and not os.path.islink(path):
        for parent, _, files in os.walk(path):
            total += sum(size_below(os.path.join(parent, name)) for name in files)
    return total


def users_of(environment, home=None):
    """Homes that link to an environment, wherever they are, but for this one: those of whom a mark tells that is still so."""
    target = os.path.realpath(environment)
    marks = marks_of(target)
    links = [os.path.join(marks, name) for name in names_in(marks)]
    living = [os.readlink(each) for each in links if os.path.islink(each) and os.path.realpath(each) == target]
    return sorted(os.path.dirname(link) for link in living if os.path.dirname(link) != home)


def placed(request):
    """What is there of what fl-wizard makes. Changes nothing."""
    home, certificates = request["home"], request["certificates"]
    config = request["name"] + ".json"
    try:
        own = [name for name in names_in(home) if is_ours(name, config)]
        others = [name for name in names_in(home) if name not in own]
        pair = [name for name in names_in(certificates) if name in request["files"] or name.endswith(LEFTOVER)]
        strangers = [name for name in names_in(certificates) if name not in pair]
    except OSError as error:
        raise Trouble(reason(error, error.filename or home), hint_of(error)) from error
    environment = os.path.realpath(os.path.join(home, LINK))
    # A link that somebody has turned elsewhere is no reason to remove what it leads to.
    inside = os.path.dirname(environment) == os.path.realpath(cache_folder())
    linked = bool(inside and ENVIRONMENT.fullmatch(os.path.basename(environment)) and os.path.isdir(environment))
    if not linked:
        # Also where the link has gone with the home: what others use stays, and is told.
        environment = request["environment"]
    users = users_of(environment, home)
    return {
        "home": {"names": own, "others": others, "bytes": sum(size_below(os.path.join(home, name)) for name in own),
                 "exists": os.path.isdir(home) and not os.path.islink(home)},
        "certificates": {"names": pair, "others": strangers,
                         "exists": os.path.isdir(certificates) and not os.path.islink(certificates),
                         # Who may not write beside it can't remove the folder itself.
                         "sudo": not os.access(os.path.dirname(certificates.rstrip("/")), os.W_OK)},
        "environment": {"path": environment, "bytes": size_below(environment), "users": users}
                       if linked or users else None,
    }


def remove_one(path):
    """Remove a file, a link (never what it leads to) or a folder with all that is in it.

    Two that remove the same at once (an environment that they share) take from each other what is next: both go on until
    nothing is left.
    """
    while os.path.lexists(path):
        try:
            if os.path.isdir(path) and not os.path.islink(path):
                shutil.rmtree(path)
            else:
                os.unlink(path)
        except FileNotFoundError:
            pass


def remove_folder(path):
    """Remove a folder that is empty."""
    try:
        os.rmdir(path)
    except OSError:
        return False
    return True


def tidy(home, name):
    """Remove what is left of a module that was removed: what Python compiled of it, and folders that are empty then.

    A package's empty folder would still be found by its name.
    """
    folder, file = os.path.split(os.path.join(home, name))
    stem, kind = os.path.splitext(file)
    cache = os.path.join(folder, "__pycache__")
    for each in names_in(cache) if kind == ".py" else []:
        if each.startswith(stem + ".") and each.endswith(".pyc"):
            remove_one(os.path.join(cache, each))
    remove_folder(cache)
    # The first folder below the home stays: processes work in it.
    while os.path.dirname(os.path.dirname(folder)).startswith(home) and remove_folder(folder):
        folder = os.path.dirname(folder)


def remove_environment(path):
    """Remove a Python environment, unless it is just being made; and the folders of ours that are empty then.

    One that somebody uses stays. Hosts that share it, all of one network, are left by one after the other: the last one
    removes it.
    """
    if os.path.isdir(path) and users_of(path):
        return
    lock, marks = path + ".lock", marks_of(os.path.realpath(path))
    try:
        handle = os.open(lock, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        pass
    else:
        try:
            # Shared: another one that removes it is none that makes it.
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            raise Trouble("%s is being made at this moment" % path, "run it again when that is done") from None
        finally:
            os.close(handle)
    remove_one(path)
    remove_one(marks)
    remove_one(lock)
    cache = os.path.dirname(path)
    # Wheels, and what uv has kept, serve any environment; with the last one they go as well.
    if not [name for name in names_in(cache) if name not in KEPT]:
        for name in KEPT:
            remove_one(os.path.join(cache, name))
        remove_folder(cache)
        if os.path.dirname(cache) == expand("~/.cache"):
            remove_folder(os.path.dirname(cache))


def remove(request):
    """Remove what the request names, in its order; keys first."""
    path = request["certificates"]
    try:
        for name in request["files"]:
            path = os.path.join(request["certificates"], name)
            remove_one(path)
        if request["folder"]:
            path = request["certificates"]
            os.rmdir(path)
        for name in request["names"]:
            path = os.path.join(request["home"], name)
            if name == LINK:
                forget_link(path)
            remove_one(path)
            tidy(request["home"], name)
        remove_folder(request["home"])
        if os.path.basename(os.path.dirname(request["home"])) == "fl-wizard":
            remove_folder(os.path.dirname(request["home"]))
        if request["environment"]:
            path = request["environment"]
            remove_environment(path)
    except OSError as error:
        raise Trouble(reason(error, error.filename or path), hint_of(error)) from error
    return {}
