"""The contracts of strategies on hand-made frames; real strategies are tried in the lab's tests."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from plimsoll.checks.market_frame import random_candles
from plimsoll.checks.strategies import Market, StrategyTrial, check_strategy

PAIR, ROWS = "BTC/USDT:USDT", 1000
SPAN = pd.Timedelta(minutes=5)
CANDLES = random_candles(ROWS)
CUT = CANDLES["date"].iloc[800]


def above(pair: str, candles: pd.DataFrame) -> pd.DataFrame:
    """Enter above the mean of ten closes."""
    mean = candles["close"].rolling(10).mean()
    return candles.assign(mean=mean, enter_long=(candles["close"] > mean).astype(int))


def trial(analyse: Callable[..., pd.DataFrame] = above, **changes: Any) -> StrategyTrial:
    other = CANDLES.copy()
    later = other["date"] >= CUT
    other.loc[later, "close"] = other.loc[later, "close"] * 3 + 7

    def market(candles: pd.DataFrame) -> Market:
        day = candles.set_index("date")["close"]
        return Market({PAIR: candles}, analyse, lambda now: {PAIR: float(day.asof(now - SPAN))})

    made = StrategyTrial(
        known=market(CANDLES),
        other=market(other),
        until=market(CANDLES),
        cut=CUT,
        candle_span=SPAN,
        startup_candle_count=10,
    )
    return replace(made, **changes)


def contracts_of(made: StrategyTrial) -> list[str]:
    return [finding.contract for finding in check_strategy("Tried", made)]


def test_a_clean_strategy_keeps_every_contract() -> None:
    assert check_strategy("Tried", trial()) == []


@pytest.mark.parametrize("shift", [-1, -5])
def test_a_signal_that_looks_ahead_is_named_with_its_column(shift: int) -> None:
    def ahead(pair: str, candles: pd.DataFrame) -> pd.DataFrame:
        rises = candles["close"].shift(shift) > candles["close"]
        return candles.assign(enter_long=rises.astype(int))

    findings = check_strategy("Tried", trial(ahead))
    assert findings[0].contract == "another future changes nothing before it"
    assert "in the column enter_long, expected row 79" in findings[0].text
    assert findings[0].text.endswith(": it looks ahead")


def test_a_column_that_is_there_in_one_future_only_is_a_finding() -> None:
    def sometimes(pair: str, candles: pd.DataFrame) -> pd.DataFrame:
        whole = len(candles) > 900
        return candles.assign(exit_long=1) if whole else candles

    [finding] = check_strategy("Tried", trial(sometimes))
    assert finding.contract == "the newest candle says what it says in a longer past"
    assert "expected the column exit_long" in finding.text
    assert finding.text.endswith(": it needs candles that come after it")


def test_a_stake_by_the_open_candle_is_a_finding() -> None:
    made = trial()
    stakes = [lambda now: {PAIR: 1.0}, lambda now: {PAIR: 2.0 if now > CUT - 50 * SPAN else 1.0}]
    known, other = (
        replace(market, stakes=one)
        for market, one in zip((made.known, made.other), stakes, strict=True)
    )
    [finding] = check_strategy("Tried", replace(made, known=known, other=other))
    assert finding.contract == "another future changes no stake before it"
    assert finding.text.endswith(": it looks ahead")


def test_a_warm_up_of_too_few_candles_is_a_finding() -> None:
    assert contracts_of(trial(startup_candle_count=8)) == ["the declared warm up is enough"]
    assert contracts_of(trial(startup_candle_count=9)) == []


def test_a_warm_up_longer_than_the_candles_is_a_finding() -> None:
    [finding] = check_strategy("Tried", trial(startup_candle_count=ROWS))
    assert finding.text == "expected less than 1000 candles of warm-up; found 1000"


def test_rows_dropped_are_a_finding_and_end_the_check() -> None:
    [finding] = check_strategy("Tried", trial(lambda pair, candles: candles.iloc[1:]))
    assert finding.contract == "it analyses candles"
