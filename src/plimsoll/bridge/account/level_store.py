"""Equity levels in Freqtrade's database, and their recomputation from what it recorded."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from freqtrade.persistence import KeyValueStore, WalletHistory
from sqlalchemy import func, select

from plimsoll.bridge.account.equity_levels import EquityLevels
from plimsoll.core import ClosedTrade
from plimsoll.risk import RiskProfile
from plimsoll.risk.trading_day import day_start

DAY, DAY_EQUITY = "plimsoll_day_start", "plimsoll_day_start_equity"
HIGH, HIGH_SINCE = "plimsoll_high_water_equity", "plimsoll_high_water_since"
STARTING = "plimsoll_starting_balance"
LAST, LAST_AT = "plimsoll_last_equity", "plimsoll_last_equity_at"
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)

NOISE_FRACTION = 0.01
"""Change of the starting balance, over it, that fees, funding and rounding may explain."""


class Recorded(NamedTuple):
    """The levels that a start finds on record, in the stake currency."""

    day_start_usd: float
    high_water_usd: float
    day_was_marked: bool
    """Whether a bot has marked the day's start; if not, it may have been higher."""


def moved_usd(before: float | None, now: float | None) -> float:
    """Return by how much a starting balance was moved, 0 for what noise explains.

    It is the same before and after any trade: money was paid in or withdrawn, the margin of a
    resting order was set aside or came back, or the config gives the bot another share.
    """
    if before is None or now is None or abs(now - before) <= abs(before) * NOISE_FRACTION:
        return 0.0
    return now - before


def store_levels(
    levels: EquityLevels,
    now: datetime,
    profile: RiskProfile,
    *,
    since: datetime | None,
    starting_balance_usd: float | None = None,
) -> None:
    """Write the levels to the key-value table of the bot's database."""
    if starting_balance_usd is not None:
        KeyValueStore.store_value(STARTING, float(starting_balance_usd))  # type: ignore[arg-type]
    if levels.day_start_usd is not None:
        begin = day_start(now, starts_at_hour_utc=profile.day_starts_at_hour_utc)
        KeyValueStore.store_value(DAY, begin)  # type: ignore[arg-type]
        KeyValueStore.store_value(DAY_EQUITY, float(levels.day_start_usd))  # type: ignore[arg-type]
    if levels.high_water_usd is not None:
        KeyValueStore.store_value(HIGH, float(levels.high_water_usd))  # type: ignore[arg-type]
        KeyValueStore.store_value(HIGH_SINCE, since or BEGINNING)  # type: ignore[arg-type]


def store_equity(now: datetime, equity_usd: float) -> None:
    """Write the last mark, by which a day begins that no bot sees begin."""
    KeyValueStore.store_value(LAST, float(equity_usd))  # type: ignore[arg-type]
    KeyValueStore.store_value(LAST_AT, now)  # type: ignore[arg-type]


def recorded_levels(
    now: datetime,
    *,
    starting_balance_usd: float,
    outside_usd: float,
    closed: Sequence[ClosedTrade],
    since: datetime | None,
    profile: RiskProfile,
) -> Recorded:
    """Return day-start and high-water equity after a start, from everything on record.

    The day begins with what was stored for it. When nothing was, nobody saw it begin: the last
    mark before is its start, and the realised equity then where nothing was marked, or where
    that is higher and a trade has closed in between (`unmarked_start_usd` has what follows).

    The high-water mark is the highest of what was stored since the last re-arming and of
    Freqtrade's wallet history of the days after, which holds the whole wallet: ``outside_usd``
    of it is not the bot's now. Days that were marked as they passed are not asked again: what
    a person has withdrawn since is still in their history. Where nothing was stored, the
    history since the re-arming counts, and realised equity after each closed trade since then;
    it may lie above any equity there was, for it knows no open losses. What was stored moves
    with the starting balance (`moved_usd`).
    """
    begin = day_start(now, starts_at_hour_utc=profile.day_starts_at_hour_utc)
    last_day = KeyValueStore.get_datetime_value(DAY)  # type: ignore[arg-type]
    moved = moved_usd(
        KeyValueStore.get_float_value(STARTING),  # type: ignore[arg-type]
        starting_balance_usd,
    )
    stored_start = KeyValueStore.get_float_value(DAY_EQUITY)  # type: ignore[arg-type]
    marked = last_day == begin and stored_start is not None
    if marked and stored_start is not None:
        start = stored_start + moved
    else:
        start = _known_before(begin, closed, starting_balance_usd, moved)
    stored_since = KeyValueStore.get_datetime_value(HIGH_SINCE)  # type: ignore[arg-type]
    stored = KeyValueStore.get_float_value(HIGH)  # type: ignore[arg-type]
    # A removed lock is noticed a loop after it ended.
    if stored is not None and stored_since is not None and stored_since >= (since or BEGINNING):
        highs, unmarked = (
            [stored + moved],
            since if last_day is None else last_day + timedelta(hours=23),
        )
    else:
        highs, unmarked = _realised_path(closed, starting_balance_usd, since), since
    highs += [total - outside_usd for total in _wallet_history(unmarked)]
    return Recorded(start, max(highs), marked)


def unmarked_start_usd(before_usd: float, first_usd: float, second_usd: float) -> float:
    """Return what a day starts with that no bot saw begin, by the marks on both sides.

    The equity of that moment is unknown. The last mark before it may lie below, when the account
    rose in between, and the first after it as well, when it fell: the higher of the two hides no
    loss of the day that either knows. Of the first marks two in a row count, the lower of them:
    one wrong tick is no start of a day.
    """
    return max(before_usd, min(first_usd, second_usd))


def _known_before(
    begin: datetime, closed: Sequence[ClosedTrade], starting_balance_usd: float, moved: float
) -> float:
    """Return what is known of the equity before a day that nobody saw begin."""
    earlier = [trade for trade in closed if trade.closed_at < begin]
    realised = starting_balance_usd + sum(trade.profit_usd for trade in earlier)
    last = KeyValueStore.get_float_value(LAST)  # type: ignore[arg-type]
    last_at = KeyValueStore.get_datetime_value(LAST_AT)  # type: ignore[arg-type]
    if last is None or last_at is None:
        return realised
    unseen = any(trade.closed_at > last_at for trade in earlier)
    return max(last + moved, realised) if unseen else last + moved


def _realised_path(
    closed: Sequence[ClosedTrade], starting_balance_usd: float, since: datetime | None
) -> list[float]:
    """Return realised equity at the beginning of the span and after each trade of it."""
    equity = starting_balance_usd
    path: list[float] = []
    for trade in closed:
        if since is not None and trade.closed_at <= since:
            equity += trade.profit_usd
            continue
        if not path:
            path.append(equity)
        equity += trade.profit_usd
        path.append(equity)
    return path or [equity]


def _wallet_history(since: datetime | None) -> list[float]:
    query = select(func.sum(WalletHistory.total_quote)).where(
        WalletHistory.bot_managed.is_(True), WalletHistory.total_quote.is_not(None)
    )
    if since is not None:
        query = query.where(WalletHistory.timestamp > since.astimezone(UTC).replace(tzinfo=None))
    totals = WalletHistory.session.execute(query.group_by(WalletHistory.timestamp))
    return [float(total) for (total,) in totals if total is not None]
