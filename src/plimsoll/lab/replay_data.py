"""Whether recorded candles reach to the end of a replay."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pandas as pd

from plimsoll.core import UsageError
from plimsoll.lab.disk_candles import OTHER_TIMEFRAMES, candles_on_disk
from plimsoll.lab.replay_plan import ReplayPlan


def require_candles(plan: ReplayPlan) -> None:
    """Refuse a span whose end no pair's candles reach: the market would stand still there.

    Raises
    ------
    UsageError
        With the instant at which they end.
    """
    if plan.market != "replay" or plan.datadir is None:
        return
    ends = list(_ends(plan))
    if not ends:
        raise UsageError(
            f"expected candles of {', '.join(plan.pairs)} from {plan.begin:%Y-%m-%d} to "
            f"{plan.end:%Y-%m-%d} in {plan.datadir}, found none"
        )
    if max(ends) < plan.end:
        raise UsageError(
            f"the candles in {plan.datadir} end at {max(ends):%Y-%m-%d %H:%M}; expected a "
            f"--timerange that ends there at the latest, found {plan.end:%Y-%m-%d}"
        )


def _ends(plan: ReplayPlan) -> Iterator[datetime]:
    """Yield where the candles of each pair and timeframe end within the span."""
    if plan.datadir is None:
        return
    start, end = pd.Timestamp(plan.begin), pd.Timestamp(plan.end)
    for timeframe in dict.fromkeys((plan.timeframe or OTHER_TIMEFRAMES[0], *OTHER_TIMEFRAMES)):
        known = candles_on_disk(
            plan.datadir, plan.pairs, [timeframe], start=start, end=end, futures=True
        )
        for one in known.values():
            last = one.frame["date"].iloc[-1].to_pydatetime()
            yield last + timedelta(seconds=pd.Timedelta(timeframe).total_seconds())
