"""Tells and records what became of the exchange's books: breaks, recoveries, transfers."""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from plimsoll.bridge.account.reconciler import News
from plimsoll.bridge.state.recorder import Record
from plimsoll.journal import messages
from plimsoll.journal.kind import Kind
from plimsoll.risk.guards.reconciliation import RULE

logger = logging.getLogger(__name__)


def tell_breaks(
    news: Iterable[News],
    now: datetime,
    *,
    record: Record,
    tell: Callable[..., object],
    share_usd: float | None = None,
) -> None:
    """Record each piece of news, and tell it once: what failed is not told again within the hour.

    ``tell`` takes the text, the moment and what it is about, as `Supervisor.say` does.
    ``share_usd`` is the part of the wallet that the config gives the bot, if it names one.
    """
    for one in news:
        record(Kind.BREAK, now, durable=True, **_fields(one))
        text = _words(one, share_usd)
        logger.warning("plimsoll: %s", text)
        about = one.about
        if one.event != "failed" or about is None:
            tell(text, now, f"books {one.event} {one.text}")
        else:
            tell(text, now, f"books failed {about.key}")


def _words(one: News, share_usd: float | None) -> str:
    about, amount_usd = one.about, one.amount_usd or 0.0
    match one.event:
        case "begun":
            size_usd = None if about is None else about.size_usd
            return messages.broken(one.text, seconds=one.age_seconds, size_usd=size_usd)
        case "ended":
            if about is None:
                return messages.noticed(one.text)
            return messages.agreed(about.kind, about.pair)
        case "mended":
            return messages.mended(one.text)
        case "failed":
            return messages.not_mended(one.text)
        case "transfer":
            return messages.transferred(amount_usd, share_usd=share_usd)
        case "accepted":
            return messages.money_accepted(amount_usd)


def _fields(one: News) -> dict[str, Any]:
    fields = {
        "event": one.event,
        "text": one.text,
        "age_seconds": one.age_seconds,
        "amount_usd": one.amount_usd,
    }
    about = one.about
    if about is None:
        return fields
    fields |= {
        "rule": RULE,
        "break": about.kind.value,
        "exchange": about.exchange,
        "database": about.database,
        "size_usd": about.size_usd,
        "ours": about.ours,
        "since": about.since,
    }
    named = {"pair": about.pair, "order": about.order}
    return fields | {key: value for key, value in named.items() if value is not None}
