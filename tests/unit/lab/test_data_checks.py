"""What the doctor says of candles on disk."""

from pathlib import Path
from typing import Any

from freqtrade.data.history import get_datahandler
from freqtrade.enums import CandleType

from plimsoll.lab.data_checks import check_data
from plimsoll.lab.finding import Finding, Level
from tests.conftest import random_candles

PAIR = "BTC/USDT:USDT"
SPOT = "BTC/USDT"


def config(userdir: Path, mode: str = "futures") -> dict[str, Any]:
    return {"user_data_dir": userdir, "exchange": {"name": "binance"}, "trading_mode": mode}


def the(findings: list[Finding]) -> Finding:
    [finding] = findings
    return finding


def store_candles(userdir: Path, *, funding: bool, timeframe: str = "5m") -> None:
    folder = userdir / "data" / "binance"
    (folder / "futures").mkdir(parents=True, exist_ok=True)
    handler = get_datahandler(folder, "feather")
    handler.ohlcv_store(PAIR, timeframe, random_candles(50), CandleType.FUTURES)
    if funding:
        rates = random_candles(3, timeframe="8h")[["date"]].assign(funding_rate=0.0001)
        handler.ohlcv_store(PAIR, "1h", rates, CandleType.FUNDING_RATE)


def test_no_data_is_a_warning(tmp_path: Path) -> None:
    finding = the(check_data(config(tmp_path)))
    assert finding.level is Level.WARNING
    assert "download-data" in finding.remedy


def test_candles_without_funding_rates_are_a_warning_each(tmp_path: Path) -> None:
    store_candles(tmp_path, funding=False)
    store_candles(tmp_path, funding=False, timeframe="1h")
    hourly, finer = check_data(config(tmp_path))
    assert {hourly.level, finer.level} == {Level.WARNING}
    assert f"{PAIR} 5m: 50 candles, 2024-01-01 to 2024-01-01" in finer.found
    assert "no funding rates" in finer.found


def test_candles_with_funding_rates_are_well(tmp_path: Path) -> None:
    store_candles(tmp_path, funding=True)
    assert the(check_data(config(tmp_path))).level is Level.OK


def test_a_damaged_candle_file_is_a_fault(tmp_path: Path) -> None:
    store_candles(tmp_path, funding=True)
    file = tmp_path / "data/binance/futures/BTC_USDT_USDT-5m-futures.feather"
    file.write_bytes(b"no feather")
    assert the(check_data(config(tmp_path))).level is Level.FAULT


def test_a_spot_config_wants_spot_candles_and_no_funding(tmp_path: Path) -> None:
    store_candles(tmp_path, funding=True)
    missing = the(check_data(config(tmp_path, "spot")))
    assert missing.level is Level.WARNING
    assert "no spot candles" in missing.found
    handler = get_datahandler(tmp_path / "data" / "binance", "feather")
    handler.ohlcv_store(SPOT, "5m", random_candles(50), CandleType.SPOT)
    finding = the(check_data(config(tmp_path, "spot")))
    assert finding.level is Level.OK
    assert finding.found.startswith(f"{SPOT} 5m: 50 candles")
