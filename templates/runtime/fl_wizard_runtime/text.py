"""Words and numbers on their way into a journal, made fit for one line of JSON."""

from __future__ import annotations

import math
import re
import runpy
import time
import traceback
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path

REASON_LIMIT = 300
"""Characters of a reason: enough for a sentence, too few for a client to fill a disk with."""
NAME_LIMIT = 100
"""Characters of a metric's name."""
RAISED = "raised "
"""How a client's message begins where its own code failed, other than one that does not offer what was asked for."""
FRAMES, TRACE_LINES, TRACE_LIMIT = 4, 16, 200
"""Frames, lines and characters of a line that are told of an exception: enough to know where to look."""
FLOWER = "/site-packages/flwr/"
"""In the paths of Flower's own files."""
METRICS_LIMIT = 64
"""Metrics of one client and round: more than a table can show."""
SEQUENCES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]+[0-~]"
)
"""Terminal sequences as the screens take them out (ui/inert.ts; ECMA-48): CSI, strings with their end, character sets.

Of one that lost its first byte alone, the rest would stand in the text as if it were words."""


def clean(value: object, limit: int = REASON_LIMIT) -> str:
    """One line of printable text.

    Args:
        value: Anything; what comes from a client is not to be trusted with length or control characters.
        limit: The most characters.

    Returns:
        The text with white space as single spaces, without terminal sequences and control characters, cut at the limit.
    """
    raw = str(value)[: 4 * limit]  # bounded before it is looked at character by character
    if len(raw) <= limit and raw.isidentifier() and raw.isascii():
        return raw  # as nearly all names of metrics, a hundred a round
    line = " ".join(_printable(raw).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def trace(error: BaseException) -> list[str]:
    """Where an exception came from in somebody's own code, as lines for a screen.

    Args:
        error: The exception, as it was caught.

    Returns:
        The last frames without ours and runpy's, and the exception; white space at the beginning of lines stays. What
        Flower did before it came to somebody's own code is left out as well.
    """
    own = (str(Path(__file__).parent), runpy.__file__, "<frozen ")
    frames = [each for each in traceback.extract_tb(error.__traceback__) if not each.filename.startswith(own)]
    theirs = next((at for at, each in enumerate(frames) if FLOWER not in each.filename), 0)
    frames = [_near(each) for each in frames[theirs:]]
    shown = [*traceback.format_list(frames[-FRAMES:]), *traceback.format_exception_only(error)]
    lines = [line for part in shown for line in part.splitlines() if line.strip()]
    return [_printable(line[: 4 * TRACE_LIMIT])[:TRACE_LIMIT] for line in lines[-TRACE_LINES:]]


def _near(frame: traceback.FrameSummary) -> traceback.FrameSummary:
    """With its file as seen from the app's folder, or where its package lies: narrow screens have no room for more."""
    name = frame.filename.rpartition("/site-packages/")[2]
    with suppress(OSError):  # the folder is gone
        name = name.removeprefix(f"{Path.cwd()}/")
    return traceback.FrameSummary(name, frame.lineno, frame.name, line=frame.line)


def _printable(line: str) -> str:
    return "".join(c if c.isprintable() else " " for c in SEQUENCES.sub("", line))


def finite(value: float | None) -> float | None:
    """The number, or None where JSON has no word for it (NaN and the infinities)."""
    return value if value is not None and math.isfinite(value) else None


def number(value: object) -> float | None:
    """The value as a number, or None where it is none: bool is a flag, not a measure."""
    if isinstance(value, bool) or not hasattr(value, "__float__"):
        return None
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None


def metrics(values: Mapping[object, object] | None) -> dict[str, float | None]:
    """The numeric metrics among the values, with clean and bounded names; what is not finite is None."""
    found: dict[str, float | None] = {}
    for name, value in (values or {}).items():
        measured = number(value)
        if measured is None:
            continue
        if len(found) >= METRICS_LIMIT:
            break
        found[clean(name, NAME_LIMIT)] = finite(measured)
    return found


def stamp(later: float = 0.0) -> str:
    """The time as RFC 3339 in UTC with milliseconds.

    Args:
        later: Seconds from now.
    """
    return stamp_of(time.time() + later)


def stamp_of(seconds: float) -> str:
    """A time, in seconds since 1970, as `stamp` has it."""
    whole, part = divmod(seconds, 1.0)
    return f"{_second(int(whole))}.{int(part * 1000):03d}Z"


@lru_cache(maxsize=16)  # events come by the hundred a second
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
