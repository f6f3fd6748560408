"""What a run has left in its folder: told, weighed and sent. Only names that are ours count, and no links."""

import json
import os
import stat

from base import CHUNK, Trouble, expand, new_sha256, reason, say
from runs import run_facts

JOURNAL = "events.jsonl"
CONFIGURATION = "run.json"
# JSON knows no infinity, and a float beyond this is one for the other side.
LARGEST = 1e308


def is_number(text):
    """Whether a text is decimal digits; isdigit would take those of every script."""
    return text != "" and all(each in "0123456789" for each in text)


def is_ours(name):
    """Whether a file is one that the runtime puts into a run's folder, and that is of use elsewhere."""
    ends = name.startswith("round-") and name.endswith("-weights.npz")
    return name in (JOURNAL, CONFIGURATION) or (ends and is_number(name[len("round-"):-len("-weights.npz")]))


def usable(value):
    """A number that the other side has as well; None for all else."""
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < LARGEST else None


def journal_facts(path):
    """What a journal tells: how many bytes are whole lines (the last may be under way), the digest of the first of them, by
    which one run's journal is known from another's, and the rounds that have ended with what they are judged by."""
    judged, size, first = {}, 0, None
    try:
        with open(path, "rb") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    break
                if first is None:
                    first = new_sha256()
                    first.update(line)
                size += len(line)
                if b'"round-finished"' not in line:
                    continue
                try:
                    event = json.loads(line.decode("utf-8", "replace"))
                except ValueError:
                    continue
                if not isinstance(event, dict) or event.get("type") != "round-finished":
                    continue
                number, metrics, evaluate = event.get("round"), event.get("metrics"), event.get("evaluate")
                if isinstance(number, int) and not isinstance(number, bool):
                    named = metrics.items() if isinstance(metrics, dict) else ()
                    accuracy = next((value for name, value in named if name.lower() in ("acc", "accuracy")), None)
                    evaluated = evaluate.get("ok") if isinstance(evaluate, dict) else None
                    judged[number] = {
                        "loss": usable(event.get("loss")),
                        "accuracy": usable(accuracy),
                        "evaluated": evaluated if type(evaluated) is int and evaluated >= 0 else None,
                    }
    except OSError:
        pass
    ended = [dict(judged[number], round=number) for number in sorted(judged)]
    return {"size": size, "first": first and first.hexdigest(), "ended": ended}


def run_files(request):
    """The runs that are here, and what one of them has left: the newest, where none is named."""
    folder = os.path.join(expand(request["home"]), "runs")
    try:
        runs = sorted(filter(is_number, os.listdir(folder)), key=int)
    except OSError:
        runs = []
    run = request["run"] or (runs[-1] if runs else None)
    if run not in runs:
        return {"runs": runs, "found": None}
    own = os.path.join(folder, run)
    journal = journal_facts(os.path.join(own, JOURNAL))
    files = []
    try:
        for name in sorted(filter(is_ours, os.listdir(own))):
            found = os.lstat(os.path.join(own, name))
            if stat.S_ISREG(found.st_mode):
                files.append({"name": name, "size": journal["size"] if name == JOURNAL else found.st_size})
    except OSError as error:
        raise Trouble(reason(error, own)) from error
    facts = run_facts(folder, [run])[0]
    return {"runs": runs, "found": {
        "run": run, "folder": own, "rounds": facts["rounds"], "finished": facts["finished"], "outcome": facts.get("outcome"),
        "first": journal["first"], "ended": journal["ended"], "files": files,
    }}


def opened(request, each):
    """A file of a run, to be read."""
    if not is_number(request["run"]) or not is_ours(each["name"]):
        raise Trouble("%s is no file of a run" % each["name"])
    path = os.path.join(expand(request["home"]), "runs", request["run"], each["name"])
    try:
        # Without O_NONBLOCK, opening a pipe would wait for its other end.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise Trouble(reason(error, path), "run it again") from error
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise Trouble("%s is no regular file" % path)
    return handle


def run_digests(request):
    """The SHA-256 of each file, and of as many of its first bytes as are there already on the other side."""
    found = []
    for each in request["files"]:
        digest, read, begun = new_sha256(), 0, None
        with os.fdopen(opened(request, each), "rb") as file:
            while read < each["size"]:
                if read == each["begun"]:
                    begun = digest.hexdigest()
                # Up to the mark first: what is there is compared on the way to the whole.
                end = each["begun"] if read < each["begun"] else each["size"]
                chunk = file.read(min(end - read, CHUNK))
                if not chunk:
                    raise Trouble("%s became shorter while it was read" % each["name"], "run it again")
                digest.update(chunk)
                read += len(chunk)
        whole = digest.hexdigest()
        found.append({"sha256": whole, "begun": whole if begun is None else begun})
    return {"files": found}


def send_files(request):
    """Say that all can be read; then bytes only, one file behind the other, each from where the other side wants it."""
    handles = [opened(request, each) for each in request["files"]]
    say(result={})
    for handle, each in zip(handles, request["files"]):
        os.lseek(handle, each["offset"], os.SEEK_SET)
        left = each["size"] - each["offset"]
        while left:
            chunk = memoryview(os.read(handle, min(left, CHUNK)))
            if not chunk:
                # It became shorter. The other side knows how much was to come.
                os._exit(3)
            left -= len(chunk)
            while chunk:
                chunk = chunk[os.write(1, chunk):]
    os._exit(0)
