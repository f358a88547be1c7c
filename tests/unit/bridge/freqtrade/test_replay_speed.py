"""What a replay replaces in Freqtrade's exchange gives what Freqtrade gives, against a real venue.

The replaced classes are those of a process of its own: the parent keeps Freqtrade as it is.
"""

import json
import subprocess
import sys

from plimsoll.lab.processes import child_environment

SCRIPT = """
import json, sys, tempfile
from pathlib import Path
import pandas as pd
import time_machine
from plimsoll.bridge.freqtrade.venue_steps import VenueSteps
from plimsoll.bridge.freqtrade import replay_speed
from plimsoll.lab.venue import serve_venue

PAIRS = ("BTC/USDT:USDT", "ETH/USDT:USDT")
with tempfile.TemporaryDirectory() as folder:
    serving = ["--symbols", ",".join(PAIRS), "--clock", "stepped"]
    with serve_venue([*serving, "--start", "2025-03-05T00:00:01Z"], folder=Path(folder)) as venue:
        steps = VenueSteps(venue.url)
        now_ms = steps.now_ms()
        traveller = time_machine.travel(now_ms / 1000, tick=False).start()
        from freqtrade.enums import CandleType
        from freqtrade.resolvers import ExchangeResolver

        config = json.loads(Path(venue.config).read_text())
        config |= {"candle_type_def": CandleType.FUTURES, "timeframe": "5m"}
        config["exchange"]["enable_ws"] = False
        config["runmode"] = "dry_run"
        asked = [(pair, "5m", CandleType.FUTURES) for pair in PAIRS]

        def exchange():
            made = ExchangeResolver.load_exchange(json.loads(json.dumps(config)) | config)
            made._startup_candle_count = 60
            return made

        plain, quick = exchange(), exchange()
        process = type(plain)._process_ohlcv_df
        fetch = type(plain)._async_get_candle_history
        rows = []
        for index in range(30):
            frames = [plain.refresh_latest_ohlcv(asked)]
            with replay_speed_of(quick):
                frames.append(quick.refresh_latest_ohlcv(asked))
            for key in asked:
                pd.testing.assert_frame_equal(frames[0][key], frames[1][key], check_exact=True)
                rows.append(len(frames[1][key]))
            now_ms = steps.move(900_000 if index == 20 else 75_000)
            traveller.move_to(now_ms / 1000)
        print(json.dumps({"rows": rows, "appended": APPENDED[0], "asked": ASKED}))
"""
HELP = """
from contextlib import contextmanager
from freqtrade.exchange.exchange import Exchange

APPENDED, ASKED = [0], []


@contextmanager
def replay_speed_of(_):
    kept = Exchange._process_ohlcv_df, Exchange._async_get_candle_history
    from plimsoll.bridge.freqtrade import replay_speed

    counted = replay_speed.appended

    def appended(*given):
        frame = counted(*given)
        APPENDED[0] += frame is not None
        ASKED.append(len(given[1]))
        return frame

    replay_speed.appended = appended
    replay_speed.fetch_only_new_candles()
    replay_speed.append_candles()
    yield
    replay_speed.appended = counted
    Exchange._process_ohlcv_df, Exchange._async_get_candle_history = kept
"""


def test_candles_of_two_hours_equal_those_of_an_exchange_as_it_is() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", HELP + SCRIPT],
        capture_output=True,
        text=True,
        env=child_environment({"TZ": "UTC"}),
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["appended"] >= 10, "each new candle, of both pairs"
    assert max(told["asked"]) <= 6, "no more than is new, and the newest known one"
    assert min(told["rows"]) > 400
