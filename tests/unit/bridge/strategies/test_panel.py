"""Panels of all pairs: from files in a backtest, from fetched candles in a running bot."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from freqtrade.data.dataprovider import DataProvider
from freqtrade.enums import CandleType, RunMode
from freqtrade.exceptions import OperationalException, TemporaryError

from plimsoll.bridge.strategies.panel import Panel, PanelReader, real, resampled, settled
from tests.conftest import random_candles

PAIRS = ["BTC/USDT:USDT", "ETH/USDT:USDT"]
START = pd.Timestamp("2024-01-01", tz="UTC")
FUTURES, FUNDING = CandleType.FUTURES, CandleType.FUNDING_RATE


class Whitelist:
    """The pairs, as Freqtrade's pairlist manager gives them."""

    def __init__(self) -> None:
        self.whitelist = list(PAIRS)


class Fetched:
    """What an exchange object holds of fetched candles."""

    def __init__(self, frames: dict[tuple[str, str, CandleType], pd.DataFrame]) -> None:
        self.frames = frames

    def klines(self, key: tuple[str, str, CandleType], copy: bool = True) -> pd.DataFrame:
        return self.frames.get(key, pd.DataFrame()).copy()

    def get_option(self, name: str, default: Any = None) -> Any:
        return "1h"


def hours(days: float, *, seed: int = 1) -> pd.DataFrame:
    return random_candles(int(days * 24), seed=seed, timeframe="1h")


def days_of(candles: pd.DataFrame) -> pd.DataFrame:
    how = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}
    return candles.resample("1D", on="date").agg(how).reset_index()


def write(folder: Path, name: str, frame: pd.DataFrame) -> None:
    (folder / "futures").mkdir(parents=True, exist_ok=True)
    stored = frame.assign(date=frame["date"].astype("datetime64[ms, UTC]"))
    stored.reset_index(drop=True).to_feather(folder / "futures" / f"{name}.feather")


def reader(
    config: dict[str, Any], exchange: Any = None, *, past_days: dict[str, int] | None = None
) -> tuple[PanelReader, DataProvider]:
    full = {
        "candle_type_def": FUTURES,
        "dataformat_ohlcv": "feather",
        "timeframe": "1h",
        "trading_mode": "futures",
        **config,
    }
    made = PanelReader(full, timeframe="1h", past_days=past_days)
    return made, DataProvider(full, exchange, Whitelist())


