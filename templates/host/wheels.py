"""Wheels that were copied here for a host without a package index: kept, and copied only once."""

import os
import shutil
import sys
import tempfile
import time
from contextlib import contextmanager

from base import CHUNK, Trouble, cache_folder, hint_of, is_complete, reason, sha256
from place import LEFTOVER, folder, sync_folder

# They are kept for the next environment as long as this much is free beside them.
KEEP_ABOVE = 5 << 30
# What a copy left that nobody went on with, and a folder that a killed install left.
OLD_SECONDS = 7 * 24 * 3600
INSTALLING = ".install-"


def store():
    """The folder of wheels. They are the same for whoever needs them."""
    return os.path.join(cache_folder(), "wheels")


def part_of(wheel):
    """Where the bytes that came so far of a wheel are. Whoever copies it writes the same bytes to the same places."""
    return os.path.join(store(), ".%s%s" % (wheel["sha256"], LEFTOVER))


def size_of(path):
    """Size of a regular file; 0 where there is none."""
    try:
        return os.lstat(path).st_size if os.path.isfile(path) and not os.path.islink(path) else 0
    except OSError:
        return 0


def is_whole(path, wheel):
    """Whether a file is all of a wheel."""
    try:
        return size_of(path) == wheel["size"] and sha256(path) == wheel["sha256"]
    except OSError:
        return False


def bytes_here(wheel):
    """How many bytes of a wheel are here. One that came whole, and was not put in its place, is put there."""
    final, part = os.path.join(store(), wheel["name"]), part_of(wheel)
    if is_whole(final, wheel):
        return wheel["size"]
    if size_of(part) < wheel["size"]:
        return size_of(part)
    if is_whole(part, wheel):
        os.rename(part, final)
        return wheel["size"]
    os.unlink(part)
    return 0


def wheels_here(request):
    """How many bytes of each wheel are here already; of an environment that is made, none is needed."""
    wheels = request["wheels"]
    if is_complete(request["path"]):
        return {"here": [each["size"] for each in wheels]}
    try:
        folder(store(), 0o700)
        remove_old()
        return {"here": [bytes_here(each) for each in wheels]}
    except OSError as error:
        raise Trouble(reason(error, store()), hint_of(error)) from error


def remove_old():
    """Remove what was begun long ago."""
    for name in os.listdir(store()):
        path = os.path.join(store(), name)
        try:
            if os.lstat(path).st_mtime > time.time() - OLD_SECONDS:
                continue
            if name.startswith(INSTALLING):
                shutil.rmtree(path, ignore_errors=True)
            elif name.endswith(LEFTOVER):
                os.unlink(path)
        except OSError:
            pass


def receive_wheels(request):
    """Take in the rest of wheels, in their order. What came stays where the connection ends, and is gone on with."""
    for each in request["wheels"]:
        part = part_of(each)
        try:
            take(part, each)
            if not is_whole(part, each):
                os.unlink(part)
                raise Trouble("%s arrived damaged" % each["name"], "run it again")
            os.chmod(part, 0o600)
            os.rename(part, os.path.join(store(), each["name"]))
        except FileNotFoundError:
            # Somebody else who copied the same was faster.
            if not is_whole(os.path.join(store(), each["name"]), each):
                raise Trouble("%s was removed while it was copied" % each["name"], "run it again") from None
        except OSError as error:
            # Half a wheel would keep a disk full.
            if os.path.lexists(part):
                os.unlink(part)
            raise Trouble(reason(error, os.path.join(store(), each["name"])), hint_of(error)) from error
    sync_folder(store())
    return {}


def take(part, wheel):
    """Write the bytes that come behind those that are here, as they come."""
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        os.lseek(handle, wheel["offset"], os.SEEK_SET)
        left = wheel["size"] - wheel["offset"]
        while left:
            read = sys.stdin.buffer.read1(min(left, CHUNK))
            if not read:
                raise Trouble("the connection ended in the middle of %s" % wheel["name"],
                              "run it again: it goes on where this one ended")
            left -= len(read)
            while read:
                read = read[os.write(handle, read):]
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def beside(wheels):
    """A folder with just these wheels, as pip wants them; nothing where there are none."""
    if not wheels:
        yield None
        return
    path = tempfile.mkdtemp(prefix=INSTALLING, dir=store())
    try:
        for each in wheels:
            if size_of(os.path.join(store(), each["name"])) != each["size"]:
                raise Trouble("%s is not there any more" % each["name"], "run it again")
            os.symlink(os.path.join(store(), each["name"]), os.path.join(path, each["name"]))
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def forget_wheels(wheels):
    """Remove what was installed, where the disk is small."""
    if wheels and shutil.disk_usage(store()).free < KEEP_ABOVE:
        for each in wheels:
            try:
                os.unlink(os.path.join(store(), each["name"]))
            except OSError:
                pass
