"""Numbers and candles as the exchange writes them: JSON bytes, numbers as strings."""

from itertools import chain

import numpy as np

from plimsoll.venue.market.base import LAST, Floats, Rows
from plimsoll.venue.market.intervals import Interval
from plimsoll.venue.market.symbols import SymbolSpec

EXACT = "%r"
"""Format that reads back to the very same float, for replayed data."""


def fixed(decimals: int) -> str:
    """Return the format of a number with so many decimals."""
    return f"%.{decimals}f"


def price_format(spec: SymbolSpec, series: str, *, exact: bool) -> str:
    """Return the format of a price of the series."""
    if exact:
        return EXACT
    return fixed(spec.price_decimals if series == LAST else 8)


def klines_json(
    rows: Rows, interval: Interval, spec: SymbolSpec, series: str, *, exact: bool
) -> bytes:
    """Return candles, dtype `CANDLE`, as a JSON array of Binance klines."""
    if len(rows) == 0:
        return b"[]"
    price = price_format(spec, series, exact=exact)
    ends = interval.ends(rows["open_ms"]) - 1
    prices = [rows[name].tolist() for name in ("open", "high", "low", "close")]
    if series == LAST:
        size = EXACT if exact else fixed(spec.size_decimals)
        ohlc = ",".join([f'"{price}"'] * 4)
        line = f'[%d,{ohlc},"{size}",%d,"%.4f",%d,"{size}","%.4f","0"]'
        columns = [
            rows["open_ms"].tolist(),
            *prices,
            rows["volume"].tolist(),
            ends.tolist(),
            rows["quote_volume"].tolist(),
            rows["trades"].tolist(),
            rows["taker_volume"].tolist(),
            rows["taker_quote"].tolist(),
        ]
    else:
        volume = EXACT if exact else "%.0f"
        line = f'[%d,"{price}","{price}","{price}","{price}","{volume}",%d,"0",%d,"0","0","0"]'
        points = [interval.ms // 1000] * len(rows)
        volumes = rows["volume"].tolist()
        columns = [rows["open_ms"].tolist(), *prices, volumes, ends.tolist(), points]
    text = ",".join([line] * len(rows)) % tuple(chain.from_iterable(zip(*columns, strict=True)))
    return f"[{text}]".encode()


def levels_json(prices: Floats, sizes: Floats, spec: SymbolSpec) -> list[list[str]]:
    """Return book levels as [price, quantity] strings."""
    price, size = fixed(spec.price_decimals), fixed(spec.size_decimals)
    return [
        [price % level, size % amount]
        for level, amount in zip(prices.tolist(), sizes.tolist(), strict=True)
    ]


def plain(number: float, decimals: int) -> str:
    """Return a number with so many decimals."""
    return f"{number:.{decimals}f}"


def shortest(number: float) -> str:
    """Return the shortest plain decimal that reads back to the same float, never 1e-05."""
    return np.format_float_positional(number, trim="0")


__all__ = [
    "fixed",
    "klines_json",
    "levels_json",
    "plain",
    "price_format",
    "shortest",
]
