"""The page of a repriced backtest."""

from pathlib import Path

from plimsoll.execution.bill import Bill, reprice
from plimsoll.execution.settings import ExecutionSettings
from plimsoll.reporting.reprice_page import (
    NOT_SIMULATED,
    StrategyBill,
    page_html,
    pair_table,
    waterfall,
    write_page,
)
from plimsoll.risk.costs import TradingCosts
from tests.unit.execution.markets import HOUR, START, tape
from tests.unit.performance.frames import BTC, ETH, trade, trades_frame


def bill() -> Bill:
    rows = [
        trade(START + 50 * HOUR, START + 60 * HOUR, 100.0, 101.0, fee=0.0007, pair=pair)
        for pair in (BTC, ETH)
    ]
    tapes = {BTC: tape(), ETH: tape()}
    return reprice(trades_frame(*rows), tapes, TradingCosts(), ExecutionSettings(), included_bps=3)


def test_a_waterfall_leaves_nothing_out() -> None:
    made = bill()
    fall = waterfall("Mine", made)
    assert fall.first[1] + sum(amount for _, amount in fall.steps) - fall.last[1] < 1e-9
    assert "not filled" not in dict(fall.steps)


def test_the_table_has_a_row_a_pair_and_one_for_all() -> None:
    rows = [[cell.text for cell in row] for row in pair_table(bill()).rows]
    assert [row[0] for row in rows] == [BTC, ETH, "all"]
    assert rows[-1][1] == "2"


def test_the_page_escapes_names_and_says_what_was_not_simulated(tmp_path: Path) -> None:
    made = StrategyBill("<Mine>", bill(), [("Fee", "4 bps & more")])
    text = page_html("What remains of <Mine>", [made])
    assert "<Mine>" not in text
    assert "4 bps &amp; more" in text
    assert all(line.replace("'", "&#39;") in text for line in NOT_SIMULATED)
    write_page(tmp_path / "deep" / "page.html", "t", [made])
    assert (tmp_path / "deep" / "page.html").is_file()
