"""Every shipped model by the plain freqtrade command, on candles that the venue served."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from plimsoll.lab.freqtrade import freqtrade
from plimsoll.lab.user_folder import lay_out
from plimsoll.lab.venue import serve_venue
from tests.conftest import ROOT

pytestmark = [pytest.mark.freqtrade, pytest.mark.slow]

PAIR = "BTC/USDT:USDT"
SINCE, FIRST, LAST = (
    pd.Timestamp(day, tz="UTC") for day in ("2025-01-01", "2025-04-01", "2025-04-06")
)
MODELS = sorted(file.stem for file in (ROOT / "user_data/freqaimodels").glob("*.py"))
SMALL = {
    "plimsoll": {"guards": "off"},
    "max_open_trades": 1,
    "freqai": {"train_period_days": 50, "backtest_period_days": 5, "save_backtest_models": True},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def venue_config(folder: Path) -> Iterator[Path]:
    """A user folder with the venue's candles; the venue runs as long as the module."""
    userdir = folder / "user_data"
    lay_out(userdir)
    (folder / "own.json").write_text(json.dumps(SMALL))
    served = ["--market", "synthetic", "--symbols", PAIR, "--clock", "stepped"]
    with serve_venue([*served, "--start", f"{LAST:%Y-%m-%d}T00:00:00Z"], folder=folder) as venue:
        command = ["download-data", "--userdir", str(userdir), "--timeframes", "1h"]
        command += ["--timerange", f"{SINCE:%Y%m%d}-{LAST:%Y%m%d}", "--pairs", PAIR]
        for file in (userdir / "config/base.json", venue.config):
            command += ["-c", str(file)]
        freqtrade(command, folder=folder, log=folder / "download.log", seconds=200)
        yield venue.config


@pytest.mark.parametrize("model", MODELS)
def test_a_model_trains_forecasts_and_is_kept(model: str, folder: Path, venue_config: Path) -> None:
    userdir, log = folder / "user_data", folder / f"{model}.log"
    kind = "stack" if model.startswith("Stack") else "return"
    kind = "models" if model.endswith("Direction") and kind == "return" else kind
    if model == "LSTMForecaster":
        pytest.importorskip(
            "torch", reason="PyTorch is not installed: pip install 'freqtrade-plimsoll[deep]'"
        )
        kind = "lstm"
    shipped = userdir / "config"
    layers = [shipped / "base.json", venue_config, shipped / f"freqai-{kind}.json"]
    layers += [shipped / "mode-backtest.json", folder / "own.json"]
    strategy = "StackedSignal" if kind == "stack" else "ModelDirection"
    before = set((userdir / "models").glob("*"))
    freqtrade(
        [
            *("backtesting", "--userdir", str(userdir)),
            *(part for file in layers for part in ("-c", str(file))),
            *("--strategy", strategy, "--freqaimodel", model, "--cache", "none", "--pairs", PAIR),
            *("--timerange", f"{FIRST:%Y%m%d}-{LAST:%Y%m%d}"),
        ],
        folder=folder,
        log=log,
        seconds=300,
    )
    said = log.read_text()
    assert "raised exception" not in said
    assert "no model, so no trade" not in said
    [made] = set((userdir / "models").glob("*")) - before
    [file] = (made / "backtesting_predictions").glob("*.feather")
    told = pd.read_feather(file)
    assert len(told) == (LAST - FIRST) // pd.Timedelta(hours=1)
    if model.endswith(("Return", "Forecaster")):
        assert np.isfinite(told[["&-return", "holdout_error"]]).all(axis=None)
    else:
        assert np.allclose(told[["up", "flat", "down"]].sum(axis=1), 1.0)
    [manifest] = made.glob("sub-train-*/*_manifest.json")
    about = json.loads(manifest.read_text())
    assert (about["model"], len(about["parts"])) == (model, 5 if kind == "stack" else 1)
    assert list(made.glob("sub-train-*/*.pkl")) == []
