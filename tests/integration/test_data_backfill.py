"""``plimsoll data backfill`` and the plain freqtrade command, on one served venue."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.unit.cli.commands import Run, assert_one_line
from tests.unit.venue.serving import bot_config, environment, post, venue

pytestmark = pytest.mark.freqtrade

PLIMSOLL = [sys.executable, "-c", "import plimsoll.cli; plimsoll.cli.main()"]
PAIRS = "BTC/USDT:USDT,ETH/USDT:USDT"
DAYS = 15
SINCE = f"{datetime.now(UTC) - timedelta(days=DAYS):%Y-%m-%d}"
STRATEGY = """
from freqtrade.strategy import IStrategy, informative

class ReadsInterest(IStrategy):
    timeframe = "5m"
    stoploss = -0.05
    minimal_roi = {"0": 0.02}
    startup_candle_count = 30
    can_short = True

    @informative("5m", candle_type="open_interest")
    def populate_indicators_interest(self, dataframe, metadata):
        dataframe["change"] = dataframe["open_interest_amount"].pct_change(12)
        return dataframe

    def populate_indicators(self, dataframe, metadata):
        known = dataframe["change_5m"].notna().mean()
        print("KNOWN", metadata["pair"], round(known, 3))
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe.loc[dataframe["change_5m"] > 0.02, "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        return dataframe
"""


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    file = tmp_path_factory.mktemp("venue") / "venue.json"
    with venue("--symbols", "BTCUSDT,ETHUSDT", "--write-config", file):
        yield file


def words(profile: Path, folder: Path, *more: str) -> list[str]:
    arguments = ["data", "backfill", "--pairs", PAIRS, "--since", SINCE, "-c", str(profile)]
    (folder / "user_data" / "strategies").mkdir(parents=True, exist_ok=True)
    return [*PLIMSOLL, *arguments, "--userdir", str(folder / "user_data"), *more]


def run(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, capture_output=True, text=True, timeout=400, env=environment(), cwd=folder
    )


def filled(profile: Path, folder: Path, *more: str) -> dict[str, Any]:
    done = run(words(profile, folder, "--json", *more), folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(json.loads(done.stdout))


def archive(folder: Path) -> Path:
    return folder / "user_data" / "data" / "binance"


def killed_when(file: Path, command: list[str], folder: Path) -> None:
    """Start a backfill and kill it, unasked and at once, as soon as a file is there."""
    child = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment(), cwd=folder
    )
    until = time.monotonic() + 300
    while not file.exists() and child.poll() is None and time.monotonic() < until:
        time.sleep(0.02)
    assert child.poll() is None, "it ended before it could be killed"
    os.kill(child.pid, signal.SIGKILL)
    child.wait()


def test_killed_twice_and_resumed_it_stores_what_a_straight_run_stores(
    profile: Path, tmp_path: Path
) -> None:
    straight, cut = tmp_path / "straight", tmp_path / "cut"
    expected = filled(profile, straight)
    own = archive(cut) / "plimsoll"
    killed_when(own / "staging" / SINCE.replace("-", "") / "futures", words(profile, cut), cut)
    killed_when(own / "metrics-days" / "BTCUSDT.json", words(profile, cut), cut)
    resumed = filled(profile, cut)
    assert [file["kind"] for file in resumed["files"]] == [
        file["kind"] for file in expected["files"]
    ]
    for file in sorted((archive(straight)).rglob("*.feather")):
        ours = pd.read_feather(archive(cut) / file.relative_to(archive(straight)))
        theirs = pd.read_feather(file)
        last = min(ours["date"].iloc[-1], theirs["date"].iloc[-1])
        pd.testing.assert_frame_equal(ours[ours["date"] <= last], theirs[theirs["date"] <= last])
    assert not list(archive(cut).rglob("*.half"))

    listed = run(
        [
            *(sys.executable, "-m", "freqtrade", "list-data", "--userdir", f"{cut}/user_data"),
            *("--datadir", str(archive(cut)), "--trading-mode", "futures"),
        ],
        cut,
    )
    assert listed.returncode == 0, listed.stderr
    for kind in ("futures", "mark", "funding_rate", "open_interest", "premiumIndex"):
        assert kind in listed.stdout
    check_and_backtest(profile, cut)


def check_and_backtest(profile: Path, folder: Path) -> None:
    """The archive has no defect, and Freqtrade trades on its open interest."""
    checked = run([*PLIMSOLL, "data", "check", "--datadir", str(archive(folder))], folder)
    assert checked.returncode == 0, checked.stdout
    (folder / "user_data" / "strategies" / "reads_interest.py").write_text(STRATEGY)
    config = bot_config(profile, folder)
    traded = run(
        [
            *(sys.executable, "-m", "freqtrade", "backtesting", "--config", str(config)),
            *("--userdir", f"{folder}/user_data", "--strategy", "ReadsInterest"),
            *("--cache", "none"),
        ],
        folder,
    )
    assert traded.returncode == 0, traded.stderr[-2000:]
    assert "KNOWN BTC/USDT:USDT 1.0" in traded.stdout
    assert "KNOWN ETH/USDT:USDT 1.0" in traded.stdout
    assert "ReadsInterest" in traded.stdout


def test_two_at_once_are_refused_clearly(profile: Path, tmp_path: Path) -> None:
    first = subprocess.Popen(
        words(profile, tmp_path), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env=environment(), cwd=tmp_path,
    )  # fmt: skip
    try:
        lock = archive(tmp_path) / "plimsoll" / "staging"
        until = time.monotonic() + 240
        while not lock.exists() and time.monotonic() < until:
            time.sleep(0.02)
        # Else it may have ended before the second asks, which takes seconds to start.
        first.send_signal(signal.SIGSTOP)
        second = run(words(profile, tmp_path), tmp_path)
        assert second.returncode == 1
        assert "another backfill is writing" in second.stderr
        assert "Traceback" not in second.stderr
    finally:
        first.kill()
        first.wait()


def test_a_pair_that_does_not_trade_falls_short_and_the_others_are_stored(
    profile: Path, tmp_path: Path
) -> None:
    command = words(profile, tmp_path, "--json", "--kinds", "open_interest")
    command[command.index(PAIRS)] = "LUNA/USDT:USDT,ETH/USDT:USDT"
    done = run(command, tmp_path)
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert {file["pair"] for file in told["files"]} == {"ETH/USDT:USDT"}
    assert any("renamed or delisted" in problem for problem in told["problems"])


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--since", "2018-01-01", "--until", "2018-02-01"], "BTC/USDT:USDT: listed on 2019-09-08"),
        (["--pairs", "FOO/USDT:USDT"], "FOO/USDT:USDT: FOOUSDT does not trade on the exchange"),
    ],
    ids=["before the listing", "an unknown pair"],
)
def test_a_pair_with_nothing_to_fetch_is_one_line(
    profile: Path, tmp_path: Path, more: list[str], said: str
) -> None:
    one = ["--json", "--pairs", "BTC/USDT:USDT", "--since", days_ago(3)]
    done = run(words(profile, tmp_path, *one, *more), tmp_path)
    assert done.returncode == 1
    told = json.loads(done.stdout)
    [problem] = told["problems"]
    assert problem.startswith(said)
    assert (told["notes"], told["missing_days"]) == ([], {})
    assert "download-data" not in done.stderr


def fault(profile: Path, **options: object) -> None:
    config = json.loads(profile.read_text())
    url = config["exchange"]["ccxt_config"]["urls"]["api"]["archive"]
    status, answer = post(f"{url}/plimsoll/faults", {"kind": "http-error", **options})
    assert status == 200, answer


def test_candles_that_freqtrade_lost_silently_fall_short_and_come_with_the_next_run(
    profile: Path, tmp_path: Path
) -> None:
    few = ("--json", "--kinds", "candles", "--timeframes", "5m")
    fault(profile, status=503, paths=["/fapi/v1/klines"], symbols=["BTCUSDT"], count=6)
    short = run(words(profile, tmp_path, *few), tmp_path)
    assert short.returncode == 1
    assert "lost" in json.loads(short.stdout)["problems"][-1]
    whole = filled(profile, tmp_path, *few)
    [rows] = [file["rows"] for file in whole["files"] if file["pair"] == "BTC/USDT:USDT"]
    assert rows >= DAYS * 288
    checked = run(
        [*PLIMSOLL, "data", "check", "--json", "--datadir", str(archive(tmp_path))], tmp_path
    )
    found = {one["check"] for one in json.loads(checked.stdout)["findings"]}
    assert found == {"coverage"}  # no funding was asked for, and that is said


def test_a_busy_archive_is_waited_for(profile: Path, tmp_path: Path) -> None:
    daily = ["/data/futures/*"]
    fault(profile, status=503, paths=daily, share=0.3, count=30)
    fault(profile, status=429, paths=daily, share=0.3, count=5, retry_after_seconds=1)
    told = filled(profile, tmp_path, "--kinds", "open_interest,ratios")
    assert told["missing_days"] == {}
    assert told["wall_seconds"] >= 1.0


@pytest.mark.skipif(sys.platform == "win32", reason="limits on file sizes are of POSIX")
@pytest.mark.parametrize(
    "room",
    [
        pytest.param(4_000, id="for no log"),
        pytest.param(30_000, id="for no candles", marks=pytest.mark.slow),
    ],
)
def test_a_full_disk_is_one_line_and_nothing_is_lost(
    profile: Path, tmp_path: Path, room: int
) -> None:
    import resource

    one = ["--pairs", "BTC/USDT:USDT", "--kinds", "candles", "--timeframes", "5m"]
    hourly = words(profile, tmp_path, *one, "--since", days_ago(3), "--timeframes", "1h")
    stored = archive(tmp_path) / "futures" / "BTC_USDT_USDT-1h-futures.feather"
    assert run(hourly, tmp_path).returncode == 0
    before = stored.read_bytes()
    command = words(profile, tmp_path, *one, "--since", days_ago(20))
    full = subprocess.run(
        command, capture_output=True, text=True, timeout=400, env=environment(), cwd=tmp_path,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)),
    )  # fmt: skip
    assert full.returncode == 1
    assert "Traceback" not in full.stderr
    [error] = [line for line in full.stderr.splitlines() if line.startswith("plimsoll: ")]
    assert "File too large" in error
    assert "make room and run the same command again" in error
    assert stored.read_bytes() == before
    assert run(command, tmp_path).returncode == 0
    fine = pd.read_feather(stored.with_name("BTC_USDT_USDT-5m-futures.feather"))
    assert len(fine) >= 20 * 288
    assert set(fine["date"].diff().dropna()) == {pd.Timedelta(minutes=5)}


def days_ago(days: int) -> str:
    return f"{datetime.now(UTC) - timedelta(days=days):%Y-%m-%d}"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(
            ["--since", days_ago(10)],
            ["--since", days_ago(70), "--until", days_ago(61)],
            id="a hole between two spans",
        ),
        pytest.param(
            ["--since", days_ago(10)],
            ["--since", "2018-01-01", "--until", "2018-02-01"],
            id="a beginning before the listing",
        ),
    ],
)
def test_a_span_that_was_not_asked_for_is_filled_when_it_is(
    profile: Path, tmp_path: Path, first: list[str], second: list[str]
) -> None:
    one = ["--pairs", "BTC/USDT:USDT", "--kinds", "candles", "--timeframes", "1h"]
    for span in (first, second, ["--since", days_ago(70)]):
        last = run(words(profile, tmp_path, *one, *span), tmp_path)
    assert last.returncode == 0, last.stderr
    stored = pd.read_feather(archive(tmp_path) / "futures" / "BTC_USDT_USDT-1h-futures.feather")
    assert str(stored["date"].iloc[0])[:10] == days_ago(70)
    assert set(stored["date"].diff().dropna()) == {pd.Timedelta(hours=1)}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--kinds", "candles,gossip"], "gossip"),
        (["--kinds", ""], "--kinds of candles, mark"),
        (["--since", "2099-01-01"], "--since no later than today"),
        (["--timeframes", "7m"], "--timeframes of 1m, 3m, 5m"),
        (["--timeframes", ""], "--timeframes such as 5m,1h"),
        (["--timeframes", "1m", "--kinds", "open_interest"], "5m or longer for open_interest"),
        (["--timeframes", "5x"], "timeframe"),
        (["--until", "2019-01-01"], "--until on or after --since"),
        (["--since", "yesterday"], "YYYY-MM-DD"),
        (["--pairs", "BTC/USDT"], "BTC/USDT:USDT"),
        (["--config", "nowhere.json"], "nowhere.json"),
    ],
)
def test_wrong_words_are_wrong_usage(
    profile: Path, tmp_path: Path, run: Run, more: list[str], said: str
) -> None:
    done = run(*words(profile, tmp_path, *more)[len(PLIMSOLL) :])
    assert done.status == 2
    assert_one_line(done, said)


def test_check_says_what_is_wrong_and_exits_with_one(tmp_path: Path) -> None:
    from plimsoll.archive.layout import Kind, Series
    from plimsoll.archive.store import append_rows
    from tests.conftest import random_candles

    rows = random_candles(3000).drop(index=range(500, 900))
    append_rows(Series("BTC/USDT:USDT", Kind.CANDLES, "5m"), rows, tmp_path)
    done = run([*PLIMSOLL, "data", "check", "--datadir", str(tmp_path), "--json"], tmp_path)
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert told["counts"]["error"] == 2
    [gap] = [one for one in told["findings"] if one["check"] == "gap"]
    assert (gap["rows"], gap["kind"], gap["severity"]) == (400, "candles", "error")
    assert "plimsoll data backfill" in gap["remedy"]
    missing = run([*PLIMSOLL, "data", "check", "--datadir", "nowhere"], tmp_path)
    assert missing.returncode == 2
