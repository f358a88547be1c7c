"""Trend and carry weights with the parameters that the tests share."""

from collections.abc import Callable

import pandas as pd

from plimsoll.signals.carry import WINDOWS, carry_targets
from plimsoll.signals.panels import Targets
from plimsoll.signals.trend_following import HORIZONS, trend_targets

DAYS = 420
Made = Callable[[pd.DataFrame, pd.DataFrame], Targets]


def trend(made: pd.DataFrame, rates: pd.DataFrame, **changed: float) -> Targets:
    options = {"short_strength": 0.5, "target_volatility": 0.1, "volatility_days": 30} | changed
    return trend_targets(made, horizons=HORIZONS, **options)  # type: ignore[arg-type]


def carry(made: pd.DataFrame, rates: pd.DataFrame) -> Targets:
    return carry_targets(
        made, rates, windows=WINDOWS, scale_days=180, volatility_days=30, target_volatility=0.1
    )
