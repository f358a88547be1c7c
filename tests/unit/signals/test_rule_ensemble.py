"""The rule strategies as one portfolio: the parts that they were before they had one function."""

import pandas as pd

from plimsoll.bridge.strategies.readiness import made_up_panel
from plimsoll.signals.components import sleeves
from plimsoll.signals.ensemble import equal, inverse_volatility
from plimsoll.signals.rule_ensemble import rule_ensemble

PAIRS = ["BTC/USDT:USDT", "ETH/USDT:USDT", "SOL/USDT:USDT", "XRP/USDT:USDT"]


def test_the_allocator_shares_out_the_four_sleeves() -> None:
    panel = made_up_panel(PAIRS, ("1d", "4h"), days=800)
    asked: list[pd.DataFrame] = []

    def told(returns: pd.DataFrame) -> pd.DataFrame:
        asked.append(returns)
        return inverse_volatility(returns)

    days, closes = panel.closes("1d"), panel.closes("4h")
    made = [
        rule_ensemble(
            days,
            closes,
            panel.candles["4h"],
            panel.settlements,
            members=None,
            allocator=one,
            target_volatility=0.09,
        )
        for one in (told, equal)
    ]
    held = sleeves(days, panel.candles["4h"], pd.DatetimeIndex(closes.index), panel.settlements)
    assert [list(returns) for returns in asked] == [list(held)]
    assert made[0].weights.iloc[-1].notna().any()
    assert not made[0].weights.equals(made[1].weights)
