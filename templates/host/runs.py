"""What the journals of runs and the logs tell."""

import json
import os

from base import expand


def run_facts(folder, names):
    """What the journals below ``runs/`` say of each run."""
    found = []
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
