"""A spot account on the venue: read, held against a database, and mended, as far as it may be."""

import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock
from types import SimpleNamespace
from typing import Any

import pytest
from freqtrade.enums import RunMode
from freqtrade.exceptions import TemporaryError
from freqtrade.exchange import Exchange
from freqtrade.exchange.binance import Binance
from freqtrade.persistence import Order, Trade
from freqtrade.persistence.usedb_context import enable_database_use

from plimsoll.bridge.account import exchange_books
from plimsoll.bridge.account.closed_trades import ClosedTrades
from plimsoll.bridge.account.exchange_books import done_orders, read_books
from plimsoll.bridge.account.reconciler import Reconciler
from plimsoll.core import PlimsollError
from plimsoll.core.books import BreakKind
from plimsoll.core.side import Side
from plimsoll.risk import RiskProfile
from tests.support.venue_keys import clients_in_venue_time
from tests.unit.bridge.bots import bot_config, open_trade
from tests.unit.bridge.trades import database_trades
from tests.unit.venue.serving import post, venue

BTC, ETH = "BTC/USDT", "ETH/USDT"
LATER = timedelta(seconds=60)


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[Exchange]:
    """An account of its own for each test."""
    profile = tmp_path / "venue.json"
    start = ("--start", "2025-01-01T00:00:30Z", "--clock", "stepped")
    what = ("--exchange", "binance-spot", "--symbols", f"{BTC},{ETH}")
    with (
        venue(*what, *start, "--write-config", profile) as line,
        database_trades(tmp_path / "bot.sqlite"),
        clients_in_venue_time(line["url"]),
    ):
        enable_database_use()
        config = bot_config(tmp_path, RunMode.OTHER, dry_run=False)
        config |= {"trading_mode": "spot", "margin_mode": "", "candle_type_def": "spot"}
        config["exchange"] = json.loads(profile.read_text())["exchange"]
        made = Binance(deepcopy(config), validate=False)
        made.url = line["url"]
        yield made
        made.close()
        enable_database_use()


@pytest.fixture
def books(exchange: Exchange) -> Reconciler:
    return reconciler(exchange)


def reconciler(exchange: Exchange, bot: Any = None) -> Reconciler:
    return Reconciler(
        RiskProfile(),
        exchange,
        ClosedTrades(),
        stops_on_exchange=lambda: True,
        bot=lambda: bot,
    )


def send(exchange: Exchange, side: str, amount: float, pair: str = BTC, **params: Any) -> Any:
    post(f"{exchange.url}/plimsoll/clock/step", {"seconds": 1})
    return exchange._api.create_order(pair, "market", side, amount, None, params)


def stop(exchange: Exchange, amount: float, pair: str = BTC, **params: Any) -> Any:
    last = exchange._api.fetch_ticker(pair)["last"]
    trigger = exchange.price_to_precision(pair, last * 0.9)
    limit = exchange.price_to_precision(pair, last * 0.85)
    params = {"stopLossPrice": trigger, **params}
    return exchange._api.create_order(pair, "limit", "sell", amount, limit, params)


def record(trade: Trade, sent: Any, side: str, **others: Any) -> None:
    """Put an order in the database, as a bot does once it has its answer."""
    fields = {"ft_is_open": side == "stoploss", "status": sent["status"], "ft_pair": trade.pair}
    done = {"filled": sent["filled"] or 0.0, "amount": sent["amount"], "average": sent["average"]}
    order = Order(
        order_id=sent["id"],
        ft_order_side=side,
        ft_amount=sent["amount"],
        ft_price=sent["average"] or 1.0,
        ft_trade_id=trade.id,
        order_date=datetime(2025, 1, 1),  # noqa: DTZ001 - as Freqtrade stores it
        **{**fields, **done, **others},
    )
    trade.orders.append(order)
    Trade.commit()


def entered(exchange: Exchange, amount: float = 0.01, pair: str = BTC) -> Trade:
    """A trade with its entry and its stop; its fee is taken off, as Freqtrade does."""
    sent = send(exchange, "buy", amount, pair)
    left = float(exchange.amount_to_precision(pair, amount * 0.999))
    trade = open_trade(
        datetime(2025, 1, 1, tzinfo=UTC),
        pair=pair,
        amount=left,
        open_rate=sent["average"],
        trading_mode="spot",
        fee_open_currency=pair.partition("/")[0],
    )
    record(trade, sent, "buy", ft_fee_base=amount - left)
    record(trade, stop(exchange, left, pair), "stoploss", filled=0.0)
    return trade


def now_of(exchange: Exchange) -> datetime:
    return datetime.fromtimestamp(exchange._api.fetch_time() / 1000, UTC)


