"""Dials the training port from here, with this host's own pair."""

import json
import os
import subprocess

from base import Trouble, expand


def probe(request):
    """Dial the training port with this host's own pair, by the runtime's own tool: the key stays where it is."""
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
