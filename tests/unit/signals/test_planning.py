"""A day's plan: what the account can hold of the targets, at the least trading, in order."""

from datetime import UTC, datetime
from math import inf, nan

import pytest

from plimsoll.signals.capacity import Budget, Capacity
from plimsoll.signals.planning import (
    Plan,
    Rules,
    Wishes,
    is_carried_out,
    largest_gross_usd,
    make_plan,
    ordered_now,
)

MIDNIGHT = datetime(2024, 1, 9, tzinfo=UTC)
A, B, C = "BTC/USDT:USDT", "ETH/USDT:USDT", "SOL/USDT:USDT"
CLOSES = {A: 100.0, B: 10.0, C: 1.0}


def account(*, wallet: float = 950.0, held: dict[str, float] | None = None) -> Capacity:
    budgets = (Budget(cause="wallet", usd=wallet, per_usd={A: 1.0}),)
    return Capacity(equity_usd=1000.0, budgets=budgets, held_usd=held or {})


def plan(weights: dict[str, float], capacity: Capacity, **rules: float | None) -> Plan:
    wishes = Wishes(weights=weights, full_sizes=dict.fromkeys(weights, 0.2))
    return make_plan(MIDNIGHT, wishes, Rules(buffer=0.5, **rules), capacity, CLOSES)


def test_bands_are_shares_of_full_sizes_of_the_equity() -> None:
    made = plan({A: 0.3, B: -0.3}, account())
    assert made.values_usd == pytest.approx({A: 200.0, B: -200.0})
    assert (made.moment, made.closes) == (MIDNIGHT, CLOSES)


def test_a_plan_uses_half_of_the_net_band_which_is_a_share_of_the_equity() -> None:
    held = {A: 350.0, B: -250.0}
    assert plan({A: 0.3, B: -0.3}, account(held=held)).values_usd == held
    made = plan({A: 0.3, B: -0.3}, account(held=held), net_band=0.05)
    assert sum(made.values_usd.values()) == pytest.approx(25.0)


def test_a_leg_halfway_to_its_stop_is_brought_to_its_target() -> None:
    wishes = Wishes(weights={A: 0.3, B: -0.3}, full_sizes={A: 0.2, B: 0.2}, halfway={B, C})
    rules = Rules(buffer=0.5, least_order_fraction=0.01)

    def made(held: dict[str, float]) -> dict[str, float]:
        return dict(make_plan(MIDNIGHT, wishes, rules, account(held=held), CLOSES).values_usd)

    # Both are inside their bands of 100; the second is left no farther away than one order.
    assert made({A: 250.0, B: -250.0}) == pytest.approx({A: 250.0, B: -290.0})
    assert made({A: 250.0, B: -350.0}) == pytest.approx({A: 250.0, B: -310.0})
    assert made({A: 250.0, B: -295.0}) == pytest.approx({A: 250.0, B: -295.0})


def test_targets_are_fitted_to_the_account_before_the_least_trading() -> None:
    # 1,800 are asked for and 900 can be held: targets of 450 each, and bands of 50.
    made = plan({A: 0.9, B: -0.9}, account(wallet=900.0, held={A: 800.0}))
    assert made.values_usd == pytest.approx({A: 500.0, B: -400.0})


def test_an_account_far_too_large_for_its_limits_holds_what_they_allow() -> None:
    made = plan({A: 0.3, B: -0.3}, account(wallet=0.6), least_order_fraction=0.001)
    assert made.values_usd == pytest.approx({A: 0.2, B: -0.2})


def test_a_pair_without_a_close_is_let_be() -> None:
    made = plan({A: 0.3, "ADA/USDT:USDT": 0.3}, account())
    assert set(made.values_usd) == {A}


def test_a_target_left_out_whole_still_counts_for_the_net() -> None:
    # Three pairs are wanted and two may be open: what is short makes up for the short left out.
    two = Capacity(equity_usd=1000.0, most_positions={"max_open_trades": 2})
    weights = {A: 0.3, B: -0.16, C: -0.14}
    made = plan(weights, two, net_band=0.05)
    assert made.values_usd == pytest.approx({A: 200.0, B: -175.0, C: 0.0})
    small = Capacity(equity_usd=1000.0, least_usd={C: 150.0})
    assert sum(plan(weights, small, net_band=0.05).values_usd.values()) == pytest.approx(25.0)