def look(exchange: Exchange, reconciler: Reconciler, after: timedelta = LATER) -> list[BreakKind]:
    """Look so much later; return the breaks that are told by then."""
    post(f"{exchange.url}/plimsoll/clock/step", {"seconds": after.total_seconds()})
    reconciler.look(now_of(exchange), Trade.get_open_trades())
    return [one.kind for one in reconciler.breaks if not (one.settling or one.unseen)]


def held(exchange: Exchange, coin: str = "BTC") -> float:
    return float(exchange._api.fetch_balance()[coin]["total"])


def test_coins_and_orders_are_read_and_nothing_else(exchange: Exchange) -> None:
    books, now = reconciler(exchange), now_of(exchange)
    bought = send(exchange, "buy", 0.01)
    rested = stop(exchange, 0.005)
    read = read_books(exchange, now, transfers_since=now, look_into=[BTC])
    assert read.fault is None
    assert read.coins is not None
    assert read.coins["BTC"] == pytest.approx(0.00999)
    assert (read.positions, read.wallet_usd, read.transfers, read.hedge_mode) == (
        (),
        None,
        None,
        False,
    )
    [order] = read.orders
    assert (order.id, order.conditional, order.reduce_only) == (rested["id"], True, True)
    assert (order.side, order.amount, order.filled) == (Side.SHORT, 0.005, 0.0)
    assert order.is_named(books._prefix), "ccxt names the orders of spot as well"
    [done] = read.done
    assert (done.id, done.filled, done.is_named(books._prefix)) == (bought["id"], 0.01, True)
    assert done.price == pytest.approx(bought["average"])
    assert read.steps == {BTC: 0.00001}


