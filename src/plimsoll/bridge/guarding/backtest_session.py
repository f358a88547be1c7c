"""The guards of a backtest."""

import logging
from datetime import datetime
from typing import Any

import pandas as pd
from freqtrade.enums import RunMode
from freqtrade.strategy import timeframe_to_minutes

from plimsoll.bridge.account.backtest import BacktestAccount, Marked
from plimsoll.bridge.account.calm import Bounds
from plimsoll.bridge.account.closes import Closes
from plimsoll.bridge.config.expectation import read_expectation
from plimsoll.bridge.config.settings import PlimsollSettings
from plimsoll.bridge.freqtrade.backtest_report import offer_acts
from plimsoll.bridge.guarding.backtest_past import PastCandles
from plimsoll.bridge.guarding.counted_session import CountedSession
from plimsoll.bridge.guarding.entry import Wanted
from plimsoll.bridge.guarding.observing import ObservingSupervisor
from plimsoll.bridge.guarding.places import ACTED, acted_words
from plimsoll.bridge.guarding.rearming import BY_POLICY, FOR_EVER, RearmPolicy
from plimsoll.bridge.guarding.supervisor import Supervisor
from plimsoll.bridge.state.recorder import backtest_recorder, observed, silent
from plimsoll.core import Mode
from plimsoll.journal.kind import Kind

logger = logging.getLogger(__name__)

__all__ = ["FOR_EVER", "BacktestSession"]


