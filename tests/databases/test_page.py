"""The section that the measurement writes, and nothing else of the page."""

import pytest

from tests.databases.page import Costs, written

PAGE = "# Databases\n\nBefore.\n\n## What it costs\n\nOld.\n\n## After\n\nEnd.\n"
COSTS = [
    Costs("SQLite", 36.04, 0.0, 5.0, 80.0, 2.5, 9.0, 2.0),
    Costs("PostgreSQL", 40.0, 1.25, 6.0, 90.0, 4.5, 12.0, 3.0),
]


def test_its_own_section_is_replaced_and_the_rest_stays() -> None:
    page = written(PAGE, COSTS, "2026-11-23", 2.0, 2, 0.5)
    assert page.startswith("# Databases\n\nBefore.\n\n## What it costs\n\n`make databases`")
    assert page.endswith("\n\n## After\n\nEnd.\n")
    assert "Old." not in page
    assert "| | SQLite | PostgreSQL |\n|---|---:|---:|" in page
    assert "| Bot, processor seconds a simulated hour (720 loops) | 36.0 | 40.0 |" in page
    assert written(page, COSTS, "2026-11-23", 2.0, 2, 0.5) == page


def test_a_page_without_the_section_is_refused() -> None:
    with pytest.raises(ValueError, match="found none"):
        written("# Databases\n", COSTS, "2026-11-23", 2.0, 2, 0.5)
