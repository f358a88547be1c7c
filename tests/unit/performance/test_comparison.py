"""One account against another: what is better, what is luck, and what is too little to tell."""

import json

import numpy as np
import pandas as pd
import pytest

from plimsoll.performance.comparison import LEAST_DAYS, Comparison, compare
from plimsoll.performance.errors import MeasureError

FIRST = pd.Timestamp("2024-01-01", tz="UTC")


def days(values: np.ndarray) -> "pd.Series[float]":
    return pd.Series(values, index=pd.date_range(FIRST, periods=len(values), freq="D"))


def lot(mean: float, *, seed: int = 1, count: int = 720) -> "pd.Series[float]":
    return days(np.random.default_rng(seed).normal(mean, 0.01, count))


def told(own: "pd.Series[float]", theirs: "pd.Series[float]", **changed: int) -> Comparison:
    return compare(own, theirs, **{"trades": 100, "trials": 1, **changed})


def test_an_account_that_is_better_every_day_adds_value() -> None:
    base = lot(0.0)
    made = told(base + 0.002, base)
    assert made.adds_value
    assert made.why == ()
    assert made.low > 0.0
    assert made.difference == pytest.approx(0.002 / base.std(ddof=0) * np.sqrt(365), rel=0.01)


def test_an_account_is_not_better_than_itself_by_luck() -> None:
    verdicts = [told(lot(0.0005, seed=n), lot(0.0005, seed=100 + n)).adds_value for n in range(20)]
    assert sum(verdicts) <= 3


def test_the_more_was_tried_the_less_it_proves() -> None:
    own, theirs = lot(0.0016, seed=3), lot(0.0, seed=4)
    once, often = told(own, theirs), told(own, theirs, trials=10_000)
    assert once.adds_value
    assert often.probability < 0.95 < once.probability
    assert any("after 10,000 trials" in one for one in often.why)


def test_a_better_account_that_lost_money_adds_nothing() -> None:
    base = lot(-0.004)
    made = told(base + 0.002, base)
    assert made.low > 0.0
    assert any("it lost money" in one for one in made.why)


@pytest.mark.parametrize(
    ("count", "trades", "said"),
    [(LEAST_DAYS - 1, 100, "179 days are few"), (LEAST_DAYS, 29, "29 trades are few")],
)
def test_too_little_is_told(count: int, trades: int, said: str) -> None:
    base = lot(0.0, count=count)
    assert any(said in one for one in told(base + 0.003, base, trades=trades).why)


def test_against_an_account_that_stands_still_its_own_ratio_counts() -> None:
    own = lot(0.002)
    made = told(own, own * 0.0)
    assert made.baseline.sharpe is None
    assert made.difference == pytest.approx(own.mean() / own.std(ddof=1) * np.sqrt(365))


def test_more_of_the_same_is_not_better() -> None:
    base = lot(0.001)
    made = told(base * 2.0, base)
    assert not made.adds_value
    assert made.probability == 0.0


def test_windows_and_regimes_have_the_days_between_them() -> None:
    own = lot(0.001)
    hours = pd.date_range(FIRST - pd.Timedelta(days=100), periods=24 * 830, freq="h")
    drift = np.exp(np.cumsum(np.random.default_rng(5).normal(0.0, 0.01, len(hours))))
    made = compare(
        own, lot(0.0, seed=9), trades=50, trials=1, market=pd.Series(drift, hours), windows=6
    )
    assert [one.candidate.days for one in made.windows] == [120] * 6
    assert made.windows[0].name == "2023-12-31 to 2024-04-29"
    trends = [one.candidate.days for one in made.regimes if one.name != "crash"]
    assert sum(trends) == 720
    assert json.loads(json.dumps(made.to_dict()))["adds_value"] is made.adds_value


@pytest.mark.parametrize(
    ("own", "theirs", "said"),
    [
        (lot(0.0), lot(0.0).iloc[:-10], "lacks 10 of the 720 days"),
        (lot(0.0) * np.nan, lot(0.0), "no number"),
        (lot(0.0) * 0.0, lot(0.0), "never moved"),
    ],
    ids=["missing days", "no numbers", "still"],
)
def test_what_cannot_be_compared_is_refused(
    own: "pd.Series[float]", theirs: "pd.Series[float]", said: str
) -> None:
    with pytest.raises(MeasureError, match=said):
        told(own, theirs)
