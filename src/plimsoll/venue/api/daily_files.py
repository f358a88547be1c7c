"""The exchange's public daily ``metrics`` files: a zip that holds one CSV, and its CHECKSUM.

As on the real one, a row of the files until 2026-06-24 describes its label's instant and the
files run from 00:05 to 00:00; from 2026-06-25 the label is the start of the five minutes whose
end the row describes and the files run from 00:00 to 23:55. A day's file appears at 08:00 UTC
of the next day; on the real exchange that takes some hours, too.
"""

import hashlib
import io
import re
import zipfile
from datetime import date
from functools import lru_cache

import numpy as np

from plimsoll.venue.api.render import shortest
from plimsoll.venue.clock import parse_utc_ms
from plimsoll.venue.exchange import Exchange
from plimsoll.venue.market.base import LAST, Window
from plimsoll.venue.market.intervals import DAY_MS, HOUR_MS, INTERVALS, MINUTE_MS

ARCHIVE_PREFIX = "/data/futures/um/daily/metrics/"
PUBLISHED_AFTER_MS = 8 * HOUR_MS
LABELS_START_FROM = date(2026, 6, 25)
STEP_MS = 5 * MINUTE_MS
HEADER = (
    "create_time,symbol,sum_open_interest,sum_open_interest_value,count_toptrader_long_short_ratio,"
    "sum_toptrader_long_short_ratio,count_long_short_ratio,sum_taker_long_short_vol_ratio"
)
_PATH = re.compile(
    re.escape(ARCHIVE_PREFIX)
    + r"(?P<symbol>\w+)/(?P=symbol)-metrics-(?P<day>\d{4}-\d\d-\d\d)\.zip(?P<sum>\.CHECKSUM)?"
)


def archive_file(exchange: Exchange, path: str, now_ms: int) -> bytes | None:
    """Return the body of an archive's address, None where the exchange has no such file."""
    match = _PATH.fullmatch(path)
    if match is None or match["symbol"] not in exchange.market.specs:
        return None
    try:
        day = date.fromisoformat(match["day"])
    except ValueError:
        return None
    if day_start_ms(day) + DAY_MS + PUBLISHED_AFTER_MS > now_ms:
        return None
    text = metrics_csv(exchange, match["symbol"], day, now_ms)
    if text is None:
        return None
    name = f"{match['symbol']}-metrics-{day}"
    content = _zipped(name, text)
    if match["sum"]:
        return f"{hashlib.sha256(content).hexdigest()}  {name}.zip\n".encode()
    return content


def day_start_ms(day: date) -> int:
    """Return a day's midnight."""
    return parse_utc_ms(f"{day}T00:00:00Z")


def metrics_csv(exchange: Exchange, symbol: str, day: date, now_ms: int) -> str | None:
    """Return a day's CSV, None for a day that the market has nothing of."""
    market, step = exchange.market, INTERVALS["5m"]
    start = day_start_ms(day)
    if start + DAY_MS <= market.first_candle_ms(symbol):
        return None
    window = Window(start + STEP_MS, start + DAY_MS, DAY_MS // STEP_MS)
    interest = market.open_interest(symbol, step, window, now_ms)
    if len(interest) == 0:
        return None
    ratios = {int(row["time_ms"]): row for row in market.ratios(symbol, step, window, now_ms)}
    before = Window(start, start + DAY_MS - 1, DAY_MS // STEP_MS)
    candles = market.candles(symbol, LAST, step, before, now_ms)
    taker = {int(row["open_ms"]) + STEP_MS: _taker_ratio(row) for row in candles}
    shift = STEP_MS if day >= LABELS_START_FROM else 0
    lines = [HEADER]
    for instant, amount, value in interest.tolist():
        row = ratios.get(instant)
        three = ("", "", "")
        if row is not None:
            columns = ("top_accounts", "top_positions", "accounts")
            three = tuple(f"{row[name]:.8f}" for name in columns)  # type: ignore[assignment]
        label = np.datetime64(instant - shift, "ms").astype("datetime64[s]")
        fields = [
            str(label).replace("T", " "),
            symbol,
            _decimal_or_empty(amount),
            _decimal_or_empty(value),
        ]
        lines.append(",".join([*fields, *three, taker.get(instant, "")]))
    return "\n".join(lines) + "\n"


def _taker_ratio(row: np.void) -> str:
    sold = float(row["volume"]) - float(row["taker_volume"])
    return f"{float(row['taker_volume']) / sold:.8f}" if sold > 0 else ""


def _decimal_or_empty(value: float) -> str:
    return shortest(value) if np.isfinite(value) else ""


@lru_cache(maxsize=64)
def _zipped(name: str, text: str) -> bytes:
    """Return the zip, the same bytes each time."""
    held = io.BytesIO()
    entry = zipfile.ZipInfo(f"{name}.csv", date_time=(1980, 1, 1, 0, 0, 0))
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        archive.writestr(entry, text, compress_type=zipfile.ZIP_DEFLATED)
    return held.getvalue()
