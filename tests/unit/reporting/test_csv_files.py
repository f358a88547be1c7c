"""The CSV beside a page: columns, units, and texts that a spreadsheet must not run."""

import csv
import io
from dataclasses import replace
from datetime import UTC, date, datetime

import pandas as pd
import pytest

from plimsoll.performance.guard_acts import Act, ClosedPosition, Denials, GuardActs
from plimsoll.reporting.csv_files import COLUMNS, csv_files
from plimsoll.reporting.trading_record import RecordSource, TradingRecord, record_trades
from tests.unit.performance.frames import ETH, trade, trades_frame, utc

AT = datetime(2024, 1, 2, 3, tzinfo=UTC)


@pytest.fixture
def record() -> TradingRecord:
    """A long win, a short loss and an open trade over a turn of the month."""
    index = pd.DatetimeIndex(
        [utc("2024-01-30"), utc("2024-01-31"), utc("2024-02-01"), utc("2024-02-02")]
    )
    trades = trades_frame(
        trade(
            utc("2024-01-30 01:00"), utc("2024-01-30 05:00"), 100.0, 110.0, amount=2.0, fee=0.001,
            enter_tag="=1+1", exit_reason="roi", min_rate=95.0, stake_amount=200.0,
        ),
        trade(
            utc("2024-01-31 01:00"), utc("2024-02-01 05:00"), 50.0, 55.0, side="short", pair=ETH,
            enter_tag="a\nb", exit_reason="plimsoll_drawdown", funding_usd=0.5,
        ),
        trade(utc("2024-02-01 06:00"), None, 50.0, 0.0, enter_tag="-2", exit_reason=""),
    )  # fmt: skip
    acts = GuardActs(
        acts=[
            Act(at=AT, event="halted", rule="drawdown", value=0.13, limit=0.12, reason="@evil"),
            Act(
                at=AT, event="closed", rule="drawdown", pair=ETH, observed=True,
                trade=ClosedPosition(open_time=AT, stake_usd=9.0, profit_usd=-1.0),
            ),
        ],
        denials=[
            Denials(
                rule="spread", kind="entry", count=3, first=AT, last=AT,
                by_day={date(2024, 1, 3): 1, date(2024, 1, 2): 2},
            )
        ],
    )  # fmt: skip
    return TradingRecord(
        name="Crosses",
        source=RecordSource.LIVE,
        trades=record_trades(trades),
        equity=pd.Series([1_000.0, 1_100.0, 1_045.0, 1_045.0], index=index),
        starting_balance_usd=1_000.0,
        stake_currency="USDC",
        benchmark=pd.Series([1_000.0, 900.0], index=index[:2]),
        acts=acts,
    )


def rows(record: TradingRecord, name: str) -> list[dict[str, str]]:
    text = csv_files([record])[name].decode()
    return list(csv.DictReader(io.StringIO(text)))


def test_every_file_has_its_columns_in_order(record: TradingRecord) -> None:
    files = csv_files([record])
    assert list(files) == list(COLUMNS)
    for name, content in files.items():
        assert content.decode().splitlines()[0] == ",".join(COLUMNS[name])


def test_trades_have_their_figures_and_what_is_open_has_no_profit(record: TradingRecord) -> None:
    win, loss, still_open = rows(record, "trades.csv")
    assert (win["side"], win["profit_usd"], win["fees_usd"]) == ("long", "19.58", "0.42")
    assert win["opened_at"] == "2024-01-30T01:00:00Z"
    assert float(win["profit_fraction"]) == pytest.approx(19.58 / 200.0)
    assert (win["lowest_price"], win["highest_price"]) == ("95", "")
    assert (loss["side"], loss["profit_usd"], loss["funding_usd"]) == ("short", "-4.5", "0.5")
    assert (loss["entries"], loss["exits"]) == ("1", "1")
    assert still_open["is_open"] == "1"
    assert {still_open[name] for name in ("closed_at", "profit_usd", "exit_price")} == {""}
    assert {row["stake_currency"] for row in (win, loss, still_open)} == {"USDC"}


def test_a_text_is_no_formula_and_a_number_below_zero_is_no_text(record: TradingRecord) -> None:
    win, loss, still_open = rows(record, "trades.csv")
    assert win["enter_tag"] == "'=1+1"
    assert loss["enter_tag"] == "a b"
    assert still_open["enter_tag"] == "'-2"
    assert loss["profit_usd"].startswith("-")
    assert rows(record, "acts.csv")[0]["reason"] == "'@evil"
    named = replace(record, name="+cmd|x")
    assert rows(named, "equity.csv")[0]["name"] == "'+cmd|x"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", " ="])
def test_every_beginning_of_a_formula_is_quoted(record: TradingRecord, start: str) -> None:
    trades = record.trades.assign(enter_tag=f"{start}x")
    assert rows(replace(record, trades=trades), "trades.csv")[0]["enter_tag"].startswith("'")


def test_equity_stands_beside_its_fall_and_the_benchmark(record: TradingRecord) -> None:
    table = rows(record, "equity.csv")
    assert [row["equity_usd"] for row in table] == ["1000", "1100", "1045", "1045"]
    assert [row["drawdown_fraction"] for row in table] == ["0", "0", "0.05", "0.05"]
    assert [row["benchmark_usd"] for row in table] == ["1000", "900", "900", "900"]


def test_a_month_ends_with_the_value_at_midnight(record: TradingRecord) -> None:
    january, february = rows(record, "monthly.csv")
    assert (january["month"], january["profit_usd"], january["trades_closed"]) == (
        "2024-01", "45", "1",
    )  # fmt: skip
    assert float(january["return_fraction"]) == pytest.approx(0.045)
    assert (february["month"], february["profit_usd"], february["trades_closed"]) == (
        "2024-02", "0", "1",
    )  # fmt: skip
    assert (january["first_at"], february["first_at"]) == (
        "2024-01-30T00:00:00Z", "2024-02-01T00:00:00Z",
    )  # fmt: skip


def test_acts_and_denials_are_there_one_by_one(record: TradingRecord) -> None:
    halted, closed = rows(record, "acts.csv")
    assert (halted["event"], halted["limit"], halted["pair"]) == ("halted", "0.12", "")
    assert (closed["observed"], closed["trade_profit_usd"]) == ("1", "-1")
    assert [(row["day"], row["count"]) for row in rows(record, "denials.csv")] == [
        ("2024-01-02", "2"),
        ("2024-01-03", "1"),
    ]


def test_a_record_without_acts_has_the_heads_alone(record: TradingRecord) -> None:
    assert rows(replace(record, acts=None), "acts.csv") == []


def test_several_records_share_a_file_and_the_bytes_do_not_change(record: TradingRecord) -> None:
    other = replace(record, name="Other")
    files = csv_files([record, other])
    assert files == csv_files([record, other])
    names = {row["name"] for row in csv.DictReader(io.StringIO(files["equity.csv"].decode()))}
    assert names == {"Crosses", "Other"}
