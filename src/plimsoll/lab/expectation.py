"""What a backtest promises, as the file that a bot's divergence guard reads."""

import numpy as np
import pandas as pd
from freqtrade.enums import ExitType

from plimsoll.bridge.config.expectation import ExpectationFile
from plimsoll.core import PlimsollError
from plimsoll.lab.results import BacktestResult

LEAST_TRADES = 30
"""Below this the standard error of a mean is itself hardly known."""


def expectation_of(result: BacktestResult) -> ExpectationFile:
    """Return mean, spread and win rate of a backtest's closed trades.

    Profits are fractions of the stake, as Freqtrade's ``profit_ratio``; the spread is the
    sample standard deviation. Trades that only the end of the data closed are left out: no
    rule of the strategy closed them.

    Raises
    ------
    PlimsollError
        When the trades are too few to promise anything, not all are finite, or there is no
        profit to hold a bot to.
    """
    name = f"{result.strategy} in {result.path.name}"
    return promise_of(result.trades, name, _source(result))


def promise_of(trades: pd.DataFrame, name: str, source: str) -> ExpectationFile:
    """Return what closed trades promise; ``name`` says whose they are, ``source`` is written down.

    ``trades``: Freqtrade's trade export. The rules are those of `expectation_of`.

    Raises
    ------
    PlimsollError
        As `expectation_of`.
    """
    if not trades.empty:
        trades = trades[trades["exit_reason"] != ExitType.FORCE_EXIT.value]
    count = len(trades)
    if count < LEAST_TRADES:
        raise PlimsollError(
            f"expected at least {LEAST_TRADES} closed trades of {name}, found {count}; "
            "backtest a longer span or more pairs"
        )
    profits = trades["profit_ratio"].to_numpy(dtype="float64")
    if not np.isfinite(profits).all():
        raise PlimsollError(f"expected finite profits of {name}, found some that are not")
    mean, spread = float(profits.mean()), float(profits.std(ddof=1))
    wins = float((profits > 0).mean())
    if mean <= 0 or spread <= 0:
        raise PlimsollError(
            f"expected a positive mean profit of {name} over {count} trades, found {mean:.3%} "
            f"(spread {spread:.3%}): a strategy that does not earn in its backtest promises nothing"
        )
    return ExpectationFile(
        source=source,
        trades=count,
        mean_profit_fraction=mean,
        profit_std_fraction=spread,
        win_rate_fraction=wins,
    )


def _source(result: BacktestResult) -> str:
    span = f"{result.start:%Y-%m-%d} to {result.end:%Y-%m-%d}"
    code = f", code {result.code_fingerprint}" if result.code_fingerprint else ""
    return f"{result.strategy}, {result.timeframe}, {span}, {result.path.name}{code}"
