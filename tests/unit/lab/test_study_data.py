"""The data folder of a study: what it needs, links, and candles made of shorter ones."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from plimsoll.core import UsageError
from plimsoll.lab.study_data import (
    Needs,
    file_of,
    fill_marks,
    link_data,
    make_longer,
    require,
    require_all,
)
from tests.unit.performance.frames import hours, utc

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"


def write_hourly(datadir, dates: pd.DatetimeIndex) -> None:
    count = np.arange(1.0, len(dates) + 1)
    frame = pd.DataFrame({"date": dates, "open": count, "high": count + 0.5, "low": count - 0.5})
    frame = frame.assign(close=count + 0.25, volume=10.0)
    file = file_of(datadir, BTC, "1h")
    file.parent.mkdir(parents=True)
    frame.to_feather(file)


def test_longer_candles_are_made_beside_the_links_and_the_source_stays_as_it_was(tmp_path) -> None:
    source, folder = tmp_path / "source", tmp_path / "made"
    write_hourly(source, hours(8))
    link_data(source, folder)
    make_longer(folder, [BTC], "4h")
    made = pd.read_feather(file_of(folder, BTC, "4h"))
    assert made.columns.tolist() == ["date", "open", "high", "low", "close", "volume"]
    assert made["date"].tolist() == [utc("2024-01-01 00:00"), utc("2024-01-01 04:00")]
    assert made.drop(columns="date").to_numpy().tolist() == [
        [1.0, 4.5, 0.5, 4.25, 40.0],
        [5.0, 8.5, 4.5, 8.25, 40.0],
    ]
    assert [file.name for file in (source / "futures").iterdir()] == [
        "BTC_USDT_USDT-1h-futures.feather"
    ]


def test_candle_whose_last_hour_is_missing_is_left_out(tmp_path) -> None:
    source, folder = tmp_path / "source", tmp_path / "made"
    write_hourly(source, hours(8).delete(7))
    link_data(source, folder)
    make_longer(folder, [BTC], "4h")
    made = pd.read_feather(file_of(folder, BTC, "4h"))
    assert made["date"].tolist() == [utc("2024-01-01 00:00")]


def test_longer_candles_that_the_folder_has_are_used(tmp_path) -> None:
    source, folder = tmp_path / "source", tmp_path / "made"
    write_hourly(source, hours(8))
    link_data(source, folder)
    theirs = file_of(folder, BTC, "4h")
    theirs.write_bytes(b"theirs")
    make_longer(folder, [BTC], "4h")
    assert theirs.read_bytes() == b"theirs"


def test_a_pair_without_hourly_candles_has_no_longer_ones(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"BTC_USDT_USDT-1h-futures\.feather, found none"):
        make_longer(tmp_path, [BTC], "4h")


def test_missing_marks_are_made_of_candles_and_those_that_are_there_stay(tmp_path) -> None:
    source, folder = tmp_path / "source", tmp_path / "made"
    write_hourly(source, hours(8))
    marks = pd.read_feather(file_of(source, BTC, "1h")).assign(open=100.0, volume=0.0)
    marks.loc[6, "open"] = np.nan
    theirs = file_of(source, BTC, "1h", "mark")
    marks.drop(index=[0, 1, 4]).to_feather(theirs)
    before = theirs.read_bytes()
    link_data(source, folder)
    fill_marks(folder, [BTC, ETH])
    made = pd.read_feather(file_of(folder, BTC, "1h", "mark"))
    assert made["date"].tolist() == list(hours(8))
    assert made["open"].tolist() == [1.0, 2.0, 100.0, 100.0, 5.0, 100.0, 7.0, 100.0]
    assert theirs.read_bytes() == before
    fill_marks(folder, [BTC])
    assert pd.read_feather(file_of(folder, BTC, "1h", "mark")).equals(made)


def test_files_are_named_as_freqtrade_names_them(tmp_path: Path) -> None:
    assert file_of(tmp_path, BTC, "1h", "mark") == (
        tmp_path / "futures" / "BTC_USDT_USDT-1h-mark.feather"
    )
    assert file_of(tmp_path, BTC, "4h", "spot") == tmp_path / "BTC_USDT-4h.feather"


def needs(*kinds: str) -> Needs:
    return Needs((BTC, ETH), kinds, date(2024, 1, 1), date(2024, 1, 31))


def test_what_is_lacking_is_told_once_with_the_commands_that_get_it(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        require_all(tmp_path, [needs("futures", "spot"), needs("spot")])
    said = str(caught.value)
    assert "\n" not in said
    assert "4 files are not there, such as futures/BTC_USDT_USDT-1h-futures.feather" in said
    assert (
        f"plimsoll data backfill --datadir {tmp_path} --since 2024-01-01 --until 2024-01-31" in said
    )
    assert "--timeframes 1h --kinds candles --pairs BTC/USDT:USDT,ETH/USDT:USDT" in said
    # Freqtrade's end of a timerange is not part of it.
    assert "--timerange 20240101-20240201 --pairs BTC/USDT ETH/USDT" in said
    assert said.count("download-data") == 1


def test_a_folder_that_has_everything_is_let_through(tmp_path: Path) -> None:
    for pair in (BTC, ETH):
        file = file_of(tmp_path, pair, "1h", "funding_rate")
        file.parent.mkdir(exist_ok=True)
        file.touch()
    require_all(tmp_path, [needs("funding_rate")])
    assert require(file_of(tmp_path, BTC, "1h", "funding_rate")).exists()
