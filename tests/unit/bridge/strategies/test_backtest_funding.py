"""A futures backtest over missing funding is refused, or says so loudly."""

import logging
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from freqtrade.data.history import get_datahandler
from freqtrade.enums import CandleType, RunMode
from freqtrade.exceptions import OperationalException

from plimsoll.bridge.strategies import backtest_funding
from tests.unit.bridge.bots import BTC, ETH, Bot, backtest, candles

DAYS = 10
HOURS = 24 * DAYS
END = pd.Timestamp("2025-03-11", tz="UTC")
FUNDED = [row for row in range(HOURS) if row % 8 == 0]


@pytest.fixture
def datadir(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    (folder / "futures").mkdir(parents=True)
    for pair in (BTC, ETH):
        _store(folder, pair)
    return folder


def _store(
    folder: Path,
    pair: str,
    *,
    funded: list[int] = FUNDED,
    marked: range | list[int] = range(HOURS),
) -> None:
    """Keep ten days of funding and mark candles, of these hours only."""
    hours = pd.date_range(end=END, periods=HOURS + 1, freq="h")[:-1]
    store = get_datahandler(folder, "feather")
    rates = pd.DataFrame({"date": hours[funded], "funding_rate": 0.0001})
    store.ohlcv_store(pair, "1h", rates, CandleType.FUNDING_RATE)
    marks = candles([100.0] * HOURS, end=END, timeframe=pd.Timedelta(hours=1)).iloc[[*marked]]
    store.ohlcv_store(pair, "1h", marks.reset_index(drop=True), CandleType.MARK)


def _begin(bot: Bot) -> None:
    frames = {pair: candles([100.0] * 12 * HOURS, end=END) for pair in (BTC, ETH)}
    bot.strategy.advise_all_indicators(frames)


def _run(folder: Path, datadir: Path, **others: Any) -> None:
    others = {"datadir": datadir, "dataformat_ohlcv": "feather", **others}
    with backtest(folder, **others) as bot:
        _begin(bot)


def test_known_funding_passes(
    tmp_path: Path, datadir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        _run(tmp_path, datadir)
        _run(tmp_path, datadir, runmode=RunMode.HYPEROPT)
    assert "funding" not in caplog.text


@pytest.mark.parametrize("runmode", [RunMode.BACKTEST, RunMode.HYPEROPT])
def test_a_hole_in_the_rates_is_refused_by_pair_place_and_remedy(
    tmp_path: Path, datadir: Path, runmode: RunMode
) -> None:
    _store(datadir, ETH, funded=[row for row in FUNDED if not 48 <= row < 96])
    with pytest.raises(OperationalException) as caught:
        _run(tmp_path, datadir, runmode=runmode)
    said = str(caught.value)
    assert "ETH/USDT:USDT (56 h from 2025-03-02 16:00 UTC)" in said
    assert BTC not in said
    assert "plimsoll data backfill" in said
    assert "\n" not in said


def test_every_pair_is_named_at_once(tmp_path: Path, datadir: Path) -> None:
    for pair in (BTC, ETH):
        _store(datadir, pair, funded=[row for row in FUNDED if not 48 <= row < 96])
    with pytest.raises(OperationalException) as caught:
        _run(tmp_path, datadir)
    assert all(pair in str(caught.value) for pair in (BTC, ETH))


def test_rates_that_end_before_the_candles_are_refused(tmp_path: Path, datadir: Path) -> None:
    _store(datadir, ETH, funded=FUNDED[:-3])
    with pytest.raises(OperationalException, match=r"\(32 h from 2025-03-09 16:00 UTC\)"):
        _run(tmp_path, datadir)


def test_no_files_at_all_are_refused(tmp_path: Path, datadir: Path) -> None:
    for file in (datadir / "futures").glob("ETH*funding_rate*"):
        file.unlink()
    with pytest.raises(OperationalException, match=r"ETH/USDT:USDT \(240 h"):
        _run(tmp_path, datadir)


def test_a_timerange_beside_the_hole_passes(tmp_path: Path, datadir: Path) -> None:
    _store(datadir, ETH, funded=[row for row in FUNDED if not 48 <= row < 96])
    _run(tmp_path, datadir, timerange="20250305-")
    with pytest.raises(OperationalException, match="from 2025-03-03 00:00 UTC"):
        _run(tmp_path, datadir, timerange="20250303-")


def test_the_hole_of_the_beginning_may_be_filled_by_freqtrades_own_fallback(
    tmp_path: Path, datadir: Path
) -> None:
    _store(datadir, ETH, funded=[row for row in FUNDED if row >= 96])
    _run(tmp_path, datadir, futures_funding_rate=0.0)
    with pytest.raises(OperationalException, match="ETH"):
        _run(tmp_path, datadir)


def test_whoever_allows_it_is_told_of_each_pair(
    tmp_path: Path, datadir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    _store(datadir, ETH, funded=[row for row in FUNDED if not 48 <= row < 96 and row != 120])
    with caplog.at_level(logging.WARNING):
        _run(tmp_path, datadir, plimsoll={"allow_missing_funding": True})
    [said] = [record.getMessage() for record in caplog.records if "funding" in record.message]
    assert "ETH/USDT:USDT (56 h from 2025-03-02 16:00 UTC and 1 more, 72 h in all)" in said


def test_where_nobody_is_told_and_nothing_refused_no_file_is_read(
    tmp_path: Path, datadir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[object] = []
    monkeypatch.setattr(backtest_funding, "load_data", lambda **asked: read.append(asked) or {})
    logging.disable(logging.WARNING)
    try:
        _run(tmp_path, datadir, plimsoll={"allow_missing_funding": True})
        assert not read
        with pytest.raises(OperationalException, match="funding"):
            _run(tmp_path, datadir)
    finally:
        logging.disable(logging.NOTSET)
    assert read


def test_a_hole_in_the_marks_is_refused_by_the_age_of_the_price_it_is_charged_at(
    tmp_path: Path, datadir: Path
) -> None:
    _store(datadir, ETH, marked=[row for row in range(HOURS) if not 45 <= row < 60])
    with pytest.raises(OperationalException) as caught:
        _run(tmp_path, datadir)
    said = str(caught.value)
    carried = "2 fundings from 2025-03-03 00:00 UTC at mark prices carried forward for up to 11 h"
    assert f"ETH/USDT:USDT ({carried})" in said
    assert BTC not in said


def test_whoever_allows_it_is_told_of_each_mark_carried_forward(
    tmp_path: Path, datadir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    _store(datadir, ETH, marked=[row for row in range(HOURS) if not 45 <= row < 60])
    with caplog.at_level(logging.WARNING):
        _run(tmp_path, datadir, plimsoll={"allow_missing_funding": True})
    [said] = [record.getMessage() for record in caplog.records if "funding" in record.message]
    assert "for up to 11 h" in said


def test_a_mark_carried_forward_for_less_than_a_funding_interval_is_told_and_allowed(
    tmp_path: Path, datadir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    _store(datadir, ETH, marked=[row for row in range(HOURS) if not 45 <= row < 50])
    with caplog.at_level(logging.WARNING):
        _run(tmp_path, datadir)
    [said] = [record.getMessage() for record in caplog.records if "funding" in record.message]
    assert (
        "(1 funding from 2025-03-03 00:00 UTC at mark prices carried forward for up to 3 h" in said
    )


def test_spot_has_no_funding(tmp_path: Path, datadir: Path) -> None:
    for file in (datadir / "futures").iterdir():
        file.unlink()
    with backtest(
        tmp_path, datadir=datadir, dataformat_ohlcv="feather", trading_mode="futures"
    ) as bot:
        bot.strategy.config["trading_mode"] = "spot"
        _begin(bot)
