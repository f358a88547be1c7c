"""Unmodified ccxt (sync and WebSocket) and the real bot on Bybit's dialect of the venue."""

import asyncio
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import ccxt
import ccxt.pro
import pytest

from plimsoll.bridge.account.exchange_books import _bybit_transfers
from tests.support.drill import Drill, DrillPlan, drill
from tests.unit.venue.serving import post, venue

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
ANY_STATE = {"acknowledged": True}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the address of a venue and what connects ccxt with it, keys included."""
    path = tmp_path_factory.mktemp("bybit") / "venue.json"
    arguments = ("--exchange", "bybit", "--symbols", f"{BTC},{ETH}", "--write-config", path)
    with venue(*arguments) as line:
        section = json.loads(path.read_text())["exchange"]
        options = section["ccxt_config"]
        options["options"]["defaultType"] = "swap"
        assert section["name"] == "bybit"
        yield line["url"], {**options, "apiKey": section["key"], "secret": section["secret"]}


@pytest.fixture
def api(served: tuple[str, dict[str, Any]]) -> Any:
    client = ccxt.bybit(served[1])
    client.load_markets()
    return client


def closed(api: Any, order_id: str) -> Any:
    return api.fetch_order(order_id, BTC, dict(ANY_STATE))


def test_ccxt_reads_what_freqtrade_asks(api: Any) -> None:
    assert set(api.markets) == {BTC, ETH}
    assert api.markets[BTC]["precision"] == {
        **api.markets[BTC]["precision"],
        "price": 0.1,
        "amount": 0.001,
    }
    candles = api.fetch_ohlcv(BTC, "5m", limit=1000)
    assert len(candles) == 1000
    assert candles[-1][0] - candles[0][0] == 999 * 300_000
    since = candles[-1][0] - 100 * 3_600_000
    assert len(api.fetch_ohlcv(BTC, "1h", since=since, limit=50)) == 50
    assert len(api.fetch_ohlcv(BTC, "1h", limit=20, params={"price": "mark"})) == 20
    assert len(api.fetch_funding_rate_history(BTC, since=since, limit=10)) == 10
    assert api.fetch_funding_rates([BTC])[BTC]["interval"] == "8h"
    ticker, book = api.fetch_ticker(BTC), api.fetch_order_book(BTC, 5)
    assert ticker["low"] <= ticker["last"] <= ticker["high"]
    assert book["bids"][0][0] < book["asks"][0][0]
    tiers = api.fetch_leverage_tiers()
    assert set(tiers) == {BTC, ETH}
    assert tiers[BTC][1]["minNotional"] == tiers[BTC][0]["maxNotional"]
    assert len(api.fetch_trades(BTC, limit=20)) == 20
    assert len(api.fetch_open_interest_history(BTC, "1h", limit=10)) == 10


def test_ccxt_trades_and_rests_a_stop_as_freqtrade_does(
    api: Any, served: tuple[str, dict[str, Any]]
) -> None:
    api.set_position_mode(False)
    assert api.is_unified_enabled() == [False, True]
    api.set_margin_mode("isolated", BTC, {"leverage": 3})
    api.set_leverage(2.5, BTC)
    before = api.fetch_balance()["USDT"]
    bought = api.create_order(BTC, "market", "buy", 0.01, None, {"position_idx": 0})
    filled = closed(api, bought["id"])
    assert (filled["status"], filled["filled"]) == ("closed", 0.01)
    trades = api.fetch_my_trades(BTC)
    assert {trade["order"] for trade in trades} == {bought["id"]}
    assert trades[0]["fee"]["rate"] == 0.00055
    [held] = api.fetch_positions()
    assert (held["side"], held["leverage"], held["contracts"]) == ("long", 2.5, 0.01)
    assert 0 < held["liquidationPrice"] < held["entryPrice"]
    after = api.fetch_balance()["USDT"]
    assert after["used"] == pytest.approx(held["positionMargin"])
    assert after["total"] < before["total"]
    trigger = round(filled["average"] * 0.95, 1)
    stop_params = {"stopLossPrice": trigger, "method": "privatePostV5OrderCreate"}
    placed = api.create_order(BTC, "market", "sell", 0.01, None, stop_params)
    resting = closed(api, placed["id"])
    assert (resting["status"], resting["stopPrice"], resting["reduceOnly"]) == (
        "open",
        trigger,
        True,
    )
    assert [order["id"] for order in api.fetch_open_orders()] == [placed["id"]]
    move = {"name": "move", "magnitude": -0.1, "duration_seconds": 1}
    assert post(f"{served[0]}/plimsoll/scenario", move)[0] == 200
    deadline = time.monotonic() + 60
    while api.fetch_positions() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert closed(api, placed["id"])["status"] == "closed"
    assert api.fetch_open_orders() == []


@pytest.mark.parametrize(
    ("order", "error"),
    [
        (("market", "buy", 500, None, {}), ccxt.InsufficientFunds),
        (("market", "sell", 0.01, None, {"reduceOnly": True}), ccxt.InvalidOrder),
        (("limit", "buy", 0.001, 1000.0, {}), ccxt.InvalidOrder),
        (("market", "sell", 0.01, None, {"stopLossPrice": 9e6}), ccxt.InvalidOrder),
        (("market", "buy", 0.01, None, {"positionIdx": 1}), ccxt.BadRequest),
    ],
)
def test_a_refusal_is_the_exception_that_freqtrade_expects(
    api: Any, order: tuple[Any, ...], error: type[Exception]
) -> None:
    with pytest.raises(error):
        api.create_order(ETH, *order)


def test_strangers_and_wrong_secrets_are_refused(served: tuple[str, dict[str, Any]]) -> None:
    for wrong, code in (({"secret": "x"}, "10004"), ({"apiKey": "nobody"}, "10003")):
        with pytest.raises(ccxt.AuthenticationError, match=code):
            ccxt.bybit({**served[1], **wrong}).fetch_balance()
    late = ccxt.bybit(served[1])
    late.nonce = lambda: late.milliseconds() - 60_000
    with pytest.raises(ccxt.InvalidNonce):
        late.fetch_balance()


def test_transfers_are_read_week_by_week(api: Any, served: tuple[str, dict[str, Any]]) -> None:
    for amount in (-300, 100):
        assert post(f"{served[0]}/plimsoll/transfer", {"amount_usd": amount})[0] == 200
    found = _bybit_transfers(api, "USDT", datetime.now(UTC) - timedelta(days=20))
    assert found is not None
    assert [one.amount_usd for one in found] == [-300.0, 100.0]


def test_candles_come_over_the_websocket(served: tuple[str, dict[str, Any]]) -> None:
    async def watch() -> list[Any]:
        client = ccxt.pro.bybit(served[1])
        try:
            return list(await asyncio.wait_for(client.watch_ohlcv(BTC, "5m"), 60))
        finally:
            await client.close()

    [candle] = asyncio.run(watch())
    assert candle[0] % 300_000 == 0
    assert candle[3] <= candle[4] <= candle[2]


LIVE = DrillPlan(
    exchange="bybit",
    live=True,
    speed=6.0,
    throttle_seconds=10,
    risk={
        "drawdown_reduce_fraction": 0.004,
        "drawdown_halt_fraction": 0.005,
        "max_risk_per_trade_fraction": 0.05,
        "fixed_risk_fraction": 0.05,
    },
    overlay={"order_types": {"stoploss_on_exchange": True}},
)


@pytest.mark.slow
@pytest.mark.freqtrade
def test_a_live_bot_trades_rests_its_stops_and_is_halted(tmp_path: Path) -> None:
    with drill(tmp_path, LIVE) as bot:
        bot.wait_for_positions(2, seconds=400)
        bot.wait_until(lambda: len(stops(bot)) == 2, seconds=400, what="two stops at the exchange")
        assert {one["reduce_only"] for one in stops(bot)} == {True}
        books = bot.venue.books()
        assert {one["margin_type"] for one in books["positions"]} == {"isolated"}
        bot.move(-0.08)
        bot.wait_until(lambda: bot.decisions("halt"), seconds=400, what="a halt")
        bot.until_flat(seconds=400)
        bot.wait_until(lambda: not bot.venue.books()["positions"], what="a flat exchange")
        bot.wait_until(lambda: not stops(bot), seconds=400, what="no stop left behind")
        assert bot.telegram_messages("drawdown")
        entered = bot.force_enter(BTC)
        assert "trade_id" not in entered or entered["trade_id"] is None
        bot.restart()
        assert not bot.positions()
        answer = bot.force_enter(ETH)
        assert "trade_id" not in answer or answer["trade_id"] is None


def stops(bot: Drill) -> list[dict[str, Any]]:
    """Return the conditional orders that rest on the exchange, by its own books."""
    return list(bot.venue.books()["conditional_orders"])


@pytest.mark.slow
@pytest.mark.freqtrade
def test_a_guarded_dry_run_is_halted(tmp_path: Path) -> None:
    plan = DrillPlan(
        exchange="bybit",
        pairs=(BTC,),
        speed=6.0,
        throttle_seconds=10,
        risk=dict(LIVE.risk),
    )
    with drill(tmp_path, plan) as bot:
        bot.wait_for_positions(1, seconds=300)
        bot.move(-0.08)
        bot.wait_until(lambda: bot.decisions("halt"), seconds=300, what="a halt")
        bot.until_flat(seconds=300)
