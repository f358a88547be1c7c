"""The shipped model's features on made-up candles: nothing can be known, and nothing is kept."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from plimsoll.core import UsageError
from plimsoll.lab.selection.run import SelectRequest, select_features
from plimsoll.lab.study_data import file_of
from plimsoll.lab.user_folder import lay_out

PAIRS = ("BTC/USDT:USDT", "ETH/USDT:USDT")
FIRST = pd.Timestamp("2024-01-01", tz="UTC")


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> SelectRequest:
    """Sixty days of candles by lot, of two pairs."""
    folder = tmp_path_factory.mktemp("selection")
    userdir, datadir = folder / "user_data", folder / "data"
    lay_out(userdir)
    (datadir / "futures").mkdir(parents=True)
    for seed, pair in enumerate(PAIRS):
        lot = np.random.default_rng(seed)
        close = 100.0 * np.exp(np.cumsum(lot.normal(0.0, 0.01, 1_440)))
        opened = np.concatenate([[100.0], close[:-1]])
        frame = pd.DataFrame(
            {
                "date": pd.date_range(FIRST, periods=len(close), freq="h"),
                "open": opened,
                "high": np.maximum(opened, close) * 1.002,
                "low": np.minimum(opened, close) * 0.998,
                "close": close,
                "volume": lot.uniform(100.0, 200.0, len(close)),
            }
        )
        frame.to_feather(file_of(datadir, pair, "1h"))
    own = folder / "pairs.json"
    own.write_text('{"exchange": {"pair_whitelist": ["BTC/USDT:USDT", "ETH/USDT:USDT"]}}')
    config = userdir / "config"
    layers = ["base.json", "venue-binance.json", "freqai-direction.json", "mode-backtest.json"]
    return SelectRequest(
        "ModelDirection",
        userdir,
        (*(config / name for name in layers), own),
        datadir,
        FIRST + pd.Timedelta(days=20),
        FIRST + pd.Timedelta(days=60),
        windows=1,
        folds=2,
    )


def test_what_is_made_by_lot_has_hardly_a_feature_worth_keeping(asked: SelectRequest) -> None:
    said: list[str] = []
    made = select_features(asked, said.append)
    assert len(made.selection.features) == 34
    assert sum(one.kept for one in made.selection.features) <= 8
    assert made.record["rows"] > 1_800
    assert made.record["identifier"].startswith("direction-1")
    assert "window 1 of 1" in said[0]


def test_a_strategy_without_a_model_is_refused(asked: SelectRequest) -> None:
    with pytest.raises(UsageError, match="expected a strategy with a model"):
        select_features(replace(asked, strategy="TrendFollow"), lambda _: None)


def test_numbers_that_make_no_sense_are_refused(asked: SelectRequest) -> None:
    with pytest.raises(UsageError, match="1 of --windows and 2 of --folds"):
        select_features(replace(asked, folds=1), lambda _: None)
