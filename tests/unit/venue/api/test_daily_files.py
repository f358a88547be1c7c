"""The daily files as the public archive serves them."""

import hashlib
import io
import zipfile

import pandas as pd
import pytest

from plimsoll.venue.api.daily_files import archive_file
from plimsoll.venue.api.statistics import STATISTICS
from plimsoll.venue.clock import parse_utc_ms
from tests.unit.venue.markets import exchange_at

FOLDER = "/data/futures/um/daily/metrics/BTCUSDT/"
STEP = pd.Timedelta(minutes=5)


def table(day: str, now: str) -> pd.DataFrame:
    now_ms = parse_utc_ms(now)
    content = archive_file(exchange_at(now_ms), f"{FOLDER}BTCUSDT-metrics-{day}.zip", now_ms)
    assert content is not None
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == [f"BTCUSDT-metrics-{day}.csv"]
        return pd.read_csv(io.BytesIO(archive.read(archive.namelist()[0])))


@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        ("2025-03-03", "2025-03-03 00:05:00", "2025-03-04 00:00:00"),
        ("2026-06-24", "2026-06-24 00:05:00", "2026-06-25 00:00:00"),
        ("2026-06-25", "2026-06-25 00:00:00", "2026-06-25 23:55:00"),
    ],
)
def test_a_day_has_the_labels_that_the_exchange_gave_it(day: str, first: str, last: str) -> None:
    labels = table(day, "2026-07-01T00:00:00Z")["create_time"]
    assert (len(labels), labels.iloc[0], labels.iloc[-1]) == (288, first, last)


@pytest.mark.parametrize(
    ("path", "field", "column"),
    [
        ("openInterestHist", "sumOpenInterest", "sum_open_interest"),
        ("openInterestHist", "sumOpenInterestValue", "sum_open_interest_value"),
        ("topLongShortAccountRatio", "longShortRatio", "count_toptrader_long_short_ratio"),
        ("topLongShortPositionRatio", "longShortRatio", "sum_toptrader_long_short_ratio"),
        ("globalLongShortAccountRatio", "longShortRatio", "count_long_short_ratio"),
    ],
)
def test_files_and_rest_tell_the_same(path: str, field: str, column: str) -> None:
    now = "2025-03-05T14:37:21Z"
    rows = table("2025-03-04", now).set_index("create_time")[column]
    parameters = {"symbol": "BTCUSDT", "period": "5m", "limit": "288"}
    parameters["startTime"] = str(parse_utc_ms("2025-03-04T00:05:00Z"))
    now_ms = parse_utc_ms(now)
    told = STATISTICS[f"/futures/data/{path}"](exchange_at(now_ms), parameters, now_ms)
    assert isinstance(told, list)
    assert len(told) == 288
    for entry, (label, value) in zip(told, rows.items(), strict=True):
        assert pd.Timestamp(entry["timestamp"], unit="ms") == pd.Timestamp(str(label))
        assert float(entry[field]) == pytest.approx(value, abs=5.1e-5)


def test_the_takers_ratio_is_that_of_the_five_minutes_before() -> None:
    now_ms = parse_utc_ms("2025-03-05T14:37:21Z")
    row = table("2025-03-04", "2025-03-05T14:37:21Z").set_index("create_time")
    parameters = {"symbol": "BTCUSDT", "period": "5m", "limit": "1"}
    parameters["startTime"] = str(parse_utc_ms("2025-03-04T11:55:00Z"))
    told = STATISTICS["/futures/data/takerlongshortRatio"](exchange_at(now_ms), parameters, now_ms)
    assert isinstance(told, list)
    before = row.loc["2025-03-04 12:00:00", "sum_taker_long_short_vol_ratio"]
    assert float(told[0]["buySellRatio"]) == pytest.approx(before, abs=5.1e-5)


def test_the_checksum_is_that_of_the_zip_and_both_stay_the_same() -> None:
    now_ms = parse_utc_ms("2025-03-05T14:37:21Z")
    path = f"{FOLDER}BTCUSDT-metrics-2025-03-01.zip"
    content = archive_file(exchange_at(now_ms), path, now_ms)
    later = archive_file(exchange_at(now_ms + 10**9), path, now_ms + 10**9)
    stated = archive_file(exchange_at(now_ms), f"{path}.CHECKSUM", now_ms)
    assert content is not None
    assert content == later
    digest = hashlib.sha256(content).hexdigest()
    assert stated == f"{digest}  BTCUSDT-metrics-2025-03-01.zip\n".encode()


@pytest.mark.parametrize(
    "name",
    [
        "BTCUSDT/BTCUSDT-metrics-2025-03-05.zip",  # not over yet
        "BTCUSDT/BTCUSDT-metrics-2025-03-04.zip",  # over, not yet published
        "BTCUSDT/BTCUSDT-metrics-2019-09-07.zip",  # before the listing
        "BTCUSDT/BTCUSDT-metrics-2025-02-30.zip",
        "BTCUSDT/ETHUSDT-metrics-2025-03-01.zip",
        "LUNAUSDT/LUNAUSDT-metrics-2025-03-01.zip",
        "BTCUSDT/",
    ],
)
def test_what_is_not_published_does_not_exist(name: str) -> None:
    now_ms = parse_utc_ms("2025-03-05T07:59:59Z")
    assert archive_file(exchange_at(now_ms), FOLDER.replace("BTCUSDT/", "") + name, now_ms) is None
