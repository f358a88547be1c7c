"""What a portfolio strategy's targets promise over a study."""

import math

import pandas as pd
import pytest

from plimsoll.lab.study import Study
from plimsoll.lab.study_targets import promised_by
from tests.support.strategy_data import PAIRS, end_of, write_strategy_data

DAYS = 330
STUDY = Study("five pairs", "1h", PAIRS, "20230801-20231101", ("TrendPortfolio",))
START, END = pd.Timestamp("2023-08-01", tz="UTC"), pd.Timestamp("2023-11-01", tz="UTC")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    assert end_of(DAYS) > END
    return write_strategy_data(tmp_path_factory.mktemp("market") / "data", days=DAYS)


def test_targets_of_a_portfolio_promise_a_book_over_the_days_of_the_study(data) -> None:
    book = promised_by(STUDY, "TrendPortfolio", data, START, END)
    assert book is not None
    # The midnights of the study, the first and the last included.
    assert book.days == (END - START).days + 1
    assert 0 < book.mean_gross_fraction <= book.highest_gross_fraction
    assert book.annual_volatility_fraction > 0
    half = promised_by(STUDY, "TrendPortfolio", data, START, START + pd.Timedelta(days=45))
    assert half is not None
    assert half.days == 46
    assert not math.isclose(half.mean_gross_fraction, book.mean_gross_fraction)


def test_strategy_without_targets_promises_nothing(data) -> None:
    assert promised_by(STUDY, "BuyAndHold", data, START, END) is None
