"""A spot bot that trades with money, and an account that is not as its database says."""

import itertools
import json
import os
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from plimsoll.bridge.state.folder import StateFolder
from plimsoll.control.audit import SPOT_COINS
from plimsoll.lab.processes import command
from tests.integration.test_venue_spot import BTC, ETH, coins, stops
from tests.support.drill import Drill, DrillPlan, drill
from tests.support.venue_keys import signed
from tests.unit.venue.serving import post

SECONDS = 500.0
"""How long a step may take on a machine that has other things to do."""
PLAN = DrillPlan(
    exchange="binance-spot",
    pairs=(BTC, ETH),
    live=True,
    speed=3.0,
    throttle_seconds=5,
    stop_fraction=0.05,
    risk={
        "drawdown_reduce_fraction": 0.14,
        "drawdown_halt_fraction": 0.15,
        "max_daily_loss_fraction": 0.1,
        "max_consecutive_losses": 20,
        "cooldown_seconds": 0,
        "max_correlation": 1,
        "max_trades_per_day": 1000,
    },
    overlay={
        "order_types": {
            "stoploss": "limit",
            "stoploss_on_exchange": True,
            "stoploss_on_exchange_limit_ratio": 0.95,
        }
    },
)
OWN_ETH, OWN_BTC = 0.7, 0.05
"""What a person holds of the coins that the bot trades."""


def asked(bot: Drill, method: str = "POST", **parameters: object) -> Any:
    """Order by hand at the exchange itself."""
    return signed(bot.venue.url, "/api/v3/order", method, **parameters)


def bought(bot: Drill, symbol: str, quantity: float, name: str = "web_1") -> Any:
    return asked(
        bot, symbol=symbol, side="BUY", type="MARKET", quantity=quantity, newClientOrderId=name
    )


def moved(bot: Drill, asset: str, amount: float) -> None:
    """Move coins without an order, as a conversion or a withdrawal does."""
    status, answer = post(f"{bot.venue.url}/plimsoll/transfer", {"asset": asset, "amount": amount})
    assert status == 200, answer


def events(bot: Drill, event: str, kind: str | None = None) -> list[dict[str, Any]]:
    return [
        one
        for one in bot.decisions("break")
        if one["event"] == event and kind in (None, one.get("break"))
    ]


def guarded_by_books(bot: Drill) -> list[str]:
    return [one["kind"] for one in (StateFolder(bot.userdir / "plimsoll").status() or {})["breaks"]]


