"""A re-arming in a bot or a backtest: when none takes place, and the probation that follows."""

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from plimsoll.bridge.guarding.account import Account
from plimsoll.bridge.guarding.places import Places
from plimsoll.bridge.state.folder import Request
from plimsoll.bridge.state.recorder import Record
from plimsoll.core import Mode, Verdict
from plimsoll.journal import messages
from plimsoll.journal.kind import Kind
from plimsoll.risk import RiskProfile
from plimsoll.risk.guards.probation import RULE as PROBATION
from plimsoll.risk.guards.terminal_drawdown import RULE as TERMINAL
from plimsoll.risk.latch import Key
from plimsoll.risk.rearming import (
    Standing,
    is_on_probation,
    is_terminal,
    probation_until,
)

logger = logging.getLogger(__name__)

PROBATION_ENDED = "probation_ended"
"""The event of a probation that is over."""

NEVER = datetime.min.replace(tzinfo=UTC)
FOR_EVER = datetime.max.replace(tzinfo=UTC)

BY_POLICY = "backtest_rearm"
"""Who re-arms a backtest."""


def needs_beyond_terminal(
    held: Iterable[Verdict], standing: Standing, profile: RiskProfile
) -> bool:
    """Return whether a halt among what is held is beyond the terminal drawdown.

    A halt by the terminal drawdown itself is, whatever the equity is since.
    """
    halts = [one for one in held if one.mode is Mode.HALTED]
    return any(one.rule == TERMINAL for one in halts) or (
        bool(halts) and is_terminal(standing.equity_usd, standing.peak_usd, profile)
    )


def rearming_facts(standing: Standing, profile: RiskProfile, now: datetime) -> dict[str, Any]:
    """Return what a bot's status says of probation and terminal drawdown."""
    until = probation_until(standing.rearmed_at, standing.peak_at, profile)
    return {
        "peak_equity_usd": standing.peak_usd,
        "peak_drawdown_fraction": standing.fall_fraction,
        "terminal_drawdown_fraction": profile.terminal_drawdown_fraction,
        "probation_until": until if until is not None and now < until else None,
        "probation_stake_fraction": profile.probation_stake_fraction,
    }


def beyond_terminal_words(standing: Standing, profile: RiskProfile) -> str:
    """Return why a plain re-arming does not take place."""
    limit, fall = profile.terminal_drawdown_fraction, standing.fall_fraction
    of_limit = "" if limit is None else f" of {limit:.1%}"
    if not is_terminal(standing.equity_usd, standing.peak_usd, profile):
        return f"the account was halted by its terminal drawdown{of_limit}"
    return (
        f"a drawdown of {fall:.1%} from the highest equity ever, {standing.peak_usd:,.2f} USD, is "
        f"beyond the terminal one{of_limit}"
    )


