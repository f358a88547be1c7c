"""What every feature declares, and where it is found by name."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pandas as pd

from plimsoll.core import PlimsollError

Compute = Callable[..., pd.Series]
Lookback = Callable[..., int]


class Unit(StrEnum):
    """What a feature's numbers mean."""

    PRICE = "price"
    FRACTION = "fraction"
    INDEX_0_100 = "index 0-100"
    COUNT = "count"


@dataclass(frozen=True)
class Feature:
    """A registered feature.

    Attributes
    ----------
    name
        Its name in the registry and the start of its column's name.
    compute
        ``(candles, **parameters) -> Series`` on the candles' index; NaN while warming up.
    lookback_candles
        ``(**parameters) -> int``: how many candles before a row its value may depend on to
        within `tolerance`; the rows before are NaN.
    unit
        What the numbers mean.
    source
        Paper or book with the formula.
    tolerance
        Relative error left by cutting the past at the lookback: 0 for finite windows.
    """

    name: str
    compute: Compute
    lookback_candles: Lookback
    unit: Unit
    source: str
    tolerance: float

    def use(self, **parameters: float) -> "FeatureUse":
        """Bind parameters: the feature as a strategy uses it."""
        return FeatureUse(self, tuple(sorted(parameters.items())))


@dataclass(frozen=True)
class FeatureUse:
    """A feature with its parameters bound."""

    feature: Feature
    parameters: tuple[tuple[str, float], ...]

    @property
    def column(self) -> str:
        """The column's name, such as ``ema_50``: equal names hold equal numbers."""
        return "_".join([self.feature.name, *(f"{value:.15g}" for _, value in self.parameters)])

    @property
    def lookback_candles(self) -> int:
        """Candles that a row's value needs before it."""
        return self.feature.lookback_candles(**dict(self.parameters))

    def __call__(self, candles: pd.DataFrame) -> pd.Series:
        """Compute the column: float64 on the candles' index, NaN for the lookback rows."""
        column = self.feature.compute(candles, **dict(self.parameters)).astype("float64")
        column.iloc[: self.lookback_candles] = float("nan")
        return column.rename(self.column)


_FEATURES: dict[str, Feature] = {}


def feature(
    *, lookback_candles: Lookback, unit: Unit, source: str, tolerance: float = 0.0
) -> Callable[[Compute], Feature]:
    """Register a function under its own name as a feature."""

    def decorate(compute: Compute) -> Feature:
        name = getattr(compute, "__name__", "")
        if name in _FEATURES:
            raise PlimsollError(f"expected one feature named {name}, found a second one")
        made = Feature(name, compute, lookback_candles, unit, source, tolerance)
        _FEATURES[name] = made
        return made

    return decorate


def names() -> list[str]:
    """Return the names of all features, sorted."""
    return sorted(_FEATURES)


def get(name: str) -> Feature:
    """Return the feature of that name.

    Raises
    ------
    PlimsollError
        When there is none; the message names the known ones.
    """
    try:
        return _FEATURES[name]
    except KeyError:
        known = ", ".join(names())
        raise PlimsollError(f"expected a feature among {known}; found {name!r}") from None


def series(candles: pd.DataFrame, values: Any) -> pd.Series:
    """Put an array on the candles' index."""
    return pd.Series(values, index=candles.index, dtype="float64")
