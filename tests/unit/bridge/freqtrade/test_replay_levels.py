"""The prices that matter to an open trade, as Freqtrade's own objects have them."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from freqtrade.persistence import Order, Trade

from plimsoll.bridge.freqtrade.replay_levels import levels_of
from plimsoll.bridge.strategies.rules import RuleStrategy
from tests.unit.bridge.bots import BTC, NOON
from tests.unit.bridge.trades import database_trades, trade_fields


@pytest.fixture(autouse=True)
def database(tmp_path: Path) -> Iterator[None]:
    with database_trades(tmp_path / "bot.sqlite"):
        yield


def strategy(wanted: float | None, *, custom: bool = False) -> Any:
    return SimpleNamespace(use_custom_roi=custom, min_roi_reached_entry=lambda *_: (0, wanted))


def trade(**others: Any) -> Trade:
    stored = Trade(**trade_fields(NOON, stop_loss=95.0, liquidation_price=60.0, **others))
    stored.recalc_open_trade_value()
    Trade.session.add(stored)
    Trade.commit()
    return stored


def test_a_long_falls_to_its_stop_and_its_liquidation() -> None:
    levels = levels_of([trade()], strategy(None), NOON)[BTC]
    assert [(one.price, one.falling, one.sells) for one in levels] == [
        (95.0, True, True),
        (60.0, True, True),
    ]


def test_a_short_rises_to_them() -> None:
    levels = levels_of([trade(is_short=True)], strategy(None), NOON)[BTC]
    assert all(not one.falling and not one.sells for one in levels)


@pytest.mark.parametrize("short", [False, True])
def test_at_the_roi_price_the_profit_is_what_is_wanted(short: bool) -> None:
    held = trade(is_short=short, leverage=3.0)
    roi = levels_of([held], strategy(0.05), NOON + timedelta(hours=1))[BTC][-1]
    assert held.calc_profit_ratio(roi.price) == pytest.approx(0.05, abs=1e-8)
    assert roi.falling is short


def test_a_custom_roi_is_not_asked() -> None:
    assert len(levels_of([trade()], strategy(0.05, custom=True), NOON)[BTC]) == 2


def test_that_of_a_strategy_of_the_bundle_is_asked_unless_it_was_replaced() -> None:
    class Ours(RuleStrategy):
        use_custom_roi = True

        def __init__(self) -> None:
            self.order_types = {}

        def min_roi_reached_entry(self, *asked: Any) -> Any:
            return 0, 0.05

    class Replaced(Ours):
        def custom_roi(self, *asked: Any, **named: Any) -> None:
            raise AssertionError

    held = trade()
    assert [len(levels_of([held], one, NOON)[BTC]) for one in (Ours(), Replaced())] == [3, 2]


def test_a_resting_order_is_reached_from_its_own_side() -> None:
    held = trade()
    held.orders.append(
        Order(
            ft_order_side="sell", ft_pair=BTC, ft_is_open=True, ft_amount=10.0, ft_price=104.0,
            order_id="1", side="sell",
        )
    )  # fmt: skip
    resting = levels_of([held], strategy(None), NOON)[BTC][-1]
    assert (resting.price, resting.falling) == (104.0, False)
