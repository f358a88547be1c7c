"""The page of repriced results says what remains, row by row, and how it was made."""

from pathlib import Path

import pytest

from plimsoll.cli.repriced_page import page, tables, verdict
from plimsoll.execution.settings import ExecutionSettings
from plimsoll.lab.reprice import reprice_result, scaled
from plimsoll.lab.repriced_studies import SIZES, RepricedFindings, RepricedRow
from plimsoll.lab.results import known_closes, load_candles, read_backtest
from plimsoll.lab.study import Study
from plimsoll.performance.equity import equity_curve
from plimsoll.performance.measures import performance
from tests.unit.execution.stored import store
from tests.unit.performance.frames import BTC

STUDY = Study("one", "1h", (BTC,), "20240103-20240109", ("Mine",))


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> RepricedFindings:
    folder = tmp_path_factory.mktemp("user_data")
    result, data = read_backtest(store(folder)), folder / "data" / "binance"
    settings = ExecutionSettings(impact_coefficient=10)
    sizes = {size: reprice_result(scaled(result, size), data, settings) for size in SIZES}
    candles = load_candles(data, [BTC], "1h", start=result.start, end=result.end)
    closes = known_closes(candles, "1h")
    before, after = (
        performance(equity_curve(trades, closes, 1000.0), trades)
        for trades in (result.trades, sizes[1].bill.repriced)
    )
    row = RepricedRow(STUDY, "Mine", "off", sizes, before, after)
    return RepricedFindings((row,), "abc", "2026.9")


def test_every_row_adds_up_as_it_is_written(findings: RepricedFindings) -> None:
    lines = tables(findings.rows).splitlines()
    titles, row = ([cell.strip() for cell in line.split("|")[1:-1]] for line in lines
                   if "stated costs" in line or ("`Mine`" in line and line.count("|") > 6
                                                 and "%" not in line))  # fmt: skip
    sums = dict(zip(titles[2:], (float(cell.replace("−", "-")) for cell in row[2:]), strict=True))
    parts = sum(value for name, value in sums.items() if name not in ("profit", "at the market"))
    assert sums["profit"] + parts == pytest.approx(sums["at the market"], abs=3)


def test_the_verdict_counts_who_still_earns(findings: RepricedFindings) -> None:
    text = verdict(findings.rows)
    assert "Of 1 accounts that earned in the backtest, 1 still earn" in text
    assert "With 100 times the money" in text


def test_the_page_names_coefficients_fingerprint_and_picture(findings: RepricedFindings) -> None:
    text = page(findings, ExecutionSettings(), Path("images/one.png").as_posix())
    for words in ("images/one.png", "`abc`", "7 bps", "1 × daily volatility", "10% of a candle"):
        assert words in text
