"""The contracts of every feature: it declares its past and keeps to it.

`check_feature` tries a feature on made-up candles against all `CONTRACTS`. A contract is a
function of a `FeatureTrial`: ``None`` when it is kept, else what was expected and found.
"""

from collections.abc import Sequence
from inspect import Parameter, signature

import numpy as np
import pandas as pd

from plimsoll.checks.comparing import column_difference, difference, same_values
from plimsoll.checks.feature_trial import (
    BROKEN_ROW,
    ROWS_AFTER,
    FeatureTrial,
    TrialCandles,
    trial_of,
)
from plimsoll.checks.finding import Contract, Finding, broken, described
from plimsoll.checks.market_frame import AMOUNTS, PRICES
from plimsoll.core import PlimsollError
from plimsoll.features import Candles, FeatureUse, Unit
from plimsoll.features.candles import POSITIVE_COLUMNS

ROUNDING = 1e-9
LEAST_WORDS = 15
LEAST_NAN_RULE = 20
PRICE_POWER = {Unit.PRICE: 1, Unit.USD: 1, Unit.PER_USD: -1}
AMOUNT_POWER = {Unit.COINS: 1, Unit.USD: 1, Unit.PER_USD: -1}
BOUNDS = {Unit.SIGNED: (-1.0, 1.0), Unit.FLAG: (0.0, 1.0), Unit.INDEX_0_100: (-100.0, 100.0)}


FeatureContract = Contract[FeatureTrial]


def check_feature(use: FeatureUse, frame: pd.DataFrame | None = None) -> list[Finding]:
    """Hold a feature to every contract; return what fell short, nothing when all are kept.

    ``frame`` is needed only for columns that `market_frame` does not make; it misses no value and
    has 1,100 rows more than the lookback, and at least 2,600.
    """
    subject = f"feature {use.column}"
    try:
        trial = trial_of(use, frame)
        column = trial.whole
    except Exception as error:  # noqa: BLE001 - a formula of a user's own may raise anything
        text = f"expected a column; found {described(error)}"
        return [Finding(subject, "it computes a column", text)]
    if not column.notna().any():
        text = f"expected values from row {use.lookback_candles} on; found NaN alone"
        return [Finding(subject, "it computes a column", text)]
    return broken(subject, CONTRACTS, trial)


# What it declares


def it_declares_what_a_reader_needs(trial: FeatureTrial) -> str | None:
    """Parameters as the formula has them, a source, a summary, a NaN rule, known inputs."""
    feature = trial.use.feature
    parameters = signature(feature.formula).parameters.values()
    named = {one.name for one in parameters if one.kind is Parameter.KEYWORD_ONLY}
    if named != set(feature.defaults):
        return (
            f"expected defaults for the formula's parameters, {_listed(named)}; "
            f"found them for {_listed(feature.defaults)}"
        )
    if len(feature.source) <= LEAST_WORDS:
        return f"expected a source with author, year and title; found {feature.source!r}"
    if len(feature.summary) <= LEAST_WORDS or not feature.summary.endswith((".", ":")):
        return f"expected a docstring that begins with a sentence; found {feature.summary!r}"
    if len(feature.nan_rule) <= LEAST_NAN_RULE:
        return f"expected a rule for NaN in words; found {feature.nan_rule!r}"
    if not feature.inputs:
        return "expected inputs that name the columns it reads; found none"
    if trial.use.lookback_candles < 0:
        return f"expected a lookback of 0 or more; found {trial.use.lookback_candles}"
    return None


def a_missing_column_is_named(trial: FeatureTrial) -> str | None:
    """Candles without an input are refused by the column's name."""
    for name in trial.use.feature.inputs:
        try:
            trial.use(trial.frame.drop(columns=name))
        except PlimsollError as error:
            if f"needs the column {name} " in str(error):
                continue
            return f"expected a refusal that names the column {name}; found {error}"
        return f"expected a refusal without the column {name}; found a column computed"
    return None


# Its past


def the_future_changes_nothing(trial: FeatureTrial) -> str | None:
    """Whatever follows a row, changed, missing or not there, its value is the same."""
    use, frame = trial.use, trial.frame
    known, lookback = trial.known_row, trial.use.lookback_candles
    offsets = (101, 499, 804, ROWS_AFTER - 1)
    for cut in sorted({lookback + 1, lookback + 2, *(known + offset for offset in offsets)}):
        futures = {
            "changed": trial.candles.changed_from(cut),
            "missing": trial.candles.missing_from(cut),
            "not there": frame.iloc[:cut],
        }
        for what, future in futures.items():
            if text := column_difference(use(future).iloc[:cut], trial.whole.iloc[:cut]):
                return f"with what follows row {cut - 1} {what}, {text}"
    return None


