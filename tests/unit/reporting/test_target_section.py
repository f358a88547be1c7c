"""What of a portfolio's targets its account could hold, in a report."""

from dataclasses import replace

from plimsoll.performance.shortfall import Cause, Shortfall
from plimsoll.reporting.sections import Text
from plimsoll.reporting.tables import Table
from plimsoll.reporting.target_section import TITLE, target_section

HELD = Shortfall(
    days=365,
    days_short=12,
    pair_days=3_400,
    pair_days_short=31,
    asked=0.60,
    held=0.588,
    causes=(
        Cause(cause="max_portfolio_heat_fraction", pair_days=30, gross=0.009),
        Cause(cause="exchange_minimum", pair_days=2, gross=0.003),
    ),
)


def test_each_limit_has_a_row_with_what_it_left_out() -> None:
    section = target_section(HELD, "targets")
    said, table = section.blocks
    assert section.title == TITLE
    assert isinstance(said, Text)
    assert said.lines[0] == (
        "Its targets were 60.00 % of equity on average, and 58.80 % could be held: something was "
        "left out on 12 of 365 days, in 31 of 3,400 pair-days. Where a limit binds, all targets "
        "shrink alike."
    )
    assert isinstance(table, Table)
    assert [[cell.text for cell in row] for row in table.rows] == [
        ["max_portfolio_heat_fraction", "30", "0.90 %", "1.50 %"],
        ["exchange_minimum", "2", "0.30 %", "0.50 %"],
    ]


def test_a_book_that_was_held_in_full_says_so() -> None:
    [said] = target_section(replace(HELD, causes=(), held=0.60), "targets").blocks
    assert isinstance(said, Text)
    assert said.lines[0].endswith("could be held: nothing was left out.")
