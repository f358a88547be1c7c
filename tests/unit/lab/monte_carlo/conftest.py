"""A market without an edge, hourly candles of two pairs, and strategies that are put on it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from plimsoll.lab.monte_carlo.ground import Ground
from plimsoll.lab.search.configuration import backtest_config, quiet
from plimsoll.lab.study_data import file_of
from tests.support.search_ground import PAIRS, SearchGround

FIRST, DAYS = pd.Timestamp("2025-02-11", tz="UTC"), 62
TIMERANGE = "20250303-20250410"
"""38 days, three weeks of warm-up before them."""

STRATEGIES = '''
import numpy as np
import pandas as pd
from freqtrade.strategy import IStrategy, informative

from plimsoll.features import trend, volatility
from plimsoll.strategies import GuardedStrategy


class Plain(IStrategy):
    """Follows the last half day."""

    timeframe = "1h"
    can_short = True
    startup_candle_count = 24
    stoploss = -0.05
    minimal_roi = {"0": 0.04}

    def populate_indicators(self, dataframe, metadata):
        dataframe["past"] = dataframe["close"].pct_change(12)
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe.loc[dataframe["past"] > 0.01, ["enter_long", "enter_tag"]] = (1, "up")
        dataframe.loc[dataframe["past"] < -0.01, ["enter_short", "enter_tag"]] = (1, "down")
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        dataframe.loc[dataframe["past"] < 0, "exit_long"] = 1
        dataframe.loc[dataframe["past"] > 0, "exit_short"] = 1
        return dataframe


class Seer(Plain):
    """Knows the next half day."""

    def populate_indicators(self, dataframe, metadata):
        dataframe["past"] = dataframe["close"].shift(-12) / dataframe["close"] - 1
        return dataframe


class Blind(Plain):
    """Draws its signals by lot: ``lot`` of the config says which."""

    def populate_indicators(self, dataframe, metadata):
        lot = np.random.default_rng([self.config["lot"], len(metadata["pair"])])
        dataframe["past"] = np.repeat(lot.normal(0, 0.02, len(dataframe) // 8 + 1), 8)[
            : len(dataframe)
        ]
        return dataframe


class Still(Plain):
    def populate_entry_trend(self, dataframe, metadata):
        return dataframe


class Changing(Plain):
    position_adjustment_enable = True


class Informed(Plain):
    @informative("1h", "BTC/{stake}:{stake}")
    def populate_indicators_other(self, dataframe, metadata):
        return dataframe


class Reader(Plain):
    def populate_indicators(self, dataframe, metadata):
        self.dp.get_pair_dataframe(metadata["pair"], "1h")
        return super().populate_indicators(dataframe, metadata)


class Bracketed(GuardedStrategy):
    """Declares its stop and target, and has a say in exits that the compiled loop cannot ask."""

    timeframe = "1h"
    atr, gap = volatility.atr.use(period=14), trend.ema_gap.use(fast=5, slow=20)

    def features(self):
        return [self.atr, self.gap]

    def entry_signal(self, candles, side):
        return candles[self.gap.column] * (1 if side.value == "long" else -1) > 0.002

    def stop_distance(self):
        return self.atr, 2.0

    def target_distance(self):
        return self.atr, 3.0

    def exit_reason(self, trade, now, price, profit_fraction):
        return None


class Asking(Plain):
    """Has a callback that the compiled loop does not honour."""

    def custom_exit(self, pair, trade, current_time, current_rate, current_profit, **kwargs):
        return "late" if (current_time - trade.open_date_utc).total_seconds() > 86400 else None
'''

Prepare = Callable[..., Ground]
Arguments = Callable[..., tuple[str, ...]]


def candles(seed: int) -> pd.DataFrame:
    """Return hourly candles of a walk without memory."""
    lot, count = np.random.default_rng(seed), DAYS * 24
    close = np.round(1000.0 * np.exp(np.cumsum(lot.normal(0.0, 5e-3, count))), 2)
    opened = np.concatenate([[1000.0], close[:-1]])
    reach = np.abs(lot.normal(0.0, 2e-3, (2, count))) * close
    return pd.DataFrame(
        {
            "date": pd.date_range(FIRST, periods=count, freq="1h"),
            "open": opened,
            "high": np.round(np.maximum(opened, close) + reach[0], 2),
            "low": np.round(np.minimum(opened, close) - reach[1], 2),
            "close": close,
            "volume": lot.lognormal(6, 1, count),
        }
    )


def write_market(datadir: Path) -> None:
    """Write candles, marks and funding of both pairs."""
    (datadir / "futures").mkdir(parents=True)
    for seed, pair in enumerate(PAIRS):
        made = candles(seed)
        made.to_feather(file_of(datadir, pair, "1h"))
        made.to_feather(file_of(datadir, pair, "1h", "mark"))
        rates = made[made["date"].dt.hour % 8 == 0].reset_index(drop=True)
        rates = rates.assign(open=np.linspace(-2e-4, 4e-4, len(rates)), high=0.0, low=0.0)
        rates.assign(close=0.0, volume=0.0).to_feather(file_of(datadir, pair, "1h", "funding_rate"))


@pytest.fixture(scope="session")
def lot_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Market, strategies and the last layer of the config."""
    folder = tmp_path_factory.mktemp("lot")
    write_market(folder / "data")
    (folder / "strategies").mkdir()
    (folder / "strategies" / "lots.py").write_text(STRATEGIES, encoding="utf-8")
    (folder / "last.json").write_text(json.dumps({"stake_amount": 1000}), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def arguments_of(ground: SearchGround, lot_folder: Path) -> Arguments:
    """Arguments of ``freqtrade backtesting`` for one of the strategies."""

    def arguments(strategy: str, *more: str, timerange: str = TIMERANGE) -> tuple[str, ...]:
        own = ground.arguments(strategy=strategy, timerange=timerange)
        kept = list(own[: own.index("--hyperopt-loss")])
        kept[kept.index("--datadir") + 1] = str(lot_folder / "data")
        kept[kept.index("-i") + 1] = "1h"
        kept += ["-c", str(lot_folder / "last.json")]
        return *kept, "--strategy-path", str(lot_folder / "strategies"), *more

    return arguments


@pytest.fixture(scope="session")
def prepare(arguments_of: Arguments) -> Prepare:
    """Prepare a backtest of one of the strategies; the exchange is loaded once."""
    held: dict[str, Any] = {}

    def prepared(strategy: str, **keys: Any) -> Ground:
        with quiet():
            config = backtest_config(arguments_of(strategy)) | keys
        made = Ground(config, held.get("exchange"))
        held["exchange"] = made.backtesting.exchange
        return made

    return prepared
