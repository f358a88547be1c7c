"""The exchange's monthly files: all that is left of the candles of a pair that was delisted.

Freqtrade asks an exchange for pairs that trade. The public archive keeps the files of the others
under their old symbols. Those of before 2022 have no line of column names.
"""

import io
from datetime import date

import numpy as np
import pandas as pd

from plimsoll.archive.layout import CANDLE_COLUMNS, COLUMNS, Kind, Series, exchange_symbol
from plimsoll.archive.metrics_file import DamagedFileError, verified_csv

MONTHLY_KINDS = (Kind.CANDLES, Kind.MARK, Kind.FUNDING)
FUNDING_TIMEFRAME = "1h"
"""Freqtrade's name of a file of funding rates; they are as far apart as the exchange settles."""
_FOLDERS = {Kind.CANDLES: "klines", Kind.MARK: "markPriceKlines"}
_FUNDING_COLUMNS = ("date", "interval_hours", "funding_rate")


def month_name(series: Series, month: date) -> str:
    """Return the name of a month's zip of candles, marks or funding rates."""
    middle = "fundingRate" if series.kind is Kind.FUNDING else series.timeframe
    return f"{exchange_symbol(series.pair)}-{middle}-{month:%Y-%m}.zip"


def month_path(series: Series, month: date) -> str:
    """Return the path of a month's zip below the archive's address."""
    symbol = exchange_symbol(series.pair)
    folder = f"fundingRate/{symbol}"
    if series.kind is not Kind.FUNDING:
        folder = f"{_FOLDERS[series.kind]}/{symbol}/{series.timeframe}"
    return f"/data/futures/um/monthly/{folder}/{month_name(series, month)}"


def months_between(since: date, until: date) -> list[date]:
    """Return the first day of each month that a span of days touches."""
    months = pd.period_range(f"{since:%Y-%m}", f"{until:%Y-%m}", freq="M")
    return [month.start_time.date() for month in months]


def read_month(content: bytes, expected_sha256: str, series: Series, month: date) -> pd.DataFrame:
    """Verify and read one month's zip.

    Returns
    -------
    pandas.DataFrame
        The columns of the series' kind, ascending. A funding rate is stamped with the full hour
        that it was settled at: the exchange's own stamps are some milliseconds late.

    Raises
    ------
    DamagedFileError
        When the hash, the zip, the columns or the dates are not as they should be.
    """
    name = month_name(series, month)
    text = verified_csv(content, expected_sha256, name)
    columns = _FUNDING_COLUMNS if series.kind is Kind.FUNDING else CANDLE_COLUMNS
    try:
        table = pd.read_csv(io.BytesIO(text), header=None, skiprows=_lines_of_names(text))
        table = table.iloc[:, : len(columns)].set_axis(columns, axis=1).astype("float64")
    except ValueError as error:
        raise DamagedFileError(f"{name}: expected numbers in columns, found {error}") from error
    dates = pd.to_datetime(table["date"], unit="ms", utc=True).dt.as_unit("ms")
    if series.kind is Kind.FUNDING:
        dates = dates.dt.round("h")
    begin = pd.Timestamp(month, tz="UTC")
    outside = (dates < begin) | (dates >= begin + pd.DateOffset(months=1))
    values = table.drop(columns="date").to_numpy()
    if outside.any() or not np.isfinite(values).all():
        wrong = dates[outside].iloc[0] if outside.any() else "a missing number"
        raise DamagedFileError(f"{name}: expected rows of {month:%Y-%m}, found {wrong}")
    rows = table.assign(date=dates)[list(COLUMNS[series.kind])]
    return rows.sort_values("date", kind="stable").reset_index(drop=True)


def _lines_of_names(text: bytes) -> int:
    return int(not text[:1].isdigit())
