"""The figures of a digest."""

import json
import math

import pandas as pd
import pytest

from tests.unit.reporting.digests import PERIOD, digest, empty


def test_the_drawdown_is_from_the_highest_value_of_the_accounts_life() -> None:
    made = digest()
    assert made.equity is not None
    low = float(made.equity.min())
    assert made.drawdown_fraction == pytest.approx(1.0 - low / 1_050.0)
    assert digest(high_usd=0.0).drawdown_fraction < made.drawdown_fraction
    assert made.drawdown is not None
    assert list(made.drawdown.index) == list(made.equity.index)


def test_returns_are_of_the_equity_at_the_begin() -> None:
    made = digest()
    assert made.equity is not None
    whole = float(made.equity.iloc[-1] / made.equity.iloc[0] - 1.0)
    assert made.return_fraction == pytest.approx(whole)
    assert math.isnan(empty().return_fraction)
    assert math.isnan(digest(equity=pd.Series([0.0, 1.0])).return_fraction)


def test_a_period_is_empty_only_where_neither_trade_nor_log_has_anything() -> None:
    assert empty().is_empty
    assert not digest().is_empty
    assert not digest(closed=None, opened=0, still_open=0).is_empty


def test_the_record_is_json_without_nan() -> None:
    for made in (digest(), empty()):
        record = json.loads(json.dumps(made.as_record(), allow_nan=False))
        assert record["period"]["name"] == PERIOD.name
    assert digest().as_record()["breaks"] == 1
    assert digest().as_record()["trades"] == {
        "opened": 2,
        "closed": 2,
        "won": 1,
        "still_open": 1,
    }
    assert empty().as_record()["causes"] is None
