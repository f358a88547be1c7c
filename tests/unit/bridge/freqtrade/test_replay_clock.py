"""A process on the stepped clock of a real venue: one of its own, since its time is replaced."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from plimsoll.bridge.freqtrade.replay_clock import ReplayClock
from plimsoll.core import PlimsollError
from plimsoll.lab.processes import child_environment
from tests.unit.venue.serving import venue

BEGIN_MS = 1_741_132_801_000
SERVING = ("--symbols", "BTCUSDT", "--start", "2025-03-05T00:00:01Z", "--clock", "stepped")
SCRIPT = """
import json, sys, time, threading
from datetime import UTC, datetime
from types import SimpleNamespace
from plimsoll.bridge.freqtrade.replay_clock import Driver
from plimsoll.bridge.freqtrade.venue_steps import VenueSteps
from freqtrade.persistence import Trade, init_db

url, realism, lazy, until, mode, adjust_ms = sys.argv[1:7]
venue = VenueSteps(url)
init_db("sqlite://")
driver = Driver(
    venue, int(until), realism, is_lazy=lazy == "lazy", adjust_ms=int(adjust_ms)
).take_over()
from freqtrade.worker import Worker

bot = SimpleNamespace(
    strategy=SimpleNamespace(
        timeframe="5m", order_types={"stoploss_on_exchange": True}, position_adjustment_enable=True
    ),
    active_pair_whitelist=["BTC/USDT:USDT"],
    config={"dry_run": mode == "dry-run"},
)
if mode == "live":
    Trade.get_open_trades = lambda: [
        SimpleNamespace(id=number, pair="BTC/USDT:USDT", has_open_position=True,
                        has_open_sl_orders=number == 1)
        for number in (1, 2)
    ]
worker = Worker.__new__(Worker)
worker.freqtrade = bot
seen, behind, ended = [round(time.time() * 1000)], 0, False
real = time.monotonic()
try:
    while True:
        worker._sleep(5)
        now_ms = round(time.time() * 1000)
        assert round(datetime.now(UTC).timestamp() * 1000) == now_ms
        behind = max(behind, now_ms - VenueSteps(url).now_ms())
        seen.append(now_ms)
        if len(seen) == 3:
            time.sleep(7)
            seen.append(round(time.time() * 1000))
except KeyboardInterrupt:
    ended = True
print(json.dumps({"seen": seen, "behind": behind, "ended": ended, "end": venue.now_ms(),
                  "real": time.monotonic() - real}))
"""


def drive(
    realism: str,
    *,
    lazy: str = "eager",
    minutes: int = 10,
    mode: str = "dry-run",
    adjust_ms: int = 0,
) -> dict[str, Any]:
    """Drive a bot that does nothing for some minutes; return the instants that it saw."""
    until = BEGIN_MS - 1000 + minutes * 60_000
    with venue(*SERVING) as served:
        done = subprocess.run(
            [
                *(sys.executable, "-c", SCRIPT, served["url"], realism, lazy, str(until), mode),
                str(adjust_ms),
            ],
            capture_output=True,
            text=True,
            env=child_environment({"TZ": "UTC"}),
            check=False,
            timeout=300,
        )
    assert done.returncode == 0, done.stderr[-3000:]
    told = dict(json.loads(done.stdout))
    told["seconds"] = [(at - BEGIN_MS + 1000) / 1000 for at in told["seen"]]
    assert told["ended"], "as by Ctrl-C"
    assert told["end"] == until
    return told


def test_a_minute_at_a_time_and_a_sleep_lets_simulated_time_pass() -> None:
    told = drive("minute")
    assert told["seconds"] == [1, 61, 121, 128, 181, 241, 301, 361, 421, 481, 541]
    assert told["behind"] == 0
    assert told["real"] < 60


def test_a_position_without_its_stop_is_looked_at_again_soon_but_once() -> None:
    told = drive("minute", minutes=3, mode="live")
    assert told["seconds"] == [1, 6, 61, 68, 121]


def test_a_position_that_may_be_adjusted_is_looked_at_in_a_pace() -> None:
    told = drive("minute", minutes=6, mode="live", adjust_ms=20_000)
    paced = {*range(20, 300, 20), *range(320, 360, 20)}
    assert paced | {1, 61, 301} < set(told["seconds"])
    assert 300 not in told["seconds"], "the candle that begins there has an instant of its own"
    assert drive("minute", minutes=2, adjust_ms=20_000)["seconds"] == [1, 61], "nothing is open"


CANDLES = {1, 299.999, 301, 599.999}
"""Seconds at which two candles of five minutes open and close."""


@pytest.mark.slow
def test_a_candle_has_its_open_its_extremes_and_its_close() -> None:
    told = drive("probe")
    assert set(told["seconds"]) >= CANDLES
    assert len(told["seconds"]) == 2 * 4 + 1, "and the sleep"


def test_a_lazy_clock_leaves_the_venue_behind_until_it_is_asked() -> None:
    told = drive("tick", lazy="lazy")
    assert set(told["seconds"]) >= CANDLES
    assert len(told["seconds"]) == 2 * 4 + 1
    assert told["behind"] > 0


@pytest.mark.parametrize(
    ("url", "realism", "named"),
    [
        ("http://example.com", "tick", "loopback"),
        ("http://127.0.0.1:1", "second", "realism minute, tick or probe"),
        ("http://127.0.0.1:1", "tick", "only freqtrade trade"),
    ],
)
def test_what_cannot_be_replayed_is_refused(url: str, realism: str, named: str) -> None:
    with pytest.raises(PlimsollError, match=named):
        ReplayClock(url, BEGIN_MS, realism)


def test_other_freqtrade_commands_are_refused(tmp_path: Path) -> None:
    handler = {
        "class": "plimsoll.bridge.freqtrade.replay_clock.ReplayClock",
        "url": "http://127.0.0.1:1",
        "until_ms": BEGIN_MS,
        "realism": "tick",
    }
    config = tmp_path / "config.json"
    config.write_text(
        json.dumps(
            {
                "log_config": {
                    "version": 1,
                    "handlers": {"clock": handler},
                    "root": {"handlers": ["clock"], "level": "INFO"},
                }
            }
        )
    )
    freqtrade = Path(sys.executable).with_name("freqtrade")
    done = subprocess.run(
        [freqtrade, "show-config", "-c", config],
        capture_output=True,
        text=True,
        env=child_environment(),
        check=False,
        timeout=120,
    )
    assert done.returncode == 2
    assert "plimsoll: only freqtrade trade can be replayed" in done.stderr
