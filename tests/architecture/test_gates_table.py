"""docs/gates.md lists the criteria that the gates ask for, with their limits."""

from plimsoll.gates.criteria import CRITERIA
from tests.architecture.gates_table import PAGE, page, tables


def test_the_tables_of_the_page_are_current() -> None:
    command = "python -m tests.architecture.gates_table --write"
    assert PAGE.read_text(encoding="utf-8") == page(), f"write them anew: {command}"


def test_every_criterion_has_a_row() -> None:
    text = tables()
    for one in CRITERIA:
        assert f"| `{one.name}` |" in text
