"""The statistics endpoints under /futures/data: open interest, long/short ratios, basis."""

from collections.abc import Callable

from plimsoll.venue.api.parameters import Parameters, interval_of, window_of
from plimsoll.venue.api.public import Answer, Endpoint, symbol_of
from plimsoll.venue.api.render import plain, shortest
from plimsoll.venue.errors import ApiError
from plimsoll.venue.exchange import Exchange
from plimsoll.venue.market.base import INDEX, LAST, Window
from plimsoll.venue.market.intervals import DAY_MS, HOUR_MS, Interval

PERIODS = ("5m", "15m", "30m", "1h", "2h", "4h", "6h", "12h", "1d")
HISTORY_MS = 30 * DAY_MS + HOUR_MS


def _request(
    exchange: Exchange, parameters: Parameters, now_ms: int, name: str = "symbol"
) -> tuple[str, Interval, Window]:
    """Return symbol, period and window; Binance keeps the last 30 days only."""
    symbol = symbol_of(exchange, parameters, now_ms, name)
    interval = interval_of(parameters, "period")
    if interval.code not in PERIODS:
        raise ApiError(-1130, "Data sent for parameter 'period' is not valid.")
    window = window_of(parameters, default=30, maximum=500)
    if window.start_ms is not None and window.start_ms < now_ms - HISTORY_MS:
        raise ApiError(-1130, "parameter 'startTime' is invalid.")
    return symbol, interval, window


def open_interest_history(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Return open interest at the start of each period."""
    symbol, interval, window = _request(exchange, parameters, now_ms)
    rows = exchange.market.open_interest(symbol, interval, window, now_ms)
    return [
        {
            "symbol": symbol,
            "sumOpenInterest": shortest(amount),
            "sumOpenInterestValue": shortest(value) if value == value else None,
            "timestamp": time_ms,
        }
        for time_ms, amount, value in rows.tolist()
    ]


def _ratio(column: str, long_name: str, short_name: str) -> Endpoint:
    def endpoint(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
        symbol, interval, window = _request(exchange, parameters, now_ms)
        rows = exchange.market.ratios(symbol, interval, window, now_ms)
        return [
            {
                "symbol": symbol,
                long_name: plain(ratio / (1.0 + ratio), 4),
                "longShortRatio": plain(ratio, 4),
                short_name: plain(1.0 / (1.0 + ratio), 4),
                "timestamp": time_ms,
            }
            for time_ms, ratio in zip(rows["time_ms"].tolist(), rows[column].tolist(), strict=True)
        ]

    return endpoint


def taker_volume_ratio(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Return what takers bought and sold in each period."""
    symbol, interval, window = _request(exchange, parameters, now_ms)
    rows = exchange.market.candles(symbol, LAST, interval, window, now_ms)
    entries = []
    for time_ms, volume, bought in zip(
        rows["open_ms"].tolist(),
        rows["volume"].tolist(),
        rows["taker_volume"].tolist(),
        strict=True,
    ):
        sold = volume - bought
        ratio = bought / sold if sold > 0 else 0.0
        entries.append(
            {
                "buySellRatio": plain(ratio, 4),
                "buyVol": plain(bought, 4),
                "sellVol": plain(sold, 4),
                "timestamp": time_ms,
            }
        )
    return entries


def basis(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Return the contract's price against its index at the start of each period."""
    symbol, interval, window = _request(exchange, parameters, now_ms, "pair")
    futures = exchange.market.candles(symbol, LAST, interval, window, now_ms)
    index = exchange.market.candles(symbol, INDEX, interval, window, now_ms)
    index_open = dict(zip(index["open_ms"].tolist(), index["open"].tolist(), strict=True))
    return [
        {
            "pair": symbol,
            "contractType": parameters.get("contractType", "PERPETUAL"),
            "futuresPrice": shortest(price),
            "indexPrice": shortest(index_open[time_ms]),
            "basis": plain(price - index_open[time_ms], 8),
            "basisRate": plain(price / index_open[time_ms] - 1.0, 4),
            "annualizedBasisRate": "",
            "timestamp": time_ms,
        }
        for time_ms, price in zip(
            futures["open_ms"].tolist(), futures["open"].tolist(), strict=True
        )
        if time_ms in index_open
    ]


STATISTICS: dict[str, Callable[[Exchange, Parameters, int], Answer]] = {
    "/futures/data/openInterestHist": open_interest_history,
    "/futures/data/globalLongShortAccountRatio": _ratio("accounts", "longAccount", "shortAccount"),
    "/futures/data/topLongShortAccountRatio": _ratio("top_accounts", "longAccount", "shortAccount"),
    "/futures/data/topLongShortPositionRatio": _ratio(
        "top_positions", "longAccount", "shortAccount"
    ),
    "/futures/data/takerlongshortRatio": taker_volume_ratio,
    "/futures/data/basis": basis,
}
