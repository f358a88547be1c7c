"""The rule strategies as one portfolio, by whatever way of sharing."""

from collections.abc import Mapping

import pandas as pd

from plimsoll.signals.components import sleeves
from plimsoll.signals.ensemble import Allocator, ensemble_targets
from plimsoll.signals.panels import Targets, full_sizes
from plimsoll.signals.trend_following import TrendRule


def rule_ensemble(
    days: pd.DataFrame,
    closes: pd.DataFrame,
    candles: Mapping[str, pd.DataFrame],
    settlements: pd.DataFrame,
    *,
    members: pd.DataFrame | None,
    allocator: Allocator,
    target_volatility: float,
) -> Targets:
    """Return what trend, carry, crossing and slow trend hold together (`ensemble_targets`).

    Parameters
    ----------
    days
        Daily closes, days × pairs.
    closes, candles
        Of candles shorter than a day: closes on a grid, and by pair without holes.
    settlements
        Funding rates by the time they were settled, times × pairs.
    members
        Where a pair may be held, days × pairs; ``None`` where all may.
    allocator
        How to share.
    target_volatility
        Of the whole, a fraction a year.
    """
    opens, trend = pd.DatetimeIndex(closes.index), TrendRule()
    return ensemble_targets(
        sleeves(days, candles, opens, settlements, members=members),
        closes,
        days,
        settlements,
        full_sizes(
            days,
            target_volatility=target_volatility,
            volatility_days=trend.volatility_days,
            longest=max(trend.horizons),
            begun=members,
        ),
        allocator=allocator,
        target_volatility=target_volatility,
    )
