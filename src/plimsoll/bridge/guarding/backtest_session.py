"""The guards of a backtest."""

import logging
from datetime import datetime
from typing import Any

import pandas as pd
from freqtrade.enums import RunMode
from freqtrade.strategy import timeframe_to_minutes

from plimsoll.bridge.account.backtest import BacktestAccount
from plimsoll.bridge.account.closes import Closes
from plimsoll.bridge.config.expectation import read_expectation
from plimsoll.bridge.config.settings import PlimsollSettings
from plimsoll.bridge.guarding.session import Session
from plimsoll.bridge.guarding.supervisor import Supervisor
from plimsoll.bridge.state.recorder import backtest_recorder
from plimsoll.core import Mode

logger = logging.getLogger(__name__)


class BacktestSession(Session):
    """The guards of a backtest: the account in memory, begun anew for each run."""

    def __init__(self, strategy: Any, settings: PlimsollSettings) -> None:
        super().__init__(strategy, settings)
        self.guards = settings.guard_backtests and not strategy.baseline
        self._seconds = timeframe_to_minutes(strategy.timeframe) * 60
        self._closes = Closes(self._seconds)
        self._last: datetime | None = None
        self._expectation = read_expectation(settings.expectation_file)
        self.record = backtest_recorder(strategy.config, settings)

    def learn(self, pair: str, candles: pd.DataFrame) -> None:
        """Keep the closes of a pair, to mark its positions by."""
        self._closes.add(pair, candles)

    def loop(self, now: datetime) -> None:
        """Let the guards look at the account of this candle; going back begins a new account."""
        last = self._last
        if last is None or now < last:
            self._begin()
        self._last = now
        if not self.guards:
            return
        supervisor = self._require()
        try:
            supervisor.loop(now)
        except Exception as error:
            logger.exception("plimsoll: the guards could not be asked")
            supervisor.failed(now, error)

    def _begin(self) -> None:
        profile = self._settings.risk
        account = BacktestAccount(
            profile,
            self._closes,
            starting_balance_usd=self._strategy.wallets.get_starting_balance(),
            expectation=self._expectation,
        )
        self.supervisor = Supervisor(
            account,
            profile,
            observations=profile.backtest_breach_observations,
            record=self.record,
            tell=self._tell,
        )
        self._pending.clear()

    def _tell(self, text: str) -> None:
        """Say when the account of a backtest is halted: it trades no more."""
        halted = text.startswith(f"plimsoll: {Mode.HALTED.name}")
        if halted and self._strategy.config["runmode"] == RunMode.BACKTEST:
            logger.warning("%s: %s, at %s", type(self._strategy).__name__, text, self._last)