def audited(bot: Drill) -> tuple[int, dict[str, Any]]:
    """Return the exit status and the record of ``plimsoll audit`` beside the bot."""
    words, named = bot._arguments(), ("--userdir", "--db-url", "-c")
    pairs = [(one, after) for one, after in itertools.pairwise(words) if one in named]
    bot.venue.set_speed(1)  # the audit signs its requests in real time
    try:
        done = subprocess.run(
            [command("plimsoll"), "audit", "--json", *(word for pair in pairs for word in pair)],
            env={**os.environ, **bot.environment()},
            cwd=bot.folder,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        bot.venue.set_speed(PLAN.speed)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def trade_of(bot: Drill, pair: str) -> dict[str, Any]:
    [trade] = [one for one in bot.trades(is_open=True) if one["pair"] == pair]
    return trade


def until(bot: Drill, condition: Any, what: str) -> None:
    bot.wait_until(condition, seconds=SECONDS, what=what)


def after_loops(bot: Drill, count: int) -> None:
    """Wait for so many more loops of the guards."""

    def loops() -> int:
        return int((StateFolder(bot.userdir / "plimsoll").status() or {}).get("loops", 0))

    began = loops()
    until(bot, lambda: loops() >= began + count, f"{count} loops")


def both_rest(bot: Drill) -> None:
    bot.wait_for_positions(2, seconds=SECONDS)
    until(bot, lambda: len(stops(bot)) == 2, "two stops at the exchange")


@pytest.mark.slow
@pytest.mark.freqtrade
def test_a_bot_left_alone_has_no_break_beside_coins_of_a_person(tmp_path: Path) -> None:
    """Entries with fees in coins, a partial exit, exits by hand and by stops: nothing is told."""
    with drill(tmp_path, PLAN, start=False) as bot:
        bought(bot, "ETHUSDT", OWN_ETH)
        own = coins(bot)["ETH"]
        bot.start()
        both_rest(bot)
        trade = trade_of(bot, BTC)
        bot.rest._call(
            "POST", "forceexit", data={"tradeid": trade["id"], "amount": trade["amount"] / 3}
        )
        until(bot, lambda: trade_of(bot, BTC)["amount"] < trade["amount"] * 0.7, "a partial exit")
        both_rest(bot)
        after_loops(bot, 3)
        bot.move(-0.07)
        until(bot, lambda: len(bot.trades(is_open=False)) >= 2, "two stops filled")
        both_rest(bot)
        bought(bot, "ETHUSDT", 0.2, "web_2")
        moved(bot, "BTC", OWN_BTC)
        after_loops(bot, 3)
        bot.force_exit()
        until(bot, lambda: len(bot.trades(is_open=False)) >= 4, "two exits by hand")
        both_rest(bot)
        after_loops(bot, 8)
        assert {one["exit_reason"] for one in bot.trades(is_open=False)} == {
            "force_exit",
            "stoploss_on_exchange",
        }
        assert bot.decisions("break") == []
        assert bot.decisions("halt") == []
        assert guarded_by_books(bot) == []
        status, record = audited(bot)
        assert (status, record["breaks"], record["compared"]) == (0, [], True)
        assert SPOT_COINS in record["unknown"]
        assert coins(bot)["ETH"] - own > Decimal("0.19")


@pytest.mark.slow
@pytest.mark.freqtrade
def test_what_a_person_does_to_the_account_is_told_and_halts(tmp_path: Path) -> None:
    with drill(tmp_path, PLAN, start=False) as bot:
        bought(bot, "ETHUSDT", OWN_ETH)
        bot.start()
        both_rest(bot)
        _a_stop_that_is_cancelled(bot)
        _a_sale_by_an_order_is_the_trades_exit(bot)
        _an_order_of_the_bots_own_that_it_does_not_know(bot)
        _an_entry_that_no_trade_knows(bot)
        _coins_that_are_moved_away_halt(bot)


def _a_stop_that_is_cancelled(bot: Drill) -> None:
    """It is missed while the exchange refuses another, and over once there is one."""
    refused = bot.fault("http-error", status=503, code=-1001, paths=["POST /fapi/v1/algoOrder"])
    stop = next(one for one in stops(bot) if one["symbol"] == "BTCUSDT")
    asked(bot, "DELETE", symbol="BTCUSDT", orderId=stop["id"])
    until(bot, lambda: events(bot, "begun", "missing_stop"), "a missing stop")
    [begun] = events(bot, "begun", "missing_stop")
    assert (begun["pair"], begun["ours"]) == (BTC, False)
    until(bot, lambda: bot.telegram_messages("no stop order on the exchange"), "a message")
    bot.mend(refused)
    until(bot, lambda: events(bot, "ended", "missing_stop"), "the stop is there again")
    both_rest(bot)


def _a_sale_by_an_order_is_the_trades_exit(bot: Drill) -> None:
    """Freqtrade finds the order by itself; a break that lasts for less than a look is not told."""
    trade = trade_of(bot, BTC)
    stop = next(one for one in stops(bot) if one["symbol"] == "BTCUSDT")
    asked(bot, "DELETE", symbol="BTCUSDT", orderId=stop["id"])
    bot.pause()
    sold = f"{trade['amount']:.5f}"
    asked(bot, symbol="BTCUSDT", side="SELL", type="MARKET", quantity=sold)
    until(
        bot, lambda: not [one for one in bot.trades(is_open=True) if one["pair"] == BTC], "an exit"
    )
    until(bot, lambda: guarded_by_books(bot) == [], "the books agree")
    closed = bot.trades(is_open=False)[-1]
    assert (closed["pair"], closed["exit_reason"]) == (BTC, "sold_on_exchange")
    bot.resume()
    both_rest(bot)


def name_of_the_bot(bot: Drill) -> str:
    """Return what its orders' names begin with, by one that it has sent."""
    orders = bot.venue.books()["spot"]["orders"]
    named = [one["client_id"] for one in orders if one["client_id"].startswith("plimsoll-")]
    return named[-1].rpartition("-")[0] + "-"


def _an_order_of_the_bots_own_that_it_does_not_know(bot: Drill) -> None:
    bot.kill9()
    price = next(
        Decimal(one["price"])
        for one in bot.venue.books()["spot"]["fills"]
        if one["symbol"] == "BTCUSDT"
    )
    order = asked(
        bot,
        symbol="BTCUSDT",
        side="BUY",
        type="LIMIT",
        timeInForce="GTC",
        quantity=0.01,
        price=f"{price / 2:.1f}",
        newClientOrderId=f"{name_of_the_bot(bot)}unknown",
    )
    bot.start()
    until(bot, lambda: events(bot, "mended", "unknown_order"), "it is cancelled")
    shown = signed(bot.venue.url, "/api/v3/order", symbol="BTCUSDT", orderId=order["orderId"])
    assert shown["status"] == "CANCELED"
    until(bot, lambda: guarded_by_books(bot) == [], "the books agree")
    both_rest(bot)


def _an_entry_that_no_trade_knows(bot: Drill) -> None:
    """It is told and denies entries, and nothing is sold: a person does that."""
    bot.kill9()
    held = coins(bot)["BTC"]
    bought(bot, "BTCUSDT", 0.001, f"{name_of_the_bot(bot)}lost")
    bot.start()
    until(bot, lambda: events(bot, "begun", "wrong_size"), "coins that no trade knows")
    [begun] = events(bot, "begun", "wrong_size")
    assert begun["exchange"] - begun["database"] == pytest.approx(0.000999, abs=0.00002)
    answer = bot.force_enter(BTC)
    assert "trade_id" not in answer or answer["trade_id"] is None
    after_loops(bot, 4)
    assert coins(bot)["BTC"] > held
    asked(bot, symbol="BTCUSDT", side="SELL", type="MARKET", quantity="0.00099")
    until(bot, lambda: events(bot, "ended", "wrong_size"), "it is over")


def _coins_that_are_moved_away_halt(bot: Drill) -> None:
    """Half of them, by no order: Freqtrade finds none, and does not adjust the trade."""
    trade = trade_of(bot, BTC)
    stop = next(one for one in stops(bot) if one["symbol"] == "BTCUSDT")
    asked(bot, "DELETE", symbol="BTCUSDT", orderId=stop["id"])
    moved(bot, "BTC", -trade["amount"] / 2)
    until(bot, lambda: events(bot, "begun", "wrong_size")[1:], "coins that are missing")
    begun = events(bot, "begun", "wrong_size")[1]
    assert begun["exchange"] == pytest.approx(trade["amount"] / 2, rel=0.01)
    assert begun["database"] == trade["amount"]
    answer = bot.force_enter(ETH)
    assert "trade_id" not in answer or answer["trade_id"] is None
    until(bot, lambda: bot.telegram_messages("the database"), "a message")
    status, record = audited(bot)
    assert status == 1
    kinds = [one["kind"] for one in record["breaks"]]
    assert "wrong_size" in kinds
    assert "unreadable_books" not in kinds
    until(bot, lambda: bot.decisions("halt"), "a halt")
    assert "reconciliation" in str(bot.decisions("halt")[0])
    until(
        bot,
        lambda: not [one for one in bot.trades(is_open=True) if one["pair"] == ETH],
        "ETH is closed",
    )
    assert float(coins(bot)["ETH"]) == pytest.approx(OWN_ETH * 0.999, abs=0.01)
