"""Looks of a watchdog, as tests write them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from plimsoll.core import Side
from plimsoll.core.books import ExchangeBooks, ExchangeOrder, ExchangePosition
from plimsoll.monitoring.profile import WatchProfile
from plimsoll.monitoring.sight import (
    AccountSight,
    Answer,
    BookedTrade,
    BotSight,
    DatabaseSight,
    Sight,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
LONG = ExchangePosition(
    pair=BTC, side=Side.LONG, amount=0.1, entry_price=50_000.0, mark_price=51_000.0
)
STOP = ExchangeOrder(
    id="7",
    pair=BTC,
    side=Side.SHORT,
    amount=0.1,
    price=45_000.0,
    conditional=True,
    reduce_only=True,
)
ENTRY = ExchangeOrder(id="8", pair=ETH, side=Side.LONG, amount=1.0, price=2_000.0)
TRADE = BookedTrade(id=3, pair=BTC, side=Side.LONG, amount=0.1)
FLATTENS = WatchProfile.model_validate({"may": "flatten", "every_seconds": 10})


def later(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def books(**changes: Any) -> ExchangeBooks:
    given = {"positions": (LONG,), "orders": (STOP,), "wallet_usd": 10_000.0, "margin_usd": 500.0}
    return ExchangeBooks(as_of=NOON, **{**given, "steps": {BTC: 0.001, ETH: 0.001}, **changes})


def account(moved_usd: float | None = None, **changes: Any) -> AccountSight:
    return AccountSight(books=books(**changes), skew_seconds=0.0, moved_usd=moved_usd)


def bot(at: datetime = NOON, **changes: Any) -> BotSight:
    given: dict[str, Any] = {
        "answer": Answer.YES,
        "state": "running",
        "looped_at": at - timedelta(seconds=3),
        "candle_at": at - timedelta(seconds=400),
        "timeframe_seconds": 300.0,
        "trades": (TRADE,),
    }
    return BotSight(**{**given, **changes})


def gone(answer: Answer, **changes: Any) -> BotSight:
    return BotSight(answer=answer, **changes)


def sight(at: datetime = NOON, **changes: Any) -> Sight:
    """Return a look at which all is well, but for what is changed."""
    given: dict[str, Any] = {
        "bot": bot(at),
        "database": DatabaseSight(trades=(TRADE,), order_ids=frozenset({"7"})),
        "account": account(),
    }
    return Sight(at=at, **{**given, **changes})


BLIND = AccountSight(books=ExchangeBooks(as_of=NOON, fault="NetworkError: no route"))
FLAT = account(positions=(), orders=(), margin_usd=0.0)
