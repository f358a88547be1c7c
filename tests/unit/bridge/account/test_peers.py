"""What another bot of the fleet has on the same account is explained, and left to it."""

from datetime import UTC, datetime
from math import nan

import orjson
import pytest

from plimsoll.bridge.account.peers import heard_books, told_books, with_peers
from plimsoll.core.books import (
    BotBooks,
    BotTrade,
    BreakKind,
    ExchangeBooks,
    ExchangeOrder,
    ExchangePosition,
)
from plimsoll.core.side import Side
from plimsoll.risk import RiskProfile
from plimsoll.risk.reconciliation import breaks

NOON = datetime(2026, 11, 19, 12, tzinfo=UTC)
BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
OWN = BotBooks(
    trades=(BotTrade(pair=BTC, side=Side.LONG, amount=1.0, price=100.0),),
    prefix="own-",
    earned_usd=-5.0,
    capital_usd=1000.0,
    capital_at=NOON,
)
THEIRS = BotBooks(
    trades=(
        BotTrade(
            pair=ETH, side=Side.SHORT, amount=2.0, price=50.0, stop_expected=True, fee_amount=0.002
        ),
    ),
    order_ids=frozenset({"77"}),
    prefix="peer-",
    ordered_at={ETH: NOON},
    earned_usd=20.0,
)
EXCHANGE = ExchangeBooks(
    as_of=NOON,
    positions=(
        ExchangePosition(pair=BTC, side=Side.LONG, amount=1.0, entry_price=100.0),
        ExchangePosition(pair=ETH, side=Side.SHORT, amount=2.0, entry_price=50.0),
    ),
    orders=(
        ExchangeOrder(id="77", pair=ETH, side=Side.LONG, amount=2.0, price=60.0, conditional=True),
        ExchangeOrder(
            id="78", pair=ETH, side=Side.LONG, amount=1.0, price=40.0, client_id="peer-9"
        ),
    ),
    wallet_usd=1015.0,
    transfers=(),
)


def told() -> BotBooks:
    heard = heard_books("carry", orjson.loads(orjson.dumps(told_books(THEIRS))))
    return with_peers(OWN, [heard])


def kinds(bot: BotBooks) -> set[BreakKind]:
    return {one.kind for one in breaks(EXCHANGE, bot, RiskProfile())}


def test_without_the_peer_its_position_orders_and_money_are_breaks() -> None:
    assert kinds(OWN) == {
        BreakKind.UNEXPLAINED_POSITION,
        BreakKind.FOREIGN_ORDER,
        BreakKind.MONEY,
    }


def test_with_it_nothing_is() -> None:
    assert kinds(told()) == set()


def test_a_fresh_order_of_the_peer_may_explain_its_position_before_it_has_told() -> None:
    fresh = with_peers(
        OWN, [heard_books("carry", told_books(BotBooks(prefix="peer-", earned_usd=20.0)))]
    )
    placed = ExchangeOrder(
        id="79",
        pair=ETH,
        side=Side.SHORT,
        amount=2.0,
        filled=2.0,
        client_id="peer-8",
        placed_at=NOON,
    )
    seen = ExchangeBooks(
        as_of=NOON, positions=EXCHANGE.positions, done=(placed,), wallet_usd=1015.0, transfers=()
    )
    (one,) = breaks(seen, fresh, RiskProfile())
    assert one.kind is BreakKind.UNEXPLAINED_POSITION
    assert one.settling
    assert not one.ours, "the peer's own, which this bot may neither adopt nor close"


def test_a_peer_that_has_told_nothing_leaves_the_money_unknown() -> None:
    merged = with_peers(OWN, [None])
    assert merged.earned_usd is None
    assert BreakKind.UNEXPLAINED_POSITION in kinds(merged)


@pytest.mark.parametrize(
    "changed",
    [
        {"earned_usd": nan},
        {"earned_usd": None},
        {"trades": [{"pair": ETH}]},
        {"prefix": 1, "order_ids": None},
    ],
)
def test_books_that_cannot_be_read_raise(changed: dict[str, object]) -> None:
    with pytest.raises((ValueError, TypeError, KeyError)):
        heard_books("carry", {**told_books(THEIRS), **changed})
