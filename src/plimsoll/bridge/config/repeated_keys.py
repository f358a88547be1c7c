"""Keys that one JSON object has twice: a reader keeps the last and says nothing."""

import json
import re
from dataclasses import dataclass, field

_TOKEN = re.compile(
    r'(?P<text>"(?:\\.|[^"\\])*")|(?P<comment>//[^\n]*|/\*.*?\*/)|(?P<sign>[{}\[\],])', re.DOTALL
)


@dataclass(frozen=True, slots=True)
class RepeatedKey:
    """A key that an object has twice: its dotted place, and the lines of both, from 1."""

    name: str
    first_line: int
    second_line: int


@dataclass(slots=True)
class _Open:
    """An object or array that is being read, and the lines of an object's keys so far."""

    path: str
    is_object: bool
    awaits_key: bool
    key: str = ""
    lines: dict[str, int] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """The dotted place of the value that is being read."""
        return f"{self.path}.{self.key}".lstrip(".") if self.is_object else self.path


def repeated_keys(text: str) -> list[RepeatedKey]:
    """Return every key that an object of a JSON text has twice, in the order of the text.

    The text may have comments and trailing commas, as Freqtrade's configs may. One that is not
    JSON gives no answer of use: read it with a parser first.
    """
    repeated, stack = [], list[_Open]()
    for match in _TOKEN.finditer(text):
        mark, inside = match.group(), stack[-1] if stack else None
        if match.lastgroup == "text" and inside is not None and inside.awaits_key:
            inside.key, inside.awaits_key = json.loads(mark, strict=False), False
            line = text.count("\n", 0, match.start()) + 1
            if inside.key in inside.lines:
                repeated.append(RepeatedKey(inside.place, inside.lines[inside.key], line))
            inside.lines[inside.key] = line
        elif mark in ("{", "["):
            path = "" if inside is None else inside.place
            stack.append(_Open(path, is_object=mark == "{", awaits_key=mark == "{"))
        elif mark in ("}", "]") and stack:
            stack.pop()
        elif mark == "," and inside is not None:
            inside.awaits_key = inside.is_object
    return repeated
