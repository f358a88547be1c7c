"""Whatever a strategy of somebody else's does beside its callbacks, a halt closes.

As `test_hostile_hooks`, by means that stand outside of what Freqtrade confirms with a strategy.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from textwrap import indent

import freqtrade.freqtradebot
import pytest
from freqtrade.persistence import Trade

from plimsoll.bridge.state.folder import StateFolder
from plimsoll.lab.venue import Venue, serve_venue
from tests.support.one_process import OneProcessBot, one_process_bot
from tests.unit.bridge.wrapping.foreign import guarding

pytestmark = pytest.mark.freqtrade

LONG = """
from freqtrade.exceptions import DependencyException
from freqtrade.strategy import IStrategy


class Hostile(IStrategy):
    timeframe = "5m"
    stoploss = -0.5
    minimal_roi = {}
    startup_candle_count = 20
    armed = False

    def populate_indicators(self, dataframe, metadata):
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe["enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        return dataframe

"""
"""A strategy that is long at all times; it does what a test adds once it is armed."""

SIGNALS_RAISE = """
def get_exit_signal(self, *given, **asked):
    raise DependencyException("no signal")
"""
ANALYSIS_RAISES = """
def analyze(self, pairs):
    if self.armed:
        raise RuntimeError("a bug of its own")
    super().analyze(pairs)
"""
CANDLES_END_IT = """
process_only_new_candles = False

def populate_exit_trend(self, dataframe, metadata):
    if self.armed:
        raise SystemExit
    return dataframe
"""
PAIRS_RAISE = """
def informative_pairs(self):
    if self.armed:
        raise RuntimeError("a bug of its own")
    return []
"""
TYPES_RAISE = """
@property
def order_types(self):
    if self.armed:
        raise KeyError("exit")
    return {"entry": "market", "exit": "limit", "emergency_exit": "limit", "stoploss": "limit",
            "stoploss_on_exchange": False}

@order_types.setter
def order_types(self, value):
    pass
"""
HOSTILE = {
    "its signals raise": SIGNALS_RAISE,
    "its analysis raises": ANALYSIS_RAISES,
    "its candles end the bot": CANDLES_END_IT,
    "its informative pairs raise": PAIRS_RAISE,
    "its order types raise": TYPES_RAISE,
}
CHASES = """
order_types = {"entry": "limit", "exit": "limit", "emergency_exit": "limit",
    "stoploss": "limit", "stoploss_on_exchange": False}

def custom_entry_price(self, proposed_rate, **others):
    return proposed_rate * 0.985

def adjust_entry_price(self, proposed_rate, **others):
    return proposed_rate * 1.1
"""


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Venue]:
    arguments = ["--market", "synthetic", "--symbols", "BTC/USDT:USDT,ETH/USDT:USDT"]
    with serve_venue(arguments, folder=tmp_path_factory.mktemp("venue")) as served:
        yield served


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(code, id=name, marks=[pytest.mark.slow] if number % 3 else [])
        for number, (name, code) in enumerate(HOSTILE.items())
    ],
)
def test_a_halt_closes(tmp_path: Path, venue: Venue, code: str) -> None:
    source = LONG + indent(code, "    ")
    with guarding(), one_process_bot(tmp_path, venue, source) as bot:
        bot.loop()
        assert len(bot.held()) == 2
        bot.bot.strategy.armed = True
        StateFolder(tmp_path / "user_data/plimsoll").set_halt("drill")
        bot.loop()
        assert bot.held() == {}, "by the exchange's own books"
        closed = Trade.get_trades([]).all()
        assert {trade.exit_reason for trade in closed} == {"plimsoll_manual_halt"}
        assert {trade.orders[-1].order_type for trade in closed} == {"market"}


def prices(bot: OneProcessBot) -> list[float]:
    """What every entry rests at."""
    return [order.price for trade in bot.open_trades() for order in trade.open_orders]


def test_an_entry_that_rests_is_not_sent_anew_far_from_the_market(
    tmp_path: Path, venue: Venue, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = LONG + indent(CHASES, "    ")
    resting = {"order_types": {"entry": "limit", "exit": "limit"}}
    with guarding(), one_process_bot(tmp_path, venue, source, **resting) as bot:
        bot.loop()
        before = prices(bot)
        assert len(before) == 2
        in_an_hour = datetime.now(UTC) + timedelta(hours=1)  # a candle closes, for Freqtrade
        monkeypatch.setattr(freqtrade.freqtradebot, "timeframe_to_next_date", lambda *_: in_an_hour)
        bot.loop()
        assert prices(bot) == before
        assert bot.held() == {}
        assert {one["rule"] for one in bot.records("denial")} == {"price_collar"}
        monkeypatch.undo()
        StateFolder(tmp_path / "user_data/plimsoll").set_halt("drill")
        bot.loop()
        assert prices(bot) == []
