"""Messages joined into as few as a messenger takes, and split where one is too long."""

import unicodedata
from collections.abc import Iterable, Sequence

LONGEST_UNITS = 4096
"""UTF-16 units of one Telegram message."""
BETWEEN = "\n\n"


def units(text: str) -> int:
    """Return the length in UTF-16 units, a messenger's measure: an emoji counts two."""
    return len(text) + sum(character > "\uffff" for character in text)


def deliverable(text: str) -> str:
    """Return a text that every encoder takes: no half characters, no controls but line breaks."""
    return "".join(
        character
        if character == "\n" or unicodedata.category(character) not in ("Cc", "Cs")
        else " "
        for character in text
    )


def bare(text: str) -> str:
    """Return a text in which nothing is left that anybody could take for markup."""
    plain = "".join(c if c.isalnum() or c in " \n.,:%/−" else " " for c in text)
    return "\n".join(" ".join(line.split()) for line in plain.splitlines()).strip()


def fitting(texts: Sequence[str], longest: int = LONGEST_UNITS) -> int:
    """Return how many of the first texts fit into one message; at least one."""
    room, count = longest, 0
    for text in texts:
        room -= units(text) + (len(BETWEEN) if count else 0)
        if count and room < 0:
            break
        count += 1
    return count


def parts(text: str, longest: int = LONGEST_UNITS) -> list[str]:
    """Split a text into parts no longer than a message: at line breaks, else at words or anywhere.

    Nothing is lost but the white space at the cuts.
    """
    made: list[str] = []
    rest = text.strip()
    while units(rest) > longest:
        cut = _cut(rest, longest)
        made.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [*made, rest] if rest else made


def joined(texts: Iterable[str]) -> str:
    """Join texts into one, a blank line between."""
    return BETWEEN.join(texts)


def _cut(text: str, longest: int) -> int:
    """Return where the first part ends."""
    room, end = longest, 0
    for character in text:
        room -= 2 if character > "\uffff" else 1
        if room < 0:
            break
        end += 1
    for mark in ("\n", " "):
        at = text.rfind(mark, end // 2, end + 1)
        if at > 0:
            return at
    return end
