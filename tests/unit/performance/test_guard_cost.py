"""What guards cost and saved, trade by trade."""

from typing import Any

import pandas as pd
import pytest

from plimsoll.performance.errors import MeasureError
from plimsoll.performance.guard_cost import GuardCost, guard_cost

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"


def trades(*rows: tuple[str, str, float], short: bool = False) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "pair": [row[0] for row in rows],
            "is_short": short,
            "open_date": pd.to_datetime([row[1] for row in rows], utc=True),
            "profit_abs": [row[2] for row in rows],
        }
    )


def test_a_loss_not_taken_is_saved_and_a_profit_not_taken_is_forgone() -> None:
    bare = trades((BTC, "2025-01-01", -30.0), (BTC, "2025-01-02", 20.0), (ETH, "2025-01-02", 5.0))
    guarded = trades((ETH, "2025-01-02", 5.0))
    assert guard_cost(bare, guarded) == GuardCost(30.0, 20.0, 0.0, 2, 0)


def test_a_smaller_stake_saves_a_part_of_a_loss_and_gives_up_a_part_of_a_profit() -> None:
    bare = trades((BTC, "2025-01-01", -30.0), (BTC, "2025-01-02", 20.0))
    guarded = trades((BTC, "2025-01-01", -10.0), (BTC, "2025-01-02", 15.0))
    assert guard_cost(bare, guarded) == GuardCost(20.0, 5.0, 0.0, 0, 0)


def test_a_trade_that_only_guards_made_room_for_is_counted_by_itself() -> None:
    made = guard_cost(trades((BTC, "2025-01-01", -30.0)), trades((ETH, "2025-01-01", 7.0)))
    assert made == GuardCost(30.0, 0.0, 7.0, 1, 1)
    assert made.net_usd == 37.0


def test_another_side_is_another_trade() -> None:
    long, short = trades((BTC, "2025-01-01", 3.0)), trades((BTC, "2025-01-01", 4.0), short=True)
    assert guard_cost(long, short) == GuardCost(0.0, 3.0, 4.0, 1, 1)


def test_two_alike_in_one_candle_are_told_apart() -> None:
    twice = trades((BTC, "2025-01-01", -3.0), (BTC, "2025-01-01", -4.0))
    assert guard_cost(twice, trades((BTC, "2025-01-01", -3.0))) == GuardCost(4.0, 0.0, 0.0, 1, 0)


def test_the_parts_add_up_to_the_difference_of_the_profits() -> None:
    bare = trades((BTC, "2025-01-01", -30.0), (ETH, "2025-01-02", 20.0), (ETH, "2025-01-03", 1.0))
    guarded = trades((BTC, "2025-01-01", -9.0), (ETH, "2025-01-05", 2.5))
    change = guarded["profit_abs"].sum() - bare["profit_abs"].sum()
    assert guard_cost(bare, guarded).net_usd == pytest.approx(change)


def test_runs_without_trades_cost_nothing() -> None:
    assert guard_cost(trades(), trades()) == GuardCost(0.0, 0.0, 0.0, 0, 0)


def test_a_missing_column_is_named() -> None:
    whole: Any = trades((BTC, "2025-01-01", 1.0))
    with pytest.raises(MeasureError, match="is_short"):
        guard_cost(whole, whole.drop(columns="is_short"))
