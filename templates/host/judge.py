"""Becomes the runtime's own tool that tells whom this host's gRPC takes for the server."""

import os

from base import Trouble, expand, say


def judge(request):
    """Say that it begins, and be replaced: what follows on both streams is the tool's own."""
    home, certificates = expand(request["home"]), expand(request["certificates"])
    python = os.path.join(home, "python", "bin", "python")
    if not os.path.exists(python):
        raise Trouble("the Python environment is not there", "fl-wizard deploy")
    words = [python, "-m", "fl_wizard_runtime", "judge", "--certificates", certificates, "--name", request["name"],
             "--host", request["host"], "--port", str(request["port"]), "--target-name", request["targetName"],
             "--other-name", request["otherName"], "--offers", str(request["offers"]),
             "--seconds", str(request["seconds"])]
    # Nothing was sent behind the request yet: the other side waits for this answer first.
    say(result={"begins": True})
    os.chdir("/")
    os.execve(python, words, dict(os.environ, PYTHONPATH=os.path.join(home, "runtime")))
