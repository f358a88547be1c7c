"""Funding in another unit, or at hours that no exchange settles at."""

import numpy as np
import pandas as pd
import pytest

from plimsoll.archive.findings import Severity
from plimsoll.archive.funding_checks import settlement_findings, unit_of_funding_findings
from plimsoll.archive.layout import Kind, Series

FUNDING = Series("BTC/USDT:USDT", Kind.FUNDING, "1h")
ROWS = 600


def funding(seed: int = 4) -> pd.DataFrame:
    """Rates about the usual one, a third of them the usual one itself, as exchanges have them."""
    rng = np.random.default_rng(seed)
    rates = 0.0001 + rng.normal(0, 0.0001, ROWS)
    rates[rng.random(ROWS) < 1 / 3] = 0.0001
    dates = pd.date_range("2024-01-01", periods=ROWS, freq="8h", tz="UTC").as_unit("ms")
    return pd.DataFrame({"date": dates, "funding_rate": rates})


def test_usual_rates_have_no_finding() -> None:
    assert unit_of_funding_findings(FUNDING, funding()) == []
    assert settlement_findings(FUNDING, funding()) == []


@pytest.mark.parametrize("part", [slice(0, ROWS), slice(200, 300), slice(570, ROWS)])
def test_rates_in_per_cent_are_an_error_in_their_place(part: slice) -> None:
    rows = funding()
    rows.loc[rows.index[part], "funding_rate"] *= 100
    [one] = unit_of_funding_findings(FUNDING, rows)
    assert (one.severity, one.check) == (Severity.ERROR, "funding unit")
    assert one.first is not None
    assert one.last is not None
    assert rows["date"][part.start] <= one.first <= one.last <= rows["date"][part.stop - 1]


def test_without_the_usual_rate_the_median_tells_the_unit() -> None:
    rows = funding().assign(funding_rate=0.00008)
    assert unit_of_funding_findings(FUNDING, rows) == []
    rows["funding_rate"] *= 100
    [one] = unit_of_funding_findings(FUNDING, rows)
    assert one.rows == ROWS


def test_one_impossible_rate_is_enough() -> None:
    rows = funding()
    rows.loc[77, "funding_rate"] = -0.05
    [one] = unit_of_funding_findings(FUNDING, rows)
    assert (one.rows, one.first) == (1, rows["date"][77])


def test_a_crash_at_the_cap_of_two_per_cent_is_no_unit() -> None:
    rows = funding()
    rows.loc[300:311, "funding_rate"] = -0.02
    assert unit_of_funding_findings(FUNDING, rows) == []


@pytest.mark.parametrize(("hours", "words"), [(1, "1 h too late"), (-2, "2 h too early")])
def test_shifted_settlements_are_found_with_their_direction(hours: int, words: str) -> None:
    rows = funding()
    rows["date"] += pd.Timedelta(hours=hours)
    [one] = settlement_findings(FUNDING, rows)
    assert (one.severity, one.check, one.rows) == (Severity.ERROR, "shifted", ROWS - 1)
    assert words in one.text


def test_shorter_intervals_settle_between() -> None:
    rows = funding()
    rows["date"] = pd.date_range("2024-01-01", periods=ROWS, freq="4h", tz="UTC")
    assert settlement_findings(FUNDING, rows) == []
