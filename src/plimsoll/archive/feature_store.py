"""The feature store: a pair's features as one parquet or feather file that says how it was made.

Reads a Freqtrade data folder, joins what it holds of a pair onto the pair's candles, and writes a
column for each feature that can be computed. What cannot be is named with its reason.
"""

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
from pyarrow import feather, parquet

from plimsoll import features
from plimsoll.archive.recorded_flow import with_what_was_recorded
from plimsoll.bundle import PACKAGE
from plimsoll.candles.filled import fill_candles
from plimsoll.candles.timeframe import timeframe_span
from plimsoll.core import PlimsollError, UsageError
from plimsoll.features import FeatureUse
from plimsoll.features.merging import (
    Source,
    bars,
    join,
    join_funding,
    open_interest,
    ratios,
    universe,
    universe_source,
)

METADATA_KEY = b"plimsoll"
DAY = pd.Timedelta(days=1)
CANDLE_COLUMNS = ["date", "open", "high", "low", "close", "volume"]
INTEREST_COLUMNS = ["open_interest", "open_interest_usd"]
RATIO_COLUMNS = ["account_ratio", "top_trader_position_ratio", "taker_volume_ratio"]
FUTURES, RATIOS = Path("futures"), Path("plimsoll/ratios")
STORE_SUFFIXES = (".parquet", ".feather")
UNIVERSE_COLUMNS = ["universe_return", "universe_up_fraction", "universe_dispersion"]
DATA_KINDS: dict[str, tuple[list[str], str | None]] = {
    "open interest": (INTEREST_COLUMNS, "open_interest"),
    "ratios": (RATIO_COLUMNS, "ratios"),
    "funding": (["funding_rate", "funding_paid"], "funding"),
    "mark": (["mark_close"], "mark"),
    "premium": (["premium"], "premium"),
    "index": (["index_close"], None),
    "spot": (["spot_close"], None),
    "the reference pair": (["reference_close"], "candles"),
    "all pairs": (UNIVERSE_COLUMNS, "candles"),
}
"""Kinds of joined data: their columns, and what ``plimsoll data backfill --kinds`` calls them."""
BAR_FILES = {"mark_close": "mark", "index_close": "index", "premium": "premiumIndex"}


@dataclass(frozen=True)
class LeftOut:
    """A feature that was not computed, and why."""

    column: str
    reason: str


@dataclass(frozen=True, eq=False)
class PairData:
    """A pair's candles with all that was joined to them.

    ``absent`` names, for each column that could not be joined, the file that is missing.
    """

    pair: str
    timeframe: str
    candles: pd.DataFrame
    absent: dict[str, str]


@dataclass(frozen=True)
class Coverage:
    """How much of the candles' span a kind of joined data covers, and how many columns need it."""

    kind: str
    fraction: float
    columns: int


@dataclass(frozen=True)
class StoreReport:
    """What a store holds."""

    path: Path
    fingerprint: str
    rows: int
    first: pd.Timestamp
    last: pd.Timestamp
    columns: tuple[str, ...]
    known_fraction: dict[str, float]
    coverage: tuple[Coverage, ...]
    left_out: tuple[LeftOut, ...]

    def as_record(self) -> dict[str, Any]:
        """Return the report as what JSON can hold."""
        return {
            "store": str(self.path),
            "fingerprint": self.fingerprint,
            "rows": self.rows,
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "columns": list(self.columns),
            "known_fraction": {name: round(part, 6) for name, part in self.known_fraction.items()},
            "coverage": {one.kind: round(one.fraction, 6) for one in self.coverage},
            "left_out": {one.column: one.reason for one in self.left_out},
        }


def load_pair(datadir: Path, pair: str, timeframe: str, *, reference: str) -> PairData:
    """Read a pair's candles and join the other data that the folder holds of it.

    Holes of candles and bars are filled as Freqtrade fills them for a strategy: both see one frame.
    Bars (mark, index, premium, spot, the reference pair, all pairs) must have the candles' own
    timeframe; open interest and funding are taken from the finest file there is.

    Raises
    ------
    UsageError
        Without the pair's candles, and for a file that cannot be read.
    """
    timeframe_span(timeframe)
    candles = fill_candles(_read(_candle_file(datadir, pair, timeframe), CANDLE_COLUMNS), timeframe)
    sources: list[Source] = []
    absent: dict[str, str] = {}

    def add(path: Path, columns: Sequence[str], make: Callable[[pd.DataFrame], Source]) -> None:
        if path.is_file():
            sources.append(make(_read(path)))
        else:
            absent.update(dict.fromkeys(columns, f"there is no {path.name}"))

    def add_bars(path: Path, column: str) -> None:
        add(path, [column], lambda one: bars(fill_candles(one, timeframe), column, timeframe))

    for column, kind in BAR_FILES.items():
        add_bars(_futures_file(datadir, pair, timeframe, kind), column)
    add_bars(datadir / f"{_stem(pair.partition(':')[0])}-{timeframe}.feather", "spot_close")
    add_bars(_candle_file(datadir, reference, timeframe), "reference_close")
    interest, spacing = _finest(datadir / FUTURES, pair, "open_interest", timeframe)
    add(interest, INTEREST_COLUMNS, lambda frame: open_interest(frame, spacing))
    leans, ratio_spacing = _finest(datadir / RATIOS, pair, "ratios", timeframe)
    add(leans, RATIO_COLUMNS, lambda frame: ratios(frame, ratio_spacing))
    sources += _universe(datadir, timeframe, absent)
    joined = join(candles, timeframe, sources)
    funding, _ = _finest(datadir / FUTURES, pair, "funding_rate", timeframe)
    if funding.is_file():
        joined = join_funding(joined, timeframe, _read(funding))
    else:
        absent.update(dict.fromkeys(["funding_rate", "funding_paid"], f"no {funding.name}"))
    joined = with_what_was_recorded(joined, datadir, pair, timeframe)
    return PairData(pair, timeframe, joined, absent)


