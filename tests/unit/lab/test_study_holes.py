"""What the data of a study lack, by pair."""

import pandas as pd
import pytest

from plimsoll.lab.study import Study
from plimsoll.lab.study_data import file_of
from plimsoll.lab.study_holes import holes_of

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
STUDY = Study("one", "4h", (BTC,), "20240101-20240111", ())
HOURS = pd.date_range("2024-01-01", "2024-01-11", freq="h", tz="UTC", unit="ms")


def write(datadir, *, pair=BTC, candles=HOURS, marks=HOURS, rates=HOURS[::8]) -> None:
    (datadir / "futures").mkdir(exist_ok=True)
    pd.DataFrame({"date": candles, "open": 1.0}).to_feather(file_of(datadir, pair, "1h"))
    pd.DataFrame({"date": marks, "open": 1.0}).to_feather(file_of(datadir, pair, "1h", "mark"))
    frame = pd.DataFrame({"date": rates, "funding_rate": 1e-4})
    frame.to_feather(file_of(datadir, pair, "1h", "funding_rate"))


def test_whole_data_lack_nothing(tmp_path) -> None:
    write(tmp_path)
    assert holes_of([STUDY], tmp_path) == ()


def test_missing_candles_are_counted_against_the_span(tmp_path) -> None:
    write(tmp_path, candles=HOURS[24:].delete([3, 4]))
    (holes,) = holes_of([STUDY], tmp_path)
    assert (holes.pair, holes.timeframe) == (BTC, "1h")
    assert (holes.candles, holes.candles_expected) == (26, 240)
    assert (holes.unfunded_hours, holes.replaced_marks) == (0.0, 0)


def test_time_without_rates_is_time_without_funding(tmp_path) -> None:
    write(tmp_path, rates=HOURS[::8].delete([6, 7]))
    (holes,) = holes_of([STUDY], tmp_path)
    assert holes.unfunded_hours == pytest.approx(24)
    assert holes.replaced_marks == 0


def test_funding_within_a_hole_of_the_marks_is_charged_at_the_candles_price(tmp_path) -> None:
    write(tmp_path, marks=HOURS.delete(range(60, 75)))
    (holes,) = holes_of([STUDY], tmp_path)
    assert holes.unfunded_hours == 0.0
    assert holes.replaced_marks == 2


def test_funding_before_the_first_mark_is_charged_at_the_candles_price(tmp_path) -> None:
    write(tmp_path, marks=HOURS[50:])
    (holes,) = holes_of([STUDY], tmp_path)
    assert (holes.unfunded_hours, holes.replaced_marks) == (0.0, 7)


def test_funding_before_the_first_mark_and_candle_is_free(tmp_path) -> None:
    write(tmp_path, candles=HOURS[50:], marks=HOURS[50:])
    (holes,) = holes_of([STUDY], tmp_path)
    assert holes.unfunded_hours == pytest.approx(56)


def test_a_span_that_two_studies_share_is_told_once_and_each_pair_for_itself(tmp_path) -> None:
    write(tmp_path, candles=HOURS[1:])
    write(tmp_path, pair=ETH, candles=HOURS[2:])
    both = Study("two", "1h", (BTC, ETH), STUDY.timerange, ())
    listed = holes_of([STUDY, both], tmp_path)
    assert [(one.pair, one.candles) for one in listed] == [(BTC, 1), (ETH, 2)]