def stored(folder: Path, *, timerange: str | None = None) -> Panel:
    config = {"datadir": folder, "runmode": RunMode.BACKTEST, "timerange": timerange}
    made, data = reader(config)
    return made.read(data, ("1d", "4h"), with_funding=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for seed, coin in enumerate(("BTC", "ETH")):
        write(tmp_path, f"{coin}_USDT_USDT-1h-futures", hours(10, seed=seed))
        stamps = pd.date_range(START, periods=30, freq="8h")
        rates = pd.DataFrame({"date": stamps, "funding_rate": np.arange(30) * 1e-5})
        write(tmp_path, f"{coin}_USDT_USDT-1h-funding_rate", rates)
    return tmp_path


def test_a_backtest_reads_days_and_settlements_of_every_pair(folder: Path) -> None:
    panel = stored(folder)
    expected = days_of(hours(10, seed=1)).set_index("date")["close"]
    found = panel.closes("1d")
    assert list(found.columns) == PAIRS
    assert found["ETH/USDT:USDT"].tolist() == expected.tolist()
    assert len(panel.closes("4h")) == 60
    assert len(panel.settlements) == 30


def test_nothing_is_known_beyond_the_end_of_the_timerange(folder: Path) -> None:
    end = START + pd.Timedelta(days=6, hours=5)
    panel = stored(folder, timerange=f"20240103-{end.timestamp():.0f}")
    # The past before the timerange is known: a portfolio's memory is longer than its candles.
    assert panel.closes("1d").index[0] == START
    assert panel.closes("1d").index[-1] == START + pd.Timedelta(days=5)
    assert panel.closes("4h").index[-1] == START + pd.Timedelta(days=6)
    assert panel.settlements.index[-1] == START + pd.Timedelta(days=6)


def test_a_hole_is_a_hole_and_a_day_without_its_last_hour_too(tmp_path: Path) -> None:
    whole = hours(10)
    gone = (whole["date"] >= START + pd.Timedelta(days=3, hours=20)) & (
        whole["date"] < START + pd.Timedelta(days=5, hours=2)
    )
    for coin in ("BTC", "ETH"):
        write(tmp_path, f"{coin}_USDT_USDT-1h-futures", whole[~gone])
    closes = stored(tmp_path).closes("1d")["BTC/USDT:USDT"]
    assert np.flatnonzero(closes.isna()).tolist() == [3, 4]


def test_a_pair_without_candles_is_an_empty_column(tmp_path: Path) -> None:
    write(tmp_path, "BTC_USDT_USDT-1h-futures", hours(5))
    panel = stored(tmp_path)
    assert panel.closes("1d")["ETH/USDT:USDT"].isna().all()
    assert panel.settlements.empty


def test_no_data_at_all_is_an_empty_panel(tmp_path: Path) -> None:
    panel = stored(tmp_path)
    assert panel.closes("1d").empty
    assert list(panel.closes("1d").columns) == PAIRS
    assert panel.last_close(PAIRS[0], datetime(2024, 1, 5, tzinfo=UTC)) is None


def test_the_last_close_is_of_a_day_that_has_ended(folder: Path) -> None:
    panel = stored(folder)
    closes = panel.closes("1d")[PAIRS[0]]
    for hour in (0, 23):
        found = panel.last_close(PAIRS[0], datetime(2024, 1, 5, hour, tzinfo=UTC))
        assert found == closes.loc["2024-01-04"]
    assert panel.last_close(PAIRS[0], datetime(2024, 1, 1, 5, tzinfo=UTC)) is None
    assert panel.last_close("DOGE/USDT:USDT", datetime(2024, 1, 5, tzinfo=UTC)) is None
    known = panel.last_closes([PAIRS[0], "DOGE/USDT:USDT"], datetime(2024, 1, 5, tzinfo=UTC))
    assert known == {PAIRS[0]: found}
    within = panel.last_close(PAIRS[0], datetime(2024, 1, 5, 9, tzinfo=UTC), "4h")
    assert within == panel.closes("4h")[PAIRS[0]].loc["2024-01-05 04:00"] != found


def test_candles_that_freqtrade_filled_in_are_none() -> None:
    made = hours(1)
    made.loc[3, "volume"] = 0.0
    assert len(real(made)) == 23


def test_a_timeframe_that_does_not_divide_the_day_is_refused() -> None:
    with pytest.raises(OperationalException, match="divides 4h, found 3h"):
        resampled(real(hours(2)), "3h", "4h")


@pytest.mark.parametrize("column", ["funding_rate", "open"])
def test_settlements_are_stamped_to_the_hour(column: str) -> None:
    late = pd.DataFrame({"date": [START + pd.Timedelta(milliseconds=7)], column: [1e-4]})
    assert settled(late).index.tolist() == [START]


# A running bot


def fetched(candles: pd.DataFrame, history: pd.DataFrame) -> dict[Any, pd.DataFrame]:
    frames: dict[Any, pd.DataFrame] = {}
    for pair in PAIRS:
        frames[pair, "1h", FUTURES] = candles
        frames[pair, "1d", FUTURES] = history
        frames[pair, "4h", FUTURES] = pd.DataFrame()
    return frames


def running(frames: dict[Any, pd.DataFrame]) -> tuple[PanelReader, DataProvider]:
    return reader({"runmode": RunMode.DRY_RUN}, Fetched(frames))


def test_a_running_bot_joins_fetched_days_and_days_of_its_own_candles() -> None:
    whole = hours(30)
    history = days_of(whole).iloc[:29]
    made, data = running(fetched(whole.iloc[-100:], history))
    found = made.read(data, ("1d", "4h"), with_funding=False).closes("1d")[PAIRS[0]]
    # The day that has just ended is in the bot's own candles, not yet among the fetched ones.
    assert found.tolist() == days_of(whole)["close"].tolist()


def test_a_bots_own_candles_never_make_half_of_the_first_longer_one() -> None:
    whole = hours(30)
    frames = fetched(whole.iloc[-50:], days_of(whole).iloc[:29])
    made, data = running(frames)
    found = made.read(data, ("1d",), with_funding=False).candles["1d"][PAIRS[0]]
    # The last 50 hours begin within a day, which is known as a whole from the exchange.
    expected = days_of(whole).set_index("date")
    pd.testing.assert_frame_equal(found[list(expected)], expected, check_freq=False)


class Silent(Fetched):
    """An exchange that does not answer when it is asked for the past."""

    def get_historic_ohlcv(self, *_: object, **__: object) -> pd.DataFrame:
        raise TemporaryError("no answer")


def test_without_the_past_that_was_asked_for_nothing_is_known() -> None:
    whole = hours(30)
    frames = fetched(whole.iloc[-100:], days_of(whole).iloc[20:29])
    config = {"runmode": RunMode.DRY_RUN}
    for days, known in (({}, 10), ({"1d": 25}, 0)):
        made, data = reader(config, Silent(frames), past_days=days)
        panel = made.read(data, ("1d", "4h"), with_funding=True)
        assert len(panel.closes("1d")) == known
        assert list(panel.closes("1d")) == PAIRS
        close = panel.last_close(PAIRS[0], datetime(2024, 2, 1, tzinfo=UTC))
        assert (close is None) is (known == 0)


def test_a_pair_whose_last_hour_is_late_is_missing_that_day() -> None:
    whole = hours(30)
    frames = fetched(whole, days_of(whole).iloc[:29])
    frames[PAIRS[1], "1h", FUTURES] = whole.iloc[:-1]
    made, data = running(frames)
    found = made.read(data, ("1d", "4h"), with_funding=False).closes("1d")
    assert found.iloc[-1].isna().tolist() == [False, True]


def test_a_panel_is_made_once_until_a_new_candle_comes() -> None:
    whole = hours(30)
    frames = fetched(whole.iloc[:-1], days_of(whole))
    made, data = running(frames)
    first = made.read(data, ("1d",), with_funding=False)
    assert made.read(data, ("1d",), with_funding=False) is first
    frames[PAIRS[0], "1h", FUTURES] = whole
    assert made.read(data, ("1d",), with_funding=False) is not first


def test_a_running_bot_is_told_what_to_fetch() -> None:
    made, data = running({})
    found = made.wanted(data, ("1d",), with_funding=True)
    assert set(found) == {(pair, "1d", "futures") for pair in PAIRS} | {
        (pair, "1h", "funding_rate") for pair in PAIRS
    }


def test_before_there_is_a_whitelist_nothing_is_wanted() -> None:
    made, _ = running({})
    empty = DataProvider({"runmode": RunMode.DRY_RUN, "candle_type_def": FUTURES}, None)
    assert made.wanted(empty, ("1d",), with_funding=True) == []
