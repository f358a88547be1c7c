"""Results written by Freqtrade's own code, read back by ours."""

import json
import sqlite3
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from freqtrade.data.btanalysis import trade_list_to_dataframe
from freqtrade.enums import TradingMode
from freqtrade.optimize.optimize_reports import generate_backtest_stats, store_backtest_results
from freqtrade.persistence import LocalTrade, Order, Trade, init_db

from plimsoll.lab.results import (
    ResultError,
    UnknownResultError,
    find_result,
    known_closes,
    load_candles,
    read_backtest,
    read_backtests,
    read_trade_database,
)
from plimsoll.performance.equity import equity_curve
from plimsoll.performance.measures import performance

PAIR = "BTC/USDT:USDT"
START = datetime(2024, 1, 1, tzinfo=UTC)
HOURS = 24 * 10


def _order(trade, side, at, price, amount):
    return Order(
        id=10 * trade.id + len(trade.orders),
        ft_trade_id=trade.id,
        order_date=at,
        order_filled_date=at,
        order_update_date=at,
        ft_is_open=False,
        ft_pair=PAIR,
        order_id=f"{trade.id}-{side}-{at:%d%H}",
        symbol=PAIR,
        ft_order_side=side,
        side=side,
        order_type="market",
        status="closed",
        ft_amount=amount,
        ft_price=price,
        price=price,
        average=price,
        amount=amount,
        filled=amount,
        remaining=0.0,
        cost=amount * price,
        funding_fee=-0.25 if side != trade.entry_side else 0.0,
    )


def _trade(cls, number, *, is_short, exit_price=None):
    opened = START + timedelta(hours=5 * number)
    trade = cls(
        id=number,
        pair=PAIR,
        open_date=opened,
        open_rate=100.0,
        amount=2.0,
        amount_requested=2.0,
        stake_amount=100.0,
        max_stake_amount=100.0,
        leverage=2.0,
        is_short=is_short,
        fee_open=0.0005,
        fee_close=0.0005,
        exchange="binance",
        trading_mode=TradingMode.FUTURES,
        is_open=True,
        enter_tag="cross",
        strategy="TrendFollow",
        timeframe=60,
        price_precision=0.01,
        amount_precision=0.001,
        precision_mode=4,
        precision_mode_price=4,
        contract_size=1.0,
        liquidation_price=None,
        interest_rate=0.0,
    )
    trade.orders.append(_order(trade, trade.entry_side, opened, 100.0, 2.0))
    trade.recalc_trade_from_orders()
    if exit_price is not None:
        closed = opened + timedelta(hours=3)
        trade.orders.append(_order(trade, trade.exit_side, closed, exit_price, 2.0))
        trade.exit_reason = "roi"
        trade.close_date = closed
        trade.close(exit_price, show_msg=False)
    return trade


def _candles(count=HOURS):
    dates = pd.date_range(START, periods=count, freq="h")
    return pd.DataFrame(
        {"date": dates, "open": 100.0, "high": 101.0, "low": 99.0, "close": 100.0, "volume": 1.0}
    )


def _content(config, trades):
    return {
        "results": trade_list_to_dataframe(trades),
        "config": config,
        "locks": [],
        "rejected_signals": 0,
        "timedout_entry_orders": 0,
        "timedout_exit_orders": 0,
        "canceled_trade_entries": 0,
        "canceled_entry_orders": 0,
        "replaced_entry_orders": 0,
        "final_balance": 1_000.0,
        "backtest_start_time": 0,
        "backtest_end_time": 1,
        "run_id": "x",
    }


def _stored(folder, strategies):
    config = {
        "max_open_trades": 3,
        "stake_currency": "USDT",
        "stake_amount": 100.0,
        "dry_run_wallet": 1_000.0,
        "timeframe": "1h",
        "timerange": "20240101-20240111",
        "stoploss": -0.1,
        "minimal_roi": {"0": 0.1},
        "use_exit_signal": True,
        "exit_profit_only": False,
        "exit_profit_offset": 0.0,
        "ignore_roi_if_entry_signal": False,
        "trading_mode": "futures",
        "margin_mode": "isolated",
        "exportdirectory": folder,
        "original_config": {
            "trading_mode": "futures",
            "exchange": {"name": "binance", "secret": "never"},
            "plimsoll": {"code_fingerprint": "abc123"},
        },
    }
    folder.mkdir(parents=True)
    candles = _candles()
    contents = {name: _content(config, trades) for name, trades in strategies.items()}
    first, last = (candles["date"].iloc[i].to_pydatetime() for i in (0, -1))
    stats = generate_backtest_stats({PAIR: candles}, contents, first, last)
    return store_backtest_results(config, stats, "2024-02-01_10-00-00")


