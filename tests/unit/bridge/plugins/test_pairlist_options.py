"""Options of ``QualityPairList`` and its reasons to drop a pair."""

from pathlib import Path

import pandas as pd
import pytest
from freqtrade.data.history import get_datahandler
from freqtrade.enums import CandleType, RunMode
from freqtrade.resolvers.pairlist_resolver import PairListResolver

from plimsoll.bridge.freqtrade.plugin_search import register
from plimsoll.bridge.plugins.pairlist_options import QualityLimits, quality_fault
from plimsoll.core import PlimsollError
from tests.conftest import random_candles

PAIR = "BTC/USDT:USDT"
LIMITS = QualityLimits(lookback_candles=100)


def sound() -> pd.DataFrame:
    return random_candles(100)


def reason(candles: pd.DataFrame) -> str | None:
    fault = quality_fault(candles, LIMITS)
    return None if fault is None else fault.reason


def test_complete_and_lively_candles_have_no_fault() -> None:
    assert reason(sound()) is None


def test_a_pair_exactly_at_the_limit_is_kept() -> None:
    assert reason(sound().drop(index=50)) is None


def test_too_few_candles_are_a_fault_with_value_and_limit() -> None:
    fault = reason(sound().drop(index=[50, 51]))
    assert fault == "98.0% of its last 100 candles exist, expected at least 99.0%"


def test_candles_without_volume_are_a_fault() -> None:
    candles = sound()
    candles.loc[:5, "volume"] = 0.0
    assert reason(candles) == ("6.0% of its candles are without volume, expected at most 5.0%")


def test_frozen_candles_are_a_fault() -> None:
    candles = sound()
    columns = ["open", "high", "low", "close"]
    candles.loc[50:65, columns] = candles.loc[49, "close"]
    assert reason(candles) == ("16.0% of its candles are frozen, expected at most 10.0%")


@pytest.mark.parametrize("price", [float("nan"), 0.0, -1.0])
def test_one_impossible_candle_is_a_fault(price: float) -> None:
    candles = sound()
    candles.loc[50, "low"] = price
    assert reason(candles) == ("1.0% of its candles are impossible, expected at most 0.0%")


def test_no_candles_are_a_fault() -> None:
    assert "0.0% of its last 100 candles exist" in str(reason(sound().iloc[:0]))


def test_every_wrong_option_is_named_in_one_line() -> None:
    options = {"method": "QualityPairList", "refresh_period": 60}
    wrong = {"lookback_candles": 1, "min_present_fraction": 99, "typo": 1}
    with pytest.raises(PlimsollError) as caught:
        QualityLimits.read("QualityPairList", {**options, **wrong})
    said = str(caught.value)
    assert said.startswith("pairlist QualityPairList: ")
    assert "\n" not in said
    for name, value in wrong.items():
        assert f"{name}: " in said
        assert f"found {value}" in said


def test_freqtrades_own_options_are_let_through() -> None:
    options = {"method": "QualityPairList", "refresh_period": 60, "lookback_candles": 50}
    assert QualityLimits.read("QualityPairList", options).lookback_candles == 50


def test_every_option_is_described_for_the_web_interface() -> None:
    described = QualityLimits.parameters()
    assert set(described) == set(QualityLimits.model_fields)
    assert all(entry["help"] for entry in described.values())


def judged_in_backtest(
    folder: Path, candles: pd.DataFrame, timerange: str | None, pairs: list[str]
) -> list[str]:
    """What the pairlist keeps in a backtest over ``timerange`` with candles of PAIR on disk."""
    handler = get_datahandler(folder, "feather")
    handler.ohlcv_store(PAIR, "5m", candles, CandleType.FUTURES)
    config = {
        "runmode": RunMode.BACKTEST,
        "timeframe": "5m",
        "timerange": timerange,
        "datadir": folder,
        "dataformat_ohlcv": "feather",
        "candle_type_def": CandleType.FUTURES,
        "user_data_dir": folder,
    }
    register(config)
    options = {"method": "QualityPairList", "lookback_candles": 100}
    pairlist = PairListResolver.load_pairlist("QualityPairList", None, None, config, options, 0)
    return pairlist.filter_pairlist(pairs, {})


def kept_in_backtest(folder: Path, candles: pd.DataFrame, timerange: str | None) -> list[str]:
    return judged_in_backtest(folder, candles, timerange, [PAIR])


def test_a_backtest_judges_the_window_before_its_timerange(tmp_path: Path) -> None:
    candles = random_candles(1000)  # from 2024-01-01, 5 minutes: three and a half days
    assert kept_in_backtest(tmp_path, candles, "20240103-") == [PAIR]


def test_a_hole_in_the_window_drops_the_pair_however_long_its_history(tmp_path: Path) -> None:
    candles = random_candles(1000)
    start = pd.Timestamp("2024-01-03", tz="UTC")
    hole = candles["date"].between(start - pd.Timedelta(hours=4), start - pd.Timedelta(hours=3))
    assert kept_in_backtest(tmp_path, candles[~hole], "20240103-") == []


def test_a_pair_whose_candles_ended_long_before_is_dropped(tmp_path: Path) -> None:
    assert kept_in_backtest(tmp_path, random_candles(100), "20240103-") == []


def test_a_pair_without_any_candle_before_the_timerange_is_dropped(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("INFO"):
        assert kept_in_backtest(tmp_path, random_candles(1000), "20240101-") == []
    assert (
        f"QualityPairList removed {PAIR} from the whitelist: it has no 5m candles to judge."
        in caplog.messages
    )


def test_a_pair_without_a_file_is_dropped_and_the_others_are_kept(tmp_path: Path) -> None:
    pairs = ["NONE/USDT:USDT", PAIR]
    assert judged_in_backtest(tmp_path, random_candles(1000), "20240103-", pairs) == [PAIR]


@pytest.mark.parametrize("timerange", [None, "-20240103"])
def test_without_a_start_there_is_no_moment_to_judge_at_and_that_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, timerange: str | None
) -> None:
    with caplog.at_level("WARNING"):
        assert kept_in_backtest(tmp_path, random_candles(1000), timerange) == [PAIR]
    assert "QualityPairList keeps every pair" in caplog.text
    assert "--timerange with a start" in caplog.text
