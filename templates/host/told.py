"""What a run and its processes tell of themselves."""

import os

from base import Trouble, expand


def read_json(path):
    """A JSON object from a file, or an empty one."""
    try:
        with open(path, encoding="utf-8") as file:
            import json
            value = json.load(file)
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def run_facts(folder):
    """What the journals below ``runs/`` say of each run."""
    found = []
    names = [name for name in os.listdir(folder) if name.isdigit()] if os.path.isdir(folder) else []
    if names:
        import json
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
    import json
    import subprocess
    try:
        done = subprocess.run([python, "-m", "fl_wizard_runtime", "status", "--config", config],
                              env=dict(os.environ, PYTHONPATH=os.path.join(home, "runtime")), timeout=20, cwd="/",
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
        return json.loads(done.stdout.decode("utf-8").strip().splitlines()[-1])
    except (OSError, ValueError, IndexError, subprocess.SubprocessError):
        return {"state": "none"}


def probe(request):
    """Dial the training port with this host's own pair, by the runtime's own tool: the key stays where it is."""
    import json
    import subprocess
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
    import json
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
