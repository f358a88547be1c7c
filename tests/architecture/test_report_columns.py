"""The report's page lists the columns of every CSV file, in their order, with their units."""

from plimsoll.reporting.csv_files import COLUMNS
from tests.conftest import ROOT


def test_the_page_has_every_column_of_every_file() -> None:
    page = (ROOT / "docs/report.md").read_text(encoding="utf-8")
    for name, columns in COLUMNS.items():
        rows = "\n".join(f"| `{column}` | {meaning} |" for column, meaning in columns.items())
        table = f"### {name}\n\n| Column | Meaning and unit |\n|---|---|\n{rows}\n"
        assert table in page, f"docs/report.md does not list the columns of {name} as they are"
