"""A spot account's coins as positions: what trades claim, what lost orders bought, what is dust."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from plimsoll.core.books import BotBooks, BotTrade, BreakKind, ExchangeBooks, ExchangeOrder
from plimsoll.core.side import Side
from plimsoll.risk import RiskProfile
from plimsoll.risk.coins import LOOKS_AFTER_ARRIVAL, Arrivals, coins_beyond, with_positions
from plimsoll.risk.reconciliation import breaks

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
BTC, ETH, BTC_USDC = "BTC/USDT", "ETH/USDT", "BTC/USDC"
PREFIX = "plimsoll-7f3a-"
STEP = 0.00001
AMOUNT = 0.03396
"""What 0.034 BTC are without their fee, rounded down to the step."""
HELD = 0.033966
"""What the account holds of them."""


def trade(pair: str = BTC, amount: float = AMOUNT, **changes: Any) -> BotTrade:
    values = {"side": Side.LONG, "price": 50_000.0, "stop_expected": True, "fee_amount": 0.000034}
    return BotTrade(**{"pair": pair, "amount": amount, **values, **changes})


def order(number: int, side: Side = Side.LONG, **changes: Any) -> ExchangeOrder:
    """An order of the bot's own, all filled so many minutes after noon, an hour ago."""
    values = {
        "id": str(number),
        "pair": BTC,
        "amount": 0.01,
        "filled": 0.01,
        "price": 50_000.0,
        "client_id": f"{PREFIX}{number}",
        "placed_at": NOON - timedelta(minutes=60 - number),
        "reduce_only": side is Side.SHORT,
    }
    return ExchangeOrder(side=side, **{**values, **changes})


def stop(amount: float = AMOUNT, **changes: Any) -> ExchangeOrder:
    values = {"conditional": True, "filled": 0.0, "amount": amount, "price": 48_000.0}
    return order(0, Side.SHORT, **{**values, **changes})


def account(btc: float = HELD, **changes: Any) -> ExchangeBooks:
    coins = {"USDT": 9_000.0, "BTC": btc, "BNB": 0.5, **changes.pop("coins", {})}
    values: dict[str, Any] = {
        "as_of": NOON,
        "orders": (stop(),),
        "hedge_mode": False,
        "steps": {BTC: STEP, ETH: 0.0001, "BNB/USDT": 0.001},
        "coins": coins,
    }
    return ExchangeBooks(**{**values, **changes})


def bot(*trades: BotTrade, **changes: Any) -> BotBooks:
    values = {"order_ids": frozenset({"0"}), "prefix": PREFIX, "isolated": False}
    return BotBooks(trades=trades, **{**values, **changes})


def held(exchange: ExchangeBooks, own: BotBooks) -> Mapping[str, float]:
    return {one.pair: one.amount for one in with_positions(exchange, own).positions}


def kinds(exchange: ExchangeBooks, own: BotBooks) -> list[BreakKind]:
    return [one.kind for one in breaks(with_positions(exchange, own), own, RiskProfile())]


def test_books_of_contracts_stay_as_they_are() -> None:
    books = account(coins={})
    futures = replace(books, coins=None)
    assert with_positions(futures, bot(trade())) is futures


@pytest.mark.parametrize(
    "btc",
    [
        pytest.param(HELD, id="what the fee has left"),
        pytest.param(AMOUNT, id="exactly"),
        pytest.param(0.033966 - 0.00003, id="a fee that Freqtrade took from other coins"),
        pytest.param(7.0, id="beside a person's own"),
    ],
)
def test_a_trade_whose_coins_are_there_is_held_exactly(btc: float) -> None:
    exchange, own = account(btc), bot(trade())
    assert held(exchange, own) == {BTC: AMOUNT}
    assert kinds(exchange, own) == []


@pytest.mark.parametrize(
    ("btc", "expected"),
    [
        (0.0, BreakKind.MISSING_POSITION),
        (0.000006, BreakKind.MISSING_POSITION),
        (0.02, BreakKind.WRONG_SIZE),
        (AMOUNT - 0.00005, BreakKind.WRONG_SIZE),
    ],
)
def test_coins_that_are_missing_are_a_break(btc: float, expected: BreakKind) -> None:
    exchange, own = (
        account(btc, orders=(stop(min(btc, AMOUNT)),) if btc > STEP else ()),
        bot(trade()),
    )
    assert kinds(exchange, own) == [expected]
    [seen] = breaks(with_positions(exchange, own), own, RiskProfile())
    assert seen.size_usd == pytest.approx((AMOUNT - (btc if btc >= STEP else 0.0)) * 50_000.0)
    assert not seen.ours


def test_a_currency_that_the_exchange_does_not_name_is_not_held() -> None:
    exchange = account(orders=())
    coins = {"USDT": 9_000.0}
    assert kinds(replace(exchange, coins=coins), bot(trade())) == [BreakKind.MISSING_POSITION]


