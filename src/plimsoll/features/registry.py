"""What every feature declares, and the registry that knows it by name."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from plimsoll.core import PlimsollError
from plimsoll.features.candles import Candles, Floats
from plimsoll.features.kernels import finish
from plimsoll.features.merging import ORIGIN_OF_COLUMN
from plimsoll.features.parameters import Bound, Limits, checked, limits_of

Formula = Callable[..., Floats]
Lookback = Callable[..., int]

NAN_RULE = (
    "NaN in the first lookback rows, where a needed column misses a value within the lookback, "
    "and where the formula divides by zero"
)


class Unit(StrEnum):
    """What a feature's numbers mean."""

    PRICE = "price"
    FRACTION = "fraction"
    RATIO = "ratio"
    INDEX_0_100 = "index 0-100"
    COUNT = "count"
    DEVIATIONS = "standard deviations"
    SIGNED = "-1 to 1"
    FLAG = "flag 0 or 1"
    COINS = "coins"
    USD = "USD"
    PER_USD = "per million USD"


class Family(StrEnum):
    """What a feature looks at; each family is one module of `plimsoll.features`."""

    RETURNS = "returns"
    VOLATILITY = "volatility"
    TREND = "trend"
    OSCILLATORS = "oscillators"
    BANDS = "bands"
    VWAP = "vwap"
    VOLUME = "volume"
    VOLUME_PROFILE = "volume_profile"
    OPEN_INTEREST = "open_interest"
    FUNDING = "funding"
    BASIS = "basis"
    POSITIONING = "positioning"
    ORDER_FLOW = "order_flow"
    SEASONALITY = "seasonality"
    CROSS_PAIR = "cross_pair"
    REGIME = "regime"


@dataclass(frozen=True)
class Feature:
    """A registered feature.

    Attributes
    ----------
    name
        Its name in the registry and the start of its column's name.
    lookback_candles
        ``(**parameters) -> int``: how many candles before a row its value may depend on to
        within `tolerance`; the rows before are NaN.
    unit
        What the numbers mean.
    source
        Paper or book with the formula.
    tolerance
        Relative error left by cutting the past at the lookback: 0 for finite windows.
    family
        The group it is listed in.
    inputs
        Columns that the candles must have.
    defaults
        Usual parameters: what the commands use when none are given.
    limits
        What each parameter must be.
    nan_rule
        When its value is NaN.
    formula
        ``(candles, **parameters) -> array``, before NaN is put where the value is not known; it
        expects candles without a missing value.
    """

    name: str
    lookback_candles: Lookback
    unit: Unit
    source: str
    tolerance: float
    family: Family
    inputs: tuple[str, ...]
    defaults: Mapping[str, float] = field(hash=False)
    limits: Mapping[str, Limits] = field(hash=False, repr=False)
    nan_rule: str
    formula: Formula = field(repr=False)

    @property
    def summary(self) -> str:
        """The first line of its docstring."""
        return (self.formula.__doc__ or "").strip().splitlines()[0]

    def use(self, **parameters: float) -> "FeatureUse":
        """Bind parameters: the feature as a strategy uses it.

        Raises
        ------
        PlimsollError
            For parameters that are not the feature's own, or a value outside of its limits.
        """
        return FeatureUse(self, tuple(parameters.items()))

    def use_with_defaults(self, **parameters: float) -> "FeatureUse":
        """Bind the usual parameters, some of them replaced.

        Raises
        ------
        PlimsollError
            For a parameter that the feature does not have, or a value outside of its limits.
        """
        unknown = sorted(set(parameters) - set(self.defaults))
        if unknown:
            known = ", ".join(self.defaults) or "none"
            raise PlimsollError(
                f"expected parameters of {self.name} among {known}; found {', '.join(unknown)}"
            )
        return self.use(**{**self.defaults, **parameters})


