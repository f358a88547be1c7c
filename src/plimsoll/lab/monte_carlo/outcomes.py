"""What single runs came to, and what they say together."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

from plimsoll.lab.walk_forward.evidence import figures_of
from plimsoll.performance.measures import daily_returns

DEEP_FALL_FRACTION = 0.20
"""A fall beyond this is counted: the sandbox gate's own limit."""
QUANTILES = (0.05, 0.25, 0.50, 0.75, 0.95)
MEASURES = ("sharpe", "total_return_fraction", "drawdown_fraction")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run came to: a year's Sharpe ratio of daily returns, return, deepest fall, trades.

    An account that stands still has a Sharpe ratio of 0 here, so that runs can be ranked.
    """

    sharpe: float
    total_return_fraction: float
    drawdown_fraction: float
    trades: int


def outcome_of(equity: "pd.Series[float]", trades: int) -> Outcome:
    """Return what an account came to; one that has lost everything stays at nothing.

    ``equity``: account value at each end of a day, its index UTC times that rise; the first is
    above 0.
    """
    lost = (equity <= 0).cummax()
    with np.errstate(invalid="ignore"):  # nothing over nothing
        returns = daily_returns(equity.mask(lost, 0.0)).fillna(0.0)
    told = figures_of(returns)
    return Outcome(
        sharpe=0.0 if told["sharpe"] is None else float(told["sharpe"]),
        total_return_fraction=float(told["total_return_fraction"]),
        drawdown_fraction=float(told["drawdown_fraction"]),
        trades=trades,
    )


def p_value(real: float, shuffled: Sequence[float]) -> float:
    """Return how often luck is as good: (1 + runs at or above the real one) / (runs + 1).

    The real run counts as one of them, so that it is never 0 (Phipson & Smyth 2010,
    "Permutation P-values should never be zero", eq. 2).
    """
    at_least = int((np.asarray(shuffled, dtype="float64") >= real).sum())
    return (1 + at_least) / (len(shuffled) + 1)


def place_of(real: float, drawn: Sequence[float]) -> float:
    """Return the share of runs below the real one, equal ones by half: 0 is lowest, 1 highest."""
    values = np.asarray(drawn, dtype="float64")
    return float((values < real).mean() + (values == real).mean() / 2)


def shuffle_record(real: Outcome, shuffled: Sequence[Outcome]) -> dict[str, Any]:
    """Return what shuffled signals say of the real ones, as plain values."""
    sharpes = [one.sharpe for one in shuffled]
    profits = [one.total_return_fraction for one in shuffled]
    return {
        "real": asdict(real),
        "runs": len(shuffled),
        "p_sharpe": p_value(real.sharpe, sharpes),
        "p_profit": p_value(real.total_return_fraction, profits),
        "shuffled": columns(shuffled),
    }


def redraw_record(real: Outcome, drawn: Sequence[Outcome]) -> dict[str, Any]:
    """Return what histories of redrawn days came to, as plain values."""
    held = columns(drawn)
    falls, profits = held["drawdown_fraction"], held["total_return_fraction"]
    return {
        "real": asdict(real),
        "runs": len(drawn),
        "measures": {
            name: {
                "real": getattr(real, name),
                "place": place_of(getattr(real, name), held[name]),
                "quantiles": {
                    f"{share:.2f}": float(np.quantile(held[name], share)) for share in QUANTILES
                },
            }
            for name in MEASURES
        },
        "chance_of_loss": float(np.mean([one < 0 for one in profits])),
        "deep_fall_fraction": DEEP_FALL_FRACTION,
        "chance_of_deep_fall": float(np.mean([one > DEEP_FALL_FRACTION for one in falls])),
        "redrawn": held,
    }


def columns(runs: Sequence[Outcome]) -> dict[str, list[float]]:
    """Return each figure of the runs, in their order."""
    return {name: [getattr(one, name) for one in runs] for name in (*MEASURES, "trades")}
