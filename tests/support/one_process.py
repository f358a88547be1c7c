"""Freqtrade's own bot in this process, in live mode on a served venue: a loop at a time.

with one_process_bot(folder, venue, source) as bot:
    bot.loop()
    assert bot.held() == {}
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from freqtrade.configuration import Configuration
from freqtrade.enums import RunMode, State
from freqtrade.freqtradebot import FreqtradeBot
from freqtrade.misc import deep_merge_dicts
from freqtrade.persistence import Trade
from freqtrade.persistence.usedb_context import enable_database_use

from plimsoll.bridge.config.settings import LIVE_OPT_IN
from plimsoll.journal.files import records_backwards
from plimsoll.lab.venue import Venue
from tests.support import venue_keys

ENTERS = """
import time

import pandas as pd

from plimsoll.features import volatility
from plimsoll.strategies import GuardedStrategy


class Hostile(GuardedStrategy):
    timeframe = "5m"
    can_short = False
    stoploss = -0.5

    def features(self):
        return [volatility.atr.use(period=14)]

    def entry_signal(self, candles, side):
        return pd.Series(data=True, index=candles.index)

    def stop_distance(self):
        return volatility.atr.use(period=14), 10_000.0
"""
"""A strategy that is long at all times; a test adds to it what disarms the guards."""

ORDER_TYPES = {
    **dict.fromkeys(("entry", "exit", "emergency_exit", "force_exit", "stoploss"), "market"),
    "stoploss_on_exchange": False,
}
WIDE = {
    "max_candle_delay_seconds": 3600,
    "max_blind_seconds": 86_400,
    "cooldown_seconds": 0,
    "max_trades_per_day": 10_000,
    "max_orders": 1_000,
    "max_correlation": 1,
}


@dataclass
class OneProcessBot:
    """A bot whose loops a test runs itself."""

    bot: FreqtradeBot
    folder: Path
    venue: Venue

    def loop(self) -> None:
        """Do what Freqtrade's worker does between two pauses."""
        self.bot.process()

    def held(self) -> dict[str, float]:
        """Return what the exchange's own books say is open, by symbol."""
        rows = self.signed("/fapi/v2/positionRisk")
        return {row["symbol"]: float(row["positionAmt"]) for row in rows}

    def signed(self, path: str) -> Any:
        """Return a signed endpoint's answer."""
        return venue_keys.signed(self.venue.url, path)

    def open_trades(self) -> list[Trade]:
        """Return the open trades of the database."""
        return list(Trade.get_open_trades())

    def records(self, kind: str) -> list[dict[str, Any]]:
        """Return the decision log's records of a kind, oldest first."""
        rows = records_backwards(self.folder / "user_data/plimsoll/decisions")
        return [one for one in reversed(list(rows)) if one["kind"] == kind]


@contextmanager
def one_process_bot(
    folder: Path, venue: Venue, source: str, *, live: bool = True, **overlay: Any
) -> Iterator[OneProcessBot]:
    """Start a bot on a fresh database in ``folder``; a second call there restarts it."""
    user = folder / "user_data"
    user.mkdir(exist_ok=True)
    (folder / "Hostile.py").write_text(source, encoding="utf-8")
    config = _config(folder, venue, live=live, **overlay)
    enable_database_use()
    bot = FreqtradeBot(config)
    bot.state = State.RUNNING
    try:
        bot.startup()
        yield OneProcessBot(bot, folder, venue)
    finally:
        bot.cleanup()
        Trade.session.remove()


def _config(folder: Path, venue: Venue, *, live: bool, **overlay: Any) -> dict[str, Any]:
    profile = json.loads(venue.config.read_text(encoding="utf-8"))
    del profile["log_config"]  # this process keeps its own log and its own clock
    own = {
        "dry_run": not live,
        "dry_run_wallet": 10_000,
        "max_open_trades": len(venue.symbols),
        "stake_amount": 500,
        "tradable_balance_ratio": 0.9,
        "initial_state": "running",
        "order_types": ORDER_TYPES,
        "unfilledtimeout": {"entry": 600, "exit": 600},
        "pairlists": [{"method": "StaticPairList"}],
        "exchange": {"enable_ws": False},
        "plimsoll": {"live_opt_in": LIVE_OPT_IN, "risk": WIDE},
    }
    file = folder / "bot.json"
    file.write_text(json.dumps(deep_merge_dicts(overlay, deep_merge_dicts(own, profile))))
    arguments = {
        "config": [str(file)],
        "user_data_dir": str(folder / "user_data"),
        "strategy": "Hostile",
        "strategy_path": str(folder),
        "db_url": f"sqlite:///{folder}/bot.sqlite",
    }
    runmode = RunMode.LIVE if live else RunMode.DRY_RUN
    return Configuration(arguments, runmode).get_config()
