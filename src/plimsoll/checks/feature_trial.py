"""What a feature is tried on: candles, and the same candles with something changed."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import pandas as pd

from plimsoll.checks.market_frame import AMOUNTS, PRICES, VALUES, market_frame
from plimsoll.features import FeatureUse

LEAST_KNOWN_ROW = 1500
ROWS_AFTER = 1100
BROKEN_ROW = 1000
KEPT_ROWS = 200_000
STILL_PRICE = 100.0


class TrialCandles:
    """Candles and variations of them, which are kept, since many features are tried on each.

    Nothing that a method returns may be written to.
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame = frame
        self._kept: dict[Hashable, pd.DataFrame] = {}

    def changed_from(self, row: int) -> pd.DataFrame:
        """Return the candles with other numbers in every column from a row on; dates stay."""
        return self._once(("changed", row), lambda: self._with_future(row, self._numbers * 3 + 7))

    def missing_from(self, row: int) -> pd.DataFrame:
        """Return the candles with NaN in every column from a row on; dates stay."""
        return self._once(("missing", row), lambda: self._with_future(row, self._numbers * np.nan))

    def with_value(self, name: str, value: float) -> pd.DataFrame:
        """Return the candles with one value replaced, in `BROKEN_ROW`."""

        def make() -> pd.DataFrame:
            column = self.frame[name].astype("float64").copy()
            column.iloc[BROKEN_ROW] = value
            return self.frame.assign(**{name: column})

        return self._once(("value", name, str(value)), make)

    def without_values(self, name: str) -> pd.DataFrame:
        """Return the candles with NaN throughout a column."""
        return self._once(("empty", name), lambda: self.frame.assign(**{name: np.nan}))

    def without_volume(self, rows: Sequence[int]) -> pd.DataFrame:
        """Return the candles with a volume of 0 in some rows, where they have a volume."""

        def make() -> pd.DataFrame:
            quiet = self.frame.copy()
            if "volume" in quiet:
                quiet.loc[quiet.index[[*rows]], "volume"] = 0.0
            return quiet

        return self._once(("quiet", *rows), make)

    def ten_times(self, columns: Sequence[str]) -> pd.DataFrame:
        """Return the candles with some columns ten times as large, and so what is in USD."""

        def make() -> pd.DataFrame:
            larger = self.frame.copy()
            larger[[name for name in (*columns, *VALUES) if name in larger]] *= 10
            return larger

        return self._once(("larger", *columns), make)

    def standing_still(self, amount: float) -> pd.DataFrame:
        """Return the candles with the same price, and the same amount, in every row."""

        def make() -> pd.DataFrame:
            flat = self.frame.copy()
            flat[[name for name in PRICES if name in flat]] = STILL_PRICE
            flat[[name for name in (*AMOUNTS, "trades") if name in flat]] = amount
            flat[[name for name in VALUES if name in flat]] = STILL_PRICE * amount
            if "universe_return" in flat:
                flat["universe_return"] = 0.0
            return flat

        return self._once(("still", amount), make)

    @cached_property
    def _numbers(self) -> pd.DataFrame:
        """Every column but the date that can be read as numbers."""
        columns = self.frame.drop(columns="date", errors="ignore")
        numbers: pd.DataFrame = columns.apply(pd.to_numeric, errors="coerce")
        return numbers.astype("float64")

    def _with_future(self, row: int, future: pd.DataFrame) -> pd.DataFrame:
        made = pd.concat([self._numbers.iloc[:row], future.iloc[row:]])
        return made.assign(date=self.frame["date"]) if "date" in self.frame else made

    def _once(self, key: Hashable, make: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        made = self._kept.pop(key, None)
        if made is None:
            made = make()
        self._kept[key] = made  # the last used comes last
        while len(self._kept) > 1 and len(self._kept) * len(self.frame) > KEPT_ROWS:
            del self._kept[next(iter(self._kept))]
        return made


@dataclass(frozen=True)
class FeatureTrial:
    """A feature with its parameters, and the candles that it is tried on.

    The candles hold every column that the feature needs, miss no value, and have more rows than
    the lookback by `ROWS_AFTER`, and at least 2,600.
    """

    use: FeatureUse
    candles: TrialCandles

    @property
    def frame(self) -> pd.DataFrame:
        """The candles as they are."""
        return self.candles.frame

    @cached_property
    def whole(self) -> pd.Series:
        """The column on all candles."""
        return self.use(self.frame)

    @property
    def known_row(self) -> int:
        """A row from which on values are known, well before the end."""
        return max(LEAST_KNOWN_ROW, self.use.lookback_candles)

    @property
    def data_columns(self) -> list[str]:
        """The columns that the feature reads, without the date."""
        return [name for name in self.use.feature.inputs if name != "date"]


@lru_cache(maxsize=4)
def _made_up(rows: int) -> TrialCandles:
    return TrialCandles(market_frame(rows))


def trial_of(use: FeatureUse, frame: pd.DataFrame | None = None) -> FeatureTrial:
    """Return the trial of a feature on a frame, by default on made-up candles."""
    if frame is not None:
        return FeatureTrial(use, TrialCandles(frame))
    rows = max(LEAST_KNOWN_ROW, use.lookback_candles) + ROWS_AFTER
    return FeatureTrial(use, _made_up(rows))
