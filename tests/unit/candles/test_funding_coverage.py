"""Where a backtest would hold positions free of funding."""

import pandas as pd

from plimsoll.candles.funding_coverage import carried_marks, charged_times, funding_gaps

START, END = pd.Timestamp("2024-05-20", tz="UTC"), pd.Timestamp("2024-06-10", tz="UTC")


def funding() -> pd.DataFrame:
    dates = pd.date_range(START, END, freq="8h")
    return pd.DataFrame({"date": dates, "funding_rate": 1e-4})


def mark() -> pd.DataFrame:
    return pd.DataFrame({"date": pd.date_range(START, END, freq="1h"), "open": 100.0})


def gaps(rates: pd.DataFrame, marks: pd.DataFrame) -> list[tuple[str, float]]:
    """Beginning and hours of each gap of the whole span."""
    found = funding_gaps(charged_times(rates, marks), start=START, end=END)
    return [(f"{gap.first:%m-%d %H:%M}", gap.hours) for gap in found]


def test_whole_funding_has_no_gap() -> None:
    assert gaps(funding(), mark()) == []


def test_every_gap_has_its_place_and_length() -> None:
    rows = funding().drop(index=[10, 30, 31, 32])
    assert gaps(rows, mark()) == [("05-23 00:00", 16.0), ("05-29 16:00", 32.0)]


def test_a_rate_without_its_mark_candle_is_not_charged() -> None:
    rows = mark()
    lost = rows["date"] == pd.Timestamp("2024-05-25 08:00", tz="UTC")
    assert len(charged_times(funding(), rows[~lost])) == len(funding()) - 1
    assert gaps(funding(), rows[~lost]) == [("05-25 00:00", 16.0)]


def test_a_missing_rate_is_a_gap() -> None:
    rows = funding()
    rows.loc[20, "funding_rate"] = float("nan")
    assert [hours for _, hours in gaps(rows, mark())] == [16.0]


def test_both_ends_of_the_span_must_be_covered() -> None:
    rows = funding()
    inside = rows[(rows["date"] >= START + pd.Timedelta(days=2)) & (rows["date"] < END)]
    found = funding_gaps(inside["date"].iloc[:-2], start=START, end=END)
    assert [gap.hours for gap in found] == [48.0, 24.0]


def test_no_funding_at_all_is_one_gap() -> None:
    assert gaps(funding().head(0), mark()) == [("05-20 00:00", 504.0)]


def test_shorter_intervals_and_late_milliseconds_are_no_gap() -> None:
    dates = pd.date_range(START, END, freq="2h") + pd.Timedelta(milliseconds=3)
    assert gaps(pd.DataFrame({"date": dates, "funding_rate": -0.02}), mark()) == []


def test_a_funding_in_a_hole_of_the_marks_is_named_with_the_age_of_its_price() -> None:
    rows = mark()
    hole = rows["date"].between(
        pd.Timestamp("2024-05-25 03:00", tz="UTC"), pd.Timestamp("2024-05-25 20:00", tz="UTC")
    )
    assert carried_marks(funding(), rows, start=START, end=END) is None
    carried = carried_marks(funding(), rows[~hole], start=START, end=END)
    assert carried is not None
    assert (carried.fundings, carried.hours) == (2, 13.0)  # 16:00, at the close of 03:00
    assert f"{carried.first:%m-%d %H:%M}" == "05-25 08:00"
    assert carried_marks(funding(), rows[~hole], start=START, end=carried.first) is not None
    early = carried.first - pd.Timedelta(hours=1)
    assert carried_marks(funding(), rows[~hole], start=START, end=early) is None


def test_fundings_beside_the_marks_are_not_carried_but_free() -> None:
    rows = mark().iloc[48:-48]
    assert carried_marks(funding(), rows, start=START, end=END) is None
    assert carried_marks(funding(), rows.head(0), start=START, end=END) is None
