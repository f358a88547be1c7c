"""Unmodified ccxt (sync and WebSocket) and the real bot on Binance spot of the venue."""

import asyncio
import json
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import ccxt
import ccxt.pro
import pytest

from plimsoll.bridge.state.folder import StateFolder
from plimsoll.lab.processes import wait_until
from tests.support.drill import Drill, DrillPlan, drill
from tests.unit.venue.serving import post, venue

BTC, ETH = "BTC/USDT", "ETH/USDT"
SPOT = ("--exchange", "binance-spot")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the address of a venue and what connects ccxt with it, keys included."""
    path = tmp_path_factory.mktemp("spot") / "venue.json"
    with venue(*SPOT, "--symbols", f"{BTC},{ETH}", "--write-config", path) as line:
        config = json.loads(path.read_text())
        section = config["exchange"]
        assert (config["trading_mode"], config["margin_mode"]) == ("spot", "")
        assert (section["name"], section["pair_whitelist"]) == ("binance", [BTC, ETH])
        options = section["ccxt_config"]
        yield line["url"], {**options, "apiKey": section["key"], "secret": section["secret"]}


@pytest.fixture
def api(served: tuple[str, dict[str, Any]]) -> Any:
    client = ccxt.binance(served[1])
    client.load_markets()
    return client


def test_ccxt_reads_what_freqtrade_asks(api: Any) -> None:
    assert set(api.markets) == {BTC, ETH}
    market = api.markets[BTC]
    assert (market["spot"], market["contract"], market["active"]) == (True, False, True)
    assert market["precision"] == {**market["precision"], "price": 0.1, "amount": 0.00001}
    assert market["limits"]["cost"]["min"] == 5
    candles = api.fetch_ohlcv(BTC, "5m", limit=1000)
    assert len(candles) == 1000
    assert candles[-1][0] - candles[0][0] == 999 * 300_000
    ticker, book = api.fetch_ticker(BTC), api.fetch_order_book(BTC, 7)
    assert ticker["low"] <= ticker["last"] <= ticker["high"]
    assert ticker["bid"] < ticker["ask"]
    assert len(book["bids"]) == len(book["asks"]) == 7
    assert book["bids"][0][0] < book["asks"][0][0]
    assert set(api.fetch_tickers()) == set(api.fetch_tickers([BTC, ETH])) == {BTC, ETH}
    assert set(api.fetch_bids_asks()) == set(api.fetch_last_prices()) == {BTC, ETH}
    assert len(api.fetch_trades(BTC, limit=20)) == 20
    assert abs(api.fetch_time() - api.milliseconds()) < 5_000


def test_a_buyer_gets_fewer_coins_than_bought_and_can_sell_no_more(api: Any) -> None:
    before = api.fetch_balance()
    bought = api.create_order(BTC, "market", "buy", 0.01)
    assert (bought["status"], bought["filled"]) == ("closed", 0.01)
    fees = [fill["fee"] for fill in api.fetch_my_trades(BTC) if fill["order"] == bought["id"]]
    assert {fee["currency"] for fee in fees} == {"BTC"}
    held = api.fetch_balance()
    assert held["BTC"]["free"] == pytest.approx(0.01 * 0.999, abs=1e-8)
    assert held["USDT"]["total"] == pytest.approx(before["USDT"]["total"] - bought["cost"])
    with pytest.raises(ccxt.InsufficientFunds):
        api.create_order(BTC, "market", "sell", 0.01)
    sold = api.create_order(BTC, "market", "sell", 0.00999)
    assert sold["status"] == "closed"
    after = api.fetch_balance()
    assert after["BTC"]["total"] == 0.0
    earned = sold["cost"] * 0.999
    assert after["USDT"]["total"] == pytest.approx(held["USDT"]["total"] + earned)


def test_a_stop_loss_limit_locks_its_coins_triggers_and_fills(
    api: Any, served: tuple[str, dict[str, Any]]
) -> None:
    api.create_order(ETH, "market", "buy", 0.5)
    last = api.fetch_ticker(ETH)["last"]
    trigger, limit = round(last * 0.97, 2), round(last * 0.9, 2)
    amount = float(api.amount_to_precision(ETH, api.fetch_balance()["ETH"]["free"]))
    stop = api.create_order(ETH, "limit", "sell", amount, limit, {"stopLossPrice": trigger})
    resting = api.fetch_order(stop["id"], ETH)
    assert (resting["status"], resting["triggerPrice"], resting["price"]) == (
        "open",
        trigger,
        limit,
    )
    assert api.fetch_balance()["ETH"]["used"] == amount
    with pytest.raises(ccxt.InsufficientFunds):
        api.create_order(ETH, "market", "sell", amount)
    assert [order["id"] for order in api.fetch_open_orders(ETH)] == [stop["id"]]
    move = {"name": "move", "magnitude": -0.05, "duration_seconds": 1}
    assert post(f"{served[0]}/plimsoll/scenario", move)[0] == 200
    wait_until(lambda: not api.fetch_open_orders(ETH), seconds=30, what="a filled stop")
    done = api.fetch_order(stop["id"], ETH)
    assert (done["status"], done["filled"]) == ("closed", amount)
    assert limit <= done["average"] <= trigger
    assert api.fetch_open_orders(ETH) == []


def test_a_resting_limit_locks_cash_and_cancelling_frees_it(api: Any) -> None:
    free = api.fetch_balance()["USDT"]["free"]
    price = round(api.fetch_ticker(BTC)["last"] * 0.8, 1)
    order = api.create_order(BTC, "limit", "buy", 0.01, price)
    assert api.fetch_balance()["USDT"]["used"] == pytest.approx(price * 0.01)
    api.cancel_order(order["id"], BTC)
    assert api.fetch_balance()["USDT"] == {"free": free, "used": 0.0, "total": free}
    assert api.fetch_order(order["id"], BTC)["status"] == "canceled"
    with pytest.raises(ccxt.OrderNotFound):
        api.cancel_order(order["id"], BTC)


@pytest.mark.parametrize(
    ("order", "error"),
    [
        (("market", "buy", 50, None, {}), ccxt.InsufficientFunds),
        (("limit", "buy", 0.001, 50.0, {}), ccxt.BadRequest),
        (("limit", "sell", 0.01, 1e6, {}), ccxt.InsufficientFunds),
        (("limit", "buy", 0.01, 1e6, {"postOnly": True}), ccxt.InvalidOrder),
        (("limit", "sell", 0.01, 9e3, {"stopLossPrice": 9e3}), ccxt.OrderImmediatelyFillable),
        (("stop_market", "sell", 0.01, None, {"stopPrice": 9e2}), ccxt.InvalidOrder),
    ],
)
def test_a_refusal_is_the_exception_that_freqtrade_expects(
    api: Any, order: tuple[Any, ...], error: type[Exception]
) -> None:
    last = api.fetch_ticker(ETH)["last"]
    prices = {50.0: last * 0.5, 1e6: last * 1.2, 9e3: last * 2}
    kind, side, amount, price, params = order
    stop = {name: prices.get(value, value) for name, value in params.items()}
    with pytest.raises(error):
        api.create_order(ETH, kind, side, amount, prices.get(price, price), stop)


def test_strangers_and_wrong_secrets_are_refused(served: tuple[str, dict[str, Any]]) -> None:
    for wrong, code in (({"secret": "x"}, "-1022"), ({"apiKey": "nobody"}, "-2015")):
        with pytest.raises(ccxt.AuthenticationError, match=code):
            ccxt.binance({**served[1], **wrong}).fetch_balance()
    late = ccxt.binance(served[1])
    late.nonce = lambda: late.milliseconds() - 60_000
    with pytest.raises(ccxt.InvalidNonce, match="-1021"):
        late.fetch_balance()


def test_candles_come_over_the_websocket(served: tuple[str, dict[str, Any]]) -> None:
    async def watch() -> list[Any]:
        client = ccxt.pro.binance(served[1])
        try:
            return list(await asyncio.wait_for(client.watch_ohlcv(BTC, "5m"), 60))
        finally:
            await client.close()

    [candle] = asyncio.run(watch())
    assert candle[0] % 300_000 == 0
    assert candle[3] <= candle[4] <= candle[2]


LIVE = DrillPlan(
    exchange="binance-spot",
    pairs=(BTC, ETH),
    live=True,
    speed=6.0,
    throttle_seconds=10,
    risk={
        "drawdown_reduce_fraction": 0.004,
        "drawdown_halt_fraction": 0.005,
        "max_risk_per_trade_fraction": 0.05,
        "fixed_risk_fraction": 0.05,
    },
    overlay={"order_types": {"stoploss": "limit", "stoploss_on_exchange": True}},
)


@pytest.mark.slow
@pytest.mark.freqtrade
def test_a_live_bot_rests_its_stops_and_is_halted_flat_in_coins(tmp_path: Path) -> None:
    with drill(tmp_path, LIVE) as bot:
        bot.wait_for_positions(2, seconds=400)
        bot.wait_until(lambda: len(stops(bot)) == 2, seconds=400, what="two stops at the exchange")
        assert {one["kind"] for one in stops(bot)} == {"STOP_LOSS_LIMIT"}
        held, fills = coins(bot), bot.venue.books()["spot"]["fills"]
        for trade in bot.trades(is_open=True):
            base = trade["pair"].partition("/")[0]
            bought = sum(float(one["quantity"]) for one in fills if one["fee_asset"] == base)
            assert trade["amount"] <= float(held[base]) < bought
        bot.move(-0.08)
        bot.wait_until(lambda: bot.decisions("halt"), seconds=400, what="a halt")
        bot.until_flat(seconds=400)
        assert not stops(bot)
        assert all(amount < Decimal("0.0001") for amount in coins(bot).values())
        assert bot.telegram_messages("drawdown")
        assert bot.telegram_messages(UNSEEN.removeprefix("Guards ").removesuffix("."))
        assert_denied(bot)
        bot.restart()
        assert not bot.positions()
        began = bot.venue.now_ms()
        bot.wait_until(lambda: looped_at(bot) > began, what="a loop after the restart")
        said = status(bot)
        assert (said["mode"], said["unseen"]) == ("HALTED", UNSEEN)
        lost_usd = 10_000 - Decimal(bot.venue.books()["spot"]["balances"]["USDT"]["free"])
        assert said["equity_usd"] == pytest.approx(9_500 - float(lost_usd), abs=1.0)
        assert_denied(bot)
        told = {tuple(one["unseen"]) for one in bot.decisions("start")}
        assert told == {("coins beyond the trades", "money that is moved")}
        assert bot.decisions("break") == []


UNSEEN = "Guards do not see on binance spot: coins beyond the trades, money that is moved."


def status(bot: Drill) -> dict[str, Any]:
    """Return what the guards wrote last."""
    return StateFolder(bot.userdir / "plimsoll").status() or {}


def looped_at(bot: Drill) -> float:
    """Return the time of the guards' last loop, in ms of the exchange's clock."""
    return datetime.fromisoformat(status(bot)["as_of"]).timestamp() * 1000


def assert_denied(bot: Drill) -> None:
    answer = bot.force_enter(BTC)
    assert "trade_id" not in answer or answer["trade_id"] is None


def stops(bot: Drill) -> list[dict[str, Any]]:
    """Return the orders that rest on the exchange, by its own books."""
    return [one for one in bot.venue.books()["spot"]["orders"] if one["status"] == "NEW"]


def coins(bot: Drill) -> dict[str, Decimal]:
    """Return what the account holds of each coin, by the exchange's own books."""
    balances = bot.venue.books()["spot"]["balances"]
    return {
        asset: Decimal(one["free"]) + Decimal(one["locked"])
        for asset, one in balances.items()
        if asset in ("BTC", "ETH")
    }


@pytest.mark.slow
@pytest.mark.freqtrade
def test_a_guarded_dry_run_is_halted(tmp_path: Path) -> None:
    plan = DrillPlan(
        exchange="binance-spot",
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
