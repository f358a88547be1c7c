"""Which pairs are kept: by value, open interest, funding, basis, correlation and order book."""

import numpy as np
import pandas as pd
import pytest

from plimsoll.signals.ranking import (
    Drop,
    Interest,
    Liquidity,
    Selection,
    basis_of,
    funding_of,
    liquidity_of,
    open_interest_of,
    ranked,
    uncorrelated,
)

NAN = float("nan")
NOON = pd.Timestamp("2024-05-10 12:00", tz="UTC")
HOUR, DAY = pd.Timedelta(hours=1), pd.Timedelta(days=1)


# Values


def test_the_highest_come_first_and_only_as_many_as_wanted() -> None:
    found = ranked({"A": 1.0, "B": 3.0, "C": 2.0}, order="highest", number=2)
    assert found.kept == ("B", "C")
    assert found.dropped == {"A": Drop("rank", "its value 1 is number 3 of 3")}


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("highest", ("B", "A", "C")),
        ("lowest", ("C", "A", "B")),
        ("extremes", ("C", "B", "A")),
        ("incoming", ("A", "B", "C")),
    ],
)
def test_each_order(order, expected: tuple[str, ...]) -> None:
    assert ranked({"A": 0.5, "B": 2.0, "C": -3.0}, order=order).kept == expected


def test_equal_values_keep_the_incoming_order() -> None:
    assert ranked(dict.fromkeys("CAB", 1.0), order="lowest").kept == ("C", "A", "B")


def test_a_value_exactly_at_a_bound_is_kept() -> None:
    found = ranked({"A": 1.0, "B": 2.0, "C": 0.99, "D": 2.01}, order="lowest", lowest=1, highest=2)
    assert found.kept == ("A", "B")
    assert {pair: why.rule for pair, why in found.dropped.items()} == {
        "C": "too low",
        "D": "too high",
    }


def test_what_is_not_known_is_dropped_and_never_ranked_as_zero() -> None:
    missing = Drop("missing", "no data")
    found = ranked({"A": -1.0, "B": missing, "C": NAN}, order="highest")
    assert found.kept == ("A",)
    assert found.dropped == {"B": missing, "C": Drop("missing", "its value is nan")}


# Open interest


def interest(hours: int = 30, *, end: pd.Timestamp = NOON - HOUR, **columns) -> pd.DataFrame:
    dates = pd.date_range(end=end, periods=hours, freq=HOUR)
    coins = np.linspace(100, 100 + hours - 1, hours)
    made = {"open_interest_amount": coins, "open_interest_value": coins * 10}
    return pd.DataFrame({"date": dates, **made, **columns})


def open_interest(frame: pd.DataFrame, *, at: pd.Timestamp = NOON, hours: int = 24):
    return open_interest_of(frame, known_at=at, span=HOUR, lookback=hours * HOUR)


def test_open_interest_is_valued_in_usd_and_its_change_in_coins() -> None:
    frame = interest(open_interest_value=np.linspace(9000, 5000, 30))
    assert open_interest(frame) == Interest(5000, 129 / 105 - 1)


def test_what_is_published_later_is_not_known_yet() -> None:
    frame = interest(end=NOON)
    assert open_interest(frame).value_usd == 1280
    assert open_interest(frame, at=NOON + pd.Timedelta(minutes=5)).value_usd == 1290


def test_the_future_changes_nothing() -> None:
    frame = interest(60, end=NOON + 30 * HOUR)
    changed = frame.copy()
    changed.loc[frame["date"] >= NOON, ["open_interest_amount", "open_interest_value"]] *= 7
    assert open_interest(changed) == open_interest(frame)


def test_old_open_interest_is_stale() -> None:
    found = open_interest(interest(end=NOON - 4 * HOUR))
    assert found == Drop("stale", "its newest open interest is of 2024-05-10 08:00 UTC")
    assert isinstance(open_interest(interest(end=NOON - 3 * HOUR)), Interest)


def test_without_a_value_before_no_change_is_known() -> None:
    found = open_interest(interest(24))
    assert found == Drop("missing", "no open interest is known of 2024-05-09 11:00 UTC")
    assert isinstance(open_interest(interest(25)), Interest)


@pytest.mark.parametrize("value", [NAN, 0.0, -1.0])
@pytest.mark.parametrize("column", ["open_interest_amount", "open_interest_value"])
def test_open_interest_that_is_no_number_above_zero_is_missing(column: str, value: float) -> None:
    frame = interest()
    frame.loc[29, column] = value
    found = open_interest(frame)
    assert isinstance(found, Drop)
    assert found.rule == "missing"