def test_coins_of_a_person_are_no_position() -> None:
    exchange, own = account(2.0, orders=(), coins={"ETH": 3.0}), bot()
    assert held(exchange, own) == {}
    assert kinds(exchange, own) == []


def test_a_stop_that_somebody_cancels_is_missing() -> None:
    assert kinds(account(orders=()), bot(trade())) == [BreakKind.MISSING_STOP]


def test_what_a_stop_has_filled_so_far_is_explained() -> None:
    exchange = account(HELD - 0.02, orders=(stop(filled=0.02),))
    assert kinds(exchange, bot(trade())) == []
    assert kinds(replace(exchange, coins={"BTC": 0.005}), bot(trade())) == [BreakKind.WRONG_SIZE]


def test_a_stop_that_has_filled_in_part_covers_what_is_left_beside_a_persons_coins() -> None:
    exchange, own = account(HELD + 0.5 - 0.02, orders=(stop(filled=0.02),)), bot(trade())
    assert held(exchange, own) == {BTC: pytest.approx(AMOUNT - 0.02)}
    assert kinds(exchange, own) == []
    theirs = replace(exchange, orders=(stop(id="9", client_id="web_1", filled=0.02),))
    assert held(theirs, own) == {BTC: AMOUNT}


@pytest.mark.parametrize("beside", [2 * STEP, 0.01])
def test_a_stop_that_has_filled_settles_where_other_coins_are_left(beside: float) -> None:
    """Freqtrade books it in this loop; until then the trade seems to have those coins alone."""
    exchange, own = account(beside, orders=()), bot(trade())
    [short, unstopped] = breaks(with_positions(exchange, own), own, RiskProfile())
    assert (short.kind, unstopped.kind) == (BreakKind.WRONG_SIZE, BreakKind.MISSING_STOP)
    assert short.settling
    later = replace(exchange, as_of=NOON + timedelta(seconds=30))
    [lasts, _] = breaks(with_positions(later, own), own, RiskProfile(), (short, unstopped))
    assert not lasts.settling


def test_too_many_coins_of_the_bot_are_told_at_once() -> None:
    exchange, own = account(HELD + 0.00999, done=(order(1),)), bot(trade())
    [seen] = breaks(with_positions(exchange, own), own, RiskProfile())
    assert (seen.kind, seen.settling) == (BreakKind.WRONG_SIZE, False)


def test_a_stop_of_somebody_else_explains_nothing_it_has_sold() -> None:
    theirs = stop(id="9", client_id="web_1", filled=0.02)
    exchange = account(HELD - 0.02, orders=(stop(AMOUNT - 0.02), theirs))
    found = kinds(exchange, bot(trade()))
    assert found == [BreakKind.WRONG_SIZE, BreakKind.FOREIGN_ORDER]


def test_an_entry_that_rests_is_in_order_whatever_it_has_filled() -> None:
    for filled in (0.0, 0.01, 0.034):
        exchange = account(filled, orders=(order(0, amount=0.034, filled=filled),))
        assert kinds(exchange, bot(trade(amount=0.0, entering=0.034, stop_expected=False))) == []


def test_an_exit_that_rests_is_in_order_whatever_it_has_sold() -> None:
    for left in (HELD, 0.01, 0.000006):
        exchange = account(left, orders=(order(0, Side.SHORT, filled=HELD - left),))
        assert kinds(exchange, bot(trade(leaving=AMOUNT, stop_expected=False))) == []


def test_orders_that_no_trade_knows_are_told_as_whose_they_are() -> None:
    own = order(5, filled=0.0)
    theirs = order(6, filled=0.0, client_id="web_1")
    found = kinds(account(orders=(stop(), own, theirs)), bot(trade()))
    assert found == [BreakKind.UNKNOWN_ORDER, BreakKind.FOREIGN_ORDER]


def test_a_stop_left_alone_is_told_as_that() -> None:
    assert kinds(account(), bot()) == [BreakKind.STOP_WITHOUT_POSITION]


# Two pairs of one coin


def test_pairs_that_share_a_coin_share_what_is_there() -> None:
    both = bot(trade(), trade(BTC_USDC))
    steps = {BTC: STEP, BTC_USDC: STEP}
    whole = account(2 * HELD, orders=(), steps=steps)
    assert held(whole, both) == {BTC: AMOUNT, BTC_USDC: AMOUNT}
    short = account(HELD, orders=(), steps=steps)
    assert held(short, both) == {BTC_USDC: AMOUNT}


# What orders have bought that no trade knows


