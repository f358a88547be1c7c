"""What is done about a break: on the venue's account, with Freqtrade's exchange and database."""

import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from types import SimpleNamespace
from typing import Any

import pytest
from freqtrade.enums import RunMode
from freqtrade.exceptions import FreqtradeException
from freqtrade.exchange import Exchange
from freqtrade.exchange.binance import Binance
from freqtrade.persistence import Order, Trade
from freqtrade.persistence.usedb_context import enable_database_use

from plimsoll.bridge.account.exchange_books import read_books
from plimsoll.bridge.account.recovery import Mender, unexplained_entry
from plimsoll.bridge.freqtrade.order_ids import name_orders
from plimsoll.core.books import BotBooks, BotTrade, Break, BreakKind, ExchangeBooks
from plimsoll.core.side import Side
from plimsoll.risk import RiskProfile
from plimsoll.risk.reconciliation import breaks
from tests.support.venue_keys import clients_in_venue_time
from tests.unit.bridge.bots import BTC, bot_config, open_trade
from tests.unit.bridge.trades import database_trades
from tests.unit.venue.serving import post, venue


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[Exchange]:
    """An account of its own for each test."""
    profile = tmp_path / "venue.json"
    start = ("--start", "2025-01-01T00:00:30Z", "--clock", "stepped")
    with (
        venue("--symbols", "BTCUSDT", *start, "--write-config", profile) as line,
        database_trades(tmp_path / "bot.sqlite"),
        clients_in_venue_time(line["url"]),
    ):
        enable_database_use()
        config = bot_config(tmp_path, RunMode.OTHER, dry_run=False)
        of_venue = json.loads(profile.read_text())["exchange"]
        config["exchange"] = of_venue
        made = Binance(deepcopy(config), validate=False)
        made.url = line["url"]
        name_orders(made)
        yield made
        made.close()
        enable_database_use()


def send(exchange: Exchange, side: str, amount: float, **params: Any) -> Any:
    return exchange._api.create_order(BTC, "market", side, amount, None, params)


def look(exchange: Exchange, *trades: BotTrade) -> tuple[ExchangeBooks, list[Break]]:
    now = datetime.fromtimestamp(exchange._api.fetch_time() / 1000, UTC)
    books = read_books(exchange, now, look_into=[BTC])
    bot = BotBooks(trades=trades, prefix=name_orders(exchange))
    return books, list(breaks(books, bot, RiskProfile()))


def without_bot(exchange: Exchange) -> Mender:
    return Mender(exchange, lambda: None)


@pytest.mark.parametrize("side", list(Side))
def test_a_position_that_only_the_bot_explains_is_closed_reduce_only(
    exchange: Exchange, side: Side
) -> None:
    send(exchange, "buy" if side is Side.LONG else "sell", 0.045)
    books, [seen] = look(exchange)
    mended = without_bot(exchange).mend(seen, books)
    assert mended is not None
    assert mended.text == f"closed 0.045 {side.value} of {BTC} at market: no trade knew them"
    after, nothing = look(exchange)
    assert (after.positions, nothing) == ((), [])
    last = exchange._api.fetch_orders(BTC)[-1]
    assert last["reduceOnly"]
    assert last["clientOrderId"].startswith(name_orders(exchange))
    assert (after.wallet_usd or 0) - 10_000.0 == pytest.approx(mended.earned_usd, abs=0.05)


def test_only_what_is_beyond_the_trade_is_closed(exchange: Exchange) -> None:
    first = send(exchange, "buy", 0.034, clientOrderId="web_1")
    post(f"{exchange.url}/plimsoll/clock/step", {"seconds": 1})
    send(exchange, "buy", 0.045)
    rate = first["average"]
    open_trade(datetime.now(UTC), amount=0.034, open_rate=rate)
    mine = BotTrade(pair=BTC, side=Side.LONG, amount=0.034, price=rate)
    books, [seen] = look(exchange, mine)
    assert (seen.kind, seen.ours) == (BreakKind.WRONG_SIZE, True)
    assert unexplained_entry(BTC, books, seen) == pytest.approx(rate, rel=1e-3)
    assert without_bot(exchange).mend(seen, books) is not None
    after, nothing = look(exchange, mine)
    assert nothing == []
    assert after.signed_amount(BTC) == pytest.approx(0.034)


def test_nothing_is_closed_while_an_order_of_the_trade_rests(exchange: Exchange) -> None:
    """What it has filled, and what somebody else has bought meanwhile, cannot be told apart."""
    rate = send(exchange, "buy", 0.034, clientOrderId="entry")["average"]
    send(exchange, "buy", 0.02, clientOrderId="web_1")
    post(f"{exchange.url}/plimsoll/clock/step", {"seconds": 1})
    send(exchange, "buy", 0.045)
    trade = open_trade(datetime.now(UTC), amount=0.034, open_rate=rate)
    resting = {"ft_is_open": True, "status": "open", "ft_order_side": "buy", "ft_pair": BTC}
    order = Order(order_id="1", ft_amount=0.02, ft_price=20_000.0, ft_trade_id=trade.id, **resting)
    trade.orders.append(order)
    Trade.commit()
    mine = BotTrade(pair=BTC, side=Side.LONG, amount=0.034, price=rate, entering=0.02)
    books, [seen] = look(exchange, mine)
    assert seen.ours
    mender = without_bot(exchange)
    assert mender.mend(seen, books) is None
    assert look(exchange, mine)[0].signed_amount(BTC) == pytest.approx(0.099)
    order.ft_is_open, order.status = False, "canceled"
    Trade.commit()
    done = BotTrade(pair=BTC, side=Side.LONG, amount=0.034, price=rate)
    books, [seen] = look(exchange, done)
    assert not seen.ours
    assert mender.mend(seen, books) is None


