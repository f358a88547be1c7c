"""What of a portfolio's targets could not be held, over a run."""

import pytest

from plimsoll.performance.errors import MeasureError
from plimsoll.performance.shortfall import (
    Cause,
    Shortfall,
    TargetDay,
    shortfall_sentence,
    shortfall_words,
)

DAYS = (
    TargetDay(asked=0.8, pairs=3, missing={}),
    TargetDay(asked=1.0, pairs=3, missing={"heat": {"A": 0.1, "B": 0.1}, "least": {"A": 0.02}}),
    TargetDay(asked=0.6, pairs=2, missing={"least": {"B": 0.04}}),
    TargetDay(asked=0.0, pairs=0, missing={}),
)


def test_days_are_summed_up_with_each_pair_counted_once_a_day() -> None:
    assert Shortfall.of_days(DAYS) == Shortfall(
        days=4,
        days_short=2,
        pair_days=8,
        pair_days_short=3,
        asked=pytest.approx(0.6),
        held=pytest.approx(0.6 - 0.26 / 4),
        causes=(
            Cause(cause="heat", pair_days=2, gross=pytest.approx(0.05)),
            Cause(cause="least", pair_days=2, gross=pytest.approx(0.015)),
        ),
    )


def test_the_result_holds_it_and_gives_it_back() -> None:
    made = Shortfall.of_days(DAYS)
    assert Shortfall.from_result({"plimsoll": {"targets": made.to_dict()}}) == made


@pytest.mark.parametrize("statistics", [{}, {"plimsoll": {}}, {"plimsoll": {"targets": None}}])
def test_a_run_without_it_has_none(statistics: dict) -> None:
    assert Shortfall.from_result(statistics) is None


@pytest.mark.parametrize("record", [{"days": 3}, {"causes": [{"name": "heat"}]}])
def test_another_shape_is_refused(record: dict) -> None:
    with pytest.raises(MeasureError, match="run the backtest again"):
        Shortfall.from_result({"plimsoll": {"targets": record}})


def test_the_words_name_each_limit_by_what_it_leaves_out() -> None:
    made = Shortfall.of_days(DAYS)
    assert shortfall_words(made) == (
        "89.2% of its targets, 0.53 of 0.60 gross: heat leaves out 8.3%, least leaves out 2.5%"
    )
    assert shortfall_sentence(made, "Mine") == (
        f"Mine: the account could hold {shortfall_words(made)}; "
        "3 of 8 pair-days were short of their target"
    )


def test_nothing_asked_for_is_nothing_missing() -> None:
    made = Shortfall.of_days([])
    assert made.held_fraction == 1.0
    assert shortfall_words(made) == "100.0% of its targets, 0.00 of 0.00 gross"
