"""A user folder, and a bot's database with what a guarded bot leaves in it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from freqtrade.persistence import PairLocks, Trade

from plimsoll.bridge.state import locks
from plimsoll.core import Mode, Verdict
from tests.unit.bridge.trades import database_trades, trade_fields

NOW = datetime.now(UTC).replace(microsecond=0)
FELL = Verdict(Mode.HALTED, "drawdown", "drawdown 13.00 % reached its limit 12.00%")
DAY = Verdict(Mode.FLATTEN, "daily_loss", "daily loss 40.00 USD", NOW + timedelta(hours=3))
BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"


@pytest.fixture
def userdir(tmp_path: Path) -> Path:
    folder = tmp_path / "user_data"
    folder.mkdir()
    return folder


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Path]:
    """A halt, a daily loss, a person's own lock, an ended lock, an open and a closed trade."""
    file = tmp_path / "bot.sqlite"
    timeframe, PairLocks.timeframe = PairLocks.timeframe, "5m"
    opened = NOW.replace(tzinfo=None) - timedelta(hours=2)
    with database_trades(file):
        locks.hold(FELL, NOW)
        locks.hold(DAY, NOW)
        PairLocks.lock_pair(ETH, NOW + timedelta(days=1), "a person's", now=NOW)
        PairLocks.lock_pair(BTC, NOW - timedelta(hours=1), "over", now=NOW - timedelta(hours=2))
        Trade.session.add(Trade(**trade_fields(opened, stop_loss=90.0)))
        closed = {"is_open": False, "close_date": opened, "close_profit_abs": 1.0}
        Trade.session.add(Trade(**trade_fields(opened, pair=ETH, **closed)))
        Trade.commit()
    yield file
    PairLocks.timeframe = timeframe