def test_no_open_interest_at_all_is_missing() -> None:
    assert open_interest(interest().iloc[:0]) == Drop("missing", "no open interest is known")


# Funding and basis


def settlements(rate: float, *, hours: int = 8, days: int = 4) -> pd.DataFrame:
    last = NOON.floor(f"{hours}h")
    dates = pd.date_range(end=last, periods=days * 24 // hours, freq=f"{hours}h")
    return pd.DataFrame({"date": dates, "funding_rate": rate})


def funding(frame: pd.DataFrame):
    return funding_of(frame, known_at=NOON, lookback=3 * DAY)


@pytest.mark.parametrize("hours", [8, 4, 1])
def test_funding_a_year_whatever_the_interval_of_settlements(hours: int) -> None:
    rate = 0.0001 * hours / 8
    assert funding(settlements(rate, hours=hours)) == pytest.approx(0.0003 * 365)


def test_negative_funding_is_negative() -> None:
    assert funding(settlements(-0.0002)) == pytest.approx(-0.0006 * 365)


def test_a_settlement_to_come_is_not_known() -> None:
    frame = settlements(0.0001)
    later = pd.DataFrame({"date": [NOON + HOUR], "funding_rate": [0.5]})
    assert funding(pd.concat([frame, later])) == funding(frame)


@pytest.mark.parametrize("lost", [slice(6, 8), slice(11, 12), slice(0, 5)], ids=str)
def test_a_hole_in_funding_is_missing_data(lost: slice) -> None:
    frame = settlements(0.0001)
    found = funding(frame.drop(frame.index[lost]))
    assert isinstance(found, Drop)
    assert "hole of" in found.reason


def test_no_funding_and_a_rate_that_is_no_number_are_missing() -> None:
    frame = settlements(0.0001)
    assert funding(frame.iloc[:0]) == Drop("missing", "no funding rate is known")
    frame.loc[8, "funding_rate"] = NAN
    assert funding(frame) == Drop("missing", "a funding rate is no number")


def premium(value: float = 0.0005, *, hours: int = 80) -> pd.DataFrame:
    dates = pd.date_range(end=NOON - HOUR, periods=hours, freq=HOUR)
    return pd.DataFrame({"date": dates, "close": value})


def basis(frame: pd.DataFrame):
    return basis_of(frame, known_at=NOON, span=HOUR, lookback=72 * HOUR)


def test_the_basis_is_the_mean_premium_of_closed_candles() -> None:
    frame = premium()
    forming = pd.DataFrame({"date": [NOON], "close": [9.0]})
    assert basis(pd.concat([frame, forming])) == pytest.approx(0.0005)


def test_too_few_premium_candles_are_missing() -> None:
    assert isinstance(basis(premium(hours=65)), float)
    assert basis(premium(hours=64)) == Drop(
        "missing", "64 of its last 72 premium candles are known"
    )


def test_a_premium_that_is_no_number_is_missing() -> None:
    frame = premium()
    frame.loc[70, "close"] = NAN
    assert basis(frame) == Drop("missing", "a premium is no number")


# Correlation


def walks(rows: int = 400, **shares: float) -> pd.DataFrame:
    """Closes that follow one market by a share, the rest their own."""
    rng = np.random.default_rng(7)
    market = rng.normal(0, 0.01, rows)
    moves = {
        pair: share * market + np.sqrt(1 - share**2) * rng.normal(0, 0.01, rows)
        for pair, share in shares.items()
    }
    index = pd.date_range("2024-01-01", periods=rows, freq=HOUR, tz="UTC")
    return pd.DataFrame(
        {pair: 100 * np.exp(np.cumsum(move)) for pair, move in moves.items()}, index
    )


def uncorrelated_of(closes: pd.DataFrame, pairs: str, cap: float = 0.7) -> Selection:
    return uncorrelated(closes, list(pairs), cap=cap, least_fraction=0.9)


def test_the_first_of_each_group_stays() -> None:
    closes = walks(A=0.97, B=0.97, C=0.1, D=0.97)
    assert uncorrelated_of(closes, "ABCD").kept == ("A", "C")
    assert uncorrelated_of(closes, "DCBA").kept == ("D", "C")


def test_the_reason_names_the_pair_that_was_kept_instead() -> None:
    [why] = uncorrelated_of(walks(A=0.97, B=0.97), "AB").dropped.values()
    assert why.rule == "moves with A"
    assert why.reason.endswith("with A is beyond 0.70")


def test_a_pair_is_compared_with_those_kept_only() -> None:
    closes = walks(A=1.0, B=0.85, C=0.55)
    found = np.log(closes).diff().corr()
    cap = float(found.loc["A", "C"]) + 0.01
    assert found.loc["B", "C"] > 0.4
    assert uncorrelated_of(closes, "ABC", cap=cap).kept == ("A", "C")


def test_what_moves_the_other_way_is_the_same_bet() -> None:
    closes = walks(A=0.97)
    closes["B"] = 10_000 / closes["A"]
    assert uncorrelated_of(closes, "AB").kept == ("A",)


def test_a_correlation_exactly_at_the_cap_is_kept() -> None:
    closes = walks(A=0.8, B=0.8)
    exact = abs(float(np.log(closes).diff().iloc[1:].corr().loc["A", "B"]))
    assert uncorrelated_of(closes, "AB", cap=exact).kept == ("A", "B")
    assert uncorrelated_of(closes, "AB", cap=exact - 1e-9).kept == ("A",)


def test_adding_a_pair_at_the_end_changes_nothing_before_it() -> None:
    closes = walks(A=0.9, B=0.2, C=0.95, D=0.3, E=0.9)
    assert uncorrelated_of(closes, "ABCD").kept == uncorrelated_of(closes, "ABCDE").kept[:3]


def test_pairs_without_enough_candles_are_dropped() -> None:
    closes = walks(A=0.1, B=0.1, C=0.1)
    closes.loc[closes.index[:60], "B"] = NAN
    found = uncorrelated_of(closes[["A", "B"]], "ABC")
    assert found.kept == ("A",)
    assert found.dropped["B"].reason == "339 of 399 returns are known, 360 needed"
    assert found.dropped["C"].reason == "0 of 399 returns are known, 360 needed"


def test_a_price_that_did_not_move_is_dropped() -> None:
    closes = walks(A=0.1).assign(B=5.0)
    assert uncorrelated_of(closes, "BA").kept == ("A",)


def test_prices_that_are_no_prices_count_as_missing() -> None:
    closes = walks(A=0.1, B=0.1)
    closes.loc[closes.index[100:160], "B"] = 0.0
    assert uncorrelated_of(closes, "AB").dropped["B"].rule == "missing"


def test_pairs_that_share_too_few_candles_are_not_compared() -> None:
    closes = walks(1000, A=0.1, B=0.1)
    closes.loc[closes.index[100:170], "A"] = NAN
    closes.loc[closes.index[400:470], "B"] = NAN
    found = uncorrelated_of(closes, "AB")
    assert found.kept == ("A",)
    assert found.dropped["B"] == Drop("missing", "its correlation with A is not known")


def test_the_closes_are_not_changed() -> None:
    closes = walks(A=0.9, B=0.9)
    before = closes.copy(deep=True)
    uncorrelated_of(closes, "AB")
    pd.testing.assert_frame_equal(closes, before)


# Order book


def test_spread_of_the_mid_price_and_depth_of_the_thinner_side() -> None:
    bids, asks = [[99.9, 10.0], [99.0, 1000.0]], [[100.1, 3.0], [100.15, 1.0], [101.0, 500.0]]
    found = liquidity_of(bids, asks, reach_fraction=0.002)
    assert found == Liquidity(pytest.approx(0.002), pytest.approx(100.1 * 3 + 100.15))


def test_contracts_count_for_what_they_are_worth() -> None:
    book = [[99.9, 10.0]], [[100.1, 10.0]]
    small = liquidity_of(*book, reach_fraction=0.01, contract_size=0.01)
    whole = liquidity_of(*book, reach_fraction=0.01)
    assert isinstance(small, Liquidity)
    assert isinstance(whole, Liquidity)
    assert small.depth_usd == pytest.approx(whole.depth_usd / 100)


@pytest.mark.parametrize(
    ("bids", "asks", "rule"),
    [
        ([], [[1.0, 1.0]], "missing"),
        ([[1.0, 1.0]], [], "missing"),
        ([[1.1, 1.0]], [[1.0, 1.0]], "broken"),
        ([[NAN, 1.0]], [[1.0, 1.0]], "broken"),
        ([[0.0, 1.0]], [[1.0, 1.0]], "broken"),
        ([[0.999, NAN]], [[1.0, 1.0]], "broken"),
    ],
)
def test_a_book_that_is_none_is_dropped(bids: list, asks: list, rule: str) -> None:
    found = liquidity_of(bids, asks, reach_fraction=0.01)
    assert isinstance(found, Drop)
    assert found.rule == rule
