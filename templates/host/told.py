"""What a run and its processes tell of themselves."""

import os

from base import expand


def read_json(path):
    """A JSON object from a file, or an empty one."""
    try:
        with open(path, encoding="utf-8") as file:
            import json
            value = json.load(file)
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


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


def state(request):
    """What the process and its supervisor say of themselves: a light look for waiting."""
    home = expand(request["home"])
    told = read_json(os.path.join(home, "state", request["name"] + ".json"))
    process = process_facts(os.path.join(home, "python"), home, request["name"])
    return {"process": process, "told": told}
