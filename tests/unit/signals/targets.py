"""Trend and carry weights with the parameters that the tests share."""

from collections.abc import Callable

import pandas as pd

from plimsoll.signals.carry import CarryRule, carry_targets
from plimsoll.signals.panels import Targets
from plimsoll.signals.trend_following import TrendRule, trend_targets

DAYS = 420
Made = Callable[[pd.DataFrame, pd.DataFrame], Targets]


def trend(made: pd.DataFrame, rates: pd.DataFrame, **changed: float) -> Targets:
    return trend_targets(made, TrendRule(**changed))  # type: ignore[arg-type]


def carry(made: pd.DataFrame, rates: pd.DataFrame) -> Targets:
    return carry_targets(made, rates, CarryRule())
