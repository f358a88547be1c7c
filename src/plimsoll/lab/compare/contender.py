"""One side of a comparison: a strategy's daily returns, and what they were made with."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from plimsoll.core import PlimsollError, UsageError
from plimsoll.gates.evidence.results import StoredResult, open_result, read_result
from plimsoll.gates.evidence.walk_forward import parsed, read_walk_forward
from plimsoll.gates.filing import ZIP, stitched_result
from plimsoll.gates.reading import Reading
from plimsoll.lab.freqtrade import freqtrade
from plimsoll.performance.fills import trade_fills
from plimsoll.performance.forecasts import KEY as FORECASTS
from plimsoll.performance.forecasts import ForecastQuality
from plimsoll.performance.guard_acts import SECTION

SECONDS = 6 * 3600.0
"""The longest that Freqtrade may take: a model trains again and again."""


@dataclass(frozen=True, slots=True, eq=False)
class Contender:
    """A strategy over some days; ``returns`` are daily, by the midnight that ends each day."""

    strategy: str
    returns: "pd.Series[float]"
    result: StoredResult
    reading: Reading

    @property
    def trades(self) -> int:
        """How many positions it closed."""
        return len(self.result.trades)

    @property
    def daily_turnover(self) -> float:
        """Traded notional over the starting balance, a day."""
        if self.result.trades.empty:
            return 0.0
        fills = trade_fills(self.result.trades)
        traded = float((fills["amount"].abs() * fills["price_usd"]).sum())
        start = float(self.result.statistics["starting_balance"])
        return traded / start / max(1, len(self.returns))

    @property
    def forecasts(self) -> ForecastQuality | None:
        """How good its model's forecasts were; ``None`` for what has none."""
        record = (self.result.statistics.get(SECTION) or {}).get(FORECASTS)
        return None if record is None else ForecastQuality.from_record(record)

    @property
    def terms(self) -> dict[str, Any]:
        """What both sides must have in common, by name in words."""
        statistics, config = self.result.statistics, self.result.config
        own = config.get("plimsoll") or {}
        return {
            "pairs": sorted(map(str, statistics["pairlist"])),
            "starting balance": float(statistics["starting_balance"]),
            "mode": config.get("trading_mode", "spot"),
            "fee": config.get("fee"),
            "costs": own.get("costs"),
            "limits": own.get("risk") or {},
            "guards": own.get("guards", "enforce"),
        }


def contender_from(file: Path, strategy: str | None = None) -> Contender:
    """Read a contender from a stored backtest (zip), or from a walk-forward's record (JSON).

    Raises
    ------
    UsageError
        When there is no such file.
    PlimsollError
        When it is neither, contradicts itself, or does not mark its open positions.
    """
    try:
        content = file.read_bytes()
    except OSError as error:
        raise UsageError(f"expected a result or a record at {file}: {error.strerror}") from None
    if content.startswith(ZIP):
        result, reading = open_result(content, strategy), read_result(content, strategy)
    else:
        stitched = stitched_result(content, file)
        reading = read_walk_forward(content, stitched)
        result = open_result(stitched, str(parsed(content)["strategy"]))
    if reading.faults:
        raise PlimsollError(f"{file} counts for nothing: {'; '.join(reading.faults)}")
    return Contender(reading.strategy, reading.series["returns"], result, reading)


def contender_by_freqtrade(strategy: str, arguments: Sequence[str], folder: Path) -> Contender:
    """Have the plain ``freqtrade backtesting`` trade a strategy; return what came of it.

    Raises
    ------
    PlimsollError
        When Freqtrade failed, or its result cannot be compared; its log stays in ``folder``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    last = folder / ".last_result.json"
    last.unlink(missing_ok=True)
    stored = ["--export", "trades", "--cache", "none", "--backtest-directory", str(folder)]
    freqtrade(
        ["backtesting", *arguments, "--strategy", strategy, *stored],
        folder=Path.cwd(),
        log=folder / f"{strategy}.log",
        seconds=SECONDS,
    )
    if not last.is_file():
        raise PlimsollError(f"Freqtrade stored no result of {strategy}; its log is in {folder}")
    name = json.loads(last.read_text(encoding="utf-8"))["latest_backtest"]
    return contender_from(folder / str(name), strategy)
