"""Up to the price that a strategy names, its stop stays and its target is not met."""

import random
from math import isinf
from typing import Any

import pytest
from freqtrade.enums import RunMode
from freqtrade.persistence import LocalTrade
from freqtrade.strategy import IStrategy

from tests.unit.bridge.strategies.test_rules import (
    ENTRY,
    PAIR,
    candles_with_atr,
    load,
    show,
    trade,
)

SIDES = [False, True]


def following(atr: float = 2.01234) -> IStrategy:
    """TrendFollow whose stop is 0.9 and whose target 1.25 of that from the entry."""
    return show(load("TrendFollow", runmode=RunMode.DRY_RUN), candles_with_atr(atr))


def filled(strategy: IStrategy, **fields: Any) -> LocalTrade:
    """A trade with the stop that its fill has set."""
    held = trade(**fields)
    held.adjust_stop_loss(held.open_rate, strategy.stoploss, initial=True)
    fraction = strategy.custom_stoploss(PAIR, held, ENTRY, held.open_rate, 0.0, True)
    held.adjust_stop_loss(held.open_rate, fraction, allow_refresh=True)
    return held


def moves(strategy: IStrategy, held: LocalTrade, rate: float) -> bool:
    """Whether Freqtrade would move the stop at a rate."""
    before = held.stop_loss
    fraction = strategy.custom_stoploss(PAIR, held, ENTRY, rate, 0.0, False)
    held.adjust_stop_loss(rate, fraction)
    return held.stop_loss != before


@pytest.mark.parametrize("is_short", SIDES)
@pytest.mark.parametrize("leverage", [1.0, 3.0])
def test_up_to_it_no_stop_moves_and_no_target_is_met(is_short: bool, leverage: float) -> None:
    strategy, chance = following(), random.Random(5)
    held = filled(strategy, is_short=is_short, leverage=leverage)
    beyond = strategy.asked_beyond(held)
    assert beyond == pytest.approx(100 + (-1 if is_short else 1) * 1.25 * 2.01234)
    target = strategy.custom_roi(PAIR, held, ENTRY, 5, None, held.trade_direction)
    for _ in range(300):
        rate = chance.uniform(held.stop_loss, beyond)
        assert not moves(strategy, held, rate)
        assert held.calc_profit_ratio(rate) <= target


@pytest.mark.parametrize("is_short", SIDES)
def test_a_trailing_stop_moves_beyond_it_and_not_before(
    monkeypatch: pytest.MonkeyPatch, is_short: bool
) -> None:
    strategy, chance = following(), random.Random(6)
    monkeypatch.setattr(type(strategy), "trailing_distance", lambda self: (self.atr, 1.5))
    monkeypatch.setattr(type(strategy), "target_distance", lambda self: None)
    held, sign = filled(strategy, is_short=is_short), -1 if is_short else 1
    for _ in range(5):
        beyond = strategy.asked_beyond(held)
        for _ in range(100):
            assert not moves(strategy, held, chance.uniform(held.stop_loss, beyond))
        assert moves(strategy, held, beyond + sign * 0.03)


def test_a_stop_within_rounding_of_its_level_is_held_at_its_price() -> None:
    strategy = following(2.0)
    held = filled(strategy)
    assert held.stop_loss == 98.2
    assert strategy.asked_beyond(held) == pytest.approx(102.5)
    assert strategy.held_stop(held) == pytest.approx(98.2)


def test_one_that_follows_within_rounding_may_move_at_any_price(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    strategy = following(2.0)
    monkeypatch.setattr(type(strategy), "trailing_distance", lambda self: (self.atr, 0.9))
    held = filled(strategy)
    assert strategy.asked_beyond(held) is None
    assert strategy.held_stop(held) is None


def test_a_stop_of_own_code_is_held_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    strategy = following()
    held = filled(strategy)
    monkeypatch.setattr(type(strategy), "custom_stoploss", lambda self, *_, **__: -0.1)
    assert strategy.held_stop(held) is None


def test_of_an_entry_whose_distance_is_unknown_any_price_matters() -> None:
    strategy = following()
    held = filled(strategy)
    held.open_date = ENTRY.replace(year=2020)
    assert strategy.asked_beyond(held) is None


def test_a_stop_of_the_strategys_own_code_may_move_at_any_price(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    strategy = following()
    held = filled(strategy)
    monkeypatch.setattr(type(strategy), "custom_stoploss", lambda self, *_, **__: -0.1)
    assert strategy.asked_beyond(held) is None


def test_without_stop_and_target_of_its_own_no_price_matters() -> None:
    strategy = load("BuyAndHold", runmode=RunMode.BACKTEST)
    assert isinf(strategy.asked_beyond(trade()))
