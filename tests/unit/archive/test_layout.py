from pathlib import Path

import pytest
from freqtrade.data.history.datahandlers.featherdatahandler import FeatherDataHandler
from freqtrade.enums import CandleType, TradingMode

from plimsoll.archive.layout import (
    COLUMNS,
    SUFFIXES,
    Kind,
    Series,
    exchange_symbol,
    require_outer,
    series_in,
    series_of,
)
from plimsoll.archive.store import empty_frame, write_frame
from plimsoll.core import UsageError

NATIVE = [kind for kind in Kind if kind not in (Kind.RATIOS, Kind.SPOT)]


@pytest.mark.parametrize("kind", NATIVE)
@pytest.mark.parametrize("timeframe", ["5m", "1h", "1M"])
def test_files_are_called_as_freqtrade_calls_them(
    tmp_path: Path, kind: Kind, timeframe: str
) -> None:
    expected = FeatherDataHandler._pair_data_filename(
        tmp_path, "1000PEPE/USDT:USDT", timeframe, CandleType(SUFFIXES[kind])
    )
    assert Series("1000PEPE/USDT:USDT", kind, timeframe).path(tmp_path) == expected


@pytest.mark.parametrize("kind", NATIVE)
def test_columns_are_those_of_freqtrade(kind: Kind) -> None:
    from freqtrade.candle_columns import get_candle_columns

    assert list(COLUMNS[kind]) == get_candle_columns(SUFFIXES[kind])


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("timeframe", ["5m", "1h", "1d", "1M"])
def test_a_series_is_read_back_from_its_file_name(
    tmp_path: Path, kind: Kind, timeframe: str
) -> None:
    pair = "BTC/USDT" if kind is Kind.SPOT else "BTC/USDT:USDT"
    series = Series(pair, kind, timeframe)
    assert series_of(series.path(tmp_path), tmp_path) == series


def test_freqtrade_lists_our_folder_without_stumbling_over_the_ratios(tmp_path: Path) -> None:
    for kind in (Kind.RATIOS, Kind.OPEN_INTEREST):
        write_frame(Series("BTC/USDT:USDT", kind, "5m").path(tmp_path), empty_frame(kind))
    listed = FeatherDataHandler.ohlcv_get_available_data(tmp_path, TradingMode.FUTURES)
    assert listed == [("BTC/USDT:USDT", "5m", CandleType.OPEN_INTEREST)]
    assert [series.kind for series in series_in(tmp_path)] == [Kind.OPEN_INTEREST, Kind.RATIOS]


def test_files_of_others_are_no_series(tmp_path: Path) -> None:
    for name in ("BTC_USDT_USDT-trades.feather", "BTC_USDT_USDT-5m-futures.json", "notes.feather"):
        assert series_of(tmp_path / "futures" / name, tmp_path) is None


@pytest.mark.parametrize("pair", ["BTC/USDT", "BTC", "BTC/USD:BTC", "BTC/USDT:USDT-250627", ""])
def test_what_is_no_linear_perpetual_is_refused(pair: str) -> None:
    with pytest.raises(UsageError, match="BTC/USDT:USDT"):
        exchange_symbol(pair)


def test_the_inner_folder_of_futures_is_refused_with_the_one_that_was_meant(
    tmp_path: Path,
) -> None:
    for kind in (Kind.CANDLES, Kind.FUNDING):
        write_frame(Series("BTC/USDT:USDT", kind, "1h").path(tmp_path), empty_frame(kind))
    with pytest.raises(UsageError, match=f"pass --datadir {tmp_path}$"):
        require_outer(tmp_path / "futures")
    assert require_outer(tmp_path) == tmp_path


def test_a_folder_of_spot_candles_alone_is_a_data_folder(tmp_path: Path) -> None:
    write_frame(Series("BTC/USDT", Kind.SPOT, "1h").path(tmp_path), empty_frame(Kind.SPOT))
    assert require_outer(tmp_path) == tmp_path
    assert list(series_in(tmp_path)) == [Series("BTC/USDT", Kind.SPOT, "1h")]


def test_a_file_in_another_place_is_not_of_the_archive(tmp_path: Path) -> None:
    series = Series("BTC/USDT:USDT", Kind.CANDLES, "1h")
    write_frame(tmp_path / series.path(tmp_path).name, empty_frame(Kind.CANDLES))
    assert list(series_in(tmp_path)) == []
