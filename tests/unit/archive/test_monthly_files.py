"""A month of candles, marks or funding in a zip: what is read, and what is refused."""

from datetime import date

import pandas as pd
import pytest

from plimsoll.archive.layout import Kind, Series
from plimsoll.archive.metrics_file import DamagedFileError
from plimsoll.archive.monthly_files import month_path, months_between, read_month
from tests.unit.archive.archives import zipped
from tests.unit.archive.months import (
    CANDLES,
    FUNDING,
    MARK,
    OCTOBER,
    PAIR,
    candle_text,
    funding_text,
)


def read(text: str, series: Series = CANDLES, month: date = OCTOBER) -> pd.DataFrame:
    content, digest = zipped(text)
    return read_month(content, digest, series, month)


def test_files_have_the_exchanges_own_places_and_names() -> None:
    assert month_path(CANDLES, OCTOBER) == (
        "/data/futures/um/monthly/klines/FTTUSDT/1h/FTTUSDT-1h-2022-10.zip"
    )
    assert month_path(Series(PAIR, Kind.MARK, "1h"), OCTOBER) == (
        "/data/futures/um/monthly/markPriceKlines/FTTUSDT/1h/FTTUSDT-1h-2022-10.zip"
    )
    assert month_path(FUNDING, OCTOBER) == (
        "/data/futures/um/monthly/fundingRate/FTTUSDT/FTTUSDT-fundingRate-2022-10.zip"
    )


def test_months_are_those_that_the_days_touch() -> None:
    found = months_between(date(2021, 12, 31), date(2022, 2, 1))
    assert found == [date(2021, 12, 1), date(2022, 1, 1), date(2022, 2, 1)]


@pytest.mark.parametrize("with_names", [True, False])
@pytest.mark.parametrize("series", [CANDLES, MARK])
def test_candles_are_read_with_a_line_of_names_and_without(
    series: Series, with_names: bool
) -> None:
    found = read(candle_text(OCTOBER, with_names=with_names), series)
    assert list(found) == ["date", "open", "high", "low", "close", "volume"]
    assert len(found) == 31 * 24
    assert found["date"].iloc[0] == pd.Timestamp("2022-10-01", tz="UTC")
    assert found.iloc[0, 1:].tolist() == [10, 11, 9, 10.5, 500]


def test_a_funding_rate_is_stamped_with_the_hour_that_it_was_settled_at() -> None:
    found = read(funding_text(OCTOBER), FUNDING)
    assert list(found) == ["date", "funding_rate"]
    assert (found["funding_rate"] == 1e-4).all()
    assert found["date"].tolist()[:2] == [
        pd.Timestamp("2022-10-01 00:00", tz="UTC"),
        pd.Timestamp("2022-10-01 08:00", tz="UTC"),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (candle_text(date(2022, 9, 1)), "expected rows of 2022-10, found 2022-09-01"),
        (candle_text(OCTOBER).replace("10.5", "", 1), "found a missing number"),
        (candle_text(OCTOBER).replace("10.5", "ten", 1), "expected numbers in columns"),
        ("1664582400000,1\n", "expected numbers in columns"),
    ],
)
def test_another_month_and_what_is_no_number_are_refused(text: str, words: str) -> None:
    with pytest.raises(DamagedFileError, match=words):
        read(text)


def test_a_file_with_another_hash_is_refused() -> None:
    content, _ = zipped(candle_text(OCTOBER))
    with pytest.raises(DamagedFileError, match="cut short or altered"):
        read_month(content, "0" * 64, CANDLES, OCTOBER)


def test_what_is_no_zip_is_refused() -> None:
    import hashlib

    with pytest.raises(DamagedFileError, match="a zip that holds one CSV"):
        read_month(b"none", hashlib.sha256(b"none").hexdigest(), CANDLES, OCTOBER)
