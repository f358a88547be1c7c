"""A book is asked for once an instant, and is the one that Freqtrade would get, of a real venue."""

import json
import subprocess
import sys

from plimsoll.lab.processes import child_environment

SCRIPT = """
import json, tempfile
from pathlib import Path
import time_machine
from plimsoll.bridge.freqtrade.replay_requests import Sent, call_before_requests, remember_books
from plimsoll.bridge.freqtrade.venue_steps import VenueSteps
from plimsoll.lab.venue import serve_venue

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
with tempfile.TemporaryDirectory() as folder:
    serving = ["--symbols", f"{BTC},{ETH}", "--clock", "stepped"]
    with serve_venue([*serving, "--start", "2025-03-05T00:00:01Z"], folder=Path(folder)) as venue:
        steps = VenueSteps(venue.url)
        traveller = time_machine.travel(steps.now_ms() / 1000, tick=False).start()
        from freqtrade.enums import CandleType
        from freqtrade.exchange.exchange import Exchange
        from freqtrade.resolvers import ExchangeResolver

        config = json.loads(Path(venue.config).read_text())
        config |= {"candle_type_def": CandleType.FUTURES, "timeframe": "5m"}
        config |= {"runmode": "dry_run", "dry_run": False}
        config["exchange"]["enable_ws"] = False
        made = ExchangeResolver.load_exchange(config, validate=False)
        requests, sent = [], Sent()
        call_before_requests(lambda: requests.append(1), sent)
        plain = Exchange.fetch_l2_order_book
        remember_books(sent)
        plain(made, BTC, 5)  # the markets are loaded
        told = []

        def ask(pair=BTC, limit=5):
            before = len(requests)
            book = made.fetch_l2_order_book(pair, limit)
            told.append(len(requests) - before)
            assert book == plain(made, pair, limit)
            return book

        ask()["bids"].clear()
        ask()
        ask(ETH)
        ask(BTC, 20)
        traveller.move_to(steps.move(60_000) / 1000)
        moved = ask()
        ask()
        made._api.create_order(BTC, "market", "buy", 0.01)
        ask()
        print(json.dumps({"told": told, "sent": sent.count, "bid": moved["bids"][0]}))
"""


def test_a_book_is_asked_for_again_at_another_instant_or_after_an_order() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", SCRIPT],
        capture_output=True,
        text=True,
        env=child_environment({"TZ": "UTC"}),
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["told"] == [1, 0, 1, 1, 1, 0, 1]
    assert told["sent"] == 1
