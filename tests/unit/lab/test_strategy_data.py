"""The data folder that strategies are tried on: complete, and the same up to another future."""

from pathlib import Path

import pandas as pd
import pytest

from plimsoll.lab.strategy_data import COINS, PAIRS, START, end_of, write_strategy_data

DAYS = 30
CUT = START + pd.Timedelta(days=20)
FILES = (
    "futures/{}_USDT_USDT-1h-futures.feather",
    "futures/{}_USDT_USDT-4h-futures.feather",
    "futures/{}_USDT_USDT-15m-futures.feather",
    "futures/{}_USDT_USDT-1h-mark.feather",
    "futures/{}_USDT_USDT-1h-funding_rate.feather",
    "futures/{}_USDT_USDT-1h-open_interest.feather",
    "{}_USDT-1h.feather",
)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "known"
    return write_strategy_data(folder, timeframe="15m", days=DAYS)


@pytest.fixture(scope="module")
def another_future(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "other"
    return write_strategy_data(folder, timeframe="15m", days=DAYS, changed_from=CUT)


def test_every_pair_has_every_file_and_there_are_no_others(data: Path) -> None:
    expected = {form.format(coin) for form in FILES for coin in COINS}
    assert {file.relative_to(data).as_posix() for file in data.rglob("*.feather")} == expected
    assert PAIRS[0] == "BTC/USDT:USDT"
    assert len(PAIRS) == 5


@pytest.mark.parametrize(("length", "each_day"), [("15m", 96), ("1h", 24), ("4h", 6)])
def test_candles_cover_every_day_without_a_gap(data: Path, length: str, each_day: int) -> None:
    made = pd.read_feather(data / f"futures/BTC_USDT_USDT-{length}-futures.feather")
    assert len(made) == DAYS * each_day
    assert made["date"].iloc[0] == START
    assert made["date"].iloc[-1] + pd.Timedelta(days=1) / each_day == end_of(DAYS)
    assert (made["date"].diff().iloc[1:] == pd.Timedelta(days=1) / each_day).all()


def test_longer_candles_are_made_of_the_shorter_ones(data: Path) -> None:
    short, hourly = (
        pd.read_feather(data / f"futures/ETH_USDT_USDT-{length}-futures.feather")
        for length in ("15m", "1h")
    )
    first = short.iloc[:4]
    assert hourly["open"].iloc[0] == first["open"].iloc[0]
    assert hourly["high"].iloc[0] == first["high"].max()
    assert hourly["low"].iloc[0] == first["low"].min()
    assert hourly["close"].iloc[0] == first["close"].iloc[-1]
    assert hourly["volume"].iloc[0] == pytest.approx(first["volume"].sum())


def test_funding_is_settled_every_eight_hours(data: Path) -> None:
    funding = pd.read_feather(data / "futures/BTC_USDT_USDT-1h-funding_rate.feather")
    assert (funding["date"].diff().iloc[1:] == pd.Timedelta(hours=8)).all()


@pytest.mark.parametrize("form", FILES)
def test_another_future_differs_from_its_first_moment_on_and_not_before(
    data: Path, another_future: Path, form: str
) -> None:
    name = form.format("BTC")
    known, other = (pd.read_feather(folder / name) for folder in (data, another_future))
    early = known["date"] < CUT
    pd.testing.assert_frame_equal(known[early], other[early], check_exact=True)
    column = next(one for one in known if one not in ("date", "open"))
    differs = known[~early][column] != other[~early][column]
    assert differs.iloc[0]
    assert differs.mean() > 0.9


def test_lengths_that_are_asked_for_are_written_too(tmp_path: Path) -> None:
    made = write_strategy_data(tmp_path / "data", timeframe="1h", days=2, also=["15m", "1d"])
    for length, each_day in (("15m", 96), ("1h", 24), ("1d", 1)):
        candles = pd.read_feather(made / f"futures/BTC_USDT_USDT-{length}-futures.feather")
        assert len(candles) == 2 * each_day


def test_funding_may_change_later_than_everything_else(tmp_path: Path, data: Path) -> None:
    eight_hours = pd.Timedelta(hours=8)
    made = write_strategy_data(
        tmp_path / "data",
        timeframe="15m",
        days=DAYS,
        changed_from=CUT,
        funding_from=CUT + eight_hours,
    )
    file = "futures/BTC_USDT_USDT-1h-funding_rate.feather"
    known, other = pd.read_feather(data / file), pd.read_feather(made / file)
    differs = known["funding_rate"] != other["funding_rate"]
    assert known["date"][differs].min() == CUT + eight_hours


def test_another_future_has_another_volume(data: Path, another_future: Path) -> None:
    file = "futures/BTC_USDT_USDT-15m-futures.feather"
    known, other = pd.read_feather(data / file), pd.read_feather(another_future / file)
    differs = known["volume"] != other["volume"]
    assert (differs == (known["date"] >= CUT)).all()
