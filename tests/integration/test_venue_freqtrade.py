"""The real freqtrade command against the served venue, nothing patched."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.unit.venue.folders import write_folder
from tests.unit.venue.serving import bot_config, environment, get, venue

pytestmark = pytest.mark.freqtrade

STRATEGY = """
from freqtrade.strategy import IStrategy

class EntersAtOnce(IStrategy):
    timeframe = "5m"
    stoploss = -0.5
    minimal_roi = {"0": 10}
    startup_candle_count = 30

    def populate_indicators(self, dataframe, metadata):
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe.loc[:, "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        return dataframe
"""


def _command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "freqtrade", *map(str, arguments)]


def _run(*arguments: str | Path, folder: Path) -> str:
    found = subprocess.run(
        _command(*arguments),
        capture_output=True,
        text=True,
        timeout=280,
        env=environment(),
        cwd=folder,
    )
    log = found.stdout + found.stderr
    assert found.returncode == 0, log[-3000:]
    assert "ERROR" not in log, log[-3000:]
    return log


def _userdir(folder: Path) -> Path:
    userdir = folder / "user_data"
    (userdir / "strategies").mkdir(parents=True)
    (userdir / "data").mkdir()
    (userdir / "strategies" / "enters_at_once.py").write_text(STRATEGY)
    return userdir


def _download(config: Path, userdir: Path, *arguments: str | Path) -> Path:
    _run(
        "download-data",
        "--config",
        config,
        "--userdir",
        userdir,
        "--trading-mode",
        "futures",
        *arguments,
        folder=userdir,
    )
    return userdir / "data" / "binance" / "futures"


def test_download_and_backtest_four_pairs(tmp_path: Path) -> None:
    profile, userdir = tmp_path / "venue.json", _userdir(tmp_path)
    symbols = "BTCUSDT,ETHUSDT,SOLUSDT,XRPUSDT"
    with venue("--symbols", symbols, "--write-config", profile) as line:
        config = bot_config(profile, tmp_path)
        data = _download(config, userdir, "-t", "5m", "1h", "--days", "12")
        assert line["symbols"] == symbols.split(",")
        names = {path.name for path in data.iterdir()}
        for coin in ("BTC", "ETH", "SOL", "XRP"):
            stem = f"{coin}_USDT_USDT"
            assert {
                f"{stem}-5m-futures.feather",
                f"{stem}-1h-futures.feather",
                f"{stem}-1h-mark.feather",
                f"{stem}-1h-funding_rate.feather",
            } <= names
            fine = pd.read_feather(data / f"{stem}-5m-futures.feather")
            assert len(fine) >= 12 * 288
            assert set(fine["date"].diff().dropna()) == {pd.Timedelta(minutes=5)}
        log = _run(
            "backtesting",
            "--config",
            config,
            "--userdir",
            userdir,
            "--strategy",
            "EntersAtOnce",
            "--cache",
            "none",
            folder=tmp_path,
        )
    assert "EntersAtOnce" in log


@pytest.mark.parametrize("kinds", [("5m", "1h")])
def test_a_replayed_folder_downloads_as_the_very_same_files(
    tmp_path: Path, kinds: tuple[str, ...]
) -> None:
    source = write_folder(tmp_path / "source") / "futures"
    profile, userdir = tmp_path / "venue.json", _userdir(tmp_path)
    with venue("--market", "replay", "--datadir", source.parent, "--write-config", profile):
        config = bot_config(profile, tmp_path)
        data = _download(config, userdir, "-t", *kinds, "--timerange", "20240301-20240304")
    _assert_same(source, data, "BTC_USDT_USDT", pd.Timestamp("2024-03-01", tz="UTC"))
    _assert_same(source, data, "ETH_USDT_USDT", pd.Timestamp("2024-03-01", tz="UTC"))


def _assert_same(source: Path, data: Path, stem: str, first: pd.Timestamp) -> None:
    for name in ("5m-futures", "1h-futures", "1h-mark", "1h-funding_rate"):
        expected = pd.read_feather(source / f"{stem}-{name}.feather")
        found = pd.read_feather(data / f"{stem}-{name}.feather")
        whole = len(expected)
        last = found["date"].max()
        expected = expected[(expected["date"] >= first) & (expected["date"] <= last)]
        assert len(found) >= 0.9 * whole > 0
        pd.testing.assert_frame_equal(
            found.reset_index(drop=True),
            expected.reset_index(drop=True),
            check_exact=True,
            check_dtype=False,
        )


@pytest.mark.data
def test_the_real_folder_downloads_as_the_very_same_files(tmp_path: Path, real_data: Path) -> None:
    profile, userdir = tmp_path / "venue.json", _userdir(tmp_path)
    with venue(
        "--market",
        "replay",
        "--datadir",
        real_data,
        "--symbols",
        "BTCUSDT,ETHUSDT",
        "--start",
        "2024-08-10T00:00:00Z",
        "--write-config",
        profile,
    ):
        config = bot_config(profile, tmp_path)
        data = _download(config, userdir, "-t", "15m", "1h", "--timerange", "20240801-20240810")
    first = pd.Timestamp("2024-08-01", tz="UTC")
    for stem in ("BTC_USDT_USDT", "ETH_USDT_USDT"):
        for name in ("15m-futures", "1h-futures", "1h-mark", "1h-funding_rate"):
            expected = pd.read_feather(real_data / "futures" / f"{stem}-{name}.feather")
            found = pd.read_feather(data / f"{stem}-{name}.feather")
            last = found["date"].max()
            assert last < pd.Timestamp("2024-08-10T00:00:01", tz="UTC")
            expected = expected[(expected["date"] >= first) & (expected["date"] <= last)]
            assert len(expected) == len(found)
            for column in found.columns[1:]:
                assert found[column].tolist() == expected[column].tolist(), (stem, name, column)


def test_a_dry_run_trades_on_watched_candles(tmp_path: Path) -> None:
    profile, userdir = tmp_path / "venue.json", _userdir(tmp_path)
    log_path = tmp_path / "bot.log"
    with venue("--symbols", "BTCUSDT,ETHUSDT", "--write-config", profile) as line:
        config = bot_config(profile, tmp_path)
        arguments = ("--strategy", "EntersAtOnce", "--db-url", f"sqlite:///{tmp_path}/bot.sqlite")
        with log_path.open("w") as log:
            bot = subprocess.Popen(
                _command("trade", "--config", config, "--userdir", userdir, *arguments),
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment(),
                cwd=tmp_path,
            )
        try:
            filled = _wait_for(log_path, "entry_fill", count=2, seconds=180)
            stats = _stats_with_events(line["url"], seconds=120)
            os.kill(bot.pid, signal.SIGINT)
            bot.wait(timeout=120)
        finally:
            if bot.poll() is None:
                bot.kill()
                bot.wait()
    assert filled, log_path.read_text()[-3000:]
    assert stats["events"] > 0, "the bot watches no stream"
    assert stats["refused"] == 0


def _stats_with_events(url: str, *, seconds: float) -> dict[str, Any]:
    """Return the counters once the bot has been told something over a socket."""
    until = time.monotonic() + seconds
    while True:
        stats = get(url + "/plimsoll/stats")[1]
        if stats["events"] > 0 or time.monotonic() > until:
            return stats  # type: ignore[no-any-return]
        time.sleep(0.25)


def _wait_for(path: Path, text: str, *, count: int, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if path.read_text().count(text) >= count:
            return True
        time.sleep(0.25)
    return False
