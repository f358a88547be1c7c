"""The exchange's daily ``metrics`` file: verify it, read it, and say when its values were known.

What ``create_time`` means. Until 2026-06-24 a row labelled T holds the open interest and the
ratios at T, and the takers' flow of the five minutes before T; a day's file runs from 00:05 to
00:00 of the next day. From 2026-06-25 the label is the start of the period: the row holds what
was true five minutes after it, and the file runs from 00:00 to 23:55 (binance-public-data
issue 491). Every row is normalised to one meaning here, the instant it describes: ``as_of``.

When it was knowable. The exchange publishes a row of these statistics some minutes after its
instant (at 02:37 the newest one is that of 02:30 in ccxt pull request 12685), so a row is
stored under ``date = as_of`` and Freqtrade, which takes a row of timeframe f as known at
``date + f``, uses it five minutes later at the earliest.
"""

import hashlib
import io
import zipfile
from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from plimsoll.archive.layout import COLUMNS, Kind
from plimsoll.core import PlimsollError

STEP = pd.Timedelta(minutes=5)
ROWS_A_DAY = 288
LABELS_START_FROM = date(2026, 6, 25)
SOURCES = {
    "sum_open_interest": "open_interest_amount",
    "sum_open_interest_value": "open_interest_value",
    "count_toptrader_long_short_ratio": "top_trader_account_ratio",
    "sum_toptrader_long_short_ratio": "top_trader_position_ratio",
    "count_long_short_ratio": "account_ratio",
    "sum_taker_long_short_vol_ratio": "taker_volume_ratio",
}


class DamagedFileError(PlimsollError):
    """A daily file that must not be used; another download may mend it."""


@dataclass(frozen=True, slots=True)
class MetricsDay:
    """One verified day: ``rows`` has ``date`` (the instant described) and the six values."""

    symbol: str
    day: date
    sha256: str
    rows: pd.DataFrame

    def of(self, kind: Kind) -> pd.DataFrame:
        """Return the rows of open interest or of the ratios, without those that say nothing."""
        columns = list(COLUMNS[kind])
        return self.rows[columns].dropna(subset=columns[1:], how="all").reset_index(drop=True)


def file_name(symbol: str, day: date) -> str:
    """Return the name of a day's zip."""
    return f"{symbol}-metrics-{day:%Y-%m-%d}.zip"


def archive_path(symbol: str, day: date) -> str:
    """Return the path of a day's zip below the archive's address."""
    return f"/data/futures/um/daily/metrics/{symbol}/{file_name(symbol, day)}"


def stated_sha256(checksum: bytes, symbol: str, day: date) -> str:
    """Return the hash that the ``.CHECKSUM`` file of a day states (`stated_of`)."""
    return stated_of(checksum, file_name(symbol, day))


def stated_of(checksum: bytes, name: str) -> str:
    """Return the hash that a ``.CHECKSUM`` file states: ``<sha256>  <file name>``.

    Raises
    ------
    DamagedFileError
        When it states something else.
    """
    words = checksum.decode("ascii", "replace").split()
    if len(words) != 2 or words[1].lstrip("*") != name or len(words[0]) != 64:
        raise DamagedFileError(f"{name}.CHECKSUM: expected a sha256 and {name}, found {words[:4]}")
    return words[0].lower()


def read_metrics(content: bytes, expected_sha256: str, symbol: str, day: date) -> MetricsDay:
    """Verify and read one day's zip.

    Returns
    -------
    MetricsDay
        At most 288 rows in (day, next day], ascending. Empty fields are NaN.

    Raises
    ------
    DamagedFileError
        When the hash, the zip, the columns, the symbol or the dates are not as they should be.
    """
    name = file_name(symbol, day)
    text = verified_csv(content, expected_sha256, name)
    try:
        table = pd.read_csv(io.BytesIO(text))
    except ValueError as error:
        raise _no_csv(name, error) from error
    expected = ["create_time", "symbol", *SOURCES]
    if missing := [column for column in expected if column not in table.columns]:
        raise DamagedFileError(
            f"{name}: expected the column {', '.join(missing)}, found {', '.join(table.columns)}; "
            "the exchange may have renamed it, which needs a new version of plimsoll"
        )
    if others := set(table["symbol"].astype(str)) - {symbol}:
        raise DamagedFileError(
            f"{name}: expected rows of {symbol}, found {', '.join(sorted(others))}"
        )
    return MetricsDay(symbol, day, expected_sha256, _rows(table, name, day))


def verified_csv(content: bytes, expected_sha256: str, name: str) -> bytes:
    """Return the one file in a zip whose hash is as expected.

    Raises
    ------
    DamagedFileError
        When the hash or the zip is not as it should be.
    """
    actual_sha256 = hashlib.sha256(content).hexdigest()
    if actual_sha256 != expected_sha256:
        raise DamagedFileError(
            f"{name}: expected the sha256 {expected_sha256[:12]}… of its CHECKSUM, found "
            f"{actual_sha256[:12]}… in {len(content):,} bytes; the download is cut short or altered"
        )
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return archive.read(archive.namelist()[0])
    except (zipfile.BadZipFile, IndexError, ValueError, EOFError, OSError) as error:
        raise _no_csv(name, error) from error


def _no_csv(name: str, error: Exception) -> DamagedFileError:
    return DamagedFileError(f"{name}: expected a zip that holds one CSV, found {error}")


def _rows(table: pd.DataFrame, name: str, day: date) -> pd.DataFrame:
    try:
        labels = pd.to_datetime(table["create_time"], utc=True).dt.as_unit("ms")
        values = table[list(SOURCES)].rename(columns=SOURCES).astype("float64")
    except (ValueError, TypeError) as error:
        raise DamagedFileError(f"{name}: expected times and numbers, found {error}") from error
    stamps = labels.dt.ceil(STEP)  # a late label is never made an earlier one
    if labels_start_periods(stamps, day):
        stamps = stamps + STEP
    start = pd.Timestamp(day, tz="UTC")
    outside = (stamps < start) | (stamps > start + pd.Timedelta(days=1) + STEP)
    if outside.any():
        raise DamagedFileError(
            f"{name}: expected times of {day}, found {table['create_time'][outside].iloc[0]}"
        )
    rows = values.assign(date=stamps)
    rows = rows[(rows["date"] > start) & (rows["date"] <= start + pd.Timedelta(days=1))]
    once = rows.sort_values("date", kind="stable").drop_duplicates("date", keep="last")
    return once[["date", *SOURCES.values()]].reset_index(drop=True)


def labels_start_periods(labels: "pd.Series[pd.Timestamp]", day: date) -> bool:
    """Return whether a day's labels are the starts of their periods.

    The file's own range decides: labels of starts include the day's midnight and not the next
    one. Where the range is not decisive, the date of the exchange's change is.
    """
    midnight = pd.Timestamp(day, tz="UTC")
    has_first = bool((labels == midnight).any())
    has_next = bool((labels == midnight + timedelta(days=1)).any())
    if has_first != has_next:
        return has_first
    return day >= LABELS_START_FROM