def usual_uses(timeframe: str, chosen: Iterable[str] = ()) -> list[FeatureUse]:
    """Return the named features with their usual parameters; all of them without a name.

    A parameter that counts the candles of a day follows the timeframe.
    """
    per_day = max(1, round(DAY / timeframe_span(timeframe)))
    uses = []
    for text in chosen or features.names():
        use = features.parse(text)
        given = {part.partition("=")[0].strip() for part in text.partition(":")[2].split(",")}
        fitting = {
            name: per_day
            for name in ("day", "longest")
            if name in use.feature.defaults and name not in given
        }
        uses.append(use.feature.use(**{**dict(use.parameters), **fitting}))
    return uses


def split_computable(
    data: PairData, uses: Iterable[FeatureUse]
) -> tuple[list[FeatureUse], list[LeftOut]]:
    """Split the uses into those that the data allow and those left out, with the reason."""
    ready: list[FeatureUse] = []
    left_out: list[LeftOut] = []
    for use in uses:
        missing = features.missing_columns(use, data.candles)
        if missing:
            left_out.append(LeftOut(use.column, _reason(data, missing)))
        elif len(data.candles) <= use.lookback_candles:
            count = f"{len(data.candles)} candles, needs {use.lookback_candles + 1}"
            left_out.append(LeftOut(use.column, count))
        else:
            ready.append(use)
    return ready, left_out


def coverage(data: PairData, uses: Sequence[FeatureUse]) -> tuple[Coverage, ...]:
    """Return, for each kind of joined data that the uses need, on how many candles it is known."""
    coverages = []
    for kind, (columns, _) in DATA_KINDS.items():
        needing = [use for use in uses if not set(columns).isdisjoint(use.feature.inputs)]
        if needing:
            needed = {name for use in needing for name in use.feature.inputs}.intersection(columns)
            known = float(data.candles[sorted(needed)].notna().all(axis=1).mean())
            coverages.append(Coverage(kind, known, len(needing)))
    return tuple(coverages)


NOT_IN_FOLDERS = "Freqtrade's data folders do not hold it"


def _reason(data: PairData, missing: Sequence[str]) -> str:
    columns: dict[str, list[str]] = {}
    for name in missing:
        columns.setdefault(data.absent.get(name, NOT_IN_FOLDERS), []).append(name)
    return "; ".join(f"needs {', '.join(names)}: {why}" for why, names in columns.items())


def fingerprint(uses: Iterable[FeatureUse]) -> str:
    """Return 12 hex digits over columns, lookbacks and the code of the features and the frame."""
    digest = hashlib.sha256()
    for use in sorted(uses, key=lambda one: one.column):
        digest.update(f"{use.column}\0{use.lookback_candles}\0".encode())
    code = sorted((PACKAGE / "features").glob("*.py"))
    for file in [*code, PACKAGE / "candles/filled.py"]:
        digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def require_place(out: Path, suffixes: Sequence[str]) -> None:
    """Refuse a file that could not be written, before time is spent on what goes into it.

    Raises `UsageError` for another suffix, a folder of that name, and a place that takes no file.
    """
    if out.suffix not in suffixes:
        raise UsageError(f"expected --out to end in {' or '.join(suffixes)}, found {out}")
    if out.is_dir():
        raise UsageError(f"expected --out to be a file, found the folder {out}")
    place = next(folder for folder in out.absolute().parents if folder.exists())
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        raise UsageError(
            f"expected --out in a folder that can be written, found {out} ({error.strerror})"
        ) from error