def the_declared_past_is_enough(trial: FeatureTrial) -> str | None:
    """With only the declared lookback before it, a row's value is the same to the tolerance."""
    use, frame, values = trial.use, trial.frame, trial.whole
    lookback, tolerance = use.lookback_candles, max(use.feature.tolerance, ROUNDING)
    size = tolerance * float(values.abs().max())
    end = len(frame) - 1
    for row in (*(trial.known_row + offset for offset in (0, 277, 803, 804)), end):
        alone = use(frame.iloc[row - lookback : row + 1]).iloc[-1]
        if not same_values(alone, values.iloc[row], relative=0.0, absolute=size):
            return (
                f"expected row {row} to be {values.iloc[row]:.9g} from {lookback} candles before "
                f"it, the lookback; found {alone:.9g}; declare a longer lookback"
            )
    some = use(frame.iloc[-60 - lookback :]).iloc[-60:]
    text = difference(some, values.iloc[-60:], relative=tolerance, absolute=size)
    if text is None:
        return None
    return f"with {lookback} candles before the last 60, {text}; declare a longer lookback"


def warm_up_is_nan_and_what_follows_is_not(trial: FeatureTrial) -> str | None:
    """NaN in the lookback's rows, a value in every row after them."""
    lookback = trial.use.lookback_candles
    early, later = trial.whole.iloc[:lookback], trial.whole.iloc[lookback:]
    if early.notna().any():
        return f"expected NaN in the first {lookback} rows; found {early.count()} values"
    if later.isna().any():
        text = f"expected a value from row {lookback} on; found NaN in {later.isna().sum()} rows"
        return f"{text}; declare a longer lookback" if later.isna().iloc[0] else text
    return None


def short_frames_are_nan_while_they_warm_up(trial: FeatureTrial) -> str | None:
    """No candle, one, or five: a float64 column of that length, equal to the whole one's start."""
    for count in (0, 1, 5):
        column = trial.use(trial.frame.iloc[:count])
        if len(column) != count or column.dtype != np.float64:
            return f"expected {count} float64 values of {count} candles; found {len(column)}"
        if text := column_difference(column, trial.whole.iloc[:count]):
            return f"of {count} candles, {text}"
    return None


# What is missing


def a_hole_in_the_dates_stays_local(trial: FeatureTrial) -> str | None:
    """Forty candles that are not there leave the last fifty rows with values."""
    column = trial.use(trial.frame.drop(index=trial.frame.index[600:640]))
    empty = int(column.iloc[-50:].isna().sum())
    return f"expected values in the last 50 rows; found NaN in {empty}" if empty else None


def a_missing_value_is_nan_for_the_lookback_and_no_longer(trial: FeatureTrial) -> str | None:
    """NaN or infinity in one row: nothing before it changes, it and the lookback after are NaN."""
    end = BROKEN_ROW + trial.use.lookback_candles + 1
    for value in (np.nan, np.inf, -np.inf):
        for name in trial.data_columns:
            column = trial.use(trial.candles.with_value(name, value))
            what = f"with {name} {value} in row {BROKEN_ROW}"
            if text := column_difference(column.iloc[:BROKEN_ROW], trial.whole.iloc[:BROKEN_ROW]):
                return f"{what}, {text}"
            if column.iloc[BROKEN_ROW:end].notna().any():
                return f"{what}, expected NaN up to row {end - 1}; found values"
            if column.iloc[end:].isna().any():
                return f"{what}, expected values from row {end} on; found NaN"
    return None


def a_price_of_nothing_is_a_missing_value(trial: FeatureTrial) -> str | None:
    """A price of 0 or less counts as NaN."""
    for name in sorted(POSITIVE_COLUMNS.intersection(trial.use.feature.inputs)):
        missing = trial.use(trial.candles.with_value(name, np.nan))
        for value in (0.0, -5.0):
            if text := column_difference(trial.use(trial.candles.with_value(name, value)), missing):
                return f"with {name} {value:g} in row {BROKEN_ROW}, {text}"
    return None


def a_column_without_any_value_gives_nan(trial: FeatureTrial) -> str | None:
    """An input that is NaN throughout gives NaN throughout, never 0."""
    for name in trial.data_columns:
        count = trial.use(trial.candles.without_values(name)).count()
        if count:
            return f"expected NaN alone where {name} has no value; found {count} values"
    return None


# What it says


def it_says_something(trial: FeatureTrial) -> str | None:
    """Not the same value in every row."""
    return _says_nothing(trial, [trial.known_row + offset for offset in (500, 501, 1000)])


def the_least_parameters_give_a_column(trial: FeatureTrial) -> str | None:
    """Each parameter at its least gives values that differ."""
    feature = trial.use.feature
    early = TrialCandles(trial.frame.iloc[: trial.known_row])
    for key, limit in feature.limits.items():
        use = feature.use_with_defaults(**{key: limit.least or 0.1})
        longer = use.lookback_candles >= trial.known_row
        least = trial_of(use) if longer else FeatureTrial(use, early)
        if text := _says_nothing(least, (-600, -599, -100)):
            return f"with {key} {limit.least:g}, its least, {text}"
    return None


