"""One bot's traces as the record that a report is drawn from."""

import json
import sqlite3
from pathlib import Path

import pandas as pd
import pytest
from freqtrade.persistence import Trade

from plimsoll.cli.bot_run import BotRun, Wanted, bot_run
from plimsoll.core import PlimsollError, UsageError
from plimsoll.journal.kind import Kind
from plimsoll.journal.log import DecisionLog
from plimsoll.reporting.trading_record import RecordSource
from tests.unit.bridge.trades import database_trades
from tests.unit.cli.bots import (
    BALANCE,
    BTC,
    ETH,
    SOL,
    at,
    make_bot,
    make_candles,
    make_database,
    order,
    trade,
)

CLOSED_PROFIT = 98.95 - 201.9 + 97.55 + 183.957


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_bot(tmp_path)


def run(folder: Path, **more: object) -> BotRun:
    return bot_run(Wanted(config=(folder / "config.json",), **more))  # type: ignore[arg-type]


def test_a_bot_has_its_trades_its_equity_and_what_its_guards_did(folder: Path) -> None:
    made = run(folder)
    record = made.record
    assert (record.name, record.source, record.timeframe) == ("Crosses", RecordSource.DRY_RUN, "1h")
    assert made.market == "synthetic, seed 7"
    assert record.starting_balance_usd == BALANCE
    assert record.equity.iloc[0] == BALANCE
    assert record.closed_trades["profit_abs"].sum() == pytest.approx(CLOSED_PROFIT)
    assert record.acts is not None
    assert [act.event for act in record.acts.acts] == ["halted", "closed", "rearmed"]
    assert record.acts.closed[0].trade is not None
    assert record.acts.closed[0].trade.stake_usd == 2_000.0
    assert record.acts.totals.entries_denied == 3
    assert record.acts.denials[0].rule == "correlation"
    assert made.notes[ETH, pd.Timestamp(at(12))].features == {"rsi_14": 31.5}


def test_with_candles_open_positions_are_marked_at_every_close(folder: Path) -> None:
    made = run(folder)
    assert len(made.record.equity) > 60
    assert made.record.benchmark is not None
    assert made.record.benchmark.iloc[0] == pytest.approx(BALANCE)
    assert set(made.candles) == {BTC, ETH, SOL}
    still_open = 20.0 * 50.0 - 5.0 * 52.0
    realised = BALANCE + CLOSED_PROFIT - 1_000.5 + 259.87
    eth = float(made.record.closes[ETH].dropna().iloc[-1])  # type: ignore[index]
    assert made.record.equity.iloc[-1] == pytest.approx(realised + 15.0 * eth * 0.9995)
    assert still_open == 740.0


def test_without_candles_the_recorded_moments_show_open_losses_and_a_note_says_so(
    tmp_path: Path,
) -> None:
    made = run(make_bot(tmp_path, candles=False))
    equity = made.record.equity
    assert equity[pd.Timestamp(at(29))] == 9_800.0  # the halt's own record
    assert equity[pd.Timestamp(at(24))] == 9_990.0  # Freqtrade's wallet at midnight
    assert equity[pd.Timestamp(at(30))] == pytest.approx(BALANCE + 98.95 - 201.9)
    assert made.record.benchmark is None
    [no_candles] = [one for one in made.remarks if one.startswith("no candles of BTC")]
    assert "download-data --timeframes 1h" in no_candles
    assert any("knows open profit and loss at 3 moments" in one for one in made.remarks)


def test_a_span_begins_with_the_equity_that_stood_then(folder: Path) -> None:
    whole = run(folder).record
    made = run(folder, since=pd.Timestamp(at(11)), until=pd.Timestamp(at(20)))
    record = made.record
    assert record.start == pd.Timestamp(at(11))
    assert record.end == pd.Timestamp(at(20))
    assert record.starting_balance_usd == whole.equity[pd.Timestamp(at(11))]
    assert list(record.trades["pair"]) == [ETH]
    assert record.trades["close_date"].isna().all()
    assert record.acts is not None
    assert record.acts.acts == ()
    assert record.acts.totals.entries_denied == 2


def test_a_trade_from_before_the_span_is_whole_and_a_note_says_so(folder: Path) -> None:
    made = run(folder, since=pd.Timestamp(at(20)))
    assert "1 trades were open when the span began" in " ".join(made.remarks)
    assert made.record.trades["open_date"].iloc[0] == pd.Timestamp(at(12))


def test_a_database_alone_needs_neither_config_nor_log(folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(elsewhere)
        made = bot_run(Wanted(db_url=f"sqlite:///{folder / 'bot.sqlite'}"))
    assert made.record.starting_balance_usd == BALANCE
    assert made.record.acts is None
    assert made.market == "binance, origin not stated"
    assert any(one.startswith("what the guards did is not known") for one in made.remarks)


def test_the_log_of_another_database_is_left_out(folder: Path, tmp_path: Path) -> None:
    other = make_bot(tmp_path / "other", log=False)
    made = bot_run(
        Wanted(
            userdir=folder / "user_data",
            db_url=f"sqlite:///{make_database(tmp_path / 'bare.sqlite', stamped=False)}",
            starting_balance=500.0,
        )
    )
    assert made.record.acts is None
    assert any("has no stamp of a guarded bot" in one for one in made.remarks)
    assert run(other).record.acts is None


def test_a_damaged_log_is_named_and_the_rest_of_it_is_drawn(folder: Path) -> None:
    file = min((folder / "user_data/plimsoll/decisions").glob("*.jsonl"))
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join([*lines[:2], b"rubbish\n", *lines[3:]]))
    made = run(folder)
    assert made.record.acts is not None
    assert any(one.startswith("the decision log is not whole: 1 line is") for one in made.remarks)


