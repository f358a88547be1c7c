"""A bot that trades with money, and an account that is not as its database says."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from tests.support.drill import Drill, DrillPlan, drill
from tests.support.venue_keys import signed
from tests.unit.venue.serving import post

PAIRS = ("BTC/USDT:USDT", "ETH/USDT:USDT", "SOL/USDT:USDT")
QUANTITIES = {"BTCUSDT": 0.01, "ETHUSDT": 0.5}
WITH_STOPS = {"order_types": {"stoploss_on_exchange": True}}


def asked(bot: Drill, path: str, *, method: str = "GET") -> Any:
    """Ask the exchange itself, as somebody else with a key would."""
    path, _, query = path.partition("?")
    return signed(bot.venue.url, f"/fapi/{path}", method, **dict(parse_qsl(query)))


def held(bot: Drill) -> dict[str, float]:
    return {one["symbol"]: float(one["positionAmt"]) for one in asked(bot, "v3/positionRisk")}


def booked(bot: Drill) -> dict[str, float]:
    trades = bot.trades(is_open=True)
    return {trade["pair"].split("/")[0] + "USDT": trade["amount"] for trade in trades}


def events(bot: Drill, event: str, kind: str | None = None) -> list[dict[str, Any]]:
    return [
        one
        for one in bot.decisions("break")
        if one["event"] == event and kind in (None, one.get("break"))
    ]


def stored(bot: Drill, key: str) -> dict[str, Any]:
    query = "SELECT string_value FROM KeyValueStore WHERE key = ?"
    rows = bot.rows(query, f"plimsoll_{key}")
    return dict(json.loads(rows[0]["string_value"])) if rows else {}


def agrees(bot: Drill) -> bool:
    return held(bot) == booked(bot) != {}


@pytest.mark.freqtrade
def test_an_entry_whose_answer_was_lost_before_a_kill_is_closed_and_told(tmp_path: Path) -> None:
    """The first entry is filled and never heard of; the bot is killed and started again."""
    plan = DrillPlan(pairs=PAIRS, live=True, speed=20.0, throttle_seconds=5, overlay=WITH_STOPS)
    orders = {"paths": ["POST /fapi/v1/order"]}
    with drill(tmp_path, plan, start=False) as bot:
        refused = bot.fault("http-error", status=400, code=-2019, **orders)
        bot.start()
        bot.wait_until(lambda: bool(stored(bot, "equity_levels")), what="levels on record")
        levels = stored(bot, "equity_levels")
        lost = bot.fault("no-answer", after_acceptance=True, count=1, **orders)
        bot.mend(refused)
        bot.wait_until(lambda: len(held(bot)) > len(booked(bot)), what="an orphan")
        bot.kill9()
        [orphan] = set(held(bot)) - set(booked(bot))
        bot.mend(lost)
        bot.start()
        bot.wait_until(lambda: bool(events(bot, "mended")), what="the orphan is closed")
        bot.wait_until(lambda: agrees(bot), what="the books agree")
        [begun] = events(bot, "begun", "unexplained_position")
        assert begun["ours"]
        assert begun["pair"].split("/")[0] + "USDT" == orphan
        assert len(events(bot, "ended", "unexplained_position")) == 1
        assert events(bot, "transfer") == []
        bot.wait_until(lambda: bot.telegram_messages("no trade knew them"), what="a message")
        after = stored(bot, "equity_levels")
        assert [after[name] for name in ("day_usd", "high_usd", "capital_usd")] == [
            levels[name] for name in ("day_usd", "high_usd", "capital_usd")
        ]
        _a_trade_that_is_deleted(bot)
        _a_position_that_somebody_closes(bot)
        _a_stop_that_is_cancelled(bot)
        _a_withdrawal_on_record(bot)
        _a_position_of_somebody_else(bot)


def _a_trade_that_is_deleted(bot: Drill) -> None:
    bot.wait_for_positions(3)
    bot.pause()
    trade = bot.positions()[0]
    bot.rest.delete_trade(trade["trade_id"])
    bot.wait_until(
        lambda: len(events(bot, "mended", "unexplained_position")) == 2,
        what="what was deleted is closed",
    )
    assert len(held(bot)) == 2
    assert agrees(bot)


def _a_position_that_somebody_closes(bot: Drill) -> None:
    """Freqtrade's own recovery finds the order, and closes the trade."""
    symbol, amount = next(iter(held(bot).items()))
    asked(
        bot,
        f"v1/order?symbol={symbol}&side=SELL&type=MARKET&quantity={amount}"
        "&reduceOnly=true&newClientOrderId=web_0",
        method="POST",
    )
    bot.wait_until(lambda: symbol not in booked(bot), what="Freqtrade closes the trade")
    bot.wait_until(lambda: len(bot.positions()) == 1 and agrees(bot), what="the books agree")
    [closed] = [
        trade for trade in bot.trades(is_open=False) if trade["pair"].startswith(symbol[:3])
    ]
    assert closed["exit_reason"] == "sold_on_exchange"
    assert events(bot, "failed") == []


def _a_stop_that_is_cancelled(bot: Drill) -> None:
    def stops() -> list[Any]:
        return list(asked(bot, "v1/openAlgoOrders"))

    bot.wait_until(lambda: len(stops()) == 1, what="one stop")
    [stop] = stops()
    asked(bot, f"v1/algoOrder?algoId={stop['algoId']}", method="DELETE")
    bot.wait_until(
        lambda: [one["algoId"] for one in stops()] not in ([], [stop["algoId"]]),
        what="Freqtrade sets another stop",
    )


def _a_withdrawal_on_record(bot: Drill) -> None:
    before = stored(bot, "equity_levels")["day_usd"]
    status, _ = post(f"{bot.venue.url}/plimsoll/transfer", {"amount_usd": -500.0})
    assert status == 200
    bot.wait_until(lambda: bool(events(bot, "transfer")), what="the transfer is on record")
    [told] = events(bot, "transfer")
    assert told["amount_usd"] == -500
    share = 500.0 * 0.95  # tradable_balance_ratio of the base profile
    bot.wait_until(
        lambda: abs(stored(bot, "equity_levels")["day_usd"] - before + share) < 1,
        what="levels of the bot's share",
    )


def _a_position_of_somebody_else(bot: Drill) -> None:
    [mine] = held(bot)
    other = next(symbol for symbol in QUANTITIES if symbol != mine)
    quantity = QUANTITIES[other]
    asked(
        bot,
        f"v1/order?symbol={other}&side=SELL&type=MARKET&quantity={quantity}&newClientOrderId=web_1",
        method="POST",
    )
    bot.wait_until(
        lambda: any(
            one["pair"].startswith(other[:3]) and not one["ours"]
            for one in events(bot, "begun", "unexplained_position")
        ),
        what="a break that is not the bot's",
    )
    bot.resume()
    bot.wait_until(lambda: bool(bot.decisions("halt")), what="a halt")
    assert bot.decisions("halt")[0]["rule"] == "reconciliation"
    bot.wait_until(lambda: mine not in held(bot), what="the bot is flat")
    orders = asked(bot, f"v1/allOrders?symbol={other}")
    assert held(bot) == {other: -quantity}, f"what is somebody else's is never touched: {orders}"
    bot.wait_until(lambda: bot.telegram_messages(f"of {other[:3]}/USDT"), what="a message")
