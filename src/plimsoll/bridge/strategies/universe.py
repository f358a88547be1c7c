"""Which pairs of the whitelist a portfolio may hold, and when its candles have ended."""

from dataclasses import replace
from typing import Any

import pandas as pd

from plimsoll.bridge.config.settings import settings_from
from plimsoll.bridge.strategies.panel import Panel
from plimsoll.signals.universe import Membership, UniverseRule, membership

LAST_CANDLES = 2
"""An exit is decided on a candle and filled at the open of the next."""


def membership_of(panel: Panel, config: dict[str, Any], rule: UniverseRule) -> Membership | None:
    """Return which pairs may be held when; ``None`` when ``plimsoll.universe`` is ``all``."""
    if settings_from(config).universe == "all":
        return None
    return membership(panel.candles["1d"], panel.settlements, rule)


def of_members(panel: Panel, known: Membership) -> Panel:
    """Return a panel that says where each pair may be held."""
    return replace(panel, members=known.members)


def closed_at_end(candles: pd.DataFrame, column: str, last_day: pd.Timestamp) -> pd.DataFrame:
    """Return a backtest's candles with a target of zero on the last, when others go on.

    Freqtrade keeps a position whose candles have ended until the backtest is over, with its stake,
    and then books an exit in the past. An exchange settles what it delists, and says so days
    before: here it is closed at the open of the last candle that there is.

    Parameters
    ----------
    candles
        Of one pair, with Freqtrade's ``date``.
    column
        The column of target weights.
    last_day
        The last whole day of any pair.
    """
    if candles.empty or candles["date"].iloc[-1] >= last_day:
        return candles
    weights = candles[column].copy()
    weights.iloc[-LAST_CANDLES:] = 0.0
    return candles.assign(**{column: weights})
