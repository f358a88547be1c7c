"""What a portfolio strategy's targets promise over a study."""

import math
from dataclasses import replace

import pandas as pd
import pytest

from plimsoll.lab.study import RULE, Study
from plimsoll.lab.study_targets import members_by, promised_by
from tests.support.strategy_data import PAIRS, end_of, write_strategy_data

DAYS = 330
STUDY = Study("five pairs", "1h", PAIRS, "20230801-20231101", ("TrendPortfolio",))
START, END = pd.Timestamp("2023-08-01", tz="UTC"), pd.Timestamp("2023-11-01", tz="UTC")


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    assert end_of(DAYS) > END
    return write_strategy_data(tmp_path_factory.mktemp("market") / "data", days=DAYS)


def test_targets_of_a_portfolio_promise_a_book_over_the_days_of_the_study(data) -> None:
    promise = promised_by(STUDY, "TrendPortfolio", data, START, END)
    assert promise is not None
    book = promise.whole
    assert promise.years == {2023: book}
    # The midnights of the study, the first and the last included.
    assert book.days == (END - START).days + 1
    assert 0 < book.mean_gross_fraction <= book.highest_gross_fraction
    assert book.annual_volatility_fraction > 0
    shorter = promised_by(STUDY, "TrendPortfolio", data, START, START + pd.Timedelta(days=45))
    assert shorter is not None
    half = shorter.whole
    assert half.days == 46
    assert not math.isclose(half.mean_gross_fraction, book.mean_gross_fraction)


def test_strategy_without_targets_promises_nothing(data) -> None:
    assert promised_by(STUDY, "BuyAndHold", data, START, END) is None


def test_members_of_a_portfolio_by_rule_are_told_for_the_months_of_the_study(data) -> None:
    ruled = replace(STUDY, universe=RULE)
    members = members_by(ruled, "TrendPortfolio", data, START, END)
    assert members == dict.fromkeys(("2023-08", "2023-09", "2023-10"), PAIRS)
    assert members_by(STUDY, "TrendPortfolio", data, START, END) is None
    assert members_by(ruled, "BuyAndHold", data, START, END) is None


def test_a_pair_that_is_no_member_is_not_promised(data, tmp_path) -> None:
    thin = tmp_path / "futures"
    thin.mkdir()
    for file in (data / "futures").glob("*.feather"):
        frame = pd.read_feather(file)
        if file.name.startswith("BTC") and "volume" in frame:
            frame["volume"] /= 1e6
        frame.to_feather(thin / file.name)
    ruled = replace(STUDY, universe=RULE)
    members = members_by(ruled, "TrendPortfolio", tmp_path, START, END)
    assert members is not None
    assert set(members.values()) == {PAIRS[1:]}
    books = [promised_by(one, "TrendPortfolio", tmp_path, START, END) for one in (STUDY, ruled)]
    assert books[0] != books[1]
