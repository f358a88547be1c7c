from dataclasses import FrozenInstanceError

import pytest

from plimsoll.core import EntryRequest, Side

REQUEST = EntryRequest(
    pair="BTC/USDT:USDT",
    side=Side.SHORT,
    stake_usd=100.0,
    price=60_000.0,
    stop_price=61_000.0,
    target_price=None,
    leverage=3.0,
    fill_cost_fraction=0.0007,
)


def test_the_notional_is_the_stake_times_the_leverage() -> None:
    assert REQUEST.notional_usd == 300.0


def test_what_was_not_measured_is_unknown_not_zero() -> None:
    assert REQUEST.spread_fraction is None
    assert REQUEST.liquidity_usd is None
    assert REQUEST.correlations is None


def test_a_request_cannot_be_changed_between_two_guards() -> None:
    with pytest.raises(FrozenInstanceError):
        REQUEST.stake_usd = 1.0  # type: ignore[misc]
