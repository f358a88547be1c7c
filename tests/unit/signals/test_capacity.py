"""What an account can hold of a book's targets: evenly, with every shortfall named."""

from math import inf, isnan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plimsoll.signals.capacity import (
    EXCHANGE_MINIMUM,
    Budget,
    Capacity,
    Fitted,
    affordable_now,
    fitted,
    within,
)
from tests.unit.signals.columns import NAN

PAIRS = ("A", "B", "C", "D", "E")
WALLET = Budget(cause="tradable_balance_ratio", usd=950.0)


def capacity(*budgets: Budget, **others: object) -> Capacity:
    return Capacity(equity_usd=1_000.0, budgets=budgets, **others)  # type: ignore[arg-type]


def test_a_book_that_fits_is_left_as_it_is() -> None:
    weights = {"A": 0.5, "B": -0.4, "C": 0.0}
    assert fitted(weights, capacity(WALLET)) == Fitted(weights, 1.0, {}, asked=0.9)


def test_a_book_beyond_the_wallet_shrinks_evenly_and_says_what_is_missing() -> None:
    book = fitted({"A": 0.5, "B": -0.5}, capacity(WALLET))
    assert book.weights == {"A": pytest.approx(0.475), "B": pytest.approx(-0.475)}
    assert book.shortfall == {"tradable_balance_ratio": pytest.approx(0.05)}
    assert book.held_fraction == pytest.approx(0.95)


def test_the_tightest_of_all_limits_is_the_one_that_is_named() -> None:
    heat = Budget(cause="heat", usd=200.0, per_usd={"A": 0.3, "B": 0.5})
    book = fitted({"A": 0.5, "B": 0.5}, capacity(WALLET, heat))
    assert book.scale == pytest.approx(0.5)
    assert book.shortfall == {"heat": pytest.approx(0.5)}


def test_one_position_beyond_its_limit_shrinks_all_so_that_a_neutral_book_stays_neutral() -> None:
    book = fitted(
        {"A": 0.4, "B": -0.2, "C": -0.2}, capacity(WALLET, largest_usd={"risk": {"A": 200.0}})
    )
    assert sum(book.weights.values()) == pytest.approx(0)
    assert book.weights["A"] == pytest.approx(0.2)
    assert book.shortfall == {"risk": pytest.approx(0.4)}


def test_what_a_pair_without_an_opinion_holds_is_taken_off_first() -> None:
    book = fitted({"A": NAN, "B": 0.5}, capacity(WALLET, held_usd={"A": -700.0, "B": 300.0}))
    assert isnan(book.weights["A"])
    assert book.weights["B"] == pytest.approx(0.25)
    assert book.asked == 0.5


def test_a_target_below_the_smallest_order_is_none() -> None:
    book = fitted({"A": 0.0099, "B": 0.01}, capacity(WALLET, least_usd={"A": 10.0, "B": 10.0}))
    assert book.weights == {"A": 0.0, "B": 0.01}
    assert book.shortfall == {EXCHANGE_MINIMUM: pytest.approx(0.0099)}


def test_the_smallest_targets_go_when_there_may_be_fewer_positions() -> None:
    book = fitted(
        {"A": 0.1, "B": -0.3, "C": 0.2, "D": NAN},
        capacity(WALLET, most_positions={"slots": 3, "many": 9}, held_usd={"D": 50.0}),
    )
    assert {pair for pair, weight in book.weights.items() if weight} == {"B", "C", "D"}
    assert book.shortfall == {"slots": pytest.approx(0.1)}


def test_the_guards_share_of_every_stake_comes_first() -> None:
    book = fitted(
        {"A": 1.0, "B": -1.0}, capacity(WALLET, multipliers={"probation": 0.5, "drawdown": 0.8})
    )
    assert book.weights == {"A": pytest.approx(0.475), "B": pytest.approx(-0.475)}
    assert book.shortfall == {
        "probation": pytest.approx(1.0),
        "tradable_balance_ratio": pytest.approx(0.05),
    }


@pytest.mark.parametrize("equity", [0.0, -5.0, NAN, inf])
def test_without_equity_nothing_is_held(equity: float) -> None:
    book = fitted({"A": 0.5, "B": NAN}, Capacity(equity_usd=equity, budgets=(WALLET,)))
    assert book.weights["A"] == 0
    assert isnan(book.weights["B"])
    assert book.shortfall == {"equity": 0.5}


def test_an_infinite_target_is_no_opinion_and_takes_nothing_from_the_others() -> None:
    book = fitted({"A": inf, "B": -0.5}, capacity(WALLET))
    assert isnan(book.weights["A"])
    assert (book.weights["B"], book.scale, book.missing) == (-0.5, 1.0, {})


