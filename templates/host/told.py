"""What a run and its processes tell of themselves."""

import os

from base import expand

SYSTEM_UNITS = "/etc/systemd/system"


def user_folder():
    """Where the units of the user's own manager are: its environment is not that of a login."""
    return expand("~/.config/systemd/user")


def find_unit(name):
    """Kind and path of the unit that keeps a process; None where there is none."""
    for kind, folder in (("system", SYSTEM_UNITS), ("user", user_folder())):
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            return {"kind": kind, "name": name, "path": path}
    return None


def read_json(path):
    """A JSON object from a file, or an empty one."""
    try:
        with open(path, encoding="utf-8") as file:
            import json
            value = json.load(file)
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def process_facts(request, home):
    """What keeps a process says of it: systemd, where a unit of ours is there, or our own supervisor.

    The supervisor's own tool is asked, so that a reused pid is never taken for its process.
    """
    name = request["name"]
    unit = find_unit(request["unit"])
    if unit:
        from unit import unit_facts
        return unit_facts(unit, read_json(os.path.join(home, "state", name + ".json")))
    environment = os.path.join(home, "python")
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
    process = process_facts(request, home)
    return {"process": process, "told": told}
