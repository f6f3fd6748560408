"""What the journals of runs and the logs tell."""

import json
import os
import select
import sys
import time

from base import CHUNK, expand, say

# Log files that the runtime has set aside (logs.py).
OLDER = 3
# Of a journal, in one answer: whoever asks takes no longer one than 16 MB, and a run of days has more.
PAGE = 4 * 1024 * 1024
# Of a journal, at once, from its end.
BLOCK = 64 * 1024
# Only lines with one of these words are taken apart: a type stands in its line as it is.
BEGIN = b'"run-started"'
DECISIVE = (BEGIN, b'"round-finished"', b'"server-started"', b'"run-finished"')
# So many rounds behind an end of a run: it has gone on.
GOES_ON = 2
# How often a log is looked at that somebody follows.
FOLLOW_MILLISECONDS = 300


def whole(value):
    """A whole number, or 0 for what is none: a journal may be damaged, or somebody else's."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def run_facts(folder, names):
    """What the journals below ``runs/`` say of each run."""
    found = []
    for name in sorted(names, key=int):
        facts = {"run": name, "rounds": 0, "done": 0, "finished": False, "last": 0}
        try:
            with open(os.path.join(folder, name, "events.jsonl"), "rb") as file:
                tell(facts, file)
        except OSError:
            pass
        found.append(facts)
    return found


def tell(facts, file):
    """Fill in what a journal says of its run."""
    # From its end: a run of days has a million events, and what is asked stands in its last rounds, but when it began.
    ended = 0
    for line in lines_from_end(file):
        wanted = not facts["last"] or "until" not in facts or any(word in line for word in DECISIVE)
        event = event_in(line) if wanted else None
        if event is None:
            continue
        facts["last"] = facts["last"] or whole(event.get("sequence"))
        if event.get("time"):
            facts.setdefault("until", event["time"])
        kind = event.get("type")
        if kind in ("run-started", "round-finished"):
            facts["rounds"] = facts["rounds"] or whole(event.get("rounds"))
        if kind == "round-finished":
            facts["done"] = max(facts["done"], whole(event.get("round")))
            ended += 1
        # A server that starts again goes on with the run: its end was not the last word. Nor was one that is followed by
        # rounds, but for a round that ended in the same moment.
        if kind == "run-finished" and ended < GOES_ON:
            facts["finished"], facts["outcome"], facts["detail"] = True, event.get("outcome"), event.get("detail")
        if kind in ("run-finished", "server-started"):
            ended = GOES_ON + ended
        if ended >= GOES_ON and facts["done"] and facts["rounds"]:
            break
    file.seek(0)
    for line in file:
        event = event_in(line) if BEGIN in line else None
        if event is not None and event.get("type") == "run-started":
            facts["started"] = event.get("time")
            break


def event_in(line):
    """The event that a line holds; None for what is none, or is under way."""
    try:
        event = json.loads(line.decode("utf-8", "replace"))
    except ValueError:
        return None
    return event if isinstance(event, dict) else None


def lines_from_end(file):
    """The lines of a file from its last one to its first; no more of it is read than is asked for."""
    at, parts = file.seek(0, os.SEEK_END), []
    while at > 0:
        size = min(BLOCK, at)
        at -= size
        file.seek(at)
        lines = file.read(size).split(b"\n")
        if len(lines) > 1:
            yield b"".join([lines.pop()] + parts[::-1])
            for line in lines[:0:-1]:
                yield line
            parts = []
        parts.append(lines[0])
    yield b"".join(reversed(parts))


def journal(request):
    """The events of a run after a sequence number, for when its server is gone; ``more`` where there are others behind them."""
    path = os.path.join(expand(request["home"]), "runs", request["run"], "events.jsonl")
    events, size = [], 0
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            for line in file:
                try:
                    event = json.loads(line)
                except ValueError:
                    continue
                if isinstance(event, dict) and isinstance(event.get("sequence"), int) and event["sequence"] > request["after"]:
                    events.append(event)
                    size += len(line)
                if size > PAGE:
                    return {"events": events, "more": True}
    except OSError:
        pass
    return {"events": events, "more": False}


def log(request):
    """Answer, and then write the last bytes of a log as they are, from the beginning of a line; with ``follow`` go on.

    With ``most`` no more than so many bytes are written at once: who only looks on wants the last ones, and not all.
    """
    path = os.path.join(expand(request["home"]), "logs", request["name"] + ".log")
    most = request["most"]
    say(result={})
    gone = select.poll()
    gone.register(sys.stdout.fileno(), 0)
    if request["since"]:
        since = request["since"]["at"] if "at" in request["since"] else time.time() - request["since"]["ago"]
        older = ["%s.%d" % (path, number) for number in range(OLDER, 0, -1)]
        ends = [pour(each, begin(each, since), 0, most) for each in older + [path] if os.path.exists(each)]
        at = ends[-1] if ends else 0
    else:
        at = pour(path, None, request["bytes"], most)
    # Nobody reads any more: that is the end of the connection.
    while request["follow"] and not gone.poll(FOLLOW_MILLISECONDS):
        at = pour(path, at, request["bytes"], most)
    os._exit(0)


def begin(path, since):
    """The place in a log file behind which all was written since a time: to the second, as the runtime notes it."""
    place = 0
    try:
        if os.stat(path).st_mtime < since:
            return os.path.getsize(path)
        with open(path + ".times", encoding="ascii", errors="replace") as file:
            for line in file:
                when, _, size = line.partition(" ")
                if when.isdigit() and size.strip().isdigit() and int(when) < since:
                    place = int(size)
        with open(path, "rb") as file:
            # It may have been noted in the middle of a line, which was not over then.
            file.seek(max(0, place - 1))
            return file.tell() + len(file.readline()) if place else 0
    except OSError:
        return place


def pour(path, at, last, most):
    """Write what a file holds behind a place, or its last bytes. Returns the place up to which it was written."""
    try:
        with open(path, "rb") as file:
            size = file.seek(0, os.SEEK_END)
            if at is None:
                at = line_from(file, size - last)
            # It was set aside and begins anew.
            elif size < at:
                at = 0
            if most and size - at > most:
                at = passed_over(file, at, size - most)
            file.seek(at)
            for chunk in iter(lambda: file.read(min(CHUNK, max(0, size - at)) if most else CHUNK), b""):
                at += len(chunk)
                write(chunk)
    except OSError:
        return at or 0
    return at


def line_from(file, place):
    """The beginning of the first line from a place on; of one that is longer than any, a place in it."""
    # One byte more tells whether a line begins there.
    at = file.seek(max(0, place - 1))
    return at + len(file.readline(CHUNK)) if at > 0 else 0


def passed_over(file, at, place):
    """Leave out what comes too fast for who looks on, and say so. Returns the beginning of the next line that is not."""
    to = line_from(file, place)
    file.seek(max(0, at - 1))
    within = at > 0 and file.read(1) != b"\n"
    write(("%s[%d bytes are left out here]\n" % ("\n" if within else "", to - at)).encode("ascii"))
    return to


def write(data):
    """Write all of it, as it is."""
    while data:
        data = data[os.write(sys.stdout.fileno(), data):]