class BacktestSession(CountedSession):
    """The guards of a backtest: the account in memory, a new one for each run."""

    def __init__(self, strategy: Any, settings: PlimsollSettings) -> None:
        super().__init__(strategy, settings)
        self.guards = settings.guards != "off" and not getattr(strategy, "baseline", False)
        self._acts = self._no_acts()
        self._seconds = timeframe_to_minutes(strategy.timeframe) * 60
        self._closes = Closes(self._seconds)
        self._past = PastCandles(strategy.config, settings.risk.correlation_candles)
        self._last: datetime | None = None
        self._account: BacktestAccount | None = None
        self._added: Wanted | None = None
        self._policy = RearmPolicy(settings.backtest_rearm.after_days)
        self._expectation = read_expectation(settings.expectation_file)
        self.record = backtest_recorder(strategy.config, settings)
        if self.observes:
            self.record = silent if self.record is silent else observed(self.record)
        self._counts = strategy.config["runmode"] == RunMode.BACKTEST
        if self._counts:
            offer_acts(strategy.get_strategy_name(), strategy.config, self.acts_of)

    def learn(self, pair: str, candles: pd.DataFrame) -> None:
        """Keep the closes of a pair, to mark its positions by; older ones too, for the guards."""
        if self.guards:
            candles = self._past.before(pair, candles, self._strategy.timeframe)
        self._closes.add(pair, candles)

    def loop(self, now: datetime) -> None:
        """Let the guards look at the account of this candle; an earlier one opens a new account."""
        last = self._last
        if last is None or now < last:
            self._begin()
        self._last = now
        if not self.guards:
            return
        supervisor = self._require()
        try:
            supervisor.loop(now)
            self._rearm(supervisor, now)
        except Exception as error:
            logger.exception("plimsoll: the guards could not be asked")
            supervisor.failed(now, error)

    def rests(self, now: datetime) -> bool:
        """Return whether nothing can happen on this candle, by exact bounds; it is seen then."""
        last, supervisor, account = self._last, self.supervisor, self._account
        if supervisor is None or account is None or last is None or now < last:
            return False
        self._last = now
        if not self.guards:
            return True
        try:
            if supervisor.is_idle:
                return account.is_calm(now)
            would_halt = isinstance(supervisor, ObservingSupervisor) and supervisor.halted
            return bool(would_halt) and self._policy.waits(now)
        except Exception:  # noqa: BLE001 - the loop meets it again, and denies
            return False

    def rest(self) -> Bounds | None:
        """Return within what no candle need be looked at; ``None`` when the next one must be.

        The bounds hold for the trades as they are. A halted, flat account rests as well.
        """
        supervisor, account = self.supervisor, self._account
        if supervisor is None or account is None:
            return None
        if not self.guards:
            return Bounds(FOR_EVER, None)
        held, is_observing = supervisor.held.values(), isinstance(supervisor, ObservingSupervisor)
        halted = any(one.mode is Mode.HALTED and one.pair is None for one in held)
        waits_until = self._policy.waits_until if halted else FOR_EVER
        if is_observing and halted:
            return Bounds(waits_until, None)
        bounds, quiet_until = account.bounds, supervisor.quiet_until
        closes = bool(held) and not is_observing and account.has_positions
        if bounds is None or quiet_until is None or closes:
            return None
        ends = [one.until for one in held if one.until is not None]
        return Bounds(min(bounds.until, quiet_until, waits_until, *ends), bounds.marks)

    def rested(self, now: datetime) -> None:
        """Take that this candle lay within `rest`, and was not looked at."""
        self._last = now
        would_halt = isinstance(self.supervisor, ObservingSupervisor) and self.supervisor.halted
        if self._account is not None and not would_halt:  # which marks the account no more
            self._account.rested(now)

    @property
    def plain(self) -> Marked | None:
        """The account's last mark, where nothing acts or waits, and no change of mode is counted.

        A lane may go on from there by itself, for as long as nothing comes of asking the guards.
        """
        supervisor, account, last = self.supervisor, self._account, self._last
        if supervisor is None or account is None or last is None:
            return None
        quiet = self.guards and not self.observes and supervisor.is_idle
        if not quiet or not account.is_plain(last):
            return None
        if self._counts and supervisor.mode is not Mode.ACTIVE:
            return None
        return account.marked

    @property
    def counts(self) -> bool:
        """Whether anybody reads what the guards do: in a backtest, in no hyperopt."""
        return self._counts

    @property
    def settings(self) -> PlimsollSettings:
        """The config's section."""
        return self._settings

    @property
    def account(self) -> BacktestAccount | None:
        """The account of this run; ``None`` before its first candle."""
        return self._account

    def went_on(self, now: datetime, marked: Marked, *, entries: int) -> None:
        """Take up what a lane has done since `plain`: its last mark, and how many entered."""
        self._last = now
        if self._account is not None:
            self._account.take(marked)
        for _ in range(entries):
            self._acts.asked()
        self._answered = self._answered or entries > 0

    def start_over(self) -> None:
        """Open a new account with the next candle, whenever that is."""
        self._last = None

    def _rearm(self, supervisor: Supervisor, now: datetime) -> None:
        """Do what a person would do about a halt, by the policy of the config."""
        held = supervisor.held
        if not held or not self._policy.is_due(held.values(), supervisor.account, now):
            return
        days = self._settings.backtest_rearm.after_days
        if supervisor.resume(now, reason=f"{days:g} days after the halt", by=BY_POLICY):
            supervisor.evaluation = None  # that of a flat account would stand until it trades
        else:
            self._policy.give_up()

    def add(self, wanted: Wanted, *, least: float) -> float | None:
        """Return the stake to add to a position; it is asked about at the market's price."""
        self._added = wanted
        return super().add(wanted, least=least)

    def mark_price(self, pair: str, now: datetime) -> float | None:
        """Return the last close: an order is sent at the open that follows it.

        An addition may be sent within a candle, where a detail shows the market: its price then.
        """
        newest, added = self._closes.close(pair, now.timestamp()), self._added
        if newest is None:
            return None
        closed_at, close = newest
        if added is None or (added.pair, added.now) != (pair, now):
            return close
        return added.price if closed_at < now.timestamp() < closed_at + self._seconds else close

    def _begin(self) -> None:
        profile = self._settings.risk
        self._account = account = BacktestAccount(
            profile,
            self._closes,
            starting_balance_usd=self._strategy.wallets.get_starting_balance(),
            expectation=self._expectation,
        )
        record = self._record_of_account
        self.supervisor = (ObservingSupervisor if self.observes else Supervisor)(
            account,
            profile,
            observations=profile.backtest_breach_observations,
            record=observed(record) if self.observes else record,
        )
        self._begin_counting()
        for asked in (self._pending, self._would_stake, self._denied_on):
            asked.clear()
        self._policy.begin()

    def _record_of_account(
        self, kind: str, at: datetime, *, durable: bool = False, **fields: Any
    ) -> None:
        """Record and count a decision, and warn of a halt: it trades no more."""
        self.record(kind, at, durable=durable, **fields)
        self._count(kind, at, fields)
        if not self._counts:
            return
        name = type(self._strategy).__name__
        if kind == Kind.HALT and fields.get("event") == ACTED:
            said = acted_words(fields, observed=self.observes)
            logger.warning("%s: plimsoll: %s, at %s", name, said, at)
        elif kind == Kind.REARM:
            logger.warning("%s: plimsoll: re-armed at %s, %s", name, at, fields["reason"])
