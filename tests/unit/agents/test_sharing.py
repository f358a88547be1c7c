"""Whose shares a quarter has: those of who had learned by then, or equal ones."""

import numpy as np
import pandas as pd

from plimsoll.agents.sharing import quarters, shared, sleeves_of_days
from plimsoll.agents.shelf import Shelf
from plimsoll.learning.allocation import AllocationTerms, allocate
from tests.unit.agents.allocators import allocator, signal_network
from tests.unit.learning.sleeves import made_returns

YEAR = pd.Timedelta(days=400)


def returns(days: int = 731) -> pd.DataFrame:
    index = pd.date_range("2023-01-01", periods=days, freq="D", tz="UTC")
    return pd.DataFrame(made_returns(days=days, count=4, edge=0.001), index, list("abcd"))


def test_an_episode_is_a_quarter_of_the_calendar() -> None:
    days = pd.DatetimeIndex(["2023-03-31", "2023-04-01", "2023-12-31", "2024-01-01"], tz="UTC")
    assert np.diff(quarters(days)).tolist() == [1, 2, 1]


def test_quarters_before_it_had_learned_are_equal_and_counted() -> None:
    one = allocator(trained_until=pd.Timestamp("2023-10-01", tz="UTC"))
    shares, missing = shared(returns(), Shelf([one], YEAR))
    # It learned until October had begun: it shares out from January on.
    assert missing == 4
    assert shares.loc[:"2023-12-31"].isna().all(axis=None)  # type: ignore[misc]
    assert shares.loc["2024-01-01":].notna().all(axis=None)  # type: ignore[misc]
    whole = allocate(sleeves_of_days(returns()), lambda _: signal_network(), AllocationTerms())
    assert np.allclose(shares.loc["2024-01-01":], whole.shares[365:])  # type: ignore[misc]


def test_the_newest_shares_out_and_an_old_one_does_not() -> None:
    old = allocator(trained_until=pd.Timestamp("2023-03-01", tz="UTC"))
    new = allocator(trained_until=pd.Timestamp("2023-12-01", tz="UTC"), seed=2)
    both, _ = shared(returns(), Shelf([old, new], YEAR))
    alone, missing = shared(returns(), Shelf([old], pd.Timedelta(days=200)))
    assert both.loc["2023-04-01":].notna().all(axis=None)  # type: ignore[misc]
    assert missing == 6
    assert alone.loc["2024-01-01":].isna().all(axis=None)  # type: ignore[misc]


def test_days_that_are_not_known_are_equal_shares() -> None:
    one = allocator(trained_until=pd.Timestamp("2022-06-01", tz="UTC"))
    holed = returns()
    holed.iloc[600, 1] = np.nan
    shares, missing = shared(holed, Shelf([one], pd.Timedelta(days=4_000)))
    assert missing == 0
    assert shares.iloc[:59].isna().all(axis=None)
    assert shares.iloc[59:600].notna().all(axis=None)
    assert shares.iloc[600:720].isna().all(axis=None)


def test_allocators_of_other_terms_each_share_out_by_their_own() -> None:
    dear = allocator(
        trained_until=pd.Timestamp("2023-12-01", tz="UTC"),
        terms=AllocationTerms(cost_fraction=0.01),
    )
    cheap = allocator(trained_until=pd.Timestamp("2023-03-01", tz="UTC"))
    shares, _ = shared(returns(), Shelf([dear, cheap], YEAR))
    for one, days in (
        (cheap, slice("2023-04-01", "2023-12-31")),
        (dear, slice("2024-01-01", None)),
    ):
        own, _ = shared(returns(), Shelf([one], YEAR))
        assert np.allclose(shares.loc[days], own.loc[days])