def test_what_somebody_else_opened_is_never_touched(exchange: Exchange) -> None:
    send(exchange, "sell", 0.05, clientOrderId="web_1")
    books, [seen] = look(exchange)
    assert not seen.ours
    assert without_bot(exchange).mend(seen, books) is None
    assert look(exchange)[0].signed_amount(BTC) == -0.05


def test_an_order_and_a_stop_of_the_bot_that_nobody_knows_are_cancelled(
    exchange: Exchange,
) -> None:
    api = exchange._api
    api.create_order(BTC, "limit", "buy", 0.01, 20_000.0)
    api.create_order(BTC, "market", "sell", 0.01, None, {"stopPrice": 30_000.0, "reduceOnly": True})
    api.create_order(BTC, "limit", "buy", 0.02, 20_000.0, {"clientOrderId": "web_1"})
    books, seen = look(exchange)
    assert {one.kind for one in seen} == {
        BreakKind.UNKNOWN_ORDER,
        BreakKind.STOP_WITHOUT_POSITION,
        BreakKind.FOREIGN_ORDER,
    }
    mended = [without_bot(exchange).mend(one, books) for one in seen]
    assert sum(one is None for one in mended) == 1
    [left] = look(exchange)[0].orders
    assert left.client_id == "web_1"


def test_a_stop_waits_for_freqtrade_while_its_trade_is_open(exchange: Exchange) -> None:
    params = {"stopPrice": 30_000.0, "reduceOnly": True}
    exchange._api.create_order(BTC, "market", "sell", 0.01, None, params)
    open_trade(datetime.now(UTC))
    books, [seen] = look(exchange)
    assert seen.kind is BreakKind.STOP_WITHOUT_POSITION
    assert without_bot(exchange).mend(seen, books) is None
    assert len(look(exchange)[0].orders) == 1


def test_what_the_exchange_refuses_raises_and_closes_nothing(exchange: Exchange) -> None:
    send(exchange, "buy", 0.045)
    books, [seen] = look(exchange)
    send(exchange, "sell", 0.045)
    with pytest.raises(FreqtradeException):
        without_bot(exchange).mend(seen, books)
    assert look(exchange)[0].positions == ()


class Recovers:
    """Freqtrade's bot, as far as its recovery is asked for."""

    def __init__(self, amount: float) -> None:
        self._exit_lock = Lock()
        self.wallets = SimpleNamespace(update=lambda: None)
        self.amount, self.asked = amount, 0

    def handle_onexchange_order(self, trade: Trade) -> bool:
        self.asked += 1
        trade.amount = self.amount
        return False


def test_freqtrade_is_asked_first_and_once(exchange: Exchange) -> None:
    send(exchange, "buy", 0.045)
    open_trade(datetime.now(UTC), amount=0.034)
    mine = BotTrade(pair=BTC, side=Side.LONG, amount=0.034, price=90_000.0)
    books, [seen] = look(exchange, mine)
    bot = Recovers(0.045)
    mender = Mender(exchange, lambda: bot)
    smaller = Break(
        kind=BreakKind.WRONG_SIZE,
        text="",
        since=books.as_of,
        pair=BTC,
        exchange=0.01,
        database=0.034,
    )
    mended = mender.mend(smaller, books)
    assert mended is not None
    assert mended.text == f"Freqtrade took in the orders of {BTC} that it lacked"
    assert mender.mend(smaller, books) is None
    assert bot.asked == 1
    mender.forget_others([])
    assert mender.mend(smaller, books) is None, "it changed nothing"
    assert bot.asked == 2
    assert look(exchange)[0].signed_amount(BTC) == 0.045, "what is missing cannot be closed"
    assert seen.kind is BreakKind.WRONG_SIZE


def test_freqtrade_takes_in_no_orders_of_somebody_else(exchange: Exchange) -> None:
    send(exchange, "buy", 0.045, clientOrderId="web_1")
    open_trade(datetime.now(UTC), amount=0.034)
    mine = BotTrade(pair=BTC, side=Side.LONG, amount=0.034, price=90_000.0)
    books, [seen] = look(exchange, mine)
    bot = Recovers(0.045)
    assert Mender(exchange, lambda: bot).mend(seen, books) is None
    assert bot.asked == 0


class FailsFirst(Recovers):
    """Its first recovery is rolled back, as Freqtrade's is without a price."""

    def handle_onexchange_order(self, trade: Trade) -> bool:
        if not self.asked:
            self.asked += 1
            Trade.rollback()
            return False
        return super().handle_onexchange_order(trade)


def test_a_recovery_that_was_rolled_back_is_tried_again(exchange: Exchange) -> None:
    open_trade(datetime.now(UTC), amount=0.034)
    mine = BotTrade(pair=BTC, side=Side.LONG, amount=0.034, price=90_000.0)
    books, [seen] = look(exchange, mine)
    assert seen.kind is BreakKind.MISSING_POSITION
    bot = FailsFirst(0.0)
    mender = Mender(exchange, lambda: bot)
    assert mender.mend(seen, books) is None
    assert mender.mend(seen, books) is not None
    assert bot.asked == 2


def test_a_recovery_that_ended_and_explained_nothing_is_not_repeated(exchange: Exchange) -> None:
    """Each one sets the strategy's stop anew, as after a fill, and may loosen it."""
    open_trade(datetime.now(UTC), amount=0.034)
    mine = BotTrade(pair=BTC, side=Side.LONG, amount=0.034, price=90_000.0)
    books, [seen] = look(exchange, mine)
    bot = Recovers(0.034)
    mender = Mender(exchange, lambda: bot)
    assert [mender.mend(seen, books) for _ in range(3)] == [None, None, None]
    assert bot.asked == 1
