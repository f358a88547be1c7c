"""What was held, and what it cost."""

import numpy as np
import pandas as pd
import pytest

from plimsoll.performance.exposure import cost_curves, exposure_curve
from tests.unit.performance.frames import BTC, ETH, hours, trade, trades_frame

INDEX = hours(10)
EQUITY = pd.Series(100.0, index=INDEX)


def test_exposure_is_notional_at_the_close_over_equity_while_open() -> None:
    closes = pd.DataFrame({BTC: np.arange(10.0, 20.0), ETH: np.nan}, index=INDEX)
    trades = trades_frame(
        trade(INDEX[2], INDEX[5], 12.0, 15.0, amount=2.0),
        trade(INDEX[4], None, 5.0, float("nan"), amount=3.0, side="short", pair=ETH),
    )
    curve = exposure_curve(trades, closes, EQUITY)
    assert curve["long_fraction"].tolist() == pytest.approx([0, 0, 0.24, 0.26, 0.28, *[0] * 5])
    assert curve["short_fraction"].tolist() == pytest.approx([0] * 4 + [0.15] * 6)
    assert curve["net_fraction"].iloc[4] == pytest.approx(0.13)


def test_exposure_of_an_account_without_equity_is_not_defined() -> None:
    closes = pd.DataFrame({BTC: 10.0}, index=INDEX)
    trades = trades_frame(trade(INDEX[2], INDEX[5], 10.0, 10.0))
    curve = exposure_curve(trades, closes, EQUITY.where(EQUITY.index < INDEX[4], -1.0))
    assert curve["long_fraction"].isna().tolist() == [False] * 4 + [True] * 6


def test_fees_are_paid_at_fills_and_funding_at_the_end() -> None:
    trades = trades_frame(
        trade(INDEX[2], INDEX[5], 10.0, 20.0, fee=0.01, funding_usd=-0.5),
        trade(INDEX[3], None, 10.0, float("nan"), fee=0.01, funding_usd=0.2),
    )
    costs = cost_curves(trades, INDEX)
    assert costs["fees_usd"].tolist() == pytest.approx([0, 0, 0.1, 0.2, 0.2, *[0.4] * 5])
    assert costs["funding_usd"].tolist() == pytest.approx([0] * 5 + [0.5] * 4 + [0.3])
