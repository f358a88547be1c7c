"""What keeps a running bot's entry from being sent, though no guard of the account denies it."""

from typing import Any

from freqtrade.strategy import timeframe_to_seconds

from plimsoll.bridge.account.live_candles import LiveCandles
from plimsoll.bridge.guarding.entry import Pending
from plimsoll.bridge.state.recorder import Recorder
from plimsoll.core import Mode, Verdict
from plimsoll.risk.guards.stale_data import RULE

BY_HAND = "force_entry"
"""The tag of an entry that a person forces: it is by no signal."""


class Sending:
    """Denies entries that cannot be recorded, and those by the signal of an old candle."""

    def __init__(self, strategy: Any, recorder: Recorder) -> None:
        seconds = timeframe_to_seconds(strategy.timeframe)
        self._candles = LiveCandles(
            strategy.dp, timeframe=strategy.timeframe, candle_seconds=seconds
        )
        self._recorder = recorder

    def denial(self, pending: Pending) -> Verdict | None:
        """Return why an entry is not sent; ``None`` when it may be."""
        pair = pending.request.pair
        if self._recorder.fault is not None:
            reason = f"decisions cannot be recorded: {self._recorder.fault}"
            return Verdict(Mode.REDUCING, "decision_log", reason, pair=pair)
        fault = None if pending.tag == BY_HAND else self._candles.fault_of_analysis(pair)
        return None if fault is None else Verdict(Mode.REDUCING, RULE, fault, pair=pair)
