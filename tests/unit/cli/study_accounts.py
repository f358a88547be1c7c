"""Made-up accounts of a study, as rows of the results page."""

import numpy as np
import pandas as pd

from plimsoll.lab.study import CHECK_START, Study
from plimsoll.lab.study_rows import Findings, StudyRow, yearly_returns
from plimsoll.performance.fills import no_trades
from plimsoll.performance.measures import performance

INDEX = pd.date_range("2022-01-01", "2025-07-01", freq="D", tz="UTC")
STUDY = Study(
    "six pairs", "1h", ("BTC/USDT:USDT",), "20220101-20250701", ("Ensemble",), ("BuyAndHold",)
)


def row_of(name: str, *, a_day: float, noise: float, seed: int = 1, trades=None) -> StudyRow:
    """An account that earns ``a_day`` on average with this daily deviation, exactly."""
    steps = np.random.default_rng(seed).normal(size=len(INDEX) - 1)
    steps = a_day + noise * (steps - steps.mean()) / steps.std()
    equity = pd.Series(100_000 * np.exp(np.concatenate([[0.0], np.cumsum(steps)])), index=INDEX)
    later = equity.loc[CHECK_START:]
    return StudyRow(
        study=STUDY,
        strategy=name,
        guarding="off",
        performance=performance(equity, no_trades() if trades is None else trades),
        check=performance(later, no_trades()),
        years=yearly_returns(equity),
        equity=equity,
    )


GOOD = row_of("Ensemble", a_day=0.001, noise=0.004)
POOR = row_of("Ensemble", a_day=-0.0005, noise=0.004)
HELD = row_of("BuyAndHold", a_day=0.0002, noise=0.04, seed=2)


def findings(*rows: StudyRow, **costs: float) -> Findings:
    return Findings(rows, costs or {"fee": 4.0}, "abc123", "2026.9")