def test_an_entry_that_no_trade_knows_is_a_position_of_nobody() -> None:
    exchange = account(0.00999, orders=(), done=(order(1),))
    [seen] = breaks(with_positions(exchange, bot()), bot(), RiskProfile())
    assert seen.kind is BreakKind.UNEXPLAINED_POSITION
    assert seen.size_usd == pytest.approx(499.5)
    assert not seen.ours, "it is never sold: who says that a person has not bought as much?"


def test_an_addition_that_a_trade_does_not_know_makes_it_too_large() -> None:
    exchange = account(HELD + 0.00999, done=(order(1),))
    assert kinds(exchange, bot(trade())) == [BreakKind.WRONG_SIZE]


@pytest.mark.parametrize(
    "done",
    [
        pytest.param((order(1, client_id="web_1"),), id="a person's"),
        pytest.param((order(1, client_id="plimsoll-aaaa-1"),), id="another key's"),
        pytest.param((order(1, filled=0.0),), id="cancelled"),
        pytest.param((order(0),), id="a trade's"),
        pytest.param((order(1), order(2, Side.SHORT)), id="sold again"),
        pytest.param(
            (order(1), order(2, Side.SHORT, filled=0.00999, client_id="web_1")),
            id="sold by hand, without its fee",
        ),
        pytest.param(
            (order(1, filled=0.001), order(2, Side.SHORT, filled=0.00099)), id="sold to the step"
        ),
        pytest.param((order(1, Side.SHORT), order(2, client_id="web_1")), id="sold before"),
    ],
)
def test_coins_that_no_lost_order_has_bought_are_no_position(
    done: tuple[ExchangeOrder, ...],
) -> None:
    assert kinds(account(2.0, orders=(), done=done), bot()) == []


def test_an_order_that_ends_between_two_readings_counts_once() -> None:
    half, whole = (order(1, amount=0.02, filled=one) for one in (0.01, 0.02))
    exchange = account(0.5, orders=(half,), done=(whole,))
    assert held(exchange, bot()) == {BTC: pytest.approx(0.02)}


def test_fees_of_many_trades_of_an_older_database_add_up_to_nothing() -> None:
    done = [
        order(2 * one + after, side, filled=amount)
        for one in range(20)
        for after, side, amount in ((1, Side.LONG, 0.01), (2, Side.SHORT, 0.00999))
    ]
    assert kinds(account(2.0, orders=(), done=tuple(done)), bot()) == []


def test_lost_coins_that_were_moved_away_are_over() -> None:
    assert kinds(account(0.000002, orders=(), done=(order(1),)), bot()) == []


def test_a_peers_order_is_its_own_to_look_after() -> None:
    peers = bot(peer_prefixes=("plimsoll-7f3a-1",), peer_orders=frozenset())
    assert kinds(account(2.0, orders=(), done=(order(1),)), peers) == []


# Which orders are read


def test_coins_beyond_are_those_that_neither_trades_nor_resting_entries_explain() -> None:
    exchange = account(HELD + 0.5)
    own = bot(trade(), trade(ETH, 0.0, entering=1.0))
    assert coins_beyond(exchange, own) == {
        BTC: pytest.approx(HELD - AMOUNT + 0.5),
        "BNB/USDT": 0.5,
    }
    assert coins_beyond(account(HELD), bot(trade())) == {"BNB/USDT": 0.5}


def test_at_the_start_the_orders_of_all_coins_beyond_are_read_and_then_of_those_that_come() -> None:
    arrivals, own = Arrivals(), bot(trade())
    assert arrivals.pairs(account(), own) == ["BNB/USDT"]
    for _ in range(LOOKS_AFTER_ARRIVAL):
        assert arrivals.pairs(account(), own) == ["BNB/USDT"]
        arrivals.taken(account(), own)
    assert arrivals.pairs(account(), own) == []
    more = account(HELD + 0.01)
    for _ in range(LOOKS_AFTER_ARRIVAL):
        assert arrivals.pairs(more, own) == [BTC]
        arrivals.taken(more, own)
    assert arrivals.pairs(more, own) == []
    assert arrivals.pairs(account(HELD), own) == []


def test_the_orders_of_lost_coins_are_read_at_each_look() -> None:
    arrivals, exchange = Arrivals(), account(0.00999, orders=(), done=(order(1),))
    for _ in range(5):
        assert BTC in arrivals.pairs(exchange, bot())
        assert len(arrivals.taken(exchange, bot()).positions) == 1


def test_a_look_that_could_not_read_orders_asks_for_them_again() -> None:
    arrivals, own = Arrivals(), bot(trade())
    blind = replace(account(), fault="gone")
    for _ in range(5):
        assert arrivals.taken(blind, own) is blind
    assert arrivals.pairs(account(), own) == ["BNB/USDT"]
    futures = replace(account(), coins=None)
    assert arrivals.taken(futures, own) is futures


def test_a_balance_that_is_no_number_is_a_break() -> None:
    assert kinds(account(float("nan")), bot(trade())) != []
