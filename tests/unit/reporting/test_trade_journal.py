"""The trade journal: which trades, their fills, and why."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from plimsoll.performance.fills import no_trades
from plimsoll.reporting.canvas import Panel
from plimsoll.reporting.report import MarketKind, Report, render_report
from plimsoll.reporting.sections import Section, Text
from plimsoll.reporting.trade_journal import Choice, Reasons, chosen, journal_section
from plimsoll.reporting.trading_record import TradingRecord, record_trades
from tests.unit.performance.frames import BTC, trade, trades_frame
from tests.unit.reporting.runs import HOSTILE, active_parts, at, made


@pytest.fixture
def record() -> TradingRecord:
    return made()


def panels(section: Section) -> list[Panel]:
    return [block for block in section.blocks if isinstance(block, Panel)]


def test_the_last_are_newest_first_and_the_worst_are_closed_ones(record: TradingRecord) -> None:
    def opened(choice: Choice, count: int) -> list[pd.Timestamp]:
        return list(chosen(record.trades, choice, count)["open_date"])

    assert opened(Choice.LAST, 2) == [at(10), at(4)]
    assert opened(Choice.WORST, 5) == [at(4), at(1)]
    assert opened(Choice.BEST, 1) == [at(1)]


def test_a_trade_tells_entry_exit_profit_and_why(record: TradingRecord) -> None:
    reasons = {
        (BTC, at(1)): Reasons("long signal x", "allowed", "guard drawdown: fell", {"rsi": 30.5})
    }
    section = journal_section(record, {}, choice=Choice.BEST, count=1, reasons=reasons)
    [panel] = panels(section)
    assert panel.title == f"{BTC} long, 2024-01-02 00:00: 20.00 USDT"
    assert panel.summary == (
        "Long at 100; why: long signal x. Features: rsi 30.5. Guards: allowed. Closed after "
        "2.0 d at 110, 20.00 USDT (10.00 % of its value); why: guard drawdown: fell."
    )
    assert [row[1] for row in panel.rows] == ["buy", "sell"]
    assert "No candles on disk" in panel.caption


def test_without_a_log_tag_and_reason_say_why(record: TradingRecord) -> None:
    trades = record.trades.assign(exit_reason=["plimsoll_drawdown", "roi", ""], enter_tag="dip")
    section = journal_section(replace(record, trades=trades), {})
    still_open, short, long = panels(section)
    assert "why: tag dip" in long.summary
    assert long.summary.endswith("why: the guard drawdown closed it.")
    assert short.summary.endswith("why: roi.")
    assert still_open.title.endswith("still open")
    assert "Open for" in still_open.summary


def test_candles_of_the_pair_are_drawn(record: TradingRecord) -> None:
    dates = pd.date_range(at(0), periods=24 * 20, freq="h")
    candles = pd.DataFrame({"date": dates, "low": 99.0, "high": 111.0, "close": 105.0})
    with_candles = panels(journal_section(record, {BTC: candles}))
    assert "No candles" not in with_candles[2].caption
    assert "No candles" in with_candles[1].caption


def test_additions_and_partial_exits_are_fills_of_their_own(record: TradingRecord) -> None:
    def order(days: float, price: float, amount: float, *, is_entry: bool) -> dict[str, object]:
        return {
            "order_filled_timestamp": int(at(days).timestamp() * 1000),
            "ft_is_entry": is_entry,
            "safe_price": price,
            "filled": amount,
            "amount": amount,
        }

    orders = [
        order(1, 100.0, 1.0, is_entry=True),
        order(2, 90.0, 1.0, is_entry=True),
        order(3, 105.0, 0.5, is_entry=False),
        order(4, 106.0, 1.5, is_entry=False),
    ]
    row = trade(at(1), at(4), 95.0, 106.0, amount=2.0, orders=orders)
    several = replace(record, trades=record_trades(trades_frame(row)))
    [panel] = panels(journal_section(several, {}))
    assert [row[1:4] for row in panel.rows] == [
        ("buy", "100", "1"),
        ("buy", "90", "1"),
        ("sell", "105", "0.5"),
        ("sell", "106", "1.5"),
    ]


def test_no_trade_is_said(record: TradingRecord) -> None:
    section = journal_section(replace(record, trades=record_trades(no_trades())), {})
    [text] = section.blocks
    assert isinstance(text, Text)
    assert text.lines == ["No trade to tell of."]


def test_a_page_with_a_journal_runs_nothing_that_a_tag_says(
    record: TradingRecord, tmp_path: Path
) -> None:
    reasons = {(BTC, at(1)): Reasons(HOSTILE, HOSTILE, HOSTILE, {HOSTILE: 1.0})}
    report = Report(
        title=HOSTILE,
        made_at=at(50),
        market=HOSTILE,
        market_kind=MarketKind.UNSTATED,
        strategies=[replace(record, name=HOSTILE)],
        sections=[journal_section(record, {}, reasons=reasons)],
    )
    text = render_report(report, tmp_path).html.read_text(encoding="utf-8")
    assert "Trade journal" in text
    assert active_parts(text) == []


def test_two_hundred_trades_stay_below_three_megabytes(record: TradingRecord) -> None:
    rows = [trade(at(day), at(day + 0.5), 100.0, 101.0) for day in range(250)]
    many = replace(record, trades=record_trades(trades_frame(*rows)))
    dates = pd.date_range(at(0), periods=24 * 260, freq="h")
    candles = pd.DataFrame({"date": dates, "low": 99.0, "high": 111.0, "close": 105.0})
    drawn = panels(journal_section(many, {BTC: candles}, count=500))
    assert len(drawn) == 200
    assert sum(len(svg) for panel in drawn for _, svg in panel.svgs) < 3_000_000