def test_a_budget_that_is_used_up_holds_nothing_more() -> None:
    book = fitted({"A": NAN, "B": 0.5}, capacity(WALLET, held_usd={"A": 2_000.0}))
    assert book.weights["B"] == 0
    assert book.held_fraction == 0


def test_the_gross_that_holds_in_any_pairs_is_that_of_the_dearest_pair() -> None:
    heat = Budget(cause="heat", usd=200.0, per_usd={"A": 0.3, "B": 0.5})
    assert capacity(WALLET, heat).gross_usd == 200.0
    assert capacity().gross_usd == inf


def test_what_grows_waits_evenly_for_what_is_to_be_freed() -> None:
    held = {"A": 600.0, "B": -300.0, "C": 0.0, "D": 30.0}
    plan = {"A": 100.0, "B": -400.0, "C": 300.0, "D": -100.0}
    first = affordable_now(plan, held, capacity(WALLET))
    assert first == {
        "A": 100.0,
        "B": pytest.approx(-300 - 100 * 20 / 400),
        "C": pytest.approx(300 * 20 / 400),
        "D": 0.0,
    }
    assert affordable_now(plan, first, capacity(WALLET)) == plan


def test_a_book_that_only_shrinks_is_ordered_whole_though_more_is_held_than_may_be() -> None:
    held = {"A": 700.0, "B": -400.0, "C": 0.0}
    plan = {"A": 600.0, "B": -350.0, "C": 0.0}
    assert affordable_now(plan, held, capacity(WALLET)) == plan
    assert affordable_now(held, held, capacity(WALLET)) == held


weights = st.one_of(st.just(NAN), st.just(0.0), st.floats(-2, 2))
books = st.fixed_dictionaries(dict.fromkeys(PAIRS, weights))
per_usd = st.fixed_dictionaries(dict.fromkeys(PAIRS, st.floats(0.05, 1)))


@st.composite
def capacities(draw: st.DrawFn) -> Capacity:
    return capacity(
        Budget(cause="wallet", usd=draw(st.floats(0, 2_000))),
        Budget(cause="heat", usd=draw(st.floats(0, 500)), per_usd=draw(per_usd)),
        largest_usd={"risk": draw(st.dictionaries(st.sampled_from(PAIRS), st.floats(0, 900)))},
        least_usd=draw(st.dictionaries(st.sampled_from(PAIRS), st.floats(0, 50))),
        most_positions={"slots": draw(st.integers(1, 5))},
        multipliers={"probation": draw(st.floats(0, 1))},
        held_usd=draw(st.fixed_dictionaries(dict.fromkeys(PAIRS, st.floats(-300, 300)))),
    )


def usd(book: Fitted) -> dict[str, float]:
    return {pair: weight * 1_000.0 for pair, weight in book.weights.items()}


def holds(values: dict[str, float], targets: dict[str, float], room: Capacity) -> bool:
    kept = {pair: room.held_usd[pair] for pair in PAIRS if isnan(targets[pair])}
    meant = {pair: value for pair, value in values.items() if not isnan(targets[pair])}
    return all(
        one.taken(meant) <= max(0.0, one.usd - one.taken(kept)) + 1e-6 for one in room.budgets
    ) and all(
        abs(meant.get(pair, 0.0)) <= limit + 1e-6
        for largest in room.largest_usd.values()
        for pair, limit in largest.items()
    )


@given(books, capacities())
def test_fitted_targets_hold_every_limit_and_all_that_is_missing_is_named(
    asked: dict[str, float], room: Capacity
) -> None:
    book = fitted(asked, room)
    assert holds(usd(book), usd(book), room)
    held = sum(abs(weight) for weight in book.weights.values() if not isnan(weight))
    assert held + sum(book.shortfall.values()) == pytest.approx(book.asked)
    assert all(usd > 0 for pairs in book.missing.values() for usd in pairs.values())
    for pair, weight in book.weights.items():
        assert isnan(weight) == isnan(asked[pair])
        assert weight == 0 or isnan(weight) or weight == pytest.approx(asked[pair] * book.scale)


@given(books, capacities(), st.lists(st.floats(0, 2), min_size=5, max_size=5))
def test_a_book_near_its_targets_is_drawn_to_them_until_it_holds(
    asked: dict[str, float], room: Capacity, factors: list[float]
) -> None:
    targets = usd(fitted(asked, room))
    near = {
        pair: 10.0 if isnan(target) else target * factor
        for (pair, target), factor in zip(targets.items(), factors, strict=True)
    }
    drawn = within(near, targets, room)
    assert holds(drawn, targets, room)
    for pair, value in drawn.items():
        low, high = sorted((near[pair], targets[pair]))
        assert isnan(targets[pair]) or low - 1e-9 <= value <= high + 1e-9
    if holds(near, targets, room):
        assert drawn == pytest.approx(near)
