"""The result of a backtest says how good its forecasts were."""

from typing import Any, ClassVar

import pandas as pd

from plimsoll.bridge.freqai.forecast_record import ForecastRecord
from plimsoll.bridge.freqtrade.backtest_report import _with_acts, offer_acts
from tests.unit.performance.test_guard_words import ACTS


class Strategy:
    """As much of a strategy as a result needs."""

    config: ClassVar[dict[str, Any]] = {"trading_mode": "spot"}

    @staticmethod
    def get_strategy_name() -> str:
        return "Foreseeing"


def candles(trusted: list[int]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "close": [100.0, 102.0, 101.0, 101.0],
            "up": [0.6, 0.6, 0.3, 0.3],
            "down": [0.2, 0.1, 0.3, 0.3],
            "do_predict": trusted,
        }
    )


def section_of(record: list[ForecastRecord]) -> dict[str, Any]:
    """Return our section of a result whose strategy has offered its forecasts."""
    assert record
    offer_acts("Foreseeing", Strategy.config, lambda *_: ACTS)
    generate = _with_acts(lambda *_, **__: {"trades": [], "starting_balance": 1000.0})
    content = {"config": Strategy.config, "results": None}
    made: dict[str, Any] = generate([], "Foreseeing", content, 0, 0)["plimsoll"]
    return made


def test_trusted_forecasts_are_held_against_what_came() -> None:
    record = ForecastRecord(Strategy, horizon_candles=1, threshold=0.005)
    record.take("A", candles([1, 1, 1, 1]), least_lean=0.3)
    told = section_of([record])["forecasts"]
    assert (told["rows"], told["sided"], told["calls"]) == (3, 2, 2)
    assert told["accuracy_fraction"] == 0.5
    assert told["calls_right_fraction"] == 0.5


def test_a_forecast_that_is_not_trusted_does_not_count() -> None:
    record = ForecastRecord(Strategy, horizon_candles=1, threshold=0.005)
    record.take("A", candles([1, 0, 1, 1]), least_lean=0.3)
    record.take("B", candles([0, 0, 0, 0]), least_lean=0.3)
    told = section_of([record])["forecasts"]
    assert (told["rows"], told["sided"], told["accuracy_fraction"]) == (2, 1, 1.0)


def test_without_a_forecast_nothing_is_said() -> None:
    record = ForecastRecord(Strategy, horizon_candles=1, threshold=0.005)
    record.take("A", candles([1, 1, 1, 1]).drop(columns="do_predict"), least_lean=0.3)
    assert "forecasts" not in section_of([record])