@pytest.fixture(scope="module")
def trades():
    return [
        _trade(LocalTrade, 1, is_short=False, exit_price=110.0),
        _trade(LocalTrade, 2, is_short=True, exit_price=104.0),
    ]


@pytest.fixture(scope="module")
def stored(tmp_path_factory, trades):
    folder = tmp_path_factory.mktemp("user_data") / "backtest_results"
    return _stored(folder, {"TrendFollow": trades})


def test_stored_backtest_is_read_back_whole(stored, trades):
    result = read_backtest(stored)
    assert (result.strategy, result.timeframe, result.pairs) == ("TrendFollow", "1h", (PAIR,))
    assert (result.start, result.end) == (
        pd.Timestamp("2024-01-01", tz="UTC"),
        pd.Timestamp("2024-01-10 23:00", tz="UTC"),
    )
    assert result.timerange == "20240101-20240111"
    assert result.starting_balance_usd == 1_000.0
    assert result.fee_fraction == pytest.approx(0.0005)
    assert result.code_fingerprint == "abc123"
    assert result.trades["profit_abs"].tolist() == [t.close_profit_abs for t in trades]


def test_folder_means_its_last_result(stored):
    assert find_result(stored.parent) == stored
    assert read_backtest(stored.parent).path == stored


def test_secrets_of_the_config_are_not_read_back(stored):
    assert "never" not in json.dumps(read_backtest(stored).config)


def test_curve_of_a_stored_backtest_ends_at_the_recorded_profits(stored):
    result = read_backtest(stored)
    closes = known_closes({PAIR: _candles()}, result.timeframe)
    equity = equity_curve(result.trades, closes, result.starting_balance_usd)
    assert equity.iloc[-1] == pytest.approx(1_000.0 + result.trades["profit_abs"].sum())
    found = performance(equity, result.trades)
    assert found.fees_paid_usd == pytest.approx(0.0005 * 2 * (100 + 110 + 100 + 104))
    assert found.funding_paid_usd == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("costs", "expected"),
    [
        ({"fee_bps": 3, "spread_bps": 2}, {"fee": 3.0, "spread": 2.0}),
        ({"fee_bps": 4, "spread_bps": 2}, {"fee": 5.0}),
        (None, {"fee": 5.0}),
    ],
)
def test_cost_parts_count_only_when_they_add_up_to_what_trades_paid(stored, costs, expected):
    result = replace(read_backtest(stored), config={"plimsoll": {"costs": costs}})
    assert result.costs_bps == expected


def test_freqtrades_profit_needs_no_correction_by_ours(stored):
    trades = read_backtest(stored).trades
    gross = [2 * 10.0, -2 * 4.0]
    fees = [0.0005 * 2 * 210, 0.0005 * 2 * 204]
    expected = [g - f - 0.25 for g, f in zip(gross, fees, strict=True)]
    assert trades["profit_abs"].tolist() == pytest.approx(expected)


def test_backtest_that_never_traded_has_an_empty_frame(tmp_path):
    result = read_backtest(_stored(tmp_path / "r", {"NoTrade": []}))
    closes = known_closes({PAIR: _candles()}, "1h")
    assert equity_curve(result.trades, closes, 1_000.0).eq(1_000.0).all()
    assert result.fee_fraction is None


def test_result_of_two_strategies_needs_a_name(tmp_path, trades):
    path = _stored(tmp_path / "r", {"TrendFollow": trades, "NoTrade": []})
    assert [r.strategy for r in read_backtests(path)] == ["NoTrade", "TrendFollow"]
    assert read_backtest(path, "NoTrade").trades.empty
    with pytest.raises(UnknownResultError, match="name one of them"):
        read_backtest(path)
    with pytest.raises(UnknownResultError, match="no Other, only NoTrade, TrendFollow"):
        read_backtest(path, "Other")


def test_missing_result_says_what_to_run(tmp_path):
    with pytest.raises(UnknownResultError, match="freqtrade backtesting") as unknown:
        read_backtest(tmp_path / "none.zip")
    assert unknown.value.exit_status == 2
    with pytest.raises(UnknownResultError, match="holds no backtest result"):
        read_backtest(tmp_path)


