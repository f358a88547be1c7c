"""The stop of a portfolio's leg as Freqtrade meets it: its column, and the legs that it closed."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from freqtrade.persistence import LocalTrade, Trade

from plimsoll.bridge.account.freqtrade_trades import last_fill, side_of
from plimsoll.core import Side
from plimsoll.features.candles import Candles, Floats
from plimsoll.features.registry import NAN_RULE, Family, Feature, Unit
from plimsoll.signals.breaker import is_halfway

FRACTION_COLUMN = "stop_fraction"
STOPPED = frozenset(
    {
        "stop_loss",
        "trailing_stop_loss",
        "stoploss_on_exchange",
        "liquidation",
        "plimsoll_stop_missed",
    }
)
"""Why a trade was closed when its stop or its liquidation was."""


def stop_distance(candles: Candles) -> Floats:
    """Distance of the breaker of a portfolio's leg, in price units."""
    return candles["close"] * candles[FRACTION_COLUMN]


BREAKER = Feature(
    name="stop_distance",
    lookback_candles=lambda: 0,
    unit=Unit.PRICE,
    source="plimsoll.signals.breaker",
    tolerance=0.0,
    family=Family.VOLATILITY,
    inputs=("close", FRACTION_COLUMN),
    defaults={},
    limits={},
    nan_rule=NAN_RULE,
    formula=stop_distance,
).use()


@dataclass(frozen=True, slots=True)
class StopOut:
    """A leg that its stop closed."""

    pair: str
    side: Side
    at: datetime


def stop_outs(since: datetime) -> list[StopOut]:
    """Return the legs that a stop has closed after a moment, the newest first."""
    return [
        StopOut(trade.pair, side_of(trade), trade.close_date_utc)
        for trade in _closed_after(since)
        if trade.exit_reason in STOPPED and trade.close_date_utc is not None
    ]


def halfway(
    closes: Mapping[str, float], stop_price: Callable[[Trade, float], float | None]
) -> set[str]:
    """Return the pairs whose last close is halfway to the stop of what is held of them."""
    pairs = set()
    for trade in Trade.get_trades_proxy(is_open=True):
        close = closes.get(trade.pair)
        stop = None if close is None else stop_price(trade, close)
        if close is not None and stop is not None:
            fill, side = last_fill(trade)[0], side_of(trade)
            if is_halfway(side, fill_price=fill, stop_price=stop, price=close):
                pairs.add(trade.pair)
    return pairs


def _closed_after(since: datetime) -> Iterable[LocalTrade]:
    if not Trade.use_db:
        return _newest_closed(since)
    closed = Trade.get_trades_proxy(is_open=False, close_date=since)
    return sorted(closed, key=lambda one: one.close_date_utc, reverse=True)


def _newest_closed(since: datetime) -> Iterator[LocalTrade]:
    """Yield what a backtest closed after a moment; it keeps them in order."""
    for trade in reversed(LocalTrade.bt_trades):
        if trade.close_date_utc is None or trade.close_date_utc <= since:
            return
        yield trade