@pytest.mark.parametrize("weights", [{A: 0.2, B: -0.2, C: 0.1}, {A: 0.2, B: -0.2, C: 0.0009}])
def test_what_may_not_be_held_is_not_held_where_a_book_is_drawn_to_its_targets(
    weights: dict[str, float],
) -> None:
    hot = Budget(cause="heat", usd=100.0, per_usd={A: 0.3, B: 0.5, C: 0.31})
    held = {A: 290.0, B: -290.0, C: 2.0 if weights[C] < 0.001 else 0.0}
    account = Capacity(equity_usd=1000.0, budgets=(hot,), held_usd=held)
    shut = {C} if weights[C] > 0.001 else set()
    wishes = Wishes(weights=weights, full_sizes=dict.fromkeys(weights, 0.3), shut=shut)
    rules = Rules(buffer=0.6, least_order_fraction=0.001)
    values = make_plan(MIDNIGHT, wishes, rules, account, CLOSES).values_usd
    assert values[C] == 0
    assert hot.taken(values) == pytest.approx(100.0)


def test_an_infinite_target_is_no_opinion_and_closes_nothing() -> None:
    made = plan({A: inf, B: -0.3}, account(held={A: 100.0, B: -300.0}))
    assert made.values_usd == {A: 100.0, B: -300.0}


def test_an_order_is_at_least_worth_sending() -> None:
    made = plan({A: 0.3, B: -0.3}, account(), least_order_fraction=0.01)
    assert made.least_usd == dict.fromkeys(CLOSES, 10.0)
    held = {A: 195.0, B: -200.0}
    moved = plan({A: 0.3, B: -0.3}, account(held=held), least_order_fraction=0.01)
    assert moved.values_usd == pytest.approx({A: 205.0, B: -200.0})


def test_only_budgets_that_all_pairs_take_alike_limit_the_gross() -> None:
    heat = Budget(cause="heat", usd=100.0, per_usd={A: 0.3, B: 0.5})
    levered = Budget(cause="wallet", usd=900.0, per_usd={A: 0.5, B: 0.5})
    assert largest_gross_usd(Capacity(equity_usd=1.0, budgets=(heat,)), (A, B)) == inf
    both = Capacity(equity_usd=1.0, budgets=(heat, levered))
    assert largest_gross_usd(both, (A, B)) == 1800.0


def test_a_position_stays_clear_of_the_exchanges_smallest() -> None:
    budgets = (Budget(cause="wallet", usd=950.0),)
    tight = Capacity(equity_usd=1000.0, budgets=budgets, least_usd={A: 50.0}, held_usd={A: 200.0})
    made = plan({A: 0.06, B: -0.3}, tight)
    assert made.least_usd[A] == pytest.approx(50.5)
    assert plan({A: 0.0504, B: -0.3}, tight).values_usd[A] == 0.0


def test_all_is_ordered_at_once_while_the_wallet_reaches() -> None:
    values = {A: 300.0, B: -300.0}
    assert ordered_now(values, account(held={A: 100.0})) == pytest.approx(values)


def test_what_grows_waits_evenly_for_what_is_to_be_freed() -> None:
    # 900 of 950 are held: only 50 of the 500 that B and C grow by can be ordered before A's 600.
    values, held = {A: 300.0, B: -300.0, C: 200.0}, {A: 900.0}
    now = ordered_now(values, account(held=held))
    assert now == pytest.approx({A: 300.0, B: -30.0, C: 20.0})


def test_a_position_that_changes_sides_counts_until_it_is_closed() -> None:
    values, held = {A: -300.0, B: 100.0}, {A: 300.0}
    assert ordered_now(values, account(held=held)) == pytest.approx(values)
    tight = ordered_now(values, account(wallet=500.0, held=held))
    assert tight == pytest.approx({A: -150.0, B: 50.0})


LEAST = dict.fromkeys(CLOSES, 5.0)


@pytest.mark.parametrize(
    ("values", "amounts", "carried_out"),
    [
        ({A: 0.0, B: -100.0}, {B: -10.0}, True),
        ({A: 0.0, B: -100.0}, {B: -10.49}, True),  # 4.90 away, 5 is the smallest order
        ({A: 0.0, B: -100.0}, {B: -10.51}, False),
        ({A: 0.0, B: -100.0}, {B: -9.5}, False),  # as large as the smallest order
        ({A: 1.0, B: -100.0}, {B: -10.0}, False),  # A is to be entered
        ({A: 0.0, B: 100.0}, {B: -10.0}, False),  # B is to be turned
        ({A: 0.0, B: 0.0}, {B: -10.0}, False),  # B is to be closed
        ({B: nan}, {B: -10.0}, False),
        ({B: -100.0}, {B: -10.0, C: 50.0}, True),  # C is left alone
    ],
)
def test_a_plan_is_carried_out_where_nothing_is_left_to_order(
    values: dict[str, float], amounts: dict[str, float], carried_out: bool
) -> None:
    made = Plan(MIDNIGHT, values, CLOSES, LEAST)
    assert is_carried_out(made, amounts, CLOSES) is carried_out


def test_a_plan_is_not_surely_carried_out_where_prices_have_moved() -> None:
    made = Plan(MIDNIGHT, {B: -100.0}, CLOSES, LEAST)
    assert not is_carried_out(made, {B: -10.0}, CLOSES | {B: 10.01})
