"""The contract of every parameter: a value makes a column, or is refused in one clear line."""

import subprocess
import sys
from functools import cache
from math import inf, nan

import numpy as np
import pandas as pd
import pytest

from plimsoll import features
from plimsoll.checks.market_frame import market_frame
from plimsoll.core import PlimsollError
from plimsoll.features.parameters import MOST_CANDLES
from tests.contracts.every import for_every

ROWS = 1500
TRIED: list[object] = [0, -3, 1, 2.5, 5000, nan, inf, -inf, 1e300, "x", None, True]
PARAMETERS = [(name, key) for name in features.names() for key in features.get(name).defaults]
BY_NAME = {f"{key} of {name}": (name, key) for name, key in PARAMETERS}


@cache
def frame() -> pd.DataFrame:
    candles = market_frame(ROWS)
    candles.loc[[900, 901, 1400], "volume"] = 0.0
    return candles


def bind(name: str, key: str, value: object) -> features.FeatureUse:
    return features.get(name).use_with_defaults(**{key: value})  # type: ignore[arg-type]


def sweep(name: str) -> None:
    """Try all values of each parameter of a feature; raise for what is neither told nor made."""
    for key in features.get(name).defaults:
        for value in TRIED:
            try:
                use = bind(name, key, value)
            except PlimsollError as error:
                told = str(error)
                assert told.startswith(f"expected {key} of {name} to be a "), told
                assert told.endswith(f"; found {value}"), told
                assert "\n" not in told
                continue
            column = use(frame())
            assert len(column) == ROWS
            assert column.dtype == np.float64
            assert column.iloc[: use.lookback_candles].isna().all()


def test_a_wrong_value_is_told_and_ends_no_process() -> None:
    # A window that is not whole makes machine code write outside of its arrays: in a child, so
    # that its death is this test's failure and not the whole run's.
    script = f"from {__name__} import sweep\nfrom plimsoll import features\n"
    script += "for name in features.names():\n    print(name, flush=True)\n    sweep(name)\n"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    last = done.stdout.rpartition("\n")[0].rpartition("\n")[2]
    assert done.returncode == 0, f"status {done.returncode} at {last}: {done.stderr[-600:]}"


def test_what_lies_outside_of_the_limits_is_refused() -> None:
    def check(parameter: tuple[str, str]) -> None:
        name, key = parameter
        limits = features.get(name).limits[key]
        refused = rf"^expected {key} of {name} to be a .*number from"
        for value in (limits.least - 1, limits.most + 1, nan, True, np.bool_(True), "2"):
            with pytest.raises(PlimsollError, match=refused):
                bind(name, key, value)
        if limits.whole:
            with pytest.raises(PlimsollError, match="whole number"):
                bind(name, key, limits.least + 0.5)

    for_every(BY_NAME, check)


def test_the_usual_value_lies_within_the_limits_in_any_kind_of_number() -> None:
    def check(parameter: tuple[str, str]) -> None:
        name, key = parameter
        usual = features.get(name).defaults[key]
        expected = features.get(name).use_with_defaults()
        for kind in (int, float, np.int64, np.int32, np.float64):
            use = bind(name, key, kind(usual))
            assert use == expected
            assert use.column == expected.column
            assert all(type(value) is int for _, value in use.parameters)

    for_every(BY_NAME, check)


def test_a_window_longer_than_the_candles_is_nan() -> None:
    for value in (ROWS, MOST_CANDLES):
        assert bind("sma", "period", value)(frame()).isna().sum() >= ROWS - 1


def test_parameters_of_other_features_and_missing_ones_are_refused() -> None:
    rsi = features.get("rsi")
    with pytest.raises(PlimsollError, match="of rsi to be period; found none"):
        rsi.use()
    with pytest.raises(PlimsollError, match="of rsi to be period; found period, window"):
        rsi.use(period=14, window=3)
    with pytest.raises(PlimsollError, match="of hour_sine to be none; found period"):
        features.get("hour_sine").use(period=3)
