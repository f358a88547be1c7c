"""When a bot is killed: the books say that its request was carried out."""

from plimsoll.lab.drilling.bot import DrilledBot
from plimsoll.lab.drilling.kill_row import _count
from plimsoll.lab.drilling.scenarios import CANCEL, SEND, STEPS, STOP


def test_every_request_that_moves_money_or_its_protection_is_a_step() -> None:
    assert {one.request for one in STEPS} == {SEND, STOP, CANCEL}
    assert len({one.name for one in STEPS}) == len(STEPS) == 7


def test_an_order_a_stop_and_its_cancelling_are_counted(bot: DrilledBot) -> None:
    orders, stops, cancelled = (_count(bot, one) for one in (SEND, STOP, CANCEL))
    bot.exchange.order("BTCUSDT", "BUY", "0.010")
    assert _count(bot, SEND) == orders + 1
    wanted = {"symbol": "BTCUSDT", "side": "SELL", "type": "STOP_MARKET", "quantity": "0.010"}
    path, extra = "/fapi/v1/algoOrder", {"algoType": "CONDITIONAL", "reduceOnly": "true"}
    bot.exchange.signed("POST", path, triggerPrice="10000", **wanted, **extra)
    assert _count(bot, STOP) > stops
    assert _count(bot, CANCEL) == cancelled
    bot.exchange.signed("POST", path, triggerPrice="10001", **wanted, **extra)
    bot.exchange.clean()
    assert _count(bot, CANCEL) == cancelled + 2
