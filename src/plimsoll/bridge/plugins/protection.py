"""The base of every shipped native protection: one guard of the risk profile, asked at a close."""

import logging
from datetime import datetime
from functools import cache
from typing import Any, ClassVar

from freqtrade.enums import RunMode
from freqtrade.exceptions import OperationalException
from freqtrade.exchange import timeframe_to_next_date
from freqtrade.persistence import PairLocks
from freqtrade.persistence.pairlock import PairLock
from freqtrade.plugins.protections import IProtection, ProtectionReturn

from plimsoll.bridge.account.realised import RealisedAccount
from plimsoll.bridge.config.expectation import read_expectation
from plimsoll.bridge.config.settings import settings_from
from plimsoll.bridge.freqtrade.protection_messages import escape_reasons
from plimsoll.bridge.state import locks
from plimsoll.core import Mode, PlimsollError, Verdict
from plimsoll.journal.phrases import rule_words
from plimsoll.risk import GUARDS, RiskProfile, evaluate

logger = logging.getLogger(__name__)

PROTECTIONS = {
    "daily_loss": "DailyLossGuard",
    "drawdown": "DrawdownGuard",
    "consecutive_losses": "ConsecutiveLossesGuard",
    "trades_per_day": "TradesPerDayGuard",
    "cooldown": "CooldownGuard",
    "divergence": "DivergenceGuard",
    "break_even": "BreakEvenGuard",
}
"""Guards that a native protection can honour, by rule: a close is where they change."""

SEEN = ("equity_usd", "day_start_equity_usd", "high_water_equity_usd", "closed_trades")
"""Fields of the snapshot that a protection knows; of open positions it knows that they are."""


class GuardProtection(IProtection):
    """Locks entries when its guard denies new risk, for any strategy.

    A subclass names its guard's ``rule`` and states the limits. The limits are
    ``plimsoll.risk`` of the config, never options of the protection. A HALTED verdict locks
    until a person unlocks (``plimsoll resume``, ``/unlock``); one that only shrinks stakes
    locks nothing, since a protection sizes nothing.
    """

    rule: ClassVar[str]
    has_global_stop = True
    has_local_stop = False

    def __init__(self, config: dict[str, Any], protection_config: dict[str, Any]) -> None:
        super().__init__(config, protection_config)
        if unknown := sorted(set(protection_config) - {"method"}):
            raise OperationalException(
                f"plimsoll: {self.name} takes no options, found {', '.join(unknown)}; "
                "set its limits under plimsoll.risk in the config"
            )
        try:
            settings = settings_from(config)
            expectation = read_expectation(settings.expectation_file)
        except PlimsollError as error:
            raise OperationalException(f"plimsoll: {error}") from None
        self._profile = settings.risk
        self._enforces = settings.guards == "enforce"
        self._guards = GUARDS.only([self.rule])
        self._account = RealisedAccount(
            day_starts_at_hour_utc=self._profile.day_starts_at_hour_utc, expectation=expectation
        )
        self._locks: dict[str, PairLock] = {}
        say_what_is_not_seen()
        if config.get("runmode") in (RunMode.DRY_RUN, RunMode.LIVE):
            escape_reasons()

    def limits(self, profile: RiskProfile) -> str:
        """Return in words when entries are locked, and until when."""
        raise NotImplementedError

    def short_desc(self) -> str:
        """Say what the protection does, for the log."""
        idle = "" if self._enforces else " It locks nothing: plimsoll.guards is not enforce."
        return (
            f"{self.name} - {self.limits(self._profile)}. It sees closed trades only, when one "
            f"closes.{idle}"
        )

    def global_stop(
        self, date_now: datetime, side: str, starting_balance: float
    ) -> ProtectionReturn | None:
        """Lock all pairs when the guard denies new risk of the whole account.

        As guards that only observe, or are off, it locks nothing.
        """
        if not self._enforces:
            return None
        account = self._account.snapshot(date_now, starting_balance=starting_balance)
        verdict = evaluate(account, self._profile, self._guards).account
        if verdict.allows_entries:
            return None
        if verdict.mode is Mode.HALTED:
            if (self.rule, None) in locks.held_verdicts(date_now):
                return None
            until = date_now + locks.FOREVER
            return ProtectionReturn(lock=True, until=until, reason=locks.lock_text(verdict))
        return self._until_its_end(verdict)

    def stop_per_pair(
        self, pair: str, date_now: datetime, side: str, starting_balance: float
    ) -> ProtectionReturn | None:
        """Lock one pair when the guard denies new risk in it, and guards are to act."""
        if not self._enforces:
            return None
        account = self._account.snapshot(date_now, starting_balance=starting_balance, pair=pair)
        verdict = evaluate(account, self._profile, self._guards).of_pair(pair)
        if verdict.allows_entries:
            return None
        if PairLocks.use_db:
            return self._until_its_end(verdict)
        self._prolong(pair, verdict, date_now)
        return None

    def _until_its_end(self, verdict: Verdict) -> ProtectionReturn | None:
        if verdict.until is None:
            message = f"the {verdict.mode.name} verdict of {verdict.rule} has no end"
            raise OperationalException(f"plimsoll: {message}")
        return ProtectionReturn(lock=True, until=verdict.until, reason=_reason(verdict))

    def _prolong(self, pair: str, verdict: Verdict, now: datetime) -> None:
        """Keep one lock a pair in a backtest: Freqtrade looks through every lock ever made."""
        lock, until = self._locks.get(pair), verdict.until or now
        if lock is None or not any(lock is known for known in PairLocks.locks):
            self._locks[pair] = PairLocks.lock_pair(pair, until, _reason(verdict), now=now)
        else:
            lock.lock_end_time = timeframe_to_next_date(PairLocks.timeframe, until)
            lock.reason = _reason(verdict)


@cache
def say_what_is_not_seen() -> None:
    """Name, once a process, every guard that no native protection can honour."""
    blind = GUARDS.blind(SEEN)
    missed = [
        f"{name} (needs {', '.join(fields)})"
        for name, fields in blind.items()
        if name not in PROTECTIONS
    ]
    asked_elsewhere = [
        name for name in GUARDS.names() if name not in PROTECTIONS and name not in blind
    ]
    logger.warning(
        "plimsoll: native protections are asked only when a trade closes; they see closed trades "
        "only, lock entries, close nothing and size nothing. No protection stands for: %s; nor "
        "for what is asked in each loop or at each entry: %s. A strategy on GuardedStrategy has "
        "them all.",
        ", ".join(missed),
        ", ".join(asked_elsewhere),
    )


def _reason(verdict: Verdict) -> str:
    """Return a lock's reason that is not taken for a latched verdict."""
    return f"{rule_words(verdict.rule)}: {verdict.reason}"[: locks.REASON_LENGTH]