def test_orders_are_read_beyond_the_first_page(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exchange lists the oldest first: the newest orders are those that matter."""
    monkeypatch.setattr(exchange_books, "ORDER_PAGE", 3)
    list_orders = exchange._api.fetch_orders
    monkeypatch.setattr(
        exchange._api, "fetch_orders", lambda pair, since, params: list_orders(pair, since, 3)
    )
    sent = []
    for _ in range(7):
        post(f"{exchange.url}/plimsoll/clock/step", {"seconds": 20})
        sent.append(send(exchange, "buy", 0.001)["id"])
    assert [one.id for one in done_orders(exchange, BTC, now_of(exchange))] == sent


@pytest.mark.parametrize("total", [None, float("nan"), "much"])
def test_a_balance_that_is_no_number_is_not_read(exchange: Exchange, total: object) -> None:
    exchange._api.fetch_balance = lambda *_: {"BTC": {"total": total, "free": None, "used": 0.0}}
    assert read_books(exchange, now_of(exchange)).fault


@pytest.mark.parametrize("field", ["amount", "filled"])
def test_an_order_whose_amount_is_no_number_is_not_read(exchange: Exchange, field: str) -> None:
    send(exchange, "buy", 0.01)
    [done] = exchange._api.fetch_orders(BTC)
    exchange._api.fetch_orders = lambda *_, **__: [{**done, field: float("nan")}]
    assert "nan" in str(read_books(exchange, now_of(exchange), look_into=[BTC]).fault)


def test_a_total_that_is_not_told_is_free_and_used(exchange: Exchange) -> None:
    exchange._api.fetch_balance = lambda *_: {
        "timestamp": 1,
        "BTC": {"total": None, "free": 1.0, "used": 0.5},
    }
    assert read_books(exchange, now_of(exchange)).coins == {"BTC": 1.5}


def test_trades_with_fees_in_coins_and_a_persons_coins_agree(
    exchange: Exchange, books: Reconciler
) -> None:
    send(exchange, "buy", 0.3, ETH, clientOrderId="web_1")
    entered(exchange)
    entered(exchange, 0.2, ETH)
    assert [look(exchange, books) for _ in range(4)] == [[]] * 4
    assert books.take_news() == []
    assert books.unexplained_usd == 0.0
    with pytest.raises(PlimsollError, match="capital"):
        _ = books.capital
    assert not books.counts_money
    assert books.marks_of(now_of(exchange)) is None


def test_coins_that_are_moved_away_are_told_and_nothing_is_done(
    exchange: Exchange, books: Reconciler
) -> None:
    trade = entered(exchange)
    assert look(exchange, books) == []
    [rested] = exchange._api.fetch_open_orders(BTC)
    exchange._api.cancel_order(rested["id"], BTC)
    post(f"{exchange.url}/plimsoll/transfer", {"asset": "BTC", "amount": -0.006})
    look(exchange, books)
    assert look(exchange, books) == [BreakKind.WRONG_SIZE, BreakKind.MISSING_STOP]
    [short, _] = books.breaks
    assert (short.exchange, short.database) == (pytest.approx(0.00399), trade.amount)
    assert short.size_usd == pytest.approx(0.00599 * trade.open_rate, rel=0.01)
    assert {one.event for one in books.take_news()} == {"begun"}
    assert exchange._api.fetch_open_orders(BTC) == []


def test_a_persons_coins_hide_what_is_missing(exchange: Exchange, books: Reconciler) -> None:
    """What cannot be known, and is said in the docs."""
    send(exchange, "buy", 0.05, clientOrderId="web_1")
    entered(exchange)
    post(f"{exchange.url}/plimsoll/transfer", {"asset": "BTC", "amount": -0.04})
    assert look(exchange, books) == []


def test_an_order_of_the_bots_own_that_nobody_knows_is_cancelled(
    exchange: Exchange, books: Reconciler
) -> None:
    entered(exchange)
    own = exchange._api.create_order(BTC, "limit", "buy", 0.01, 50_000.0)
    send(exchange, "buy", 0.001, clientOrderId="web_1")
    theirs = exchange._api.create_order(
        ETH, "limit", "buy", 0.1, 2_000.0, {"clientOrderId": "web_2"}
    )
    assert look(exchange, books) == [BreakKind.FOREIGN_ORDER]
    assert exchange._api.fetch_order(own["id"], BTC)["status"] == "canceled"
    assert exchange._api.fetch_order(theirs["id"], ETH)["status"] == "open"


def test_a_stop_left_alone_frees_its_coins(exchange: Exchange, books: Reconciler) -> None:
    send(exchange, "buy", 0.01, clientOrderId="web_1")
    left = stop(exchange, 0.00999)
    assert look(exchange, books) == []
    assert exchange._api.fetch_order(left["id"], BTC)["status"] == "canceled"
    assert held(exchange) == pytest.approx(0.00999)


def test_an_entry_that_no_trade_knows_is_told_until_a_person_sells_it(
    exchange: Exchange, books: Reconciler
) -> None:
    send(exchange, "buy", 0.02, clientOrderId="web_1")
    assert look(exchange, books) == []
    lost = send(exchange, "buy", 0.01)
    seen = [look(exchange, books) for _ in range(3)]
    assert seen == [[BreakKind.UNEXPLAINED_POSITION]] * 3
    assert books.breaks[0].size_usd == pytest.approx(0.01 * lost["average"])
    assert held(exchange) == pytest.approx(0.02997), "nothing is sold"
    send(exchange, "sell", 0.00999, clientOrderId="web_2")
    assert look(exchange, books) == []
    assert look(exchange, books) == []
    assert books.breaks == ()


def test_without_the_list_of_orders_nothing_is_known(exchange: Exchange, books: Reconciler) -> None:
    send(exchange, "buy", 0.01)

    def fails(*_: Any, **__: Any) -> Any:
        raise TemporaryError("gone")

    answers, exchange.fetch_orders = exchange.fetch_orders, fails
    assert look(exchange, books) == []
    assert BreakKind.UNREADABLE_BOOKS in look(exchange, books)
    exchange.fetch_orders = answers
    assert BreakKind.UNEXPLAINED_POSITION in look(exchange, books)


class Recovers:
    """Freqtrade's bot, whose own recovery must not be asked for on spot."""

    def __init__(self) -> None:
        self._exit_lock, self.wallets = Lock(), SimpleNamespace(update=lambda: None)

    def handle_onexchange_order(self, trade: Trade) -> bool:
        pytest.fail("Freqtrade does so by itself")


@pytest.mark.parametrize("beside", [0.0, 0.001])
def test_a_fill_that_was_stored_and_not_counted_is_counted(
    exchange: Exchange, beside: float
) -> None:
    """A bot that is killed in between leaves it; a person's coins or dust change nothing."""
    if beside:
        send(exchange, "buy", beside, clientOrderId="web_1")
    trade = entered(exchange)
    exchange._api.cancel_order(trade.orders[-1].order_id, BTC)
    trade.orders[-1].ft_is_open, trade.orders[-1].status = False, "canceled"
    sold = send(exchange, "sell", 0.006)
    record(trade, sold, "sell")
    trade.amount_precision, trade.precision_mode = 0.00001, 4
    Trade.commit()
    books = reconciler(exchange, Recovers())
    look(exchange, books)
    assert Trade.get_open_trades()[0].amount == pytest.approx(0.00399)
    assert [
        one.kind for one in books.breaks if one.kind is BreakKind.WRONG_SIZE and not one.unseen
    ] == []


def test_missing_coins_are_left_to_freqtrades_own_recovery(exchange: Exchange) -> None:
    trade = entered(exchange)
    exchange._api.cancel_order(trade.orders[-1].order_id, BTC)
    post(f"{exchange.url}/plimsoll/transfer", {"asset": "BTC", "amount": -0.00999})
    books = reconciler(exchange, Recovers())
    look(exchange, books)
    assert look(exchange, books) == [BreakKind.MISSING_POSITION]
    assert Trade.get_open_trades()[0].amount == trade.amount
