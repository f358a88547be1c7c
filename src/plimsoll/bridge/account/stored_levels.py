"""What is on record of the levels: one value in Freqtrade's database, and what it can replace."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any, NamedTuple

from freqtrade.persistence import KeyValueStore, WalletHistory
from sqlalchemy import func, select

from plimsoll.core import ClosedTrade, PlimsollError
from plimsoll.risk import RiskProfile
from plimsoll.risk.trading_day import day_start

KEY = "plimsoll_equity_levels"
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
ONE_DAY = timedelta(days=1)

NOISE_FRACTION = 0.01
"""Change of the starting balance, over it, that fees, funding and rounding may explain."""


class UnreadableLevelsError(PlimsollError):
    """Levels were stored, but the value is none that this version writes."""


@dataclass(frozen=True, slots=True)
class StoredLevels:
    """What of the levels outlives a bot, in the stake currency; ``None`` where it is unknown.

    The names are short: Freqtrade's table holds 255 characters.

    Attributes
    ----------
    day_at, day_usd
        The start of the last day that a bot has marked, and the equity then.
    high_usd, since
        The high-water mark, and since when it is measured.
    capital_usd
        The starting balance that the levels belong to.
    mark_usd, mark_at
        The last mark, from which a day starts that no bot sees begin.
    """

    day_at: datetime | None = None
    day_usd: float | None = None
    high_usd: float | None = None
    since: datetime | None = None
    capital_usd: float | None = None
    mark_usd: float | None = None
    mark_at: datetime | None = None

    def shifted(self, by_usd: float) -> "StoredLevels":
        """Return the levels moved with money that came or went without a trade."""
        amounts = {
            name: value + by_usd
            for name, value in asdict(self).items()
            if name.endswith("_usd") and value is not None
        }
        return replace(self, **amounts)

    def at_capital(
        self, starting_balance_usd: float, *, noise_fraction: float = NOISE_FRACTION
    ) -> "StoredLevels":
        """Return the levels as they are with another starting balance (`moved_usd`)."""
        moved = moved_usd(self.capital_usd, starting_balance_usd, noise_fraction=noise_fraction)
        return self.shifted(moved)


class Recorded(NamedTuple):
    """The levels that a bot starts with, in the stake currency."""

    day_start_usd: float
    high_water_usd: float
    day_was_marked: bool
    """Whether a bot has marked the day's start; if not, it may have been higher."""


def moved_usd(
    before: float | None, now: float | None, *, noise_fraction: float = NOISE_FRACTION
) -> float:
    """Return by how much a starting balance was moved, 0 for what noise explains.

    It is the same before and after any trade: money was paid in or withdrawn, the margin of a
    resting order was set aside or came back, or the config gives the bot another share.
    """
    if before is None or now is None or abs(now - before) <= abs(before) * noise_fraction:
        return 0.0
    return now - before


def store_levels(levels: StoredLevels) -> None:
    """Write the levels as one value in one commit: a kill leaves all of the old or of the new.

    Raises
    ------
    ValueError
        When a number is not finite; what was stored stays.
    """
    text = json.dumps(asdict(levels), default=moment_text, separators=(",", ":"), allow_nan=False)
    KeyValueStore.store_value(KEY, text)  # type: ignore[arg-type]


def read_levels() -> StoredLevels:
    """Return what was stored last, also by a version that stored it under a key each.

    Raises
    ------
    UnreadableLevelsError
        When something was stored that cannot be read.
    """
    text: object = "a value of an unknown type"
    try:
        text = KeyValueStore.get_value(KEY)  # type: ignore[arg-type]
        return _of_former_keys() if text is None else _parsed(text)
    except (TypeError, ValueError, ArithmeticError) as error:
        message = f'expected equity levels under "{KEY}" in the bot\'s database, found {text!r}'
        raise UnreadableLevelsError(message) from error


