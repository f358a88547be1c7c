"""The page that shows several records side by side."""

from pathlib import Path

import pytest

from plimsoll.reporting.comparison import comparison
from plimsoll.reporting.comparison_page import (
    SAME,
    comparison_html,
    render_comparison,
)
from plimsoll.reporting.trading_record import TradingRecord
from tests.unit.reporting.runs import HOSTILE, active_parts, at, made


def page(*records: TradingRecord) -> str:
    return comparison_html(comparison("Side by side", at(60), records, ["x"] * len(records)))


@pytest.fixture(scope="module")
def two() -> str:
    return page(made("A"), made("B", start=10.0, acts=None))


def test_the_curves_stand_in_one_figure_that_is_described(two: str) -> None:
    figure = two[two.index('id="growth-figure"') : two.index('id="falls-figure"')]
    assert figure.count("<svg") == 2  # for a desk and for a phone
    assert "At the end: A " in figure
    assert "A cross on a curve: its guards halted it there." in figure
    assert "growth-wide-t" in figure


def test_what_differs_is_said_before_any_figure(two: str) -> None:
    assert two.index("Periods differ.") < two.index("<svg")
    assert two.index("Guards differ.") < two.index("<svg")
    assert SAME in page(made("A"), made("B"))


def test_other_periods_get_a_table_of_the_days_they_share(two: str) -> None:
    assert "Figures over the period that all share" in two
    assert "2024-01-11 00:00 to 2024-02-10 00:00 UTC" in two
    assert "Figures over the period that all share" not in page(made("A"), made("B"))


def test_the_guards_stand_beside_one_another(two: str) -> None:
    table = two[two.index('id="guards"') : two.index('id="months"')]
    assert "drawdown, 2024-01-21 00:00" in table
    assert "20.0 of 40.0" in table
    assert "7 of 30" in table
    assert "spread (7)" in table
    assert "not recorded" in table


def test_nothing_of_a_name_or_a_tag_is_run() -> None:
    text = page(made(HOSTILE), made("B"))
    assert active_parts(text) == []
    assert "&lt;script&gt;" in text


def test_the_same_records_give_the_same_bytes(two: str) -> None:
    assert page(made("A"), made("B", start=10.0, acts=None)) == two


def test_thirteen_runs_have_curves_of_their_own() -> None:
    text = page(*(made(f"Run {number}") for number in range(13)))
    assert text.count("Run 12") > 3


def test_the_page_is_written_whole(tmp_path: Path) -> None:
    compared = comparison("Two", at(60), [made("A"), made("B")], ["x", "x"])
    files = render_comparison(compared, tmp_path / "new")
    assert files["html"].read_text(encoding="utf-8").rstrip().endswith("</html>")
