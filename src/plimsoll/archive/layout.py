"""Which files an archive holds, what they are called and which columns they have.

Candles, mark, funding, open interest and premium live where Freqtrade looks for them, under
its own names and columns (``freqtrade/candle_columns.py``). Kinds without a Freqtrade candle
type live beside them in ``plimsoll/``: in Freqtrade's own folder they would make
``freqtrade list-data`` fail.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from plimsoll.core import UsageError

OWN_FOLDER = "plimsoll"
FUTURES_FOLDER = "futures"
CANDLE_COLUMNS = ("date", "open", "high", "low", "close", "volume")
RATIO_COLUMNS = (
    "date",
    "top_trader_account_ratio",
    "top_trader_position_ratio",
    "account_ratio",
    "taker_volume_ratio",
)


class Kind(StrEnum):
    """What a file holds; the value is the name that ``--kinds`` takes."""

    CANDLES = "candles"
    MARK = "mark"
    FUNDING = "funding"
    OPEN_INTEREST = "open_interest"
    RATIOS = "ratios"
    PREMIUM = "premium"
    INDEX = "index"
    SPOT = "spot"


SUFFIXES = {
    Kind.CANDLES: "futures",
    Kind.MARK: "mark",
    Kind.FUNDING: "funding_rate",
    Kind.OPEN_INTEREST: "open_interest",
    Kind.RATIOS: "ratios",
    Kind.PREMIUM: "premiumIndex",
    Kind.INDEX: "index",
}
COLUMNS: dict[Kind, tuple[str, ...]] = {
    **dict.fromkeys((Kind.CANDLES, Kind.MARK, Kind.PREMIUM, Kind.INDEX, Kind.SPOT), CANDLE_COLUMNS),
    Kind.FUNDING: ("date", "funding_rate"),
    Kind.OPEN_INTEREST: ("date", "open_interest_amount", "open_interest_value"),
    Kind.RATIOS: RATIO_COLUMNS,
}
PRICES = frozenset({Kind.CANDLES, Kind.MARK, Kind.INDEX, Kind.SPOT})
_NAME = re.compile(
    r"(?P<pair>[\w-]+?)-(?P<timeframe>\d+(?:m|h|d|w|Mo))(?:-(?P<suffix>[a-zA-Z_]+))?"
)


@dataclass(frozen=True, slots=True, order=True)
class Series:
    """One file of the archive: a pair such as ``BTC/USDT:USDT``, a timeframe and a kind."""

    pair: str
    kind: Kind
    timeframe: str

    def path(self, datadir: Path) -> Path:
        """Return the series' file inside a Freqtrade data folder."""
        stem = f"{file_stem(self.pair)}-{self.timeframe.replace('M', 'Mo')}"
        if self.kind is Kind.SPOT:
            return datadir / f"{stem}.feather"
        name = f"{stem}-{SUFFIXES[self.kind]}.feather"
        if self.kind is Kind.RATIOS:
            return datadir / OWN_FOLDER / "ratios" / name
        return datadir / FUTURES_FOLDER / name

    def __str__(self) -> str:
        """Return how messages name the series."""
        return f"{self.pair} {self.timeframe} {self.kind.value}"


def file_stem(pair: str) -> str:
    """Return how Freqtrade writes a pair in a file name."""
    return re.sub(r"[/ .@$+:]", "_", pair)


def exchange_symbol(pair: str) -> str:
    """Return Binance's name of a perpetual: ``BTC/USDT:USDT`` is ``BTCUSDT``.

    Raises
    ------
    UsageError
        When it is not a perpetual in Freqtrade's notation.
    """
    match = re.fullmatch(r"(\w+)/(\w+):(\w+)", pair)
    if match is None or match[2] != match[3]:
        raise UsageError(f"expected pairs such as BTC/USDT:USDT, found {pair!r}")
    return f"{match[1]}{match[2]}"


def series_of(file: Path, datadir: Path) -> Series | None:
    """Return what a file of the archive holds, None for one of another kind or in another place."""
    match = _NAME.fullmatch(file.stem)
    if match is None or file.suffix != ".feather":
        return None
    folder = file.parent.relative_to(datadir).as_posix()
    kinds = {suffix: kind for kind, suffix in SUFFIXES.items()}
    kind = Kind.SPOT if match["suffix"] is None and folder == "." else kinds.get(match["suffix"])
    if kind is None:
        return None
    pair = match["pair"].replace("_", "/", 1).replace("_", ":", 1)
    series = Series(pair, kind, match["timeframe"].replace("Mo", "M"))
    return series if series.path(datadir) == file else None


def require_outer(datadir: Path) -> Path:
    """Return a data folder unless it is the folder ``futures`` in one.

    Raises
    ------
    UsageError
        Naming the folder that was meant.
    """
    if (datadir / FUTURES_FOLDER).is_dir():
        return datadir
    of_futures = {suffix for kind, suffix in SUFFIXES.items() if kind is not Kind.RATIOS}
    names = (_NAME.fullmatch(file.stem) for file in datadir.glob("*.feather"))
    if any(match is not None and match["suffix"] in of_futures for match in names):
        raise UsageError(
            f"expected an exchange's data folder, found the one of its futures files {datadir}; "
            f"pass --datadir {datadir.parent}"
        )
    return datadir


def series_in(datadir: Path) -> Iterator[Series]:
    """Yield every series of a data folder, in order."""
    folders = (datadir, datadir / FUTURES_FOLDER, datadir / OWN_FOLDER / "ratios")
    all_series = (
        series
        for folder in folders
        if folder.is_dir()
        for file in folder.glob("*.feather")
        if (series := series_of(file, datadir)) is not None
    )
    yield from sorted(all_series)
