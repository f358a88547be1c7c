"""Order book and trade flow, where such data is recorded.

Freqtrade's candles do not hold them: ``bid_price``, ``ask_price``, ``bid_amount``, ``ask_amount``
(the book at the candle's close), ``taker_buy_volume`` and ``trades`` come from a recorder or from
the exchange's klines. Where a candle has none, the features are NaN.
"""

# Ufuncs and TA-Lib are typed as Any.
# mypy: disable-error-code="no-any-return"

import numpy as np

from plimsoll.features.arrays import lagged, share_of_window, zscore
from plimsoll.features.candles import Candles, Floats
from plimsoll.features.intermediates import log_returns, mean_of
from plimsoll.features.kernels import rolling_fit, rolling_mean
from plimsoll.features.registry import Unit, feature

QUOTE = ("bid_price", "ask_price")
DEPTH = ("bid_amount", "ask_amount")
FLOW = ("taker_buy_volume", "volume")
ROLL = "Hasbrouck (2007), Empirical Market Microstructure, ch. 2 (quoted spread)"
CAO = "Cao, Hansch & Wang (2009), The information content of an open limit-order book, section 3"
CONT = "Cont, Kukanov & Stoikov (2014), The Price Impact of Order Book Events, eq. 10"
CHORDIA = "Chordia, Roll & Subrahmanyam (2002), Order imbalance, liquidity and returns, section 2"


def _spread(candles: Candles) -> Floats:
    bid, ask = candles["bid_price"], candles["ask_price"]
    return 2 * (ask - bid) / (ask + bid)


def _imbalance(candles: Candles) -> Floats:
    bid, ask = candles["bid_amount"], candles["ask_amount"]
    return (bid - ask) / (bid + ask)


def _signed_volume(candles: Candles) -> Floats:
    return 2 * candles["taker_buy_volume"] - candles["volume"]


@feature(lookback_candles=lambda: 0, unit=Unit.FRACTION, source=ROLL, inputs=QUOTE)
def spread(candles: Candles) -> Floats:
    """Best ask less best bid over their middle."""
    return candles.shared(_spread)


@feature(
    lookback_candles=lambda window: window - 1,
    unit=Unit.DEVIATIONS,
    source=f"{ROLL}; standardised",
    inputs=QUOTE,
    defaults={"window": 288},
    least={"window": 2},
)
def spread_zscore(candles: Candles, *, window: int) -> Floats:
    """Spread less its mean, in standard deviations."""
    return zscore(candles.shared(_spread), window)


@feature(lookback_candles=lambda: 0, unit=Unit.SIGNED, source=CAO, inputs=DEPTH)
def book_imbalance(candles: Candles) -> Floats:
    """Bids less asks over their sum: 1 when there are only bids."""
    return candles.shared(_imbalance)


@feature(
    lookback_candles=lambda period: period - 1,
    unit=Unit.SIGNED,
    source=CAO,
    inputs=DEPTH,
    defaults={"period": 12},
)
def book_imbalance_mean(candles: Candles, *, period: int) -> Floats:
    """Mean book imbalance of the window."""
    return rolling_mean(candles.shared(_imbalance), period)


@feature(
    lookback_candles=lambda: 0,
    unit=Unit.FRACTION,
    source="Stoikov (2018), The micro-price: a high-frequency estimator of future prices, eq. 1",
    inputs=(*QUOTE, *DEPTH),
)
def microprice_gap(candles: Candles) -> Floats:
    """Price weighted by the opposite side's depth, against the middle of the quotes."""
    return candles.shared(_imbalance) * candles.shared(_spread) / 2


@feature(
    lookback_candles=lambda period: period,
    unit=Unit.RATIO,
    source=CONT,
    inputs=(*QUOTE, *DEPTH),
    defaults={"period": 12},
)
def order_flow_imbalance(candles: Candles, *, period: int) -> Floats:
    """What came to the best bid less what came to the best ask, over the window's mean depth."""
    bid, ask = candles["bid_price"], candles["ask_price"]
    bids, asks = candles["bid_amount"], candles["ask_amount"]
    bid_before, ask_before = lagged(bid, 1), lagged(ask, 1)
    flow = (
        np.where(bid >= bid_before, bids, 0.0)
        - np.where(bid <= bid_before, lagged(bids, 1), 0.0)
        - np.where(ask <= ask_before, asks, 0.0)
        + np.where(ask >= ask_before, lagged(asks, 1), 0.0)
    )
    return share_of_window(flow, (bids + asks) / 2, period)


@feature(
    lookback_candles=lambda period: period - 1,
    unit=Unit.RATIO,
    source="Kyle (1985), Continuous Auctions and Insider Trading (depth), over the traded volume",
    inputs=(*DEPTH, "volume"),
    defaults={"period": 96},
)
def depth_to_volume(candles: Candles, *, period: int) -> Floats:
    """Mean depth of both sides over the mean volume of a candle."""
    both = candles["bid_amount"] + candles["ask_amount"]
    return share_of_window(both, candles["volume"], period)


@feature(
    lookback_candles=lambda period: period - 1,
    unit=Unit.SIGNED,
    source=CHORDIA,
    inputs=FLOW,
    defaults={"period": 12},
)
def taker_imbalance(candles: Candles, *, period: int) -> Floats:
    """Taker buys less taker sells over all volume of the window."""
    return share_of_window(candles.shared(_signed_volume), candles["volume"], period)


@feature(
    lookback_candles=lambda window: window - 1,
    unit=Unit.DEVIATIONS,
    source=f"{CHORDIA}; standardised",
    inputs=FLOW,
    defaults={"window": 288},
    least={"window": 2},
)
def taker_flow_zscore(candles: Candles, *, window: int) -> Floats:
    """Taker buys less taker sells, less the mean of that, in standard deviations."""
    return zscore(candles.shared(_signed_volume), window)


@feature(
    lookback_candles=lambda period: period,
    unit=Unit.RATIO,
    source="Kyle (1985), Continuous Auctions and Insider Trading, eq. 3.6; in the mean volume",
    inputs=(*FLOW, "close"),
    defaults={"period": 96},
    least={"period": 2},
)
def price_impact(candles: Candles, *, period: int) -> Floats:
    """Log return per one mean candle volume of net taker buying (Kyle's lambda)."""
    slope, _ = rolling_fit(candles.shared(log_returns), candles.shared(_signed_volume), period)
    return slope * candles.shared(mean_of, "volume", period)


@feature(
    lookback_candles=lambda period: period,
    unit=Unit.RATIO,
    source="Jones, Kaul & Lipson (1994), Transactions, Volume, and Volatility, section 2",
    inputs=("trades",),
    defaults={"period": 96},
)
def trade_intensity(candles: Candles, *, period: int) -> Floats:
    """Trades of the candle over the mean of the ``period`` candles before it."""
    return candles["trades"] / lagged(candles.shared(mean_of, "trades", period), 1)


@feature(
    lookback_candles=lambda period: period,
    unit=Unit.RATIO,
    source="Easley & O'Hara (1987), Price, trade size, and information; over the window's mean",
    inputs=("trades", "volume"),
    defaults={"period": 96},
)
def trade_size(candles: Candles, *, period: int) -> Floats:
    """Volume per trade over that of the ``period`` candles before: large traders at work."""
    usual = share_of_window(candles["volume"], candles["trades"], period)
    return candles["volume"] / candles["trades"] / lagged(usual, 1)
