"""Members of a JSON object, read with care."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from .faults import unprotected

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")


class Reader:
    """Reads members of a JSON object; what is wrong is named by its path."""

    def __init__(self, value: object, path: str) -> None:
        if not isinstance(value, dict):
            raise unprotected(f"the configuration's {path or 'content'} is no object")
        self.value: dict[str, Any] = value
        self.path = path

    def _wrong(self, key: str, wanted: str) -> Exception:
        return unprotected(f"the configuration's {self.path}{key} is not {wanted}")

    def part(self, key: str) -> Reader:
        """An object within."""
        return Reader(self.value.get(key), f"{self.path}{key}.")

    def text(self, key: str) -> str:
        """A text that is not empty."""
        value = self.value.get(key)
        if not isinstance(value, str) or not value or "\0" in value:
            raise self._wrong(key, "a text")
        return value

    def maybe_text(self, key: str) -> str | None:
        """The same, or None where there is none."""
        return None if self.value.get(key) is None else self.text(key)

    def name(self, key: str) -> str:
        """A name, which becomes a part of paths."""
        value = self.text(key)
        if not NAME.fullmatch(value):
            raise self._wrong(key, "a name of letters, digits, dots, dashes and underscores")
        return value

    def absolute(self, key: str) -> Path:
        """An absolute path."""
        path = Path(self.text(key))
        if not path.is_absolute():
            raise self._wrong(key, "an absolute path")
        return path

    def maybe_absolute(self, key: str) -> Path | None:
        """The same, or None where there is none."""
        return None if self.value.get(key) is None else self.absolute(key)

    def number(self, key: str, least: float = 0.0) -> float:
        """A number."""
        value = self.value.get(key)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value < 1e9:
            raise self._wrong(key, f"a number of at least {least:g}")
        return value

    def maybe_number(self, key: str, least: float = 0.0) -> float | None:
        """The same, or None where there is none."""
        return None if self.value.get(key) is None else self.number(key, least)

    def whole(self, key: str, least: int = 1) -> int:
        """A whole number."""
        value = self.number(key, least)
        if value != int(value):
            raise self._wrong(key, "a whole number")
        return int(value)

    def maybe_whole(self, key: str, least: int = 1) -> int | None:
        """The same, or None where there is none."""
        return None if self.value.get(key) is None else self.whole(key, least)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts; empty where there is none."""
        value = self.value.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self._wrong(key, "a list of texts")
        return tuple(value)

    def scalars(self, key: str) -> dict[str, str | float | bool]:
        """Texts, numbers and truths by their names; empty where there are none."""
        value = self.value.get(key) or {}
        if not isinstance(value, dict) or not all(isinstance(item, (str, int, float)) for item in value.values()):
            raise self._wrong(key, "an object of texts and numbers")
        return dict(value)

    def words(self, key: str) -> dict[str, str]:
        """Texts by their names; empty where there are none."""
        value = self.value.get(key) or {}
        if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
            raise self._wrong(key, "an object of texts")
        return dict(value)
