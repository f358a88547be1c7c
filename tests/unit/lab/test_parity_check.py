"""A check: what both runs get, and one of a real bot through a day of the synthetic market."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from plimsoll.lab.parity_check import (
    CheckPlan,
    _detail,
    _downloads,
    _replay_plan,
    _timerange,
    overlay_of,
    run_check,
)
from plimsoll.lab.study_data import file_of
from plimsoll.parity import Cause
from tests.conftest import ROOT

BEGIN = datetime(2025, 6, 3, tzinfo=UTC)
FOREIGN = ROOT / "tests" / "foreign" / "strategies"


def plan(**more) -> CheckPlan:
    return CheckPlan(
        strategy="FuturesLongShort",
        begin=BEGIN,
        end=BEGIN + timedelta(days=1),
        timeframe="5m",
        strategy_path=FOREIGN,
        market="synthetic",
        **more,
    )


def test_both_runs_get_a_slot_for_every_pair_and_market_orders():
    told = overlay_of(plan(pairs=("BTC/USDT:USDT",), overlay={"stoploss": -0.2}))

    assert told["max_open_trades"] == 1
    assert {told["order_types"][name] for name in ("entry", "exit", "stoploss")} == {"market"}
    assert told["ignore_buying_expired_candle_after"] == 30
    assert told["stoploss"] == -0.2


def test_the_backtest_begins_a_candle_early_so_that_both_act_on_the_first_signal():
    first, last = (int(part) for part in _timerange(plan()).split("-"))

    assert first == BEGIN.timestamp() - 300
    assert last == (BEGIN + timedelta(days=1)).timestamp()
    since = {timeframe: one.since for one in _downloads(plan()) for timeframe in one.timeframes}
    assert since["1m"] <= BEGIN - timedelta(minutes=5)
    assert since["5m"] <= BEGIN - timedelta(days=5)


def test_the_detail_is_of_seconds_for_short_candles_over_a_week_at_most():
    assert _detail(plan()) == "1s"
    assert _detail(replace(plan(), timeframe="1h")) == "1m"
    assert _detail(replace(plan(), end=BEGIN + timedelta(days=8))) == "1m"


def test_a_bot_looks_as_often_as_a_backtest_asks_whether_a_position_is_to_be_adjusted():
    five = replace(plan(), adjusts=True)
    assert (_detail(five), _replay_plan(five, None).adjust_seconds) == ("5s", 5)
    hourly = replace(five, timeframe="1h")
    assert (_detail(hourly), _replay_plan(hourly, None).adjust_seconds) == ("1m", 60)
    assert _replay_plan(plan(), None).adjust_seconds == 0


def test_premium_and_open_interest_are_downloaded_where_the_exchange_has_them(tmp_path):
    assert [one.kinds for one in _downloads(plan(), tmp_path)] == [(), ()]
    for kind in ("premiumIndex", "open_interest"):
        file = file_of(tmp_path, "ETH/USDT:USDT", "1h", kind)
        file.parent.mkdir(exist_ok=True)
        file.touch()

    *_, premium, interest = _downloads(plan(), tmp_path)

    assert premium.arguments(BEGIN) == [
        *("-t", "1h", "--timerange", "20250223-20250603"),
        *("--candle-types", "premiumIndex"),
    ]
    assert interest.kinds == ("open_interest",)
    assert interest.since == plan().end - timedelta(days=29)


@pytest.mark.slow
@pytest.mark.freqtrade
def test_a_real_bot_and_a_backtest_of_one_market_make_the_same_trades(tmp_path: Path):
    checked = run_check(plan(), tmp_path)
    bill = checked.compared.bill

    assert len(bill.pairs) >= 3
    assert (bill.only_a, bill.only_b) == ((), ())
    assert bill.unexplained == 0
    assert sum(piece.units for piece in bill.pieces) == bill.difference
    assert {piece.cause for piece in bill.pieces} <= {
        Cause.STOP_PRICE,
        Cause.ROI_PRICE,
        Cause.INSIDE_CANDLE,
        Cause.EVERY_LOOP,
        Cause.END_OF_RANGE,
        Cause.FUNDING,
        Cause.BOOK,
        Cause.PRECISION,
    }
    entries = [abs(a.entry_rate / b.entry_rate - 1.0) for a, b in bill.pairs]
    assert max(entries) < 0.0002
    assert checked.replay.trades == len(bill.b.trades)
