"""A declared stop is one that Freqtrade sets: stakes are sized by it.

`tests/contracts/test_strategy_callbacks.py` has a strategy with a stop of its own beside it.
"""

from pathlib import Path
from typing import Any

import pytest
from freqtrade.exceptions import OperationalException

from tests.unit.bridge.bots import PLAIN, running_bot
from tests.unit.bridge.guarding.test_live_session import clock, loops

__all__ = ["clock"]

STOPPED = f"""
from plimsoll.features import volatility
{PLAIN}
    def features(self):
        return [volatility.atr.use(period=14)]

    def stop_distance(self):
        return self.features()[0], 2.0

    def entry_signal(self, candles, side):
        return candles["close"] < 0
"""
TAKES_IT_BACK = f"""{STOPPED}
    def on_loop(self, now):
        self.use_custom_stoploss = False
"""


def test_a_declared_stop_that_is_never_set_is_refused(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The config could switch it off, and stakes were sized by it nevertheless."""
    with running_bot(tmp_path, STOPPED):
        pass
    with (
        pytest.raises(OperationalException, match="use_custom_stoploss to be true"),
        running_bot(tmp_path, STOPPED, use_custom_stoploss=False),
    ):
        pass
    assert [record for record in caplog.records if record.exc_info] == []  # one line, no traceback


def test_a_trailing_stop_that_would_not_trail_is_refused(tmp_path: Path) -> None:
    """Freqtrade trails by what ``custom_stoploss`` answered, which is the declared price."""
    with (
        pytest.raises(OperationalException, match="trailing_stop to be false"),
        running_bot(tmp_path, STOPPED, trailing_stop=True),
    ):
        pass
    with running_bot(tmp_path, PLAIN, trailing_stop=True) as bot:
        assert bot.strategy.trailing_stop is True


def test_it_stays_in_force_whatever_the_strategy_sets_later(tmp_path: Path, clock: Any) -> None:
    with running_bot(tmp_path, TAKES_IT_BACK) as bot:
        loops(bot, clock, 2)
        assert bot.strategy.use_custom_stoploss is True
