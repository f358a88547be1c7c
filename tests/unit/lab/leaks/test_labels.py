"""The labels of a FreqAI strategy are of the declared future, its features of the past."""

from pathlib import Path

import pytest

from plimsoll.lab.leaks.check import check_leaks
from plimsoll.lab.leaks.labels import (
    FEATURES_OF_THE_PAST,
    LABELS_IN_TIME,
    LABELS_OF_THE_FUTURE,
)
from tests.conftest import ROOT

SOURCE = """
import talib.abstract as ta
from freqtrade.strategy import IStrategy


class Learns(IStrategy):
    timeframe = "1h"
    stoploss = -0.1
    minimal_roi = {{}}

    def feature_engineering_expand_all(self, dataframe, period, metadata, **kwargs):
        dataframe["%-rsi-period"] = ta.RSI(dataframe, timeperiod=period)
        return dataframe

    def feature_engineering_standard(self, dataframe, metadata, **kwargs):
        dataframe["%-move"] = {feature}
        return dataframe

    def set_freqai_targets(self, dataframe, metadata, **kwargs):
        told = self.freqai_info["feature_parameters"]["label_period_candles"]
        dataframe["&-move"] = {label}
        return dataframe

    def populate_indicators(self, dataframe, metadata):
        return self.freqai.start(dataframe, metadata, self)

    def populate_entry_trend(self, dataframe, metadata):
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        return dataframe
"""
PAST = 'dataframe["close"].pct_change(5)'
FUTURE = 'dataframe["close"].shift(-told) / dataframe["close"] - 1'


def contracts(folder: Path, *, feature: str = PAST, label: str = FUTURE) -> list[str]:
    file = folder / "Learns.py"
    file.write_text(SOURCE.format(feature=feature, label=label), encoding="utf-8")
    findings = check_leaks(file, type("Learns", (), {})).findings
    return [one.contract for one in findings]


def test_features_of_the_past_and_labels_of_the_future_are_sound(tmp_path: Path) -> None:
    assert contracts(tmp_path) == []


def test_words_as_labels_are_compared_too(tmp_path: Path) -> None:
    word = f'({FUTURE} > 0).map({{True: "up", False: "down"}})'
    assert contracts(tmp_path, label=word) == []


@pytest.mark.parametrize(
    "feature",
    ['dataframe["close"].pct_change(5).shift(-5)', 'dataframe["close"] / dataframe["close"].max()'],
)
def test_feature_that_is_the_labels_future_is_found(tmp_path: Path, feature: str) -> None:
    assert contracts(tmp_path, feature=feature) == [FEATURES_OF_THE_PAST]


def test_label_that_reaches_farther_than_it_says_is_found(tmp_path: Path) -> None:
    label = 'dataframe["close"].shift(-3 * told) / dataframe["close"] - 1'
    assert contracts(tmp_path, label=label) == [LABELS_IN_TIME]


def test_label_that_is_shifted_the_wrong_way_is_found(tmp_path: Path) -> None:
    label = 'dataframe["close"] / dataframe["close"].shift(told) - 1'
    assert contracts(tmp_path, label=label) == [LABELS_OF_THE_FUTURE]


def test_shipped_model_strategy_learns_soundly() -> None:
    file = ROOT / "user_data/strategies/ModelDirection.py"
    assert check_leaks(file, type("ModelDirection", (), {})).findings == ()
