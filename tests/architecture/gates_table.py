"""The tables of docs/gates.md, from the criteria themselves.

``python -m tests.architecture.gates_table --write`` writes them into the page.
"""

import re
import sys

from plimsoll.gates.criteria import criteria_of
from plimsoll.gates.criterion import Criterion, Gate
from plimsoll.gates.kinds import COMMANDS, DAYS, Kind
from tests.conftest import ROOT

PAGE = ROOT / "docs/gates.md"
BEGIN, END = "<!-- written by python -m tests.architecture.gates_table --write -->", "<!-- end -->"
SOURCES = {"plan": "plan", "paper": "literature", "ours": "our choice"}


def tables() -> str:
    """Return a table of criteria for each gate, and one of evidence."""
    parts = []
    for gate in Gate:
        rows = "\n".join(_row(one) for one in criteria_of(gate, has_model=True))
        parts.append(
            f"### {gate.value.capitalize()}\n\n"
            "| Criterion | What is measured | Limit | Rests on | Source |\n"
            f"|---|---|---|---|---|\n{rows}"
        )
    return "\n\n".join([*parts, f"### Evidence\n\n{_evidence()}"])


def page() -> str:
    """Return the page with its tables as the code has them."""
    text = PAGE.read_text(encoding="utf-8")
    pattern = re.compile(f"{re.escape(BEGIN)}.*?{re.escape(END)}", re.DOTALL)
    made, count = pattern.subn(lambda _: f"{BEGIN}\n\n{tables()}\n\n{END}", text)
    assert count == 1, f"expected one place for the tables in {PAGE}"
    return made


def _row(one: Criterion) -> str:
    rests_on = ", ".join(one.rests_on)
    limit = f"{one.sense.value} {one.unit.words(one.limit)}"
    source = f"{SOURCES[one.source]}: {one.why}"
    whose = " (of a model's strategy)" if one.models_only else ""
    return f"| `{one.name}` | {one.says}{whose} | {limit} | {rests_on} | {source} |"


def _evidence() -> str:
    head = "| Evidence | Counts for | The command that makes it anew |\n|---|---|---|\n"
    return head + "\n".join(
        f"| {kind.value} | {DAYS[kind]:,} days | `{COMMANDS[kind].replace('{strategy}', 'NAME')}` |"
        for kind in Kind
    )


if __name__ == "__main__":
    if "--write" in sys.argv[1:]:
        PAGE.write_text(page(), encoding="utf-8")
    else:
        print(tables())
