"""The causes in ``docs/parity.md``, written from `plimsoll.parity.causes`.

``python -m tests.parity.causes_page --write``
"""

import sys
from textwrap import fill

from plimsoll.parity import CAUSES
from tests.conftest import ROOT

PAGE = ROOT / "docs" / "parity.md"
BEGIN = "<!-- written by python -m tests.parity.causes_page --write -->"
END = "<!-- end of what is written -->"


def causes_text() -> str:
    """Return a section a cause: what it is, how it is recognised, what to do."""
    sections = []
    for cause, one in CAUSES.items():
        parts = [one.what, f"*Recognised by:* {one.evidence}", f"*What to do:* {one.remedy}"]
        body = "\n\n".join(fill(part, 100, break_on_hyphens=False) for part in parts)
        sections.append(f"### {one.title}\n\n`{cause.value}`\n\n{body}\n")
    return "\n".join(sections)


def page_text() -> str:
    """Return the page with its causes as they are now."""
    text = PAGE.read_text(encoding="utf-8")
    head, rest = text.split(BEGIN)
    return f"{head}{BEGIN}\n\n{causes_text()}\n{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    if "--write" in sys.argv:
        PAGE.write_text(page_text(), encoding="utf-8")
    else:
        print(causes_text())
