"""Read series and append to them: whole files or none; a stored value is never replaced."""

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd

from plimsoll.archive.layout import COLUMNS, Kind, Series
from plimsoll.core import PlimsollError

DATE_TYPE = "datetime64[ms, UTC]"
# How far a value may lie from the stored one and still count as the same: the REST endpoints
# round ratios to four decimals where the daily files carry eight.
RELATIVE_TOLERANCE = {Kind.OPEN_INTEREST: 1e-6}
ABSOLUTE_TOLERANCE = {Kind.RATIOS: 1.01e-4}


@dataclass(frozen=True, slots=True)
class Revision:
    """Rows whose newly published values differ from the stored ones, which were kept."""

    series: Series
    rows: int
    first: pd.Timestamp
    last: pd.Timestamp
    column: str
    stored: float
    published: float

    def __str__(self) -> str:
        """Return the difference in one line."""
        return (
            f"{self.series}: {self.rows} published values differ from the stored ones between "
            f"{self.first:%Y-%m-%d %H:%M} and {self.last:%Y-%m-%d %H:%M} UTC, such as "
            f"{self.column} {self.published!r} where {self.stored!r} is stored"
        )


@dataclass(frozen=True, slots=True)
class Appended:
    """What an append did."""

    series: Series
    added: int
    rows: int
    revision: Revision | None


def empty_frame(kind: Kind) -> pd.DataFrame:
    """Return a frame of a kind without rows."""
    columns: dict[str, Any] = {name: pd.Series(dtype="float64") for name in COLUMNS[kind][1:]}
    return pd.DataFrame({"date": pd.Series(dtype=DATE_TYPE), **columns})


def read_raw(file: Path) -> pd.DataFrame:
    """Read a file as it is.

    Raises
    ------
    PlimsollError
        When it cannot be read as a table.
    """
    try:
        return pd.read_feather(file)
    except (OSError, ValueError) as error:
        reason = str(error).split("\n")[0]
        raise PlimsollError(
            f"{file} cannot be read as a feather file ({reason}); move it away and run "
            '"plimsoll data backfill" again'
        ) from error


def read_series(series: Series, datadir: Path) -> pd.DataFrame:
    """Read a series, ascending by date; empty when there is no file.

    Returns
    -------
    pandas.DataFrame
        Columns of `COLUMNS`, dates tz-aware UTC in milliseconds, values float64.

    Raises
    ------
    PlimsollError
        When the file is damaged or lacks a column.
    """
    file = series.path(datadir)
    if not file.exists():
        return empty_frame(series.kind)
    return normalise(read_raw(file), series.kind, str(file))


def normalise(frame: pd.DataFrame, kind: Kind, name: str) -> pd.DataFrame:
    """Return a frame with exactly a kind's columns and types, ascending, each date once."""
    columns = list(COLUMNS[kind])
    if frame.empty:
        return empty_frame(kind)
    if missing := [column for column in columns if column not in frame.columns]:
        raise PlimsollError(
            f"{name}: expected the columns {', '.join(columns)}, found {', '.join(frame.columns)}; "
            f"{', '.join(missing)} is missing: move the file away and backfill it again"
        )
    if not isinstance(frame["date"].dtype, pd.DatetimeTZDtype):
        raise PlimsollError(
            f"{name}: expected dates with a time zone, found {frame['date'].dtype}; "
            'run "plimsoll data check" for the remedy'
        )
    typed = frame.loc[:, columns].astype(dict.fromkeys(columns[1:], "float64"))
    typed["date"] = typed["date"].dt.tz_convert("UTC").dt.as_unit("ms")
    ascending = typed.sort_values("date", kind="stable").drop_duplicates("date")
    return ascending.reset_index(drop=True)


def append_rows(series: Series, rows: pd.DataFrame, datadir: Path) -> Appended:
    """Add the rows whose dates the series lacks; compare the others and keep the stored values.

    Raises
    ------
    PlimsollError
        When the file is damaged or cannot be written; the file is then as it was.
    """
    stored = read_series(series, datadir)
    fresh = normalise(rows, series.kind, str(series))
    revision = compare(series, stored, fresh)
    added = fresh[~fresh["date"].isin(stored["date"])]
    if len(added):
        whole = pd.concat([stored, added]) if len(stored) else added
        write_frame(series.path(datadir), whole.sort_values("date").reset_index(drop=True))
    return Appended(series, len(added), len(stored) + len(added), revision)


def compare(series: Series, stored: pd.DataFrame, fresh: pd.DataFrame) -> Revision | None:
    """Return how far values for the same dates differ, None when they do not."""
    both = stored.merge(fresh, on="date", suffixes=("", "_new"))
    if both.empty:
        return None
    columns = list(COLUMNS[series.kind][1:])
    old = both[columns].to_numpy()
    new = both[[f"{column}_new" for column in columns]].to_numpy()
    relative = RELATIVE_TOLERANCE.get(series.kind, 1e-9)
    absolute = ABSOLUTE_TOLERANCE.get(series.kind, 0.0)
    differs = ~np.isclose(new, old, rtol=relative, atol=absolute, equal_nan=True)
    changed = np.flatnonzero(differs.any(axis=1))
    if len(changed) == 0:
        return None
    row = int(changed[0])
    column = int(np.flatnonzero(differs[row])[0])
    dates = both["date"].iloc[changed]
    return Revision(
        series,
        len(changed),
        dates.iloc[0],
        dates.iloc[-1],
        columns[column],
        float(old[row, column]),
        float(new[row, column]),
    )


def write_frame(file: Path, frame: pd.DataFrame) -> None:
    """Write a table the way Freqtrade does, whole or not at all."""

    def fill(handle: IO[bytes]) -> None:
        frame.to_feather(handle, compression="lz4", compression_level=9)

    write_whole(file, fill)


def write_whole(file: Path, fill: Callable[[IO[bytes]], object]) -> None:
    """Write a file beside its place, flush it to the disk and move it there.

    A kill at any instant leaves the old file or the new one. Names of unfinished files end in
    ``.half``, which neither Freqtrade nor the catalog reads.

    Raises
    ------
    PlimsollError
        When it cannot be written, such as on a full disk; the old file stands.
    """
    half = file.with_name(f".{file.name}.half")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with half.open("wb") as handle:
            fill(handle)
            handle.flush()
            os.fsync(handle.fileno())
        half.replace(file)
        _flush_folder(file.parent)
    except OSError as error:
        half.unlink(missing_ok=True)
        reason = os.strerror(error.errno) if error.errno else str(error).split("\n")[0]
        raise PlimsollError(
            f"cannot write {file} ({reason}); what was stored before is untouched: make room and "
            "run the same command again, it goes on where it stopped"
        ) from error


def _flush_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def file_sha256(file: Path) -> str:
    """Return a file's SHA-256 in hex."""
    with file.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
