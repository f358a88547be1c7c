"""Read a freqtrade data folder (feather) into arrays, with errors that name the file."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from plimsoll.core.errors import UsageError
from plimsoll.venue.intervals import INTERVALS, Interval
from plimsoll.venue.market import (
    CANDLE,
    FUNDING,
    INDEX,
    LAST,
    MARK,
    OPEN_INTEREST,
    PREMIUM,
    Floats,
    Rows,
    fill_turnover,
)

_FILE = re.compile(
    r"(?P<base>[A-Z0-9]+)_USDT_USDT-(?P<timeframe>[0-9]+[mhdwM])-(?P<kind>[a-zA-Z_]+)\.feather"
)
_SERIES = {"futures": LAST, "mark": MARK, "index": INDEX, "premiumIndex": PREMIUM}
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

    Raises `UsageError` for a missing folder and for one without futures candles.
    """
    folder = datadir if datadir.name == "futures" else datadir / "futures"
    if not folder.is_dir():
        raise UsageError(
            f"expected a freqtrade data folder with a futures/ folder inside, found none at "
            f'{datadir}; download one with "freqtrade download-data --trading-mode futures"'
        )
    files = [
        DataFile(path, f"{match['base']}USDT", match["kind"], INTERVALS[match["timeframe"]])
        for path in sorted(folder.iterdir())
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
    """Return the file's candles, dtype `CANDLE`; turnover is volume × typical price."""
    columns = _read(file, ("open", "high", "low", "close", "volume"))
    rows = np.zeros(len(columns["date"]), dtype=CANDLE)
    rows["open_ms"] = columns["date"]
    for name in ("open", "high", "low", "close", "volume"):
        rows[name] = columns[name]
    if series_of(file) == LAST:
        rows["taker_volume"] = rows["volume"] / 2.0
        fill_turnover(rows)
    return rows


def read_funding(file: DataFile) -> Rows:
    """Return the file's funding payments, dtype `FUNDING`, without mark prices."""
    columns = _read(file, ("funding_rate",))
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
    """Return the date column in epoch milliseconds (int64) and the named float columns."""
    import pyarrow as pa
    from pyarrow import feather

    try:
        table = feather.read_table(file.path, columns=["date", *names])
        date = table.column("date").cast(pa.timestamp("ms", tz="UTC")).cast(pa.int64())
        columns = {"date": date.to_numpy()}
        for name in names:
            columns[name] = table.column(name).cast(pa.float64()).to_numpy()
    except (OSError, ValueError, KeyError, pa.ArrowException) as error:
        reason = str(error).strip().partition("\n")[0]
        raise UsageError(
            f"cannot read {file.path} as feather with the columns date, {', '.join(names)} "
            f"({reason}); download it again or take it out of the folder"
        ) from error
    order = np.argsort(columns["date"], kind="stable")
    return {name: column[order] for name, column in columns.items()}
