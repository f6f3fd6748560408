"""How a process of the runtime ends when it can't go on."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum


class Exit(IntEnum):
    """Exit codes that the supervisor, systemd units and the wizard rely on."""

    ENDED = 0
    """The run ended: the server lingered to its end, or the client was told to leave."""
    BUG = 70
    """A fault of the runtime or of the machine; starting again may help."""
    REFUSED = 77
    """The server refused this client's certificate; starting again does not help."""
    UNPROTECTED = 78
    """Mutual TLS is not in use, or certificates, policy or configuration can't be used."""
    SCRIPT = 79
    """The user's script failed."""


PERMANENT = frozenset({Exit.ENDED, Exit.REFUSED, Exit.UNPROTECTED, Exit.SCRIPT})
"""Exit codes after which the supervisor does not start the process again."""


class Fault(Exception):
    """An explained end: one sentence, and the exit code that goes with it."""

    def __init__(self, code: Exit, sentence: str, trace: Sequence[str] = ()) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.trace = list(trace)
        """Where in the user's code it happened, as lines."""


def unprotected(sentence: str) -> Fault:
    """A fault for whatever would leave the training without mutual TLS."""
    return Fault(Exit.UNPROTECTED, sentence)
