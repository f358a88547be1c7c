"""One door to what a track record proves."""

import json
import math

import numpy as np
import pandas as pd
import pytest

from plimsoll.performance.errors import MeasureError
from plimsoll.performance.significance import LEAST_DAYS, assess
from tests.unit.performance.series import noise

YEAR = math.sqrt(365)


def of_days(values: np.ndarray, start: str = "2024-01-01") -> "pd.Series[float]":
    return pd.Series(values, index=pd.date_range(start, periods=len(values), tz="UTC"))


def edge(seed: int = 1, *, days: int = 500, ratio: float = 0.15) -> np.ndarray:
    return 0.01 * (noise(seed, (days, 1))[:, 0] + ratio)


def test_ratio_is_a_years_and_lies_in_its_interval() -> None:
    returns = edge()
    known = assess(returns)
    assert known.sharpe == pytest.approx(returns.mean() / returns.std(ddof=1) * YEAR)
    assert known.sharpe_per_day == pytest.approx(known.sharpe / YEAR)
    assert known.low < known.sharpe < known.high
    assert known.low == pytest.approx(known.sharpe - 2 * known.standard_error, abs=0.5)
    assert known.days == 500
    assert (known.trials, known.sharpe_by_luck) == (1, 0.0)
    assert known.deflated_sharpe == known.probabilistic_sharpe


def test_greater_of_the_two_errors_counts() -> None:
    related = assess(0.01 * noise(2, (500, 1), share=0.4)[:, 0] + 0.002)
    assert related.standard_error == related.standard_error_related
    assert related.standard_error > 1.2 * related.standard_error_independent
    turning = assess(0.01 * noise(3, (500, 1), share=-0.4)[:, 0] + 0.002)
    assert turning.standard_error == turning.standard_error_independent


def test_more_trials_prove_less() -> None:
    chances = [assess(edge(), trials=trials).deflated_sharpe for trials in (1, 30, 1_000)]
    assert chances == sorted(chances, reverse=True)
    assert chances[0] > 0.99
    assert chances[2] < 0.9


def test_least_track_record_is_where_the_probability_reaches_its_mark() -> None:
    known = assess(edge(ratio=0.08))
    degrees = known.least_track_record_days - 1
    grown = known.sharpe / known.standard_error * math.sqrt(degrees / (known.days - 1))
    assert grown == pytest.approx(1.645, abs=0.01)
    assert math.isnan(assess(-edge()).least_track_record_days)


def test_benchmark_is_compared_on_the_days_in_common() -> None:
    returns, other = of_days(edge(4)), of_days(edge(5, ratio=0.0), "2024-03-01")
    known = assess(returns, benchmark=other).against
    assert known is not None
    assert known.days == 440
    with_same_days = assess(returns.iloc[60:], benchmark=other.iloc[:440]).against
    assert known == with_same_days
    assert known.difference > 0
    assert known.low < known.difference < known.high


def test_everything_tried_deflates_by_its_own_spread_and_is_tested_at_once() -> None:
    table = 0.01 * noise(6, (400, 40))
    best = int((table.mean(axis=0) / table.std(axis=0)).argmax())
    known = assess(table[:, best], all_tried=table, trials=10)
    assert known.trials == 40
    assert known.trials_spread_known
    assert known.deflated_sharpe < 0.9 < known.probabilistic_sharpe
    assert known.searched is not None
    assert known.searched.against_cash.spa > 0.05
    assert known.searched.against_benchmark is None
    assert known.searched.overfitting is not None
    assert 0.05 < known.searched.overfitting.probability < 0.95


def test_trials_that_are_not_in_the_table_count_too() -> None:
    table = 0.01 * noise(6, (400, 40))
    assert assess(table[:, 0], all_tried=table, trials=500).trials == 500


def test_search_is_tested_against_the_benchmark_as_well() -> None:
    market = 0.01 * noise(7, (400, 1)) + 0.003
    table = market + 0.001 * noise(8, (400, 20))
    known = assess(table[:, 0], all_tried=table, benchmark=market[:, 0]).searched
    assert known is not None
    assert known.against_benchmark is not None
    assert known.against_cash.spa < 0.01 < known.against_benchmark.spa


def test_days_are_named_where_they_are_known() -> None:
    known = assess(of_days(edge()))
    assert (known.first_day, known.last_day) == ("2024-01-01", "2025-05-14")
    assert assess(edge()).first_day is None


def test_record_is_plain_json_without_what_is_not_finite() -> None:
    table = 0.01 * noise(9, (100, 5)) - 0.01
    record = assess(table[:, 0], all_tried=table, benchmark=table[:, 1]).to_dict()
    text = json.dumps(record, allow_nan=False)
    assert json.loads(text) == record
    assert record["least_track_record_days"] is None
    assert record["searched"]["overfitting"]["groups"] == 16
    assert record["drawdown"]["high"] > 0


def test_record_of_exactly_the_least_days_is_assessed_and_one_less_says_how_many() -> None:
    assert assess(edge(days=LEAST_DAYS)).days == LEAST_DAYS
    with pytest.raises(MeasureError, match=f"returns: {LEAST_DAYS} days are needed, found 59"):
        assess(edge(days=59))


def test_too_few_days_in_common_say_how_many() -> None:
    with pytest.raises(MeasureError, match="60 are needed, found 30 of 100 and 100"):
        assess(of_days(edge(days=100)), benchmark=of_days(edge(2, days=100), "2024-03-11"))


@pytest.mark.parametrize(
    ("returns", "others", "why"),
    [
        (np.zeros(100), {}, "returns that vary, found 100 days"),
        (np.full(100, np.nan), {}, "every day must have a finite return"),
        (edge(days=100), {"all_tried": noise(1, (99, 3))}, "the 100 days of the returns, found 99"),
        (edge(days=100), {"benchmark": edge(days=90)}, "as many days of both, found 100 and 90"),
        (edge(days=100), {"trials": 0}, "trials must be 1 or more"),
    ],
)
def test_what_proves_nothing_is_refused(
    returns: np.ndarray, others: dict[str, object], why: str
) -> None:
    with pytest.raises(MeasureError, match=why):
        assess(returns, **others)  # type: ignore[arg-type]


def test_days_that_repeat_are_refused() -> None:
    returns = of_days(edge(days=100))
    with pytest.raises(MeasureError, match="days must rise without repeats"):
        assess(pd.concat([returns, returns]))
