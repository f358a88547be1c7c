"""FreqAI by the plain freqtrade command, on candles that the venue served."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from plimsoll.lab.freqtrade import freqtrade
from plimsoll.lab.results import read_backtests
from plimsoll.lab.user_folder import lay_out
from plimsoll.lab.venue import serve_venue

pytestmark = pytest.mark.freqtrade

PAIRS = ("BTC/USDT:USDT", "ETH/USDT:USDT")
SINCE, FIRST, LAST = (
    pd.Timestamp(day, tz="UTC") for day in ("2025-01-01", "2025-04-01", "2025-04-11")
)
TRAIN_DAYS, WINDOW_DAYS = 50, 5
SMALL = {
    "plimsoll": {"guards": "off"},
    "max_open_trades": len(PAIRS),
    "freqai": {
        "train_period_days": TRAIN_DAYS,
        "backtest_period_days": WINDOW_DAYS,
        "model_training_parameters": {"n_estimators": 30, "min_child_samples": 50},
    },
}


@pytest.fixture(scope="module")
def userdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user folder after download and backtest; ``log`` beside it has what freqtrade said."""
    folder = tmp_path_factory.mktemp("freqai")
    userdir = folder / "user_data"
    lay_out(userdir)
    # A lean that is always there, so that trades are made of whatever was forecast.
    chosen = {"params": {"buy": {"min_lean": 0.05}}, "strategy_name": "ModelDirection"}
    (userdir / "strategies" / "ModelDirection.json").write_text(json.dumps(chosen))
    own = folder / "own.json"
    own.write_text(json.dumps(SMALL))
    served = ["--market", "synthetic", "--symbols", ",".join(PAIRS), "--clock", "stepped"]
    with serve_venue([*served, "--start", f"{LAST:%Y-%m-%d}T00:00:00Z"], folder=folder) as venue:
        shipped = userdir / "config"
        layers = (
            shipped / "base.json",
            venue.config,
            shipped / "freqai-direction.json",
            shipped / "mode-backtest.json",
            own,
        )
        common = [
            "--userdir",
            str(userdir),
            *(part for file in layers for part in ("-c", str(file))),
        ]
        for arguments in (
            ["download-data", "--timeframes", "1h", "--timerange", f"{SINCE:%Y%m%d}-{LAST:%Y%m%d}"],
            [
                *("backtesting", "--strategy", "ModelDirection"),
                *("--freqaimodel", "LightGBMDirection", "--cache", "none"),
                *("--timerange", f"{FIRST:%Y%m%d}-{LAST:%Y%m%d}"),
            ],
        ):
            freqtrade(
                [arguments[0], *common, *arguments[1:], "--pairs", *PAIRS],
                folder=folder,
                log=folder / "log",
                seconds=400,
            )
    return userdir


def predictions(userdir: Path) -> pd.DataFrame:
    [made] = (userdir / "models").glob("direction-1-*")
    files = sorted((made / "backtesting_predictions").glob("*.feather"))
    parts = [pd.read_feather(file).assign(coin=file.stem.split("_")[1]) for file in files]
    return pd.concat(parts, ignore_index=True)


def test_every_candle_of_every_pair_is_forecast_once(userdir: Path) -> None:
    found = predictions(userdir)
    wanted = pd.date_range(FIRST, LAST, freq="h", inclusive="left").as_unit("ms")
    for coin in ("btc", "eth"):
        dates = pd.DatetimeIndex(found.loc[found["coin"] == coin, "date"].sort_values())
        assert dates.equals(wanted)
    assert np.allclose(found[["up", "flat", "down"]].sum(axis=1), 1.0)
    assert found["do_predict"].mean() > 0.9


def test_each_window_is_forecast_by_a_model_of_its_own(userdir: Path) -> None:
    found = predictions(userdir)
    window = (found["date"] - FIRST) // pd.Timedelta(days=WINDOW_DAYS)
    skill = found.groupby(["coin", window])["holdout_skill"]
    assert len(skill) == 4
    assert (skill.min() == skill.max()).all()
    assert len(set(skill.first())) == 4


def test_no_training_failed_and_no_thread_was_added(userdir: Path) -> None:
    log = (userdir.parent / "log").read_text()
    assert "raised exception" not in log
    assert log.count("Done training") == 4


def test_the_backtest_trades_only_where_a_model_could_tell_the_sides(userdir: Path) -> None:
    [result] = read_backtests(userdir / "backtest_results")
    found = predictions(userdir)
    trusted = found[(found["do_predict"] == 1) & (found["holdout_side_skill"] > 0)]
    calls = trusted[(trusted["up"] - trusted["down"]).abs() >= 0.05]
    called = set(zip(calls["coin"], calls["date"] + pd.Timedelta("1h"), strict=True))
    opened = [
        (pair.split("/")[0].lower(), moment)
        for pair, moment in zip(result.trades["pair"], result.trades["open_date"], strict=True)
    ]
    assert set(opened) <= called
    assert bool(opened) == bool(called)