def write_store(data: PairData, uses: Sequence[FeatureUse], out: Path) -> StoreReport:
    """Compute the features that the data allow and write them beside the dates.

    The file replaces an older one only when it is complete. Its schema's metadata holds, under
    ``plimsoll``, the fingerprint, pair, timeframe, each column's feature and what was left out.

    Raises
    ------
    UsageError
        For a file that cannot be written there, or ends neither in .parquet nor in .feather.
    PlimsollError
        When no feature can be computed.
    """
    require_place(out, STORE_SUFFIXES)
    ready, left_out = split_computable(data, uses)
    if not ready:
        first = left_out[0]
        raise PlimsollError(f"no feature can be computed: {first.column} {first.reason}")
    matrix = features.table(data.candles, ready)
    known = {str(name): float(part) for name, part in matrix.notna().mean().items()}
    matrix = pd.concat([data.candles[["date"]], matrix], axis=1)
    report = StoreReport(
        path=out,
        fingerprint=fingerprint(ready),
        rows=len(matrix),
        first=matrix["date"].iloc[0],
        last=matrix["date"].iloc[-1],
        columns=tuple(use.column for use in ready),
        known_fraction=known,
        coverage=coverage(data, ready),
        left_out=tuple(left_out),
    )
    about = {
        **report.as_record(),
        "pair": data.pair,
        "timeframe": data.timeframe,
        "features": {use.column: _about(use) for use in ready},
    }
    made = pa.Table.from_pandas(matrix, preserve_index=False)
    made = made.replace_schema_metadata(
        {**(made.schema.metadata or {}), METADATA_KEY: json.dumps(about).encode()}
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    unfinished = out.with_name(f"{out.name}.part")
    try:
        if out.suffix == ".parquet":
            parquet.write_table(made, unfinished, compression="zstd")
        else:
            feather.write_feather(made, unfinished, compression="lz4")
        unfinished.replace(out)
    finally:
        unfinished.unlink(missing_ok=True)
    return report


def about_store(path: Path) -> dict[str, Any]:
    """Return what a store's metadata says, without reading its matrix.

    ``made_by_installed_features`` is whether the present code, with the same parameters, has
    the store's fingerprint. Raises `UsageError` for a file that cannot be read or was not written
    by `write_store`.
    """
    try:
        if path.suffix == ".parquet":
            metadata = parquet.read_schema(path).metadata or {}
        else:
            with pa.OSFile(str(path)) as file:
                metadata = pa.ipc.open_file(file).schema.metadata or {}
    except (OSError, pa.ArrowException) as error:
        raise UsageError(f"cannot read {path} ({_first_line(error)})") from error
    if METADATA_KEY not in metadata:
        raise UsageError(f'{path} is no feature store; make one with "plimsoll features compute"')
    about: dict[str, Any] = json.loads(metadata[METADATA_KEY])
    try:
        uses = [
            features.get(one["feature"]).use(**one["parameters"])
            for one in about["features"].values()
        ]
    except PlimsollError:  # a feature or parameter that no longer exists
        uses = []
    return {**about, "made_by_installed_features": fingerprint(uses) == about["fingerprint"]}


def _about(use: FeatureUse) -> dict[str, Any]:
    return {
        "feature": use.feature.name,
        "parameters": dict(use.parameters),
        "lookback_candles": use.lookback_candles,
        "unit": str(use.feature.unit),
    }


def _stem(pair: str) -> str:
    return pair.replace("/", "_").replace(":", "_")


def _futures_file(datadir: Path, pair: str, timeframe: str, kind: str) -> Path:
    return datadir / FUTURES / f"{_stem(pair)}-{timeframe}-{kind}.feather"


def _candle_file(datadir: Path, pair: str, timeframe: str) -> Path:
    if ":" in pair:
        return _futures_file(datadir, pair, timeframe, "futures")
    return datadir / f"{_stem(pair)}-{timeframe}.feather"


def _finest(folder: Path, pair: str, kind: str, timeframe: str) -> tuple[Path, str]:
    """Return the file of the candles' timeframe, else the finest one, and its timeframe."""
    own = folder / f"{_stem(pair)}-{timeframe}-{kind}.feather"
    by_timeframe = {
        path.name.split("-")[-2]: path for path in folder.glob(f"{_stem(pair)}-*-{kind}.feather")
    }
    if own.is_file() or not by_timeframe:
        return own, timeframe
    finest = min(by_timeframe, key=timeframe_span)
    return by_timeframe[finest], finest


def _universe(datadir: Path, timeframe: str, absent: dict[str, str]) -> list[Source]:
    files = sorted((datadir / FUTURES).glob(f"*-{timeframe}-futures.feather"))
    if len(files) < 2:
        why = f"there are fewer than two pairs with {timeframe} futures candles"
        absent.update(dict.fromkeys(UNIVERSE_COLUMNS, why))
        return []
    closes = {path.name: _read(path, ["date", "close"]) for path in files}
    frames = {name: fill_candles(frame, timeframe) for name, frame in closes.items()}
    return [universe_source(universe(frames, timeframe), timeframe)]


def _read(path: Path, columns: Sequence[str] | None = None) -> pd.DataFrame:
    if not path.is_file():
        others = sorted(one.name for one in path.parent.glob("*.feather"))
        shown = f"{len(others)} other files there" if others else "an empty or absent folder"
        raise UsageError(
            f"expected {path.name} in {path.parent}, found {shown}; check --datadir, --pair and "
            f'--timeframe, or run "freqtrade download-data"'
        )
    try:
        return pd.read_feather(path, columns=None if columns is None else list(columns))
    except (OSError, ValueError, KeyError, pa.ArrowException) as error:
        raise UsageError(f"cannot read {path} ({_first_line(error)}); download it again") from error


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
