"""The guards of a backtest look back past the strategy's own start-up."""

from datetime import timedelta
from pathlib import Path

import numpy as np
from freqtrade.data.history import get_datahandler
from freqtrade.enums import CandleType

from plimsoll.bridge.guarding.backtest_past import COLUMNS, PastCandles
from tests.unit.bridge.bots import BTC, NOON, backtest, candles

CLOSES = list(100.0 + np.arange(400.0))


def folder_config(folder: Path) -> dict[str, object]:
    """Store 400 candles, the last of which closes at noon."""
    (folder / "futures").mkdir(parents=True)
    get_datahandler(folder, "feather").ohlcv_store(BTC, "5m", candles(CLOSES), CandleType.FUTURES)
    return {
        "datadir": folder,
        "dataformat_ohlcv": "feather",
        "candle_type_def": CandleType.FUTURES,
    }


def test_older_candles_are_read_as_many_as_are_wanted(tmp_path: Path) -> None:
    past = PastCandles(folder_config(tmp_path / "data"), 100)
    own = candles(CLOSES[-60:])

    known = past.before(BTC, own, "5m")

    assert list(known["close"]) == CLOSES[-160:]
    assert list(known.columns) == COLUMNS
    assert known["date"].diff().dropna().eq(timedelta(minutes=5)).all()
    assert len(own) == 60
    assert list(past.before(BTC, candles(CLOSES[-30:]), "5m")["close"]) == CLOSES[-130:]


def test_without_older_ones_they_stay_as_they_are(tmp_path: Path) -> None:
    past = PastCandles(folder_config(tmp_path / "data"), 100)

    assert list(past.before(BTC, candles(CLOSES), "5m")["close"]) == CLOSES
    assert list(past.before("ETH/USDT:USDT", candles([1.0]), "5m")["close"]) == [1.0]
    assert list(PastCandles({}, 100).before(BTC, candles([1.0]), "5m")["close"]) == [1.0]


def test_a_backtest_s_guards_have_the_profile_s_window_from_the_first_candle_on(
    tmp_path: Path,
) -> None:
    data = folder_config(tmp_path / "data")
    with backtest(tmp_path, **data, plimsoll={"risk": {"correlation_candles": 288}}) as bot:
        session = bot.strategy._session
        session.learn(BTC, candles(CLOSES[-60:]))
        window = session._closes.window(BTC, NOON, 288)

    assert list(window.closes) == CLOSES[-288:]
