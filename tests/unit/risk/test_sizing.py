"""How large a position may be."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plimsoll.core import Mode, Side
from plimsoll.risk import evaluate_entry
from plimsoll.risk.exposure import loss_at_stop_fraction
from plimsoll.risk.sizing import (
    half_kelly,
    kelly_fraction,
    largest_stake_usd,
    planned_risk_fraction,
    planned_stake_usd,
    sample_shrinkage,
    volatility_notional_usd,
)
from tests.unit.risk.accounts import BTC, ETH, PROFILE, account, closed, position, profile, request

NAN = float("nan")


def history(wins: int, losses: int, *, win: float = 0.03, loss: float = -0.02):
    return [closed(0, profit_fraction=win)] * wins + [closed(0, profit_fraction=loss)] * losses


# Kelly


def test_kelly_as_in_the_seed() -> None:
    assert kelly_fraction(0.55, 1.5) == pytest.approx(0.25)


def test_kelly_without_an_edge_bets_nothing() -> None:
    assert kelly_fraction(0.4, 1.5) == pytest.approx(0)
    assert kelly_fraction(0.3, 1.5) == 0
    assert kelly_fraction(1.0, 0.1) == 1


@pytest.mark.parametrize(
    ("rate", "payoff"), [(-0.1, 1), (1.1, 1), (NAN, 1), (0.5, 0), (0.5, NAN), (0.5, float("inf"))]
)
def test_kelly_of_nonsense_is_refused(rate: float, payoff: float) -> None:
    with pytest.raises(ValueError, match="expected a win rate"):
        kelly_fraction(rate, payoff)


def test_shrinkage_by_hand() -> None:
    # f = 0.25, s² = 0.55 * 0.45 / 100, ((R + 1) / R)² = 25 / 9.
    expected = 0.0625 / (0.0625 + 25 / 9 * 0.002475)
    assert sample_shrinkage(0.55, 1.5, 100) == pytest.approx(expected)


def test_shrinkage_goes_to_one_as_the_sample_grows() -> None:
    factors = [sample_shrinkage(0.55, 1.5, n) for n in (1, 30, 100, 1000, 10**9)]
    assert factors == sorted(factors)
    assert factors[-1] == pytest.approx(1)
    assert sample_shrinkage(0.3, 1.5, 1000) == 0
    assert sample_shrinkage(1.0, 1.0, 1) == 1
    assert sample_shrinkage(0.0, 1.5, 10) == 0
    with pytest.raises(ValueError, match="at least one trade"):
        sample_shrinkage(0.55, 1.5, 0)


def test_half_kelly_is_capped_by_the_risk_per_trade() -> None:
    assert half_kelly(history(55, 45), PROFILE) == 0.01


def test_half_kelly_by_hand_below_its_cap() -> None:
    limits = profile(max_risk_per_trade_fraction=0.05)
    trades = history(43, 57)
    expected = (0.43 - 0.57 / 1.5) * sample_shrinkage(0.43, 1.5, 100) * 0.5
    assert 0 < expected < 0.05
    assert half_kelly(trades, limits) == pytest.approx(expected)


def test_half_kelly_without_an_edge_risks_nothing() -> None:
    assert half_kelly(history(30, 70), PROFILE) == 0


def test_half_kelly_is_never_sized_on_fewer_trades_than_stated() -> None:
    assert half_kelly(history(60, 39), PROFILE) is None
    assert half_kelly(history(60, 40), PROFILE) is not None


def test_half_kelly_looks_at_the_latest_trades_only() -> None:
    old = [closed(0, profit_fraction=NAN)] * 50
    assert half_kelly([*old, *history(30, 70)], PROFILE) == 0
    assert half_kelly([*history(30, 70), *old], PROFILE) is None


@pytest.mark.parametrize("bad", [NAN, float("inf")])
def test_half_kelly_of_a_profit_that_is_not_finite_is_not_measured(bad: float) -> None:
    assert half_kelly([closed(0, profit_fraction=bad), *history(60, 39)], PROFILE) is None


def test_half_kelly_needs_a_win_and_a_loss() -> None:
    assert half_kelly(history(100, 0), PROFILE) is None
    assert half_kelly(history(0, 100), PROFILE) is None


def test_a_trade_without_profit_is_neither_a_win_nor_a_loss() -> None:
    limits = profile(max_risk_per_trade_fraction=0.05)
    flat = [closed(0, profit_fraction=0.0)] * 10
    expected = kelly_fraction(0.43, 1.5) * sample_shrinkage(0.43, 1.5, 100) * 0.5
    assert half_kelly([*flat, *history(43, 47)], limits) == pytest.approx(expected)


# What a trade may lose


def test_the_fixed_fraction_is_never_above_the_limit() -> None:
    assert planned_risk_fraction(account(), profile(fixed_risk_fraction=0.004)) == 0.004
    assert planned_risk_fraction(account(), profile(fixed_risk_fraction=0.04)) == 0.01


def test_half_kelly_that_cannot_be_measured_is_the_fixed_fraction() -> None:
    kelly = profile(sizing="half_kelly", fixed_risk_fraction=0.004)
    assert planned_risk_fraction(account(closed_trades=None), kelly) == 0.004
    assert planned_risk_fraction(account(closed_trades=history(30, 70)), kelly) == 0
    fixed = profile(fixed_risk_fraction=0.004)
    assert planned_risk_fraction(account(closed_trades=history(30, 70)), fixed) == 0.004


# Stake from stop distance


def test_loss_at_the_stop_by_hand() -> None:
    assert loss_at_stop_fraction(100, 98, sign=1, fill_cost=0.001) == pytest.approx(0.02198)
    assert loss_at_stop_fraction(100, 102, sign=-1, fill_cost=0.001) == pytest.approx(0.02202)


PRICES = st.floats(0.01, 1e5)
SHARE = st.floats(0.001, 0.9)


@settings(deadline=None)
@given(
    equity=st.floats(10, 1e7),
    price=PRICES,
    distance=SHARE,
    leverage=st.floats(1, 5),
    cost=st.floats(0, 0.01),
    side=st.sampled_from(Side),
)
def test_the_loss_at_the_stop_is_the_planned_risk_after_fees(
    equity: float, price: float, distance: float, leverage: float, cost: float, side: Side
) -> None:
    stop = price * (1 - side.sign * distance)
    wanted = request(
        price=price, stop_price=stop, side=side, leverage=leverage, fill_cost_fraction=cost
    )
    stake = planned_stake_usd(wanted, account(equity_usd=equity), PROFILE)
    amount = stake * leverage / price
    fees = amount * price * cost + amount * stop * cost
    assert amount * (price - stop) * side.sign + fees == pytest.approx(equity * 0.01)


def test_a_volatile_market_gets_less_money() -> None:
    assert volatility_notional_usd(1000, 0.8, PROFILE) == pytest.approx(250)
    with pytest.raises(ValueError, match="volatility"):
        volatility_notional_usd(1000, 0.0, PROFILE)
    with pytest.raises(ValueError, match="volatility"):
        volatility_notional_usd(NAN, 0.5, PROFILE)


# The planned stake


def test_the_planned_stake_by_volatility() -> None:
    limits = profile(sizing="volatility_target")
    stake = planned_stake_usd(request(), account(), limits, yearly_volatility_fraction=0.8)
    assert stake == pytest.approx(250 / 3)
    assert planned_stake_usd(request(), account(), limits) == 0
    lent = planned_stake_usd(
        request(leverage=0.0), account(), limits, yearly_volatility_fraction=0.8
    )
    assert lent == 0


@pytest.mark.parametrize(
    "broken",
    [
        {"stop_price": None},
        {"stop_price": 101.0},
        {"stop_price": 100.0},
        {"stop_price": -1.0},
        {"stop_price": NAN},
        {"side": Side.SHORT},
        {"leverage": 0.0},
        {"price": NAN},
        {"price": 0.0},
        {"fill_cost_fraction": -0.1},
        {"fill_cost_fraction": NAN},
    ],
    ids=str,
)
def test_a_trade_that_cannot_be_sized_gets_nothing(broken: dict) -> None:
    assert planned_stake_usd(request(**broken), account(), PROFILE) == 0


@pytest.mark.parametrize("equity", [None, NAN, 0.0, -5.0])
def test_an_account_without_money_gets_nothing(equity: float | None) -> None:
    assert planned_stake_usd(request(), account(equity_usd=equity), PROFILE) == 0
    assert largest_stake_usd(request(), account(equity_usd=equity), PROFILE) == 0


# The largest stake

LIMITS = {
    "position": {"max_position_usd": 120.0},
    "exposure": {"max_exposure_usd": 250.0},
    "heat": {"max_portfolio_heat_fraction": 0.005, "max_risk_per_trade_fraction": 0.005},
    "risk": {"max_risk_per_trade_fraction": 0.002},
    "liquidity": {"max_liquidity_share_fraction": 0.0001},
}


@pytest.mark.parametrize("name", LIMITS)
def test_the_largest_stake_is_exactly_what_the_guards_allow(name: str) -> None:
    limits, found = profile(**LIMITS[name]), account(positions=[position(ETH)])
    asked = request()
    stake = largest_stake_usd(asked, found, limits)
    assert stake > 0
    assert evaluate_entry(replace(asked, stake_usd=stake), found, limits).mode is Mode.ACTIVE
    refused = evaluate_entry(replace(asked, stake_usd=stake * 1.0001), found, limits)
    assert refused.mode is Mode.REDUCING


def test_a_full_account_has_no_room() -> None:
    full = account(positions=[position(ETH, amount=40.0)])
    assert largest_stake_usd(request(), full, PROFILE) == 0


def test_what_the_pair_holds_is_taken_off() -> None:
    held = account(positions=[position(BTC, amount=1.0)])
    room = largest_stake_usd(request(), account(positions=[]), PROFILE)
    left = largest_stake_usd(request(), held, PROFILE)
    assert 0 < left < room
    capped = largest_stake_usd(request(), held, profile(max_position_usd=120))
    assert capped == pytest.approx(20 / 3)


@pytest.mark.parametrize(
    "unknown",
    [
        {"positions": None},
        {"positions": [position(mark_price=NAN)]},
        {"positions": [position(stop_price=None, margin_usd=None)]},
    ],
    ids=["positions", "mark", "margin"],
)
def test_what_cannot_be_known_allows_nothing(unknown: dict) -> None:
    assert largest_stake_usd(request(), account(**unknown), PROFILE) == 0


def test_a_market_that_is_not_known_allows_nothing() -> None:
    limits = profile(max_liquidity_share_fraction=0.1)
    assert largest_stake_usd(request(liquidity_usd=None), account(), limits) == 0
    assert largest_stake_usd(request(stop_price=101.0), account(), PROFILE) == 0
