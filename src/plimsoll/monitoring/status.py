"""What a watchdog says of itself, for people and for other programs."""

from typing import Any

from plimsoll.core.books_words import order_words, position_words
from plimsoll.monitoring.alarms import Outbox
from plimsoll.monitoring.memory import Memory
from plimsoll.monitoring.settings import WatchSettings
from plimsoll.monitoring.sight import Sight
from plimsoll.monitoring.store import Store


def status_of(
    settings: WatchSettings, sight: Sight, memory: Memory, outbox: Outbox, store: Store
) -> dict[str, Any]:
    """Return plain values: what was seen in the last look, what is wrong, held and not told."""
    bot, account = sight.bot, sight.account
    latch = memory.latch
    waiting = outbox.waiting
    return {
        "as_of": sight.at.isoformat(),
        "every_seconds": settings.profile.every_seconds,
        "may": settings.profile.may.value,
        "is_well": not memory.episodes and latch is None and not waiting,
        "bot": {
            "answer": bot.answer.value,
            "said": bot.said,
            "state": bot.state,
            "looped_at": _moment(bot.looped_at),
            "traced_at": _moment(bot.traced_at),
            "candle_at": _moment(bot.candle_at),
        },
        "database": _database(sight),
        "account": None
        if account is None
        else {
            "fault": account.books.fault,
            "equity_usd": account.equity_usd,
            "skew_seconds": account.skew_seconds,
            "positions": [position_words(one) for one in account.books.positions],
            "orders": [order_words(one) for one in account.books.orders],
        },
        "conditions": [
            {
                "condition": one.condition.value,
                "text": one.text,
                "since": one.since.isoformat(),
                "seconds": one.seconds,
            }
            for one in memory.episodes.values()
        ],
        "latch": None if latch is None else memory.as_record()["latch"],
        "undelivered": {
            "count": len(waiting),
            "oldest": waiting[0].at if waiting else None,
            "channels": sorted({one.channel + 1 for one in waiting}),
        },
        "journal": {"head": store.head, "fault": store.fault},
    }


def _database(sight: Sight) -> dict[str, Any] | None:
    if sight.database is None:
        return None
    return {"fault": sight.database.fault, "open_trades": len(sight.database.trades)}


def _moment(at: Any) -> str | None:
    return None if at is None else str(at.isoformat())
