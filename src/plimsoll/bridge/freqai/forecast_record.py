"""What a model foresaw in a backtest and what came, for its exported result."""

from typing import Any

import numpy as np
import pandas as pd

from plimsoll.bridge.freqtrade.backtest_report import offer_figure
from plimsoll.labels import DOWN, UP, future_return
from plimsoll.performance.forecasts import KEY, forecast_quality


class ForecastRecord:
    """Takes the trusted forecasts of each pair in a backtest; the result says how good they were.

    Outcomes are of later candles: they are read when the run is over, and nothing that trades
    reads this.

    Parameters
    ----------
    strategy
        Whose result it is.
    horizon_candles, threshold
        Of the target.
    """

    def __init__(self, strategy: Any, *, horizon_candles: int, threshold: float) -> None:
        self._horizon, self._threshold = horizon_candles, threshold
        self._pairs: dict[str, pd.DataFrame] = {}
        self._least = 0.0
        offer_figure(strategy.get_strategy_name(), strategy.config, KEY, self._figure)

    def take(self, pair: str, candles: pd.DataFrame, *, least_lean: float) -> None:
        """Keep a pair's forecasts and closes, in place of those of a run before.

        ``candles`` have FreqAI's columns: the probabilities, and ``do_predict``, 1 where a forecast
        is trusted.
        """
        columns = [name for name in (UP, DOWN, "do_predict") if name in candles]
        if len(columns) == 3:
            self._pairs[pair] = candles[["close", *columns]].copy()
            self._least = least_lean

    def _figure(self) -> dict[str, Any] | None:
        parts = []
        for candles in self._pairs.values():
            moved = future_return(candles["close"], horizon_candles=self._horizon)
            rows = (candles["do_predict"] == 1) & (candles[UP] + candles[DOWN] > 0)
            parts.append(candles.loc[rows, [UP, DOWN]].assign(moved=moved[rows]))
        if not parts:
            return None
        whole = pd.concat(parts).to_numpy(dtype=np.float64)
        return forecast_quality(
            whole[:, 0],
            whole[:, 1],
            whole[:, 2],
            threshold=self._threshold,
            least_lean=self._least,
        ).to_dict()
