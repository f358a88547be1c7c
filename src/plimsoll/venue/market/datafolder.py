"""Read a freqtrade data folder (feather) into arrays, with errors that name the file."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from plimsoll.core.errors import UsageError
from plimsoll.venue.market.base import (
    CANDLE,
    FUNDING,
    INDEX,
    LAST,
    MARK,
    OPEN_INTEREST,
    PREMIUM,
    Floats,
    Ints,
    Rows,
    fill_quote_volume,
)
from plimsoll.venue.market.intervals import INTERVALS, Interval

_FILE = re.compile(
    r"(?P<base>[A-Z0-9]+)_USDT_USDT-(?P<timeframe>[0-9]+[mhdwM])-(?P<kind>[a-zA-Z_]+)\.feather"
)
_SERIES = {"futures": LAST, "mark": MARK, "index": INDEX, "premiumIndex": PREMIUM}
_PRICES = ("open", "high", "low", "close")
FUNDING_FILE, INTEREST_FILE = "funding_rate", "open_interest"


@dataclass(frozen=True)
class DataFile:
    """One file of the folder: what it holds is in its name."""

    path: Path
    symbol: str
    kind: str
    interval: Interval


def list_files(datadir: Path) -> list[DataFile]:
    """Return the USDT-margined futures files of a data folder.

    Raises `UsageError` for a missing or closed folder and for one without futures candles.
    """
    folder = datadir if datadir.name == "futures" else datadir / "futures"
    try:
        paths = sorted(folder.iterdir()) if folder.is_dir() else None
    except OSError as error:
        raise UsageError(
            f"cannot read the folder {folder} ({error.strerror}); give this user the permission"
        ) from error
    if paths is None:
        raise UsageError(
            f"expected a freqtrade data folder with a futures/ folder inside, found none at "
            f'{datadir}; download one with "freqtrade download-data --trading-mode futures"'
        )
    files = [
        DataFile(path, f"{match['base']}USDT", match["kind"], INTERVALS[match["timeframe"]])
        for path in paths
        if (match := _FILE.fullmatch(path.name)) and match["timeframe"] in INTERVALS
    ]
    if not any(file.kind == "futures" for file in files):
        raise UsageError(
            f"no pairs in {folder}: expected files such as BTC_USDT_USDT-5m-futures.feather"
        )
    return files


def series_of(file: DataFile) -> str | None:
    """Return the candle series that a file holds, None for funding and open interest."""
    return _SERIES.get(file.kind)


def read_candles(file: DataFile) -> Rows:
    """Return the file's candles, dtype `CANDLE`; quote volume is volume × typical price.

    Raises `UsageError` for a row that is no candle; only a premium may be 0 or less.
    """
    columns = _read(file, (*_PRICES, "volume"))
    _check_candles(file, columns)
    rows = np.zeros(len(columns["date"]), dtype=CANDLE)
    rows["open_ms"] = columns["date"]
    for name in (*_PRICES, "volume"):
        rows[name] = columns[name]
    if series_of(file) == LAST:
        rows["taker_volume"] = rows["volume"] / 2.0
        fill_quote_volume(rows)
    return rows


def read_funding(file: DataFile) -> Rows:
    """Return the file's funding payments, dtype `FUNDING`, without mark prices.

    Raises `UsageError` for a rate that is no number.
    """
    columns = _read(file, ("funding_rate",))
    rates = columns["funding_rate"]
    _require(file, columns, "funding_rate", np.isfinite(rates), "a number")
    rows = np.zeros(len(columns["date"]), dtype=FUNDING)
    rows["time_ms"], rows["rate"] = columns["date"], columns["funding_rate"]
    return rows


def read_interest(file: DataFile) -> Rows:
    """Return the file's open interest, dtype `OPEN_INTEREST`; a value may be NaN."""
    columns = _read(file, ("open_interest_amount", "open_interest_value"))
    rows = np.zeros(len(columns["date"]), dtype=OPEN_INTEREST)
    rows["time_ms"] = columns["date"]
    rows["amount"] = columns["open_interest_amount"]
    rows["value_usd"] = columns["open_interest_value"]
    return rows


def _read(file: DataFile, names: tuple[str, ...]) -> dict[str, Floats]:
    """Return the date column in epoch milliseconds (int64) and the named float columns.

    Raises `UsageError` for an unreadable file and for dates that are not instants in order.
    """
    import pyarrow as pa
    from pyarrow import feather

    try:
        table = feather.read_table(file.path, columns=["date", *names])
        date = table.column("date")
        if not pa.types.is_timestamp(date.type) or date.type.tz is None:
            raise _fault(file, f"expected dates with a time zone, found {date.type}")
        if date.null_count:
            row = int(np.argmax(date.is_null().to_numpy()))
            raise _fault(file, f"row {row}: expected a date, found none")
        instants = date.cast(pa.timestamp("ms", tz="UTC")).cast(pa.int64()).to_numpy()
        columns = {"date": instants}
        for name in names:
            columns[name] = table.column(name).cast(pa.float64()).to_numpy()
    except (OSError, ValueError, KeyError, pa.ArrowException) as error:
        reason = str(error).strip().partition("\n")[0]
        raise UsageError(
            f"cannot read {file.path} as feather with the columns date, {', '.join(names)} "
            f"({reason}); download it again or take it out of the folder"
        ) from error
    _check_order(file, instants)
    return columns


def _check_order(file: DataFile, instants: Ints) -> None:
    late = np.flatnonzero(np.diff(instants) <= 0)
    if len(late):
        row = int(late[0]) + 1
        before = _instant(instants[row - 1])
        raise _fault(
            file,
            f"row {row} ({_instant(instants[row])}): expected dates that ascend without "
            f"repeating, found {before} in the row before",
        )


def _check_candles(file: DataFile, columns: dict[str, Floats]) -> None:
    signed = series_of(file) == PREMIUM
    for name in _PRICES:
        good = np.isfinite(columns[name]) & (signed | (columns[name] > 0))
        _require(file, columns, name, good, "a number" if signed else "a number above 0")
    opened, high, low, close = (columns[name] for name in _PRICES)
    top, bottom = np.maximum(opened, close), np.minimum(opened, close)
    above = high >= np.maximum(top, low)
    _require(file, columns, "high", above, "at or above open, low and close")
    _require(file, columns, "low", low <= bottom, "at or below open, high and close")
    volume = columns["volume"]
    good = np.isfinite(volume) & (volume >= 0)
    _require(file, columns, "volume", good, "a number of 0 or more")


def _require(
    file: DataFile,
    columns: dict[str, Floats],
    name: str,
    good: npt.NDArray[np.bool_],
    expected: str,
) -> None:
    """Raise `UsageError` for the first row whose value is not good."""
    if not good.all():
        row = int(np.argmin(good))
        when, value = _instant(columns["date"][row]), columns[name][row]
        raise _fault(
            file, f"row {row} ({when}): expected {name} to be {expected}, found {value:.10g}"
        )


def _instant(ms: float) -> str:
    return f"{np.datetime64(int(ms), 'ms')}Z"


def _fault(file: DataFile, fault: str) -> UsageError:
    return UsageError(
        f'{file.path} {fault}; run "freqtrade download-data --erase" or remove the file'
    )
