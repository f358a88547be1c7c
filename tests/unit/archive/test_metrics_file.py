"""The daily file: what is refused, and that a value is never stamped earlier than it was known."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from plimsoll.archive.layout import Kind
from plimsoll.archive.metrics_file import (
    DamagedFileError,
    MetricsDay,
    archive_path,
    read_metrics,
    stated_sha256,
)
from tests.unit.archive.archives import metrics_text, zipped

OLD, NEW = date(2023, 11, 14), date(2026, 8, 1)


def labels(first: str, periods: int = 288) -> pd.DatetimeIndex:
    return pd.date_range(first, periods=periods, freq="5min")


def read(text: str, day: date) -> MetricsDay:
    content, digest = zipped(text)
    return read_metrics(content, digest, "BTCUSDT", day)


def test_until_2026_a_label_is_the_instant_described() -> None:
    rows = read(metrics_text(labels("2023-11-14 00:05")), OLD).rows
    assert rows["date"].iloc[0] == pd.Timestamp("2023-11-14 00:05", tz="UTC")
    assert rows["date"].iloc[-1] == pd.Timestamp("2023-11-15 00:00", tz="UTC")
    assert rows["open_interest_amount"].iloc[0] == 1000


def test_since_2026_06_25_a_label_is_five_minutes_before_the_instant_described() -> None:
    rows = read(metrics_text(labels("2026-08-01 00:00")), NEW).rows
    assert rows["date"].iloc[0] == pd.Timestamp("2026-08-01 00:05", tz="UTC")
    assert rows["date"].iloc[-1] == pd.Timestamp("2026-08-02 00:00", tz="UTC")


def test_the_range_of_the_labels_counts_more_than_the_date_of_the_change() -> None:
    later = read(metrics_text(labels("2026-08-01 00:05")), NEW).rows
    earlier = read(metrics_text(labels("2023-11-14 00:00")), OLD).rows
    assert later["date"].iloc[0] == pd.Timestamp("2026-08-01 00:05", tz="UTC")
    assert earlier["date"].iloc[0] == pd.Timestamp("2023-11-14 00:05", tz="UTC")


def test_the_days_around_the_change_share_no_instant() -> None:
    before = read(metrics_text(labels("2026-06-24 00:05")), date(2026, 6, 24)).rows["date"]
    after = read(metrics_text(labels("2026-06-25 00:00")), date(2026, 6, 25)).rows["date"]
    assert before.iloc[-1] == pd.Timestamp("2026-06-25 00:00", tz="UTC")
    assert after.iloc[0] == pd.Timestamp("2026-06-25 00:05", tz="UTC")


def test_a_late_label_is_never_made_an_earlier_one() -> None:
    rows = read(metrics_text(labels("2023-11-14 12:00:07", 3)), OLD).rows
    assert rows["date"].iloc[0] == pd.Timestamp("2023-11-14 12:05", tz="UTC")


def test_rows_out_of_order_and_repeated_come_once_ascending() -> None:
    stamps = labels("2023-11-14 00:05", 4)
    rows = read(metrics_text(stamps[[2, 0, 1, 1, 3]]), OLD).rows
    assert rows["date"].tolist() == [stamp.tz_localize("UTC") for stamp in stamps]


def test_empty_fields_are_missing_and_rows_of_nothing_are_left_out() -> None:
    text = metrics_text(labels("2023-11-14 00:05", 3)).replace("1001,50050", ",")
    day = read(text, OLD)
    assert len(day.of(Kind.OPEN_INTEREST)) == 2
    assert len(day.of(Kind.RATIOS)) == 3


def test_a_truncated_zip_fails_its_checksum() -> None:
    content, digest = zipped(metrics_text(labels("2023-11-14 00:05")))
    with pytest.raises(DamagedFileError, match="sha256"):
        read_metrics(content[:-100], digest, "BTCUSDT", OLD)


def test_a_file_that_is_no_zip_is_refused_even_with_the_right_checksum() -> None:
    import hashlib

    content = b"<html>not here</html>"
    with pytest.raises(DamagedFileError, match="a zip that holds one CSV"):
        read_metrics(content, hashlib.sha256(content).hexdigest(), "BTCUSDT", OLD)


def test_a_renamed_column_is_named() -> None:
    text = metrics_text(labels("2023-11-14 00:05")).replace("sum_open_interest,", "open_interest,")
    with pytest.raises(DamagedFileError, match="expected the column sum_open_interest"):
        read(text, OLD)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (metrics_text(labels("2023-11-14 00:05"), "ETHUSDT"), "rows of BTCUSDT"),
        (metrics_text(labels("2023-11-16 00:05")), "times of 2023-11-14"),
        (metrics_text(labels("2023-11-14 00:05")).replace("1003,", "many,"), "numbers"),
    ],
)
def test_what_belongs_elsewhere_is_refused(text: str, said: str) -> None:
    with pytest.raises(DamagedFileError, match=said):
        read(text, OLD)


def test_the_checksum_file_must_name_the_very_file() -> None:
    name = "BTCUSDT-metrics-2023-11-14.zip"
    assert stated_sha256(f"{'a' * 64}  {name}\n".encode(), "BTCUSDT", OLD) == "a" * 64
    for text in (f"{'a' * 64}  other.zip", f"{'a' * 10}  {name}", "", "<html>"):
        with pytest.raises(DamagedFileError, match="CHECKSUM"):
            stated_sha256(text.encode(), "BTCUSDT", OLD)


def test_the_path_is_that_of_the_public_archive() -> None:
    expected = "/data/futures/um/daily/metrics/BTCUSDT/BTCUSDT-metrics-2023-11-14.zip"
    assert archive_path("BTCUSDT", OLD) == expected


@pytest.mark.data
def test_two_real_hours_are_read(real_data: Path) -> None:
    file = real_data.parent / "binance-vision" / "BTCUSDT-metrics-2023-11-14.csv"
    rows = read(file.read_text(), OLD).rows
    assert len(rows) == 25
    assert rows["date"].iloc[0] == pd.Timestamp("2023-11-14 18:00", tz="UTC")
    implied = rows["open_interest_value"] / rows["open_interest_amount"]
    assert implied.between(35_000, 37_500).all()
    amounts = rows.set_index("date")["open_interest_amount"]
    before, after = amounts["2023-11-14 18:40"], amounts["2023-11-14 18:55"]
    assert after < before * 0.99  # the flush