@dataclass(frozen=True)
class FeatureUse:
    """A feature with its parameters bound: checked, by name, whole numbers as int."""

    feature: Feature
    parameters: Bound

    def __post_init__(self) -> None:
        """Refuse parameters that no formula and no machine code is to meet."""
        bound = checked(self.feature.name, self.feature.limits, dict(self.parameters))
        object.__setattr__(self, "parameters", bound)

    @cached_property
    def column(self) -> str:
        """The column's name, such as ``ema_50``: equal names hold equal numbers."""
        return "_".join([self.feature.name, *(f"{value:.15g}" for _, value in self.parameters)])

    @cached_property
    def lookback_candles(self) -> int:
        """Candles that a row's value needs before it."""
        return self.feature.lookback_candles(**dict(self.parameters))

    def __call__(self, candles: pd.DataFrame | Candles) -> pd.Series:
        """Compute the column: float64 on the candles' index, NaN where it is not known.

        Never infinite. Each stretch of candles between missing values of the needed columns is
        computed on its own, with its own warm-up. Pass one `Candles` to several uses to let them
        share what they have in common.

        Raises
        ------
        PlimsollError
            When the candles lack a column that the feature needs; the message names it.
        """
        shared = candles if isinstance(candles, Candles) else Candles(candles)
        require_columns(self, shared)
        values = np.empty(len(shared))
        with np.errstate(all="ignore"):
            self.write(shared, values)
        return pd.Series(values, index=shared.index, name=self.column, copy=False)

    def write(self, candles: Candles, out: Floats) -> None:
        """Compute the column into an array of the candles' length, as `__call__` returns it.

        The candles have the columns that the feature needs; numpy may warn of divisions by zero.
        """
        stretches = candles.stretches(self.feature.inputs)
        if len(stretches) == 1 and stretches[0][1] is candles:
            self._write_stretch(candles, out)
            return
        out[:] = np.nan
        for start, stretch in stretches:
            self._write_stretch(stretch, out[start : start + len(stretch)])

    @cached_property
    def _named(self) -> dict[str, float]:
        return dict(self.parameters)

    def _write_stretch(self, candles: Candles, out: Floats) -> None:
        if len(candles) <= self.lookback_candles:
            out[:] = np.nan
            return
        values = self.feature.formula(candles, **self._named)
        if len(values) != len(out):
            raise PlimsollError(
                f"expected {self.column} to have a value for each of {len(out)} candles; "
                f"found {len(values)}"
            )
        finish(values, self.lookback_candles, out)


_FEATURES: dict[str, Feature] = {}


def feature(
    *,
    lookback_candles: Lookback,
    unit: Unit,
    source: str,
    tolerance: float = 0.0,
    inputs: Iterable[str] = ("close",),
    defaults: Mapping[str, float] | None = None,
    least: Mapping[str, int] | None = None,
    numbers: Mapping[str, tuple[float, float]] | None = None,
    nan_rule: str = NAN_RULE,
    family: Family | None = None,
) -> Callable[[Formula], Feature]:
    """Register ``(candles: Candles, *, parameters) -> array`` under its own name as a feature.

    The formula sees candles in which no needed column misses a value, returns a float64 array of
    their length and writes to none of their columns. A parameter counts candles, ``least`` (1) of
    them or more; one in ``numbers`` is any number from the first to the second. ``family`` is by
    default the module's name; a file outside of this package names it.

    Raises
    ------
    PlimsollError
        For a second feature of the same name, limits of an unknown parameter, or no family.
    """

    def decorate(formula: Formula) -> Feature:
        name = getattr(formula, "__name__", "")
        if name in _FEATURES:
            raise PlimsollError(f"expected one feature named {name}, found a second one")

        made = Feature(
            name=name,
            lookback_candles=lookback_candles,
            unit=unit,
            source=source,
            tolerance=tolerance,
            family=family or _family_of(name, formula.__module__),
            inputs=tuple(inputs),
            defaults=dict(defaults or {}),
            limits=limits_of(defaults or {}, least or {}, numbers or {}),
            nan_rule=nan_rule,
            formula=formula,
        )
        _FEATURES[name] = made
        return made

    return decorate


def _family_of(name: str, module: str) -> Family:
    last = module.rpartition(".")[2]
    if last in list(Family):
        return Family(last)
    raise PlimsollError(
        f"expected the feature {name} to name its family, such as family=Family.TREND, since its "
        f"module {last} is not named after one; found none"
    )


@contextmanager
def registering() -> Iterator[list[Feature]]:
    """Forget at the end what is registered inside; the list then holds it, in its order.

    For the check of a file: what it registers stays unknown to everybody else.
    """
    known, registered = dict(_FEATURES), list[Feature]()
    try:
        yield registered
    finally:
        registered += [one for name, one in _FEATURES.items() if name not in known]
        _FEATURES.clear()
        _FEATURES.update(known)


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


def parse(text: str) -> FeatureUse:
    """Return the use that a text such as ``ema:period=50`` names; what is not given is usual.

    Raises
    ------
    PlimsollError
        For an unknown feature or parameter, or a value that is no number.
    """
    name, _, rest = text.partition(":")
    given: dict[str, float] = {}
    for part in filter(None, rest.split(",")):
        key, equals, value = part.partition("=")
        try:
            given[key.strip()] = float(value)
        except ValueError:
            equals = ""
        if not equals:
            raise PlimsollError(
                f"expected NAME or NAME:parameter=number,...; found {text!r}"
            ) from None
    return get(name.strip()).use_with_defaults(**given)


def missing_columns(use: FeatureUse, candles: Any) -> list[str]:
    """Return the columns that a use needs and the candles lack."""
    return [name for name in use.feature.inputs if name not in candles]


def require_columns(use: FeatureUse, candles: Candles) -> None:
    """Raise `PlimsollError` when the candles lack a column that the use needs; it is named."""
    missing = missing_columns(use, candles)
    if missing:
        origins = [f"{name} ({ORIGIN_OF_COLUMN.get(name, 'a candle column')})" for name in missing]
        raise PlimsollError(
            f"{use.column} needs the column {', '.join(origins)}, which the candles lack; "
            f"merge it with plimsoll.features.merging, or leave the feature out"
        )
