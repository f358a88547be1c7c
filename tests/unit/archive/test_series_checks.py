"""Each check finds the defect that was planted, in its place, and nothing in a clean series."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from plimsoll.archive.findings import Finding, Severity
from plimsoll.archive.layout import COLUMNS, Kind, Series
from plimsoll.archive.schemas import schema_findings
from plimsoll.archive.series_checks import CHECKS, future_findings, order_findings
from tests.conftest import random_candles

CANDLES = Series("BTC/USDT:USDT", Kind.CANDLES, "5m")
FUNDING = Series("BTC/USDT:USDT", Kind.FUNDING, "1h")
INTEREST = Series("BTC/USDT:USDT", Kind.OPEN_INTEREST, "5m")
RATIOS = Series("BTC/USDT:USDT", Kind.RATIOS, "5m")
Change = Callable[[pd.DataFrame], pd.DataFrame]


def candles() -> pd.DataFrame:
    rows = random_candles(2000)
    rows["date"] = rows["date"].dt.as_unit("ms")
    return rows


def interest() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    amount = 80_000 * np.exp(rng.normal(0, 0.002, 2000).cumsum())
    dates = pd.date_range("2024-01-01", periods=2000, freq="5min", tz="UTC").as_unit("ms")
    return pd.DataFrame(
        {"date": dates, "open_interest_amount": amount, "open_interest_value": amount * 50_000}
    )


def funding() -> pd.DataFrame:
    dates = pd.date_range("2024-01-01", periods=300, freq="8h", tz="UTC").as_unit("ms")
    return pd.DataFrame({"date": dates, "funding_rate": 1e-4})


def ratios() -> pd.DataFrame:
    values = dict.fromkeys(COLUMNS[Kind.RATIOS][1:], 1.25)
    return pd.DataFrame({"date": interest()["date"], **values})


def findings_of(series: Series, rows: pd.DataFrame) -> list[Finding]:
    return [
        *schema_findings(series, rows),
        *order_findings(series, rows),
        *(one for check in CHECKS[series.kind] for one in check(series, rows)),
    ]


@pytest.mark.parametrize(
    ("series", "rows"),
    [(CANDLES, candles()), (FUNDING, funding()), (INTEREST, interest()), (RATIOS, ratios())],
    ids=["candles", "funding", "open interest", "ratios"],
)
def test_a_clean_series_has_no_finding(series: Series, rows: pd.DataFrame) -> None:
    assert findings_of(series, rows) == []


def setting(rows: slice, **values: object) -> Change:
    def change(frame: pd.DataFrame) -> pd.DataFrame:
        for column, value in values.items():
            frame.loc[rows, column] = value
        return frame

    return change


def without(rows: slice) -> Change:
    return lambda frame: frame.drop(index=frame.index[rows]).reset_index(drop=True)


def frozen(frame: pd.DataFrame) -> pd.DataFrame:
    for column in ("open", "high", "low", "close"):
        frame.loc[500:519, column] = frame.loc[499, "close"]
    return frame


CANDLE_DEFECTS: list[tuple[str, Change, Severity, str, int]] = [
    ("a hole of a day", without(slice(500, 900)), Severity.ERROR, "gap", 400),
    ("a hole of an hour", without(slice(500, 512)), Severity.WARNING, "gap", 12),
    ("a zero price", setting(slice(500, 500), low=0.0), Severity.ERROR, "price", 1),
    ("a negative price", setting(slice(500, 501), open=-1.0, low=-1.0), Severity.ERROR, "price", 2),
    ("a missing price", setting(slice(7, 7), close=np.nan), Severity.ERROR, "price", 1),
    ("high below low", setting(slice(7, 8), high=1.0), Severity.ERROR, "high < low", 2),
    ("no volume", setting(slice(500, 519), volume=0.0), Severity.WARNING, "zero volume", 20),
    ("frozen", frozen, Severity.WARNING, "frozen", 20),
]


@pytest.mark.parametrize(
    ("change", "severity", "check", "size"),
    [pytest.param(*case[1:], id=case[0]) for case in CANDLE_DEFECTS],
)
def test_a_defect_of_candles_is_found_alone(
    change: Change, severity: Severity, check: str, size: int
) -> None:
    [one] = findings_of(CANDLES, change(candles()))
    assert (one.severity, one.check, one.rows) == (severity, check, size)
    assert one.first is not None
    assert one.remedy


def test_a_hole_is_told_with_its_neighbours() -> None:
    rows = candles()
    [one] = findings_of(CANDLES, without(slice(500, 512))(rows))
    assert (one.first, one.last) == (rows["date"][499], rows["date"][512])


def test_many_holes_are_told_as_the_ten_largest_and_the_rest() -> None:
    rows = candles()
    gone = [position for start in range(0, 1500, 50) for position in range(start + 10, start + 12)]
    holes = findings_of(CANDLES, rows.drop(index=gone).reset_index(drop=True))
    assert len(holes) == 11
    assert sum(one.rows for one in holes) == len(gone)


def test_longer_bars_in_a_file_are_one_finding_and_not_a_thousand_holes() -> None:
    rows = candles()
    mixed = pd.concat([rows.iloc[:960:12], rows.iloc[960:]]).reset_index(drop=True)
    [one] = findings_of(CANDLES, mixed)
    assert (one.severity, one.check) == (Severity.ERROR, "coarser rows")
    assert "1 h apart instead of 5m" in one.text
    assert (one.first, one.last) == (rows["date"][0], rows["date"][960])


def test_dates_between_opening_times_are_misaligned() -> None:
    rows = candles()
    rows["date"] = (rows["date"] + pd.Timedelta(minutes=2)).dt.as_unit("ms")
    assert [(one.check, one.rows) for one in findings_of(CANDLES, rows)] == [("misaligned", 2000)]


@pytest.mark.parametrize(("factor", "severity"), [(1.0, Severity.WARNING), (1.1, Severity.ERROR)])
def test_repeated_dates_are_worse_with_different_values(factor: float, severity: Severity) -> None:
    rows = candles()
    twin = rows.iloc[[100]].assign(volume=lambda row: row["volume"] * factor)
    raw = pd.concat([rows.iloc[:101], twin, rows.iloc[101:]]).reset_index(drop=True)
    [one] = order_findings(CANDLES, raw)
    assert (one.check, one.severity) == ("duplicates", severity)
    assert one.first == rows["date"][100]


def test_rows_out_of_order_are_found() -> None:
    rows = candles()
    raw = pd.concat([rows.iloc[1000:], rows.iloc[:1000]]).reset_index(drop=True)
    assert [one.check for one in order_findings(CANDLES, raw)] == ["order"]


def naive(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(date=frame["date"].dt.tz_localize(None))


def elsewhere(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(date=frame["date"].dt.tz_convert("Europe/Berlin"))


@pytest.mark.parametrize(
    ("change", "severity", "check"),
    [
        (lambda frame: frame.rename(columns={"close": "last"}), Severity.ERROR, "columns"),
        (naive, Severity.ERROR, "time zone"),
        (elsewhere, Severity.ERROR, "time zone"),
        (lambda f: f.assign(date=f["date"].dt.as_unit("ns")), Severity.NOTICE, "date unit"),
        (lambda f: f.assign(volume=f["volume"].astype(str)), Severity.ERROR, "dtype"),
        (lambda f: f.assign(volume=f["volume"].astype("int64")), Severity.NOTICE, "dtype"),
    ],
    ids=["column renamed", "no zone", "another zone", "nanoseconds", "text", "whole numbers"],
)
def test_columns_types_and_time_zone(change: Change, severity: Severity, check: str) -> None:
    [one] = schema_findings(CANDLES, change(candles()))
    assert (one.severity, one.check) == (severity, check)


def test_a_funding_gap_is_an_error_with_its_length() -> None:
    [one] = findings_of(FUNDING, funding().drop(index=range(100, 110)).reset_index(drop=True))
    assert (one.severity, one.check, one.rows) == (Severity.ERROR, "funding gap", 10)
    assert "no funding for 88 h" in one.text


def test_shorter_intervals_and_extreme_rates_are_told() -> None:
    rows = funding()
    extra = pd.DataFrame({"date": rows["date"][:3] + pd.Timedelta(hours=2), "funding_rate": -0.02})
    whole = pd.concat([rows, extra]).sort_values("date").reset_index(drop=True)
    checks = [(one.check, one.severity) for one in findings_of(FUNDING, whole)]
    assert ("funding interval", Severity.NOTICE) in checks
    assert ("funding rate", Severity.WARNING) in checks


def test_a_missing_rate_is_an_error() -> None:
    [one] = findings_of(FUNDING, setting(slice(5, 6), funding_rate=np.nan)(funding()))
    assert (one.severity, one.rows) == (Severity.ERROR, 2)


INTEREST_DEFECTS: list[tuple[str, Change, Severity, str]] = [
    ("zero", setting(slice(9, 9), open_interest_amount=0.0), Severity.ERROR, "open interest"),
    (
        "no value",
        setting(slice(0, 1999), open_interest_value=np.nan),
        Severity.NOTICE,
        "open interest",
    ),
    ("unit", setting(slice(9, 99), open_interest_amount=8e7), Severity.ERROR, "unit"),
]


@pytest.mark.parametrize(
    ("change", "severity", "check"),
    [pytest.param(*case[1:], id=case[0]) for case in INTEREST_DEFECTS],
)
def test_a_defect_of_open_interest_is_found(change: Change, severity: Severity, check: str) -> None:
    told = [(one.severity, one.check) for one in findings_of(INTEREST, change(interest()))]
    assert (severity, check) in told


def test_ratios_that_lack_or_are_zero_are_told() -> None:
    rows = setting(slice(3, 4), account_ratio=np.nan)(ratios())
    rows = setting(slice(7, 7), taker_volume_ratio=0.0)(rows)
    assert sorted(one.rows for one in findings_of(RATIOS, rows)) == [1, 2]


@pytest.mark.parametrize("volume", [-1.0, np.nan, np.inf])
def test_a_volume_that_cannot_be_is_an_error(volume: float) -> None:
    [one] = findings_of(CANDLES, setting(slice(7, 9), volume=volume)(candles()))
    assert (one.severity, one.check, one.rows) == (Severity.ERROR, "volume", 3)


def test_mark_candles_may_have_no_volume() -> None:
    mark = Series("BTC/USDT:USDT", Kind.MARK, "5m")
    assert findings_of(mark, setting(slice(0, 1999), volume=np.nan)(candles())) == []


@pytest.mark.parametrize(("minutes", "rows"), [(0, 0), (-6, 0), (-7, 1), (-17, 3)])
def test_rows_that_open_after_now_lie_in_the_future(minutes: int, rows: int) -> None:
    last = candles()["date"].iloc[-1] + pd.Timedelta(minutes=5)
    told = future_findings(CANDLES, candles(), last + pd.Timedelta(minutes=minutes))
    assert [(one.severity, one.rows) for one in told] == [(Severity.ERROR, rows)] * bool(rows)


def test_a_hole_s_remedy_names_how_to_ask_for_it_again() -> None:
    [one] = findings_of(CANDLES, without(slice(500, 512))(candles()))
    assert "plimsoll data backfill --kinds candles" in one.remedy
    assert "--recheck" in one.remedy