def recorded_levels(
    stored: StoredLevels | None,
    now: datetime,
    *,
    starting_balance_usd: float,
    outside_usd: float,
    closed: Sequence[ClosedTrade],
    since: datetime | None,
    profile: RiskProfile,
) -> Recorded:
    """Return day-start and high-water equity after a start, from everything on record.

    What was stored moves with the starting balance.

    The day begins with what was stored for it. When nothing was, nobody saw it begin: the last
    mark before is its start, and the realised equity then where nothing was marked, or where
    that is higher and a trade has closed in between (`unmarked_start_usd` has what follows).

    The high-water mark is the highest of what was stored since the last re-arming and of
    Freqtrade's wallet history of the days after, which holds the whole wallet: ``outside_usd``
    of it is not the bot's now. Days that were marked as they passed are left out: what a person
    has withdrawn since is still in their history. Where nothing was stored, the history since
    the re-arming counts, and realised equity after each closed trade since then; it may lie
    above any equity there was, for it knows no open losses.

    ``None`` for what was stored and cannot be read: the same as if nothing was, but the day
    begins with the wallet history of the day before it as well, where that is higher.
    """
    begin = day_start(now, starts_at_hour_utc=profile.day_starts_at_hour_utc)
    known = (stored or StoredLevels()).at_capital(starting_balance_usd)
    marked = known.day_at == begin and known.day_usd is not None
    if marked and known.day_usd is not None:
        start = known.day_usd
    else:
        start = _known_before(begin, closed, starting_balance_usd, known)
    if stored is None:
        totals = _wallet_history(begin - ONE_DAY)
        start = max([start, *(total - outside_usd for total in totals)])
    highs, unmarked = [], since
    # A removed lock is noticed a loop after it ended.
    if known.since is not None and known.since >= (since or BEGINNING):
        highs = [] if known.high_usd is None else [known.high_usd]
    if highs and known.day_at is not None:
        # From the next midnight on, which is the day's end where days begin at midnight.
        unmarked = known.day_at + timedelta(hours=23)
    if not highs:
        highs = realised_path(closed, starting_balance_usd, since)
    highs += [total - outside_usd for total in _wallet_history(unmarked)]
    return Recorded(start, max(highs), marked)


def _known_before(
    begin: datetime, closed: Sequence[ClosedTrade], starting_balance_usd: float, known: StoredLevels
) -> float:
    """Return what is known of the equity before a day that nobody saw begin."""
    earlier = [trade for trade in closed if trade.closed_at < begin]
    realised = starting_balance_usd + sum(trade.profit_usd for trade in earlier)
    mark, at = known.mark_usd, known.mark_at
    if mark is None or at is None:
        return realised
    return max(mark, realised) if any(trade.closed_at > at for trade in earlier) else mark


def realised_path(
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
    """Return the whole wallet at each midnight after a moment, as Freqtrade recorded it."""
    query = select(func.sum(WalletHistory.total_quote)).where(
        WalletHistory.bot_managed.is_(True), WalletHistory.total_quote.is_not(None)
    )
    if since is not None:
        query = query.where(WalletHistory.timestamp > since.astimezone(UTC).replace(tzinfo=None))
    totals = WalletHistory.session.execute(query.group_by(WalletHistory.timestamp))
    return [float(total) for (total,) in totals if total is not None]


def moment_text(moment: datetime) -> str:
    """Return a moment as it is stored."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _parsed(text: Any) -> StoredLevels:
    """Return the levels of a text; ValueError or TypeError where it is none of `store_levels`."""
    values = json.loads(text)
    if sorted(values) != sorted(field.name for field in fields(StoredLevels)):
        raise ValueError(text)
    return StoredLevels(**{name: parsed_value(name, value) for name, value in values.items()})


def parsed_value(name: str, value: Any) -> Any:
    """Return a stored amount or moment; ValueError or TypeError where it is none."""
    if value is None:
        return None
    if not name.endswith("_usd"):
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is not None:
            return moment
    elif isfinite(value):
        return float(value)
    raise ValueError(value)


def _of_former_keys() -> StoredLevels:
    """Return what versions have left that stored each figure under a key of its own."""

    def number(name: str) -> float | None:
        return KeyValueStore.get_float_value(f"plimsoll_{name}")  # type: ignore[arg-type]

    def moment(name: str) -> datetime | None:
        return KeyValueStore.get_datetime_value(f"plimsoll_{name}")  # type: ignore[arg-type]

    return StoredLevels(
        day_at=moment("day_start"),
        day_usd=number("day_start_equity"),
        high_usd=number("high_water_equity"),
        since=moment("high_water_since"),
        capital_usd=number("starting_balance"),
        mark_usd=number("last_equity"),
        mark_at=moment("last_equity_at"),
    )