def test_transfers_are_no_profit(folder: Path) -> None:
    with DecisionLog(folder / "user_data/plimsoll/decisions") as log:
        log.append(Kind.BREAK, at(40), event="transfer", amount_usd=4_000.0, text="paid in")
    made = run(folder)
    assert made.record.starting_balance_usd == 6_000.0
    assert any(one.startswith("+4,000.00 USDT came or went without") for one in made.remarks)


def test_the_benchmark_is_the_pair_that_was_named(folder: Path) -> None:
    record = run(folder, benchmark=SOL).record
    assert record.benchmark_name == f"{SOL} held (no costs)"
    assert record.market_name == SOL


def test_trades_of_another_currency_are_left_out_and_counted(tmp_path: Path) -> None:
    strange = trade("ETH/BTC", [order(3, 0.05, 2.0, "buy"), order(4, 0.06, 2.0, "sell")], closed=4)
    strange.stake_currency = "BTC"
    usual = trade(BTC, [order(2, 100.0, 10.0, "buy"), order(10, 110.0, 10.0, "sell")], closed=10)
    file = make_database(tmp_path / "two.sqlite", [strange, usual])
    (tmp_path / "user_data").mkdir()
    made = bot_run(Wanted(userdir=tmp_path / "user_data", db_url=f"sqlite:///{file}"))
    assert list(made.record.trades["pair"]) == [BTC]
    assert any("1 trades with stakes in BTC are left out" in one for one in made.remarks)


def test_a_bot_without_a_trade_says_so(tmp_path: Path) -> None:
    file = make_database(tmp_path / "new.sqlite", [])
    (tmp_path / "user_data").mkdir()
    with pytest.raises(PlimsollError, match=r"no trade yet in .*which has run since 2025-03-01"):
        bot_run(Wanted(userdir=tmp_path / "user_data", db_url=f"sqlite:///{file}"))


def test_a_strategy_that_did_not_trade_is_named_with_those_that_did(folder: Path) -> None:
    with pytest.raises(UsageError, match=r"expected trades of Other in .*found those of Crosses"):
        run(folder, strategy="Other")


def test_a_span_without_trades_names_the_bots_own(folder: Path) -> None:
    with pytest.raises(UsageError, match="records are of 2025-03-01 00:00 UTC to 2025-03-03"):
        run(folder, since=pd.Timestamp(at(5_000)))


def test_no_starting_balance_asks_for_one(tmp_path: Path) -> None:
    file = make_database(tmp_path / "bare.sqlite", stamped=False)
    with sqlite3.connect(file) as connection:
        connection.execute("DELETE FROM wallet_history")
    connection.close()
    (tmp_path / "user_data").mkdir()
    wanted = Wanted(userdir=tmp_path / "user_data", db_url=f"sqlite:///{file}")
    with pytest.raises(UsageError, match="name it with --starting-balance"):
        bot_run(wanted)


def test_a_status_of_the_running_bot_is_its_newest_equity(tmp_path: Path) -> None:
    folder = make_bot(tmp_path, candles=False)
    status = {"as_of": at(75).isoformat(), "equity_usd": 10_050.0, "strategy": "Crosses"}
    (folder / "user_data/plimsoll/status.json").write_text(json.dumps(status), encoding="utf-8")
    record = run(folder).record
    assert record.end == pd.Timestamp(at(75))
    assert record.equity.iloc[-1] == 10_050.0


def test_candles_of_some_pairs_mark_those(tmp_path: Path) -> None:
    folder = make_bot(tmp_path, candles=False)
    make_candles(folder / "user_data", (BTC,))
    made = run(folder)
    assert set(made.candles) == {BTC}
    assert made.record.market_name == BTC
    assert any(one.startswith("no candles of ETH") for one in made.remarks)


def test_nothing_of_the_bot_is_written(folder: Path) -> None:
    def content() -> dict[str, bytes]:
        # SQLite's shared memory holds which reader is where, and nothing of the bot.
        files = [file for file in folder.rglob("*") if file.is_file()]
        return {str(f): f.read_bytes() for f in files if not f.name.endswith("-shm")}

    before = content()
    run(folder)
    assert content() == before


def test_numbers_of_orders_tell_a_live_bot_where_nothing_else_does(tmp_path: Path) -> None:
    orders = [order(2, 100.0, 10.0, "buy"), order(10, 110.0, 10.0, "sell")]
    for number, one in enumerate(orders):
        one.order_id = str(8_000 + number)
    file = make_database(tmp_path / "live.sqlite", [trade(BTC, orders, closed=10)])
    (tmp_path / "user_data").mkdir()
    wanted = Wanted(userdir=tmp_path / "user_data", db_url=f"sqlite:///{file}")
    assert bot_run(wanted).record.source is RecordSource.LIVE


def test_a_closed_trade_without_a_profit_is_left_out_and_named(folder: Path) -> None:
    with database_trades(folder / "bot.sqlite"):
        first = Trade.session.get(Trade, 1)
        assert first is not None
        first.close_profit_abs = None
        Trade.commit()
    made = run(folder)
    assert len(made.record.closed_trades) == 3
    assert any("1 trades lack a rate, a profit or a sound time" in one for one in made.remarks)


def test_orders_that_do_not_add_up_are_not_believed(folder: Path) -> None:
    with database_trades(folder / "bot.sqlite"):
        first = Trade.session.get(Trade, 1)
        assert first is not None
        first.orders[1].filled = 4.0
        Trade.commit()
    made = run(folder)
    assert any("orders of 1 closed trades do not add up" in one for one in made.remarks)
    assert made.record.closed_trades["profit_abs"].iloc[0] == pytest.approx(98.95)
