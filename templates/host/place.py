"""Files, folders and modes: put in their place whole or not at all."""

import os
import sys

from base import CHUNK, Trouble, hint_of, new_sha256, reason

# How the name of a file ends that is being written; one that a killed upload left is removed by the next.
LEFTOVER = ".fl-wizard-tmp"


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


class replacing:
    """A new file to be written and read under a temporary name; at the end it is synced and renamed into place.

    The mode is right from the first byte; a link at the target is replaced, never followed; nothing is left behind where
    it fails. The new name lasts once the folder is synced, which several files share.
    """

    def __init__(self, to, mode):
        self.to = to
        parent = os.path.dirname(to)
        self.temporary = os.path.join(parent, ".%s.%s%s" % (os.path.basename(to), os.urandom(6).hex(), LEFTOVER))
        handle = os.open(self.temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
        os.fchmod(handle, mode)
        self.file = os.fdopen(handle, "wb+")

    def __enter__(self):
        return self.file

    def __exit__(self, kind, error, _):
        try:
            with self.file:
                if kind is None:
                    self.file.flush()
                    os.fsync(self.file.fileno())
            if kind is None:
                os.rename(self.temporary, self.to)
                self.temporary = None
        finally:
            if self.temporary:
                try:
                    os.unlink(self.temporary)
                except OSError:
                    pass


def put_link(target, link):
    """Make a link, or turn one to its target."""
    if not (os.path.islink(link) and os.readlink(link) == target):
        temporary = "%s.%d.tmp" % (link, os.getpid())
        os.symlink(target, temporary)
        os.rename(temporary, link)


def marks_of(environment):
    """The folder beside an environment that tells who links to it, wherever that home is.

    Each mark is a link to such a link: one that leads to the environment no more is nobody's.
    """
    return environment + ".users"


def mark_of(environment, link):
    """Where the mark of one link is."""
    digest = new_sha256()
    digest.update(os.fsencode(link))
    return os.path.join(marks_of(environment), digest.hexdigest()[:16])


def forget_link(link):
    """Remove the mark of a link that is to be removed, or turned to another environment."""
    try:
        mark = mark_of(os.path.realpath(link), link)
        os.unlink(mark)
        os.rmdir(os.path.dirname(mark))
    except OSError:
        pass  # there is none, or others have theirs there


def link_to(target, link):
    """Link an environment into the network's home, and let it be known beside the environment who uses it."""
    folder(os.path.dirname(link), 0o700)
    if os.path.realpath(link) != os.path.realpath(target):
        forget_link(link)
    put_link(target, link)
    # By its real name, which is the one that is looked for.
    mark = mark_of(os.path.realpath(target), link)
    folder(os.path.dirname(mark), 0o700)
    put_link(link, mark)


def sync_folder(path):
    """Make the names in a folder last."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def place(to, mode, size, digest):
    """Write one file from standard input; a folder that is a link is refused."""
    parent = os.path.dirname(to)
    folder(parent, 0o700)
    if os.path.isdir(to) and not os.path.islink(to):
        raise Trouble("%s is a folder" % to)
    with replacing(to, mode) as file:
        seen = new_sha256()
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
    parents = sorted({os.path.dirname(each["to"]) for each in request["files"]})
    for parent in parents:
        remove_leftovers(parent)
    for each in request["files"]:
        try:
            place(each["to"], each["mode"], each["size"], each["sha256"])
        except OSError as error:
            raise Trouble(reason(error, each["to"]), hint_of(error)) from error
    for parent in parents:
        sync_folder(parent)
    return {}


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


def set_mode(path, mode):
    """Set the mode of a file or a folder; a link is refused."""
    try:
        # Without O_NONBLOCK, opening a pipe would wait for its other end.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except PermissionError:
        # Ours, but not readable: the mode is just what is wrong.
        if os.path.islink(path):
            raise
        os.chmod(path, mode)
        return
    try:
        os.fchmod(handle, mode)
    finally:
        os.close(handle)


def set_modes(request):
    """Set the modes of files and folders. One that can't be set keeps no other from being closed; then it is told."""
    failed = []
    for each in request["entries"]:
        try:
            set_mode(each["path"], each["mode"])
        except OSError as error:
            failed.append((error, each["path"]))
    if failed:
        error, path = failed[0]
        raise Trouble("; ".join(reason(*each) for each in failed), hint_of(error)) from error
    return {}


def read_texts(request):
    """The texts of files: left out what is not there, no regular file, too long, or no text."""
    found = {}
    for path in request["paths"]:
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with os.fdopen(handle, "rb") as file:
                content = file.read(request["longest"] + 1)
        except OSError:
            continue
        if len(content) <= request["longest"] and b"\0" not in content:
            try:
                found[path] = content.decode("utf-8")
            except UnicodeDecodeError:
                pass
    return {"texts": found}
