"""A signal that interrupts nothing: it comes in the moment in which the main thread begins to wait for hours."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from network import environment

# A signal that another thread takes does to the main thread what that race does: nothing.
WAITING = """
import os, signal, threading
from fl_wizard_runtime.signals import Ending

Ending(lambda: print("closed", flush=True)).listen()
FIRST

def deliver():
    signal.pthread_kill(threading.get_ident(), signal.SIGNAL)

threading.Timer(0.2, deliver).start()
never = threading.Condition()
with never:
    never.wait_for(lambda: False, 86400)
"""
# As an event loop of the script's does.
TAKEN = "signal.set_wakeup_fd(os.open(os.devnull, os.O_WRONLY | os.O_NONBLOCK)); PROMPT"
PROMPT = "threading.Timer(0.5, lambda: signal.pthread_kill(threading.main_thread().ident, signal.SIGNAL)).start()"


@pytest.mark.any_flower
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
@pytest.mark.parametrize("first", ["", TAKEN], ids=["alone", "with an event loop"])
def test_a_signal_ends_the_process_whatever_it_waits_for(number: signal.Signals, first: str) -> None:
    script = WAITING.replace("FIRST", first).replace("PROMPT", PROMPT).replace("SIGNAL", number.name)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environment(), timeout=20, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (-number, "closed\n", "")
