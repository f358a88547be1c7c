"""The account of an agent, worked out by hand and held to what must always be true."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plimsoll.core import PlimsollError
from plimsoll.learning import Play, RandomChoice, Weights, new_accounts
from plimsoll.learning.account import TRADES, Accounts, Parts, Terms, affordable, sharpe_of, step
from plimsoll.learning.actions import Action
from plimsoll.learning.market import Market
from tests.unit.learning.markets import market, wild_market

FREE = {"fee_bps": 0.0, "spread_bps": 0.0, "slippage_bps": 0.0, "latency_fraction": 0.0}


def terms(**changed: Any) -> Terms:
    return Terms(**(FREE | {"unit_fraction": 0.5, "most_units": 2} | changed))


def lived(place: Market, actions: list[Action], its: Terms) -> tuple[Accounts, list[Parts]]:
    account, parts = new_accounts(1), []
    for row, action in enumerate(actions):
        account, part = step(account, place, np.array([row]), np.array([action]), its)
        parts.append(part)
    return account, parts


def test_a_long_trade_by_hand() -> None:
    place = market([100, 100, 110, 121])
    account, _ = lived(place, [Action.LONG, Action.HOLD], terms())
    # Half of the equity at 100: 0.005 coins; at 110 they have made 0.05.
    assert account.quantity[0] == pytest.approx(0.005)
    assert account.equity(np.array([110.0]))[0] == pytest.approx(1.05)
    account, _ = lived(place, [Action.LONG, Action.HOLD, Action.EXIT], terms())
    assert account.balance[0] == pytest.approx(1.05)  # left at the open of 110, not at 121
    assert account.units[0] == account.quantity[0] == 0
    assert account.returns[0, 0] == pytest.approx(0.05)


def test_a_short_trade_scaled_in_and_out_by_hand() -> None:
    place = market([100, 100, 80, 80, 60, 60])
    its = terms()
    account, _ = lived(place, [Action.SHORT, Action.HOLD, Action.SCALE_IN], its)
    # 0.005 short at 100, as much again at 80: 0.01 short at 90 on average.
    assert account.quantity[0] == pytest.approx(-0.01)
    assert account.entry[0] == pytest.approx(90)
    assert account.units[0] == -2
    way = [Action.SHORT, Action.HOLD, Action.SCALE_IN, Action.HOLD, Action.SCALE_OUT]
    account, _ = lived(place, way, its)
    assert account.quantity[0] == pytest.approx(-0.005)
    assert account.entry[0] == pytest.approx(90)  # what is left keeps its average
    assert account.balance[0] == pytest.approx(1 + 0.005 * 30)
    assert account.held_candles[0] == 5


def test_every_fill_is_charged_fee_spread_and_slippage() -> None:
    place = market([100, 100, 100])
    account, parts = lived(
        place, [Action.LONG, Action.EXIT], terms(fee_bps=4.0, spread_bps=2.0, slippage_bps=1.0)
    )
    for part in parts:
        assert part.fees[0] == pytest.approx(0.5 * 4e-4)
        assert part.spread[0] == pytest.approx(0.5 * 2e-4)
        assert part.slippage[0] == pytest.approx(0.5 * 1e-4)
    assert account.balance[0] == pytest.approx(1 - 2 * 0.5 * 7e-4)
    assert account.returns[0, 0] == pytest.approx(-2 * 0.5 * 7e-4)


def test_an_order_is_filled_at_a_later_price() -> None:
    place = market([100, 110])
    account, [part] = lived(place, [Action.LONG], terms(latency_fraction=0.25))
    assert account.entry[0] == pytest.approx(102.5)  # a quarter of the way from 100 to 110
    assert part.latency[0] == pytest.approx(0.005 * 2.5)
    assert part.price[0] == pytest.approx(0.005 * 10)


def test_funding_is_paid_by_longs_for_what_was_held_at_the_open() -> None:
    place = market([100, 100, 100], settled=[0, 0.001, 0.002])
    account, parts = lived(place, [Action.LONG, Action.HOLD], terms())
    assert parts[0].funding[0] == 0  # filled after the settlement
    assert parts[1].funding[0] == pytest.approx(0.5 * 0.002)
    assert account.balance[0] == pytest.approx(1 - 0.001)
    account, parts = lived(place, [Action.SHORT, Action.HOLD], terms())
    assert parts[1].funding[0] == pytest.approx(-0.5 * 0.002)


@pytest.mark.parametrize(("action", "way"), [(Action.LONG, 0.64), (Action.SHORT, 1.36)])
def test_a_position_is_lost_where_the_candle_reaches_its_liquidation_price(
    action: Action, way: float
) -> None:
    its = terms(leverage=3.0, maintenance_fraction=0.01)
    wicks = {"low": [100, 100, min(100, 100 * way)], "high": [100, 100, max(100, 100 * way)]}
    account, parts = lived(market([100, 100, 100], **wicks), [action, Action.HOLD], its)
    assert account.units[0] == 0
    assert account.balance[0] == pytest.approx(1 - 0.5 / 3)  # the margin, and no more
    assert parts[1].liquidation[0] == pytest.approx(0.5 / 3)
    assert parts[1].price[0] == 0
    assert account.returns[0, 0] == pytest.approx(-0.5 / 3)


def test_binances_liquidation_price() -> None:
    its = terms(leverage=3.0, maintenance_fraction=0.01)
    account, _ = lived(market([100, 100]), [Action.LONG], its)
    assert account.liquidation_price(its)[0] == pytest.approx(100 * (2 / 3) / 0.99)
    account, _ = lived(market([100, 100]), [Action.SHORT], its)
    assert account.liquidation_price(its)[0] == pytest.approx(100 * (4 / 3) / 1.01)
    assert new_accounts(1).distance_to_liquidation(np.array([5.0]), its)[0] == 1


def test_a_gap_beyond_the_liquidation_price_costs_the_margin_before_an_exit_is_filled() -> None:
    its = terms(leverage=3.0)
    place = market([100, 100, 50], open=[100, 100, 50])
    account, parts = lived(place, [Action.LONG, Action.EXIT], its)
    assert account.balance[0] == pytest.approx(1 - 0.5 / 3)
    assert parts[1].price[0] == parts[1].fees[0] == 0


def test_a_long_without_leverage_is_never_liquidated() -> None:
    account, _ = lived(market([100, 100, 1]), [Action.LONG, Action.HOLD], terms())
    assert account.units[0] == 1


def test_margin_limits_what_is_added() -> None:
    its = terms(unit_fraction=0.6)
    price = np.array([100.0])
    assert affordable(new_accounts(1), price, its)[0]
    account, _ = lived(market([100, 100]), [Action.LONG], its)
    assert not affordable(account, price, its)[0]  # 1.2 of equity at leverage 1
    assert affordable(account, price, replace(its, leverage=2.0))[0]


def test_the_sharpe_of_trades() -> None:
    none, [one, two] = np.full((1, TRADES), np.nan), np.full((2, TRADES), np.nan)
    one[:1] = 0.1
    two[:3] = [0.1, 0.2, 0.3]
    assert sharpe_of(none)[0] == sharpe_of(one[None])[0] == 0
    assert sharpe_of(two[None])[0] == pytest.approx(2.0)
    assert sharpe_of(np.full((1, TRADES), 0.1))[0] == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"unit_fraction": 0},
        {"most_units": 0},
        {"leverage": 0.5},
        {"maintenance_fraction": 1.0},
        {"fee_bps": -1},
        {"fee_bps": float("nan")},
        {"latency_fraction": 1.5},
        {"unit_fraction": 1.5},
    ],
)
def test_impossible_terms_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(PlimsollError, match="expected terms with"):
        Terms(**wrong)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    leverage=st.sampled_from([1.0, 2.0, 5.0]),
    latency=st.floats(0, 1),
    unit=st.floats(0.05, 1),
)
def test_money_is_conserved(seed: int, leverage: float, latency: float, unit: float) -> None:
    its = Terms(unit_fraction=unit, leverage=leverage, latency_fraction=latency, most_units=3)
    place = wild_market(seed, rows=120)
    game = Play(place, np.arange(8), its, Weights())
    choose = RandomChoice(np.random.default_rng(seed))
    for _ in range(80):
        before = game.equity()
        done = game.step(choose(game.observations(), game.masks()))
        assert np.allclose(game.equity() - before, done.parts.change, atol=1e-9)
        assert (np.abs(game.accounts.units) <= 3).all()
        assert not done.refused.any()
        assert ((game.accounts.quantity == 0) == (game.accounts.units == 0)).all()
        assert (np.sign(game.accounts.quantity) == np.sign(game.accounts.units)).all()


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_a_booked_return_is_what_the_account_made(seed: int) -> None:
    place = wild_market(seed, rows=120)
    its = Terms(unit_fraction=1.0, leverage=4.0, most_units=1)
    game = Play(place, np.zeros(1, dtype=int), its, Weights())
    choose = RandomChoice(np.random.default_rng(seed))
    worth, trades = 1.0, 0
    for _ in range(100):
        held = game.accounts.units[0]
        done = game.step(choose(game.observations(), game.masks()))
        entered = done.actions[0] in (Action.LONG, Action.SHORT)
        if (held or entered) and not game.accounts.units[0]:
            worth *= 1 + game.accounts.returns[0, 0]
            trades += 1
            assert game.accounts.balance[0] == pytest.approx(worth)
    assert trades > 3