def test_folder_whose_last_result_is_gone_names_it(tmp_path):
    (tmp_path / ".last_result.json").write_text('{"latest_backtest": "gone.zip"}')
    with pytest.raises(ResultError, match=r"gone\.zip, which is not there"):
        read_backtest(tmp_path)


@pytest.mark.parametrize("damage", ["not a zip", "no stats", "broken json", "other json"])
def test_damaged_result_is_refused_in_one_line(tmp_path, damage):
    path = tmp_path / "backtest-result-1.zip"
    if damage == "not a zip":
        path.write_bytes(b"PK\x03\x04 cut off")
    else:
        text = {"broken json": "{", "other json": '{"a": 1}'}.get(damage)
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("other.txt" if text is None else "backtest-result-1.json", text or "")
    with pytest.raises(ResultError, match="not a readable backtest result") as caught:
        read_backtest(path)
    assert "\n" not in str(caught.value)


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    path = tmp_path_factory.mktemp("db") / "tradesv3.dryrun.sqlite"
    init_db(f"sqlite:///{path}")
    Trade.session.add(_trade(Trade, 1, is_short=True, exit_price=90.0))
    Trade.session.add(_trade(Trade, 2, is_short=False))
    Trade.commit()
    Trade.session.remove()
    return path


def test_trade_database_gives_closed_and_open_trades(database):
    found = read_trade_database(database)
    assert found.strategies == ("TrendFollow",)
    assert found.trades["close_date"].isna().tolist() == [False, True]
    assert found.trades["is_short"].tolist() == [True, False]
    closes = known_closes({PAIR: _candles()}, "1h")
    equity = equity_curve(found.trades, closes, 1_000.0)
    open_fees = 0.0005 * 2 * (100.0 + 100.0)
    assert equity.iloc[-1] == pytest.approx(1_000 + 20 - 0.0005 * 2 * 190 - 0.25 - open_fees)


def test_reading_a_trade_database_writes_nothing(database):
    before = database.read_bytes(), sorted(p.name for p in database.parent.iterdir())
    database.chmod(0o444)
    read_trade_database(database)
    assert (database.read_bytes(), sorted(p.name for p in database.parent.iterdir())) == before


def test_trade_database_of_another_strategy_is_empty(database):
    assert read_trade_database(database, "Other").trades.empty


def test_missing_trade_database_is_not_created(tmp_path):
    with pytest.raises(ResultError, match="no trade database"):
        read_trade_database(tmp_path / "none.sqlite")
    assert not list(tmp_path.iterdir())


def test_database_without_trades_table_is_refused(tmp_path):
    path = tmp_path / "other.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("create table other (a)")
    with pytest.raises(ResultError, match="not a trade database"):
        read_trade_database(path)


def test_candles_without_the_pair_are_refused(tmp_path):
    start, end = pd.Timestamp(START), pd.Timestamp(START) + pd.Timedelta(days=1)
    with pytest.raises(ResultError, match=f"no 1h candles of {PAIR}"):
        load_candles(tmp_path, [PAIR], "1h", start=start, end=end)
    with pytest.raises(ResultError, match="pass --datadir"):
        load_candles(tmp_path / "none", [PAIR], "1h", start=start, end=end)


def test_candles_cover_both_ends_and_closes_are_known_one_timeframe_later(tmp_path):
    (tmp_path / "futures").mkdir()
    _candles().to_feather(tmp_path / "futures" / "BTC_USDT_USDT-1h-futures.feather")
    start, end = pd.Timestamp("2024-01-02", tz="UTC"), pd.Timestamp("2024-01-03", tz="UTC")
    candles = load_candles(tmp_path, [PAIR], "1h", start=start, end=end)
    assert candles[PAIR]["date"].iloc[[0, -1]].tolist() == [start, end]
    index = known_closes(candles, "1h").index
    assert (index[1], index[-1]) == (start + pd.Timedelta("1h"), end + pd.Timedelta("1h"))


def test_account_is_measured_from_the_first_open_before_any_cost():
    candles = {PAIR: _candles().assign(open=90.0)}
    closes = known_closes(candles, "1h")
    assert closes.index[0] == candles[PAIR]["date"].iloc[0]
    assert closes[PAIR].tolist()[:2] == [90.0, 100.0]


def test_pairs_that_start_later_have_nan_before():
    candles = {PAIR: _candles(4), "ETH/USDT:USDT": _candles(4).iloc[2:]}
    later = known_closes(candles, "1h")["ETH/USDT:USDT"]
    assert later.isna().tolist() == [True, True, False, False, False]
