"""Words on their way into a journal: what acts on a terminal is not in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fl_wizard_runtime import text

CASES = json.loads((Path(__file__).parents[1] / "helpers" / "sequences.json").read_text("utf-8"))
"""The same as for what shows them."""


@pytest.mark.parametrize(("raw", "shown"), CASES)
def test_terminal_sequences_are_taken_out_whole(raw: str, shown: str) -> None:
    assert text.clean(raw) == shown
    assert text.metrics({raw: 1.0}) == {shown: 1.0}


def test_what_follows_a_sequence_without_an_end_stays() -> None:
    assert text.clean("\x1b]0;never ends, and goes on") == "]0;never ends, and goes on"


def test_it_is_bounded_before_it_is_looked_at() -> None:
    assert len(text.clean("\x1b[31m" * 2_000_000)) < 10
    assert text.clean("\x1b[31m" * 10 + "x" * 400, 40) == "x" * 39 + "…"


def test_a_trace_has_none_either() -> None:
    try:
        raise ValueError("out of \x1b[31mGPU memory")
    except ValueError as error:
        assert text.trace(error)[-1] == "ValueError: out of GPU memory"