def input_is_untouched_and_the_column_fits_it(trial: FeatureTrial) -> str | None:
    """The candles are as before; the column is float64, on their index, and has the use's name."""
    candles = trial.frame.set_index(pd.RangeIndex(5, len(trial.frame) + 5))
    before = candles.copy(deep=True)
    trial.use(candles)
    shared = Candles(candles)
    names = [name for name in trial.use.feature.inputs if name in shared]
    arrays = {name: shared[name].copy() for name in names}
    first = trial.use(shared)
    written = [name for name in names if not np.array_equal(shared[name], arrays[name])]
    if written or not candles.equals(before):
        return f"expected the candles unchanged; found {_listed(written)} written to"
    if text := difference(trial.use(shared), first):
        return f"computed a second time from the same candles, {text}"
    if not first.index.equals(candles.index) or first.dtype != np.float64:
        return f"expected float64 values on the candles' index; found {first.dtype}"
    if first.name != trial.use.column:
        return f"expected a column named {trial.use.column}; found {first.name}"
    return None


def prices_ten_times_as_high_change_it_as_the_unit_says(trial: FeatureTrial) -> str | None:
    """A price grows with prices, a ratio does not."""
    power = PRICE_POWER.get(trial.use.feature.unit, 0)
    return _scales(trial, PRICES, power, "prices")


def amounts_ten_times_as_large_change_it_as_the_unit_says(trial: FeatureTrial) -> str | None:
    """Coins grow with amounts, a ratio does not."""
    power = AMOUNT_POWER.get(trial.use.feature.unit, 0)
    return _scales(trial, AMOUNTS, power, "amounts")


def bounded_units_stay_in_their_bounds(trial: FeatureTrial) -> str | None:
    """Between -1 and 1, 0 or 1, or -100 to 100 where the unit says so."""
    unit, values = trial.use.feature.unit, trial.whole.dropna()
    if unit not in BOUNDS:
        return None
    least, most = BOUNDS[unit]
    outside = values[~values.between(least - ROUNDING, most + ROUNDING)]
    if unit is Unit.FLAG:
        outside = values[~values.isin([0.0, 1.0])]
    if outside.empty:
        return None
    kind = "0 or 1" if unit is Unit.FLAG else f"values from {least:g} to {most:g}"
    return f"expected {kind}, its unit {unit.value!r}; found {outside.iloc[0]:.9g}"


def a_market_that_stands_still_gives_no_infinity(trial: FeatureTrial) -> str | None:
    """All prices the same, with and without volume: NaN or a number."""
    for amount in (1.0, 0.0):
        values = trial.use(trial.candles.standing_still(amount))
        if np.isinf(values).any():
            return (
                f"with every price 100 and every amount {amount:g}, expected numbers or NaN; found "
                f"infinity in {np.isinf(values).sum()} rows"
            )
    return None


CONTRACTS: tuple[FeatureContract, ...] = (
    it_declares_what_a_reader_needs,
    a_missing_column_is_named,
    the_future_changes_nothing,
    the_declared_past_is_enough,
    warm_up_is_nan_and_what_follows_is_not,
    short_frames_are_nan_while_they_warm_up,
    a_hole_in_the_dates_stays_local,
    a_missing_value_is_nan_for_the_lookback_and_no_longer,
    a_price_of_nothing_is_a_missing_value,
    a_column_without_any_value_gives_nan,
    it_says_something,
    the_least_parameters_give_a_column,
    input_is_untouched_and_the_column_fits_it,
    prices_ten_times_as_high_change_it_as_the_unit_says,
    amounts_ten_times_as_large_change_it_as_the_unit_says,
    bounded_units_stay_in_their_bounds,
    a_market_that_stands_still_gives_no_infinity,
)
"""Every contract of a feature, in the order in which they are tried."""


def _says_nothing(trial: FeatureTrial, rows_without_volume: Sequence[int]) -> str | None:
    column = trial.use(trial.candles.without_volume(rows_without_volume))
    if column.min() < column.max():
        return None
    return f"expected different values; found {column.max():g} in every row"


def _scales(trial: FeatureTrial, columns: Sequence[str], power: int, what: str) -> str | None:
    expected = trial.whole * 10.0**power
    size = 1e-9 * float(expected.abs().max())
    text = difference(
        trial.use(trial.candles.ten_times(columns)), expected, relative=1e-7, absolute=size
    )
    if text is None:
        return None
    unit = trial.use.feature.unit.value
    return f"with {what} ten times as large, as its unit {unit!r} says, {text}"


def _listed(names: object) -> str:
    return ", ".join(sorted(names)) or "none"  # type: ignore[call-overload]
