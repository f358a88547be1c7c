"""What of a state the market says, from candles: the same columns for training and trading."""

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from plimsoll.core import PlimsollError
from plimsoll.features import FeatureUse, open_interest, regime, returns, table, volatility
from plimsoll.learning.market import SIGNALS

NO_FORECAST = 0.5
MOMENTUM = returns.close_return.use(period=24)
VOLATILITY = volatility.atr_fraction.use(period=14)
VOLATILE = regime.is_volatile.use(period=48, window=288)
TRENDING = regime.is_trending.use(period=48)
BUILD_UP = open_interest.open_interest_buildup.use(period=24)
TREND = open_interest.open_interest_price_correlation.use(period=48)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """Which data an agent has beside candles; what it has not is a constant in its state.

    Attributes
    ----------
    forecast
        A column ``ml_signal``; without it 0.5.
    interest
        A column ``open_interest``; without it the signal of open interest is 0.
    funding
        Columns ``funding_rate`` and ``funding_paid``; without them nothing is charged.
    """

    forecast: bool = False
    interest: bool = False
    funding: bool = True

    def uses(self) -> list[FeatureUse]:
        """Return the features that the signals are made of."""
        always = [MOMENTUM, VOLATILITY, VOLATILE, TRENDING]
        return [*always, BUILD_UP] if self.interest else always

    @property
    def lookback_candles(self) -> int:
        """Return the candles before the first row that is known."""
        return max(use.lookback_candles for use in self.uses())

    def words(self) -> dict[str, bool]:
        """Return the same as a model's file says it."""
        return asdict(self)


def rise_probability(lean: pd.Series) -> pd.Series:
    """Return a model's probability that the price rises: that of up, and half of that of flat.

    ``lean`` is the probability of up less that of down, 0 without a forecast to trust; what is
    returned is 0.5 there, as it is for an agent without a model.
    """
    return NO_FORECAST + lean / 2


def with_signals(candles: pd.DataFrame, inputs: Inputs) -> pd.DataFrame:
    """Return candles with the columns of `SIGNALS`; NaN where one is not known.

    The regime is 2 where volatility is above 80 % of its earlier values, else 1 where the
    efficiency ratio is above 0.3, else 0. The signal of open interest is
    `open_interest_buildup` of a day.

    Raises
    ------
    PlimsollError
        Where a column that ``inputs`` names is missing.
    """
    needed = {"ml_signal": inputs.forecast, "open_interest": inputs.interest}
    needed |= dict.fromkeys(("funding_rate", "funding_paid"), inputs.funding)
    missing = [name for name, is_used in needed.items() if is_used and name not in candles]
    if missing:
        raise PlimsollError(
            f"expected candles with {', '.join(missing)}, which the agent's state is made of; "
            "join that data, or train an agent without it"
        )
    known = table(candles, inputs.uses())
    volatile, trending = known[VOLATILE.column], known[TRENDING.column]
    unknown = volatile.isna() | trending.isna()
    kind = pd.Series(np.where(volatile == 1, 2.0, trending), candles.index)
    said = {
        "ml_signal": candles["ml_signal"] if inputs.forecast else NO_FORECAST,
        "oi_signal": known[BUILD_UP.column] if inputs.interest else 0.0,
        "price_momentum": known[MOMENTUM.column],
        "volatility": known[VOLATILITY.column],
        "funding_rate": candles["funding_rate"] if inputs.funding else 0.0,
        "market_regime": kind.mask(unknown),
    }
    paid = candles["funding_paid"] if inputs.funding else 0.0
    return candles.assign(**{name: said[name] for name in SIGNALS}, funding_paid=paid)