class Rearming:
    """Re-arms one account, and watches over the probation that follows.

    Parameters
    ----------
    places
        Where what is held stands.
    record, tell, persistent
        As of a `Supervisor`.
    """

    def __init__(
        self,
        account: Account,
        profile: RiskProfile,
        places: Places,
        record: Record,
        tell: Callable[[str], object],
        *,
        persistent: bool = False,
    ) -> None:
        self._account, self._profile, self._places = account, profile, places
        self._record, self._tell = record, tell
        self._level = logging.WARNING if persistent else logging.DEBUG
        self.rearmed_at: datetime | None = None
        self._until: datetime | None = None
        self._was_seen = False

    def begin(self, rearmed_at: datetime | None) -> None:
        """Take when the account was last re-armed: by a person just now, or before this start."""
        self.rearmed_at = rearmed_at
        self._until = probation_until(rearmed_at, None, self._profile)
        self._was_seen = False

    @property
    def watches(self) -> bool:
        """Whether there is a probation that may end."""
        return self._until is not None

    @property
    def quiet_until(self) -> datetime | None:
        """Until when `look` surely has nothing to say, short of a new high; ``None`` if now."""
        if self._until is None:
            return FOR_EVER
        return self._until if self._was_seen else None

    def rearm(self, held: Mapping[Key, Verdict], now: datetime, request: Request) -> bool:
        """End what is held and measure from now on; return whether it took place.

        It does not beyond the terminal drawdown, unless the request says so, nor where it cannot
        be recorded.
        """
        by, verdicts = request.by, held.values()
        is_beyond = needs_beyond_terminal(verdicts, self._account.standing, self._profile)
        if is_beyond and not request.beyond_terminal:
            self._refuse(held, now, by)
            return False
        halted = any(verdict.mode is Mode.HALTED for verdict in verdicts)
        until = probation_until(now, None, self._profile) if halted else None
        fields = {"beyond_terminal": is_beyond, "probation_until": until}
        if not self._places.release(held, now, reason=request.reason, by=by, **fields):
            logger.error("plimsoll: not re-armed by %s: the decision log cannot be written", by)
            self._tell(messages.not_rearmed(by))
            return False
        if halted:
            self._account.rearm(now, beyond_terminal=is_beyond)
            self.begin(now)
        probation = None if until is None else (until, self._profile.probation_stake_fraction)
        rules = sorted({rule for rule, _ in held})
        said = messages.rearmed(
            rules, reason=request.reason, by=by, halted=halted, probation=probation
        )
        self._tell(said)
        logger.log(self._level, "plimsoll: re-armed by %s: %s", by, request.reason)
        return True

    def look(self, now: datetime, mode: Mode) -> None:
        """Record and tell once that a probation has ended.

        One that had ended before the first look, as before a start, is not news.
        """
        standing, profile = self._account.standing, self._profile
        if is_on_probation(now, standing.rearmed_at, standing.peak_at, profile):
            self._was_seen = True
            return
        was_seen, until, self._until = self._was_seen, self._until, None
        if not was_seen or until is None:
            return
        days = f"its {profile.probation_days:g} days are over"
        why = days if now >= until else "equity is at a new high"
        self._record(
            Kind.VERDICT,
            now,
            durable=True,
            event=PROBATION_ENDED,
            mode_before=mode.name,
            mode=mode.name,
            scope="account",
            rule=PROBATION,
            reason=f"the probation has ended: {why}",
        )
        self._tell(messages.probation_ended(why))

    def _refuse(self, held: Mapping[Key, Verdict], now: datetime, by: str) -> None:
        """Keep what a plain re-arming would have ended beyond the terminal drawdown, and say so."""
        self._places.lock_again(held, now)
        text = beyond_terminal_words(self._account.standing, self._profile)
        self._record(Kind.ERROR, now, durable=True, where="rearm", message=f"by {by}: {text}")
        self._tell(messages.beyond_terminal(by, text))
        logger.log(self._level, "plimsoll: not re-armed by %s: %s", by, text)


class RearmPolicy:
    """Stands in for the person who ends a halt, in a backtest: some days after it.

    A halt beyond the terminal drawdown it never ends.
    """

    def __init__(self, after_days: float | None) -> None:
        self._after = None if after_days is None else timedelta(days=after_days)
        self._halted_at: datetime | None = None
        self._gave_up = False

    def begin(self) -> None:
        """Begin with an account that was never halted."""
        self._halted_at, self._gave_up = None, False

    def waits(self, now: datetime) -> bool:
        """Return whether a halt that it has seen surely lasts beyond this moment."""
        if self._after is None or self._gave_up:
            return True
        return self._halted_at is not None and now - self._halted_at < self._after

    @property
    def waits_until(self) -> datetime:
        """Until when `waits` surely goes on; the beginning of time when it has seen no halt."""
        if self._after is None or self._gave_up:
            return FOR_EVER
        return NEVER if self._halted_at is None else self._halted_at + self._after

    def is_due(self, held: Iterable[Verdict], account: Account, now: datetime) -> bool:
        """Return whether the account is to be re-armed now: it is halted, flat and has waited."""
        if self._after is None or self._gave_up:
            return False
        if not any(one.mode is Mode.HALTED and one.pair is None for one in held):
            self._halted_at = None
            return False
        self._halted_at = self._halted_at or now
        if now - self._halted_at < self._after or account.has_positions:
            return False
        self._halted_at = None  # the next halt waits as long, and nobody asks in between
        return True

    def give_up(self) -> None:
        """Take that the account is beyond its terminal drawdown."""
        self._gave_up = True
