"""When a trading day begins and ends."""

from datetime import datetime, timedelta


def day_start(moment: datetime, *, starts_at_hour_utc: int) -> datetime:
    """Return the start of the trading day that holds ``moment`` (timezone-aware, UTC)."""
    if moment.utcoffset() != timedelta(0):
        message = f"expected a timezone-aware UTC moment, found {moment!r}"
        raise ValueError(message)
    boundary = moment.replace(hour=starts_at_hour_utc, minute=0, second=0, microsecond=0)
    return boundary if boundary <= moment else boundary - timedelta(days=1)


def day_end(moment: datetime, *, starts_at_hour_utc: int) -> datetime:
    """Return the start of the trading day after the one that holds ``moment``."""
    return day_start(moment, starts_at_hour_utc=starts_at_hour_utc) + timedelta(days=1)
