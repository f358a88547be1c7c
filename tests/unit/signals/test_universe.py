"""Who belongs to the universe, by what was known before each month."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plimsoll.signals.carry import CarryRule, carry_targets
from plimsoll.signals.components import sleeves
from plimsoll.signals.panels import Targets, full_sizes
from plimsoll.signals.trend_following import TrendRule, trend_targets
from plimsoll.signals.universe import Membership, UniverseRule, membership, within
from tests.unit.signals import panels

START = pd.Timestamp("2024-01-01", tz="UTC")
DAYS = 400
RULE = UniverseRule()
NO_FUNDING = pd.DataFrame()
Candles = dict[str, pd.DataFrame]


def candles(days: int = DAYS, *, begin: int = 0, usd: float = 5e7) -> pd.DataFrame:
    """Daily candles from a day of 2024 on, each with the same turnover."""
    index = pd.date_range(START, periods=days, freq="D")[begin:]
    return pd.DataFrame({"close": 50.0, "volume": usd / 50.0}, index=index)


def without(frame: pd.DataFrame, first: str, last: str) -> pd.DataFrame:
    gone = (frame.index >= pd.Timestamp(first, tz="UTC")) & (
        frame.index <= pd.Timestamp(last, tz="UTC")
    )
    return frame[~gone]


def judged(made: Candles, funding: pd.DataFrame = NO_FUNDING) -> Membership:
    return membership(made, funding, RULE)


def months_of(pair: str, known: Membership) -> list[str]:
    return [month for month, pairs in known.months().items() if pair in pairs]


def test_a_pair_belongs_from_the_first_month_after_ninety_days() -> None:
    known = judged({"BTC": candles(), "NEW": candles(begin=40)})
    # 31 + 29 + 31 days have passed by April; of the other 90 days on 9 May.
    assert months_of("BTC", known)[0] == "2024-04"
    assert months_of("NEW", known)[0] == "2024-06"
    assert "2024-02" in known.months()


def test_the_row_of_the_months_last_day_decides_about_the_month_that_follows() -> None:
    members = judged({"BTC": candles()}).members["BTC"]
    assert not members.loc[:"2024-03-30"].any()
    assert members.loc["2024-03-31":].all()


def test_a_ninetieth_day_counts_and_an_eighty_ninth_does_not() -> None:
    # From 2 January to 31 March there are 90 days.
    assert "2024-04" in months_of("A", judged({"A": candles(begin=1), "B": candles()}))
    assert "2024-04" not in months_of("A", judged({"A": candles(begin=2), "B": candles()}))


def test_a_thin_pair_leaves_at_the_next_month_and_comes_back_after_half_its_window() -> None:
    made = candles()
    thin = (made.index >= "2024-06-10") & (made.index < "2024-09-01")
    made.loc[thin, "volume"] = 1.0
    gone = set(judged({"BTC": candles()}).months()) - set(months_of("A", judged({"A": made})))
    # More than half of the 90 days before it were thin first on 25 July, last on 14 October.
    assert gone - {"2024-02", "2024-03"} == {"2024-08", "2024-09", "2024-10"}


def test_turnover_exactly_at_the_bound_is_enough() -> None:
    least = RULE.least_daily_usd
    assert months_of("A", judged({"A": candles(usd=least)}))
    assert not months_of("A", judged({"A": candles(usd=least * 0.999)}))


def test_one_missing_day_is_let_pass_and_two_are_not() -> None:
    one, two = (without(candles(), "2024-06-15", day) for day in ("2024-06-15", "2024-06-16"))
    assert "2024-07" in months_of("A", judged({"A": one, "B": candles()}))
    known = judged({"A": two, "B": candles()})
    # They are within the last 90 days until September, whose judgement begins on 3 June.
    gone = [month for month in months_of("B", known) if month not in months_of("A", known)]
    assert gone == ["2024-07", "2024-08", "2024-09"]


def test_a_delisted_pair_leaves_for_good() -> None:
    ended = without(candles(), "2024-08-20", "2030-01-01")
    assert months_of("A", judged({"A": ended, "B": candles()}))[-1] == "2024-08"


def test_a_pair_without_funding_is_no_member_where_others_have_it() -> None:
    stamps = pd.date_range(START, periods=3 * DAYS, freq="8h")
    rates = pd.DataFrame(1e-4, stamps, ["A", "B"])
    rates.loc["2024-07-10":"2024-07-12", "A"] = np.nan
    made = {"A": candles(), "B": candles(), "C": candles()}
    known = judged(made, rates)
    assert "2024-08" not in months_of("A", known)
    assert {"2024-07", "2024-11"} <= set(months_of("A", known))
    assert "2024-08" in months_of("B", known)
    assert not months_of("C", known)[1:]


def test_funding_is_not_judged_where_the_panels_does_not_reach() -> None:
    stamps = pd.date_range("2024-09-01", periods=400, freq="8h", tz="UTC")
    rates = pd.DataFrame(1e-4, stamps, ["A"])
    known = judged({"A": candles(), "B": candles()}, rates)
    assert "2024-09" in months_of("B", known)
    assert "2024-10" not in months_of("B", known)
    assert {"2024-09", "2024-10"} <= set(months_of("A", known))


def test_funding_is_judged_from_a_pairs_first_on() -> None:
    stamps = pd.date_range(START, periods=3 * DAYS, freq="8h")
    rates = pd.DataFrame(1e-4, stamps, ["A", "B"])
    # A bot fetches a thousand rates of a pair: of one that settles every hour 41 days.
    rates.loc[:"2024-08-20", "A"] = np.nan
    made = {"A": candles(), "B": candles()}
    assert "2024-09" in months_of("A", judged(made, rates))
    rates.loc["2024-08-25", "A"] = np.nan
    assert "2024-09" not in months_of("A", judged(made, rates))


def test_nothing_is_known_of_an_empty_panel() -> None:
    empty = pd.DataFrame(columns=["close", "volume"], index=pd.DatetimeIndex([], tz="UTC"))
    known = judged({"A": empty})
    assert known.months() == {}
    assert known.members.empty


def test_a_pair_without_a_candle_is_never_a_member() -> None:
    empty = candles().iloc[:0]
    known = judged({"A": empty, "B": candles()})
    assert not known.members["A"].any()
    assert not known.judged["A"].any()


@st.composite
def markets(draw: st.DrawFn) -> tuple[Candles, pd.DataFrame]:
    """Three pairs with listings, holes, ends and turnovers of all kinds, and funding with holes."""
    random = np.random.default_rng(draw(st.integers(0, 2**16)))
    made, rates = {}, {}
    for pair in "ABC":
        begin, end = draw(st.integers(0, 150)), draw(st.integers(200, DAYS))
        frame = candles(end, begin=begin, usd=draw(st.sampled_from([9e6, 1.1e7, 5e7])))
        frame["volume"] *= np.exp(random.normal(0, 0.5, len(frame)))
        kept = random.random(len(frame)) >= draw(st.sampled_from([0.0, 0.005, 0.02]))
        made[pair] = frame[kept]
        stamps = pd.date_range(START, periods=3 * end, freq="8h")[3 * begin :]
        paid = pd.Series(random.normal(1e-4, 1e-5, len(stamps)), stamps)
        rates[pair] = paid[random.random(len(paid)) >= draw(st.sampled_from([0.0, 0.3]))]
    return made, pd.DataFrame(rates)


@settings(max_examples=40, deadline=None)
@given(market=markets(), cut=st.integers(100, DAYS - 1))
def test_what_comes_later_changes_no_earlier_membership(
    market: tuple[Candles, pd.DataFrame], cut: int
) -> None:
    made, rates = market
    end = START + pd.Timedelta(days=cut)
    early = judged({pair: one[one.index < end] for pair, one in made.items()}, rates[:end][:-1])
    whole = judged(made, rates)
    for name in ("members", "judged"):
        expected, found = getattr(whole, name), getattr(early, name)
        assert found.eq(expected.loc[found.index]).all(axis=None)


@settings(max_examples=40, deadline=None)
@given(market=markets())
def test_a_bot_that_sees_only_the_latest_days_judges_as_the_backtest_did(
    market: tuple[Candles, pd.DataFrame],
) -> None:
    made, rates = market
    begin = START + pd.Timedelta(days=160)
    late = judged({pair: one[one.index >= begin] for pair, one in made.items()}, rates[begin:])
    whole = judged(made, rates)
    # After the window and the month that it ends in: 90 + 31 days.
    rows = late.members.index[RULE.days + 31 :]
    assert late.members.loc[rows].equals(whole.members.loc[rows])


# Targets of members


def targets(weight: float = 0.1) -> Targets:
    index = pd.date_range(START, periods=DAYS, freq="D")
    frame = pd.DataFrame(weight, index, ["A", "B"])
    return Targets(frame, frame.abs() * 2)


def test_before_it_belongs_there_is_no_opinion_and_after_it_left_the_target_is_zero() -> None:
    known = judged({"A": without(candles(), "2024-08-20", "2024-08-29"), "B": candles()})
    found = within(targets(), known)
    weights = found.weights["A"]
    assert weights.loc[:"2024-03-30"].isna().all()
    assert (weights.loc["2024-03-31":"2024-08-30"] == 0.1).all()
    # The hole of August is 90 days old on 28 November.
    assert (weights.loc["2024-08-31":"2024-11-29"] == 0).all()
    assert (found.full_sizes["A"].loc["2024-08-31":"2024-11-29"] == 0).all()
    assert (weights.loc["2024-11-30":] == 0.1).all()
    assert (found.weights["B"].loc["2024-03-31":] == 0.1).all()


def test_a_pair_that_never_belonged_but_was_judged_has_a_target_of_zero() -> None:
    found = within(targets(), judged({"A": candles(usd=1.0), "B": candles()})).weights["A"]
    assert found.loc[:"2024-03-30"].isna().all()
    assert (found.loc["2024-03-31":] == 0).all()


def test_no_opinion_of_a_member_stays_none() -> None:
    known = judged({"A": candles(), "B": candles()})
    assert within(targets(np.nan), known).weights.isna().all(axis=None)


def test_rows_shorter_than_a_day_follow_the_last_day_that_had_closed() -> None:
    index = pd.date_range(START, periods=DAYS * 6, freq="4h")
    frame = pd.DataFrame(0.1, index, ["A"])
    span = pd.Timedelta(hours=4)
    found = within(Targets(frame, frame, span=span), judged({"A": candles()})).weights["A"]
    assert found.loc[:"2024-03-31 16:00"].isna().all()
    assert found.loc["2024-03-31 20:00":].notna().all()


LEFT = 300
"""Row of the panel from which on a pair is no member."""


def leaving(days: int, pair: str = "SOL") -> tuple[pd.DataFrame, pd.DataFrame]:
    """Closes, and everybody a member but one pair from a row on."""
    made = panels.closes(days)
    members = pd.DataFrame(data=True, index=made.index, columns=made.columns)
    members.loc[made.index[LEFT] :, pair] = False
    return made, members


def test_members_share_the_target_that_a_leaving_pair_had() -> None:
    made, members = leaving(420)
    rule = TrendRule()
    found = trend_targets(made, rule, members=members)
    alone = full_sizes(
        made.drop(columns="SOL"), target_volatility=0.1, volatility_days=30, longest=120
    )
    assert found.weights["SOL"].iloc[LEFT:].isna().all()
    assert found.weights.iloc[:LEFT].equals(trend_targets(made, rule).weights.iloc[:LEFT])
    ratio = found.full_sizes.iloc[LEFT:].drop(columns="SOL") / alone.iloc[LEFT:]
    # One factor for all that are left: that of the long-run volatility.
    assert ratio.std(axis=1).max() == pytest.approx(0, abs=1e-12)


def test_carry_compares_members_only_and_stays_neutral() -> None:
    made, members = leaving(420)
    rates = panels.settlements(420)
    found = carry_targets(made, rates, CarryRule(), members=members).weights
    other = rates.copy()
    other.loc[made.index[LEFT] :, "SOL"] *= 50
    again = carry_targets(made, other, CarryRule(), members=members).weights
    assert found["SOL"].iloc[LEFT:].isna().all()
    assert found.iloc[LEFT:].sum(axis=1).abs().max() < 1e-12
    pd.testing.assert_frame_equal(found, again)


def test_every_sleeve_leaves_a_pair_that_is_no_member() -> None:
    made, members = leaving(420)
    opens = pd.date_range(made.index[0], periods=len(made) * 6, freq="4h")
    hours = {pair: fours(made[pair], opens) for pair in made}
    rates = panels.settlements(420)
    found = sleeves(made, hours, opens, rates, members=members)
    before = sleeves(made, hours, opens, rates)
    left = made.index[LEFT] + pd.Timedelta(hours=20)
    for name, sleeve in found.items():
        assert not sleeve.weights["SOL"].loc[left:].fillna(0.0).any(), name
        was, now = (one[name].weights["SOL"] for one in (before, found))
        assert now.loc[: left - pd.Timedelta(hours=4)].equals(
            was.loc[: left - pd.Timedelta(hours=4)]
        )
    held = [before[name].weights["SOL"].loc[left:].fillna(0.0).any() for name in before]
    assert all(held)


def fours(days: pd.Series, opens: pd.DatetimeIndex) -> pd.DataFrame:
    """Candles of 4h that wander from one daily close to the next."""
    known = days.set_axis(days.index + pd.Timedelta(hours=20)).reindex(opens)
    close = known.interpolate(limit_direction="both")
    opened = close.shift(1).fillna(close)
    both = pd.concat([opened, close], axis=1)
    tall = {"high": both.max(axis=1) * 1.005, "low": both.min(axis=1) * 0.995}
    return pd.DataFrame({"open": opened, **tall, "close": close, "volume": 1e6})
