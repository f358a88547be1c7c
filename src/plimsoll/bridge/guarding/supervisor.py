"""One account under its guards: asks them, remembers what has acted, and tells everybody."""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from plimsoll.bridge.state import locks
from plimsoll.bridge.state.recorder import Record, silent
from plimsoll.candles.windows import Window
from plimsoll.core import AccountSnapshot, EntryRequest, Mode, ModelHealth, Verdict
from plimsoll.journal import messages
from plimsoll.journal.kind import Kind
from plimsoll.risk import (
    GUARDS,
    Evaluation,
    LatchState,
    RiskProfile,
    evaluate,
    evaluate_entry,
    observe,
)
from plimsoll.risk.latch import Key

logger = logging.getLogger(__name__)

TOLD_AGAIN_AFTER = timedelta(hours=1)
ACTED = "acted"
"""The event of a verdict that begins to close positions."""


class Account(Protocol):
    """An account that a caller can mark to market and describe."""

    @property
    def has_positions(self) -> bool:
        """Whether there is a position to be closed."""

    def update(self, now: datetime) -> bool:
        """Mark the account; return whether a guard might act."""

    def snapshot(
        self, now: datetime, pair: str | None = None, *, with_record: bool = False
    ) -> AccountSnapshot:
        """Describe the account at its last mark."""

    def ordered(self, now: datetime) -> None:
        """Remember that an order was sent."""

    def set_models(self, models: Sequence[ModelHealth]) -> None:
        """Take what the models' predictions were worth of late."""

    def rearm(self, now: datetime) -> None:
        """Measure from now on."""

    def liquidity_usd(self, pair: str, now: datetime) -> float | None:
        """Return what the market of a pair offers; ``None`` when unknown.

        A running bot reads the depth of the order book, a backtest the turnover of a candle.
        """

    def window(self, pair: str, now: datetime, candles: int) -> Window | None:
        """Return the latest closes of a pair."""

    def facts(self) -> Mapping[str, float | None]:
        """Return the figures of the last mark."""


class Supervisor:
    """Evaluates an account at each loop and at each entry; latches, locks, records, notifies.

    Parameters
    ----------
    account
        Where the numbers come from.
    observations
        Observations in a row before a mark-to-market breach acts.
    record
        Writes to the decision log.
    tell
        Sends a message that must arrive to the people who watch the bot.
    mention
        Sends what is worth a message and need not outlive the process; as `tell` when not given.
    persistent
        Whether locks outlive this process and a person may remove them.
    """

    def __init__(
        self,
        account: Account,
        profile: RiskProfile,
        *,
        observations: int,
        record: Record = silent,
        tell: Callable[[str], object] = silent,
        mention: Callable[[str], object] | None = None,
        persistent: bool = False,
    ) -> None:
        self.account, self.profile = account, profile
        self.mutex = threading.RLock() if persistent else None
        self._observations = observations
        self._record, self._tell, self._mention = record, tell, mention or tell
        self._persistent = persistent
        self._state = LatchState()
        self.evaluation: Evaluation | None = None
        self._denied: dict[tuple[str, str], datetime] = {}
        self._fault: tuple[datetime, str] | None = None

    # What the loop asks

    def begin(self, now: datetime) -> None:
        """Take over what the locks in the database still hold, as after a crash."""
        held = locks.held_verdicts(now) if self._persistent else {}
        self._state = LatchState.restored(held)
        for verdict in held.values():
            logger.warning("plimsoll: still in force: %s", locks.lock_text(verdict))
            self._record(Kind.VERDICT, now, durable=True, event="restored", **_fields(verdict))
            # The message of the trip may have died with the process: it is sent after the loop.
            self._tell(messages.restored(verdict, now, lock=locks.number_of(verdict, now)))

    def loop(self, now: datetime) -> None:
        """Mark the account to market and let the guards act.

        Raises
        ------
        Exception
            Whatever the account's numbers could not be read for; the caller denies.
        """
        might_act = self.account.update(now)
        if self._persistent:
            self._notice_unlocked(now)
        held = self._state.held
        waits = bool(held) and (self.account.has_positions or self._runs_out(now))
        if might_act or waits or self._state.counts:
            account = self.account.snapshot(now)
            self._take(evaluate(account, self.profile))
            if account.equity_usd is None:  # no loss of the account can be seen
                self._cannot_see(now, "the account cannot be marked: a position has no price")
                return
        self._fault = None

    def failed(self, now: datetime, error: Exception, *, halt_reason: str | None = None) -> None:
        """Deny everything until a loop succeeds; close everything when that takes too long.

        The same holds for an account whose equity is unknown, since a position has no price.

        A person's halt is obeyed also by a bot that cannot see its account.
        """
        self._cannot_see(now, f"{type(error).__name__}: {error}")
        if halt_reason is not None:
            account = AccountSnapshot(as_of=now, manual_halt_reason=halt_reason)
            self._take(evaluate(account, self.profile, GUARDS.only(["manual_halt"])))

    def look_again(self, since: datetime) -> None:
        """Count blindness from this moment on: before it no loop ran that could have looked."""
        if self._fault is not None:
            self._fault = since, self._fault[1]

    def exit_reason(self, pair: str, now: datetime) -> str | None:
        """Return the rule that wants a pair's position closed, ``None`` when none does."""
        if not self.closes_something:
            return None
        verdicts = [
            verdict
            for (_, of_pair), verdict in self._state.held.items()
            if of_pair is None or of_pair == pair
        ]
        if verdicts:  # also while the loop fails: what has acted still does
            return max(verdicts, key=lambda verdict: verdict.mode).rule
        if self._fault is None:
            return None
        blind = (now - self._fault[0]).total_seconds()
        return "blind_guards" if blind > self.profile.max_blind_seconds else None

    @property
    def closes_something(self) -> bool:
        """Whether any position is to be closed."""
        return bool(self._state.held) or self._fault is not None

    @property
    def mode(self) -> Mode:
        """The mode of the account as of the last evaluation and what is held."""
        held = [verdict.mode for (_, pair), verdict in self._state.held.items() if pair is None]
        evaluated = self.evaluation.mode if self.evaluation is not None else Mode.ACTIVE
        return max([evaluated, *held])

    @property
    def held(self) -> Mapping[Key, Verdict]:
        """What has acted and still does."""
        return self._state.held

    # What an entry asks

    def of_entry(
        self, pair: str, now: datetime, *, leverage: float
    ) -> tuple[AccountSnapshot, Evaluation]:
        """Return the account at this moment and what holds for it and for the pair."""
        with_record = leverage > self.profile.max_leverage
        account = self.account.snapshot(now, pair, with_record=with_record)
        fresh = evaluate(account, self.profile, pairs=[pair])
        if not self._state.held:
            return account, fresh
        return account, Evaluation(now, (*fresh.denials, *self._state.held.values()))

    def judge(
        self, request: EntryRequest, account: AccountSnapshot, evaluation: Evaluation
    ) -> Verdict:
        """Return the verdict about an entry or an addition; a failing loop denies."""
        denial = self.fault(request.pair)
        if denial is not None:
            return denial
        return evaluate_entry(request, account, self.profile, evaluation=evaluation)

    def fault(self, pair: str) -> Verdict | None:
        """Return the denial of a pair while the loop fails; ``None`` while it does not."""
        if self._fault is None:
            return None
        reason = f"guards could not be asked: {self._fault[1]}"
        return Verdict(Mode.REDUCING, "loop", reason, pair=pair)

    def deny(self, verdict: Verdict, now: datetime, **fields: Any) -> None:
        """Record a denied entry, once an hour for each pair and rule to the people."""
        self._record(Kind.DENIAL, now, rule=verdict.rule, **_words(verdict), **fields)
        pair = str(fields.get("pair"))
        level = logging.INFO if self._persistent else logging.DEBUG  # thousands in a backtest
        logger.log(level, "plimsoll: no entry in %s, %s: %s", pair, verdict.rule, verdict.reason)
        if self._persistent:  # nobody reads about a backtest's
            text = messages.denied(verdict, pair, fields.get("side"))
            self.say(text, now, verdict.rule, pair, alarm=False)

    def say(self, text: str, now: datetime, *about: str, alarm: bool = True) -> None:
        """Tell the people, but not the same again within the hour."""
        key = (about[0], about[1] if len(about) > 1 else "")
        last = self._denied.get(key)
        if last is None or now - last >= TOLD_AGAIN_AFTER:
            self._denied[key] = now
            (self._tell if alarm else self._mention)(text)

    # What a person asks

    def resume(self, now: datetime, *, reason: str, by: str) -> None:
        """Re-arm: end every lock of ours and measure from now on.

        Also the locks that a native protection of ours has made beside the loop.
        """
        self._state = replace(self._state, held={**locks.held_verdicts(now), **self._state.held})
        released = list(self._state.held)
        locks.release(released, now)
        self._rearm(now, released, reason=reason, by=by)

    # How

    def _cannot_see(self, now: datetime, reason: str) -> None:
        known = self._fault
        self._fault = (now if known is None else min(known[0], now)), reason
        if known is None:
            self._record(Kind.ERROR, now, where="loop", message=reason)
            closes = self.profile.max_blind_seconds
            self.say(messages.blind(reason, closes_after_seconds=closes), now, "fault")

    def _notice_unlocked(self, now: datetime) -> None:
        """See which locks a person has removed, by Telegram or REST."""
        active = locks.held_verdicts(now)
        gone = [
            key
            for key, verdict in self._state.held.items()
            if key in self._state.confirmed
            and key not in active
            and (verdict.until is None or verdict.until > now)
        ]
        if gone:
            self._rearm(now, gone, reason="the lock was removed", by="unlock")

    def _rearm(self, now: datetime, keys: list[Key], *, reason: str, by: str) -> None:
        halted = any(self._state.held[key].mode is Mode.HALTED for key in keys)
        self._state = self._state.release(keys)
        if halted:
            self.account.rearm(now)
        rules = sorted({rule for rule, _ in keys})
        self._record(Kind.REARM, now, durable=True, rules=rules, reason=reason, by=by)
        self._tell(messages.rearmed(rules, reason=reason, by=by, halted=halted))
        logger.warning("plimsoll: re-armed by %s: %s", by, reason)

    def _runs_out(self, now: datetime) -> bool:
        return any(
            held.until is not None and held.until <= now for held in self._state.held.values()
        )

    def _take(self, evaluation: Evaluation) -> None:
        now, before = evaluation.as_of, self.mode
        old, seen_at = self._state.held, self._state.seen_at
        if seen_at is not None and now < seen_at:
            self._record(
                Kind.ERROR, now, where="clock", message=f"the clock was set back, {seen_at}"
            )
            self._state = self._state.start_over()
        self._state, evaluation = observe(self._state, evaluation, observations=self._observations)
        self.evaluation = evaluation
        for key, verdict in self._state.held.items():
            if key not in old or verdict.mode > old[key].mode:
                self._acted(key, verdict, now)
            elif key not in self._state.confirmed:
                self._lock(key, verdict, now)
        for key, verdict in old.items():
            if key not in self._state.held:
                self._record(Kind.VERDICT, now, event="ended", **_fields(verdict))
                if self._persistent:
                    self._tell(messages.ended(verdict, list(self._state.held.values())))
        if self.mode is not before:
            self._record(
                Kind.VERDICT,
                now,
                durable=self.mode >= Mode.FLATTEN,
                event="mode",
                mode_before=before.name,
                **_fields(evaluation.account),
                **self.account.facts(),
            )

    def _lock(self, key: Key, verdict: Verdict, now: datetime) -> None:
        """Keep a verdict in the database; only what is there can be seen removed."""
        locks.hold(verdict, now)
        self._state = self._state.confirm(key)

    def _acted(self, key: Key, verdict: Verdict, now: datetime) -> None:
        try:
            self._lock(key, verdict, now)
        finally:
            self._announce(verdict, now)

    def _announce(self, verdict: Verdict, now: datetime) -> None:
        kind = Kind.HALT if verdict.mode is Mode.HALTED else Kind.VERDICT
        fields = _fields(verdict)
        self._record(kind, now, durable=True, event=ACTED, **fields, **self.account.facts())
        if self._persistent:
            logger.warning("plimsoll: %s", acted_words(fields))
            self._tell(self._acted_text(verdict, now))

    def _acted_text(self, verdict: Verdict, now: datetime) -> str:
        """Return the message of a verdict that has acted; what cannot be read is left out."""
        facts = self.account.facts()
        try:
            positions = self.account.snapshot(now).positions
            return messages.acted(
                verdict,
                now,
                open_pairs=None if positions is None else [one.pair for one in positions],
                facts=facts,
                lock=locks.number_of(verdict, now),
            )
        except Exception:
            logger.exception("plimsoll: a message lacks what could not be read")
            return messages.acted(verdict, now, open_pairs=None, facts=facts)


def acted_words(fields: Mapping[str, Any]) -> str:
    """Say in words what the fields of a verdict that has acted say."""
    where, until = fields.get("pair", "the account"), fields["until"]
    ends = "until a person re-arms it" if until is None else f"until {until}"
    return f"{fields['mode']} {where} by {fields['rule']}: {fields['reason']}; {ends}"


def _words(verdict: Verdict) -> dict[str, Any]:
    return {
        "reason": verdict.reason,
        "value": verdict.value,
        "limit": verdict.limit,
        "until": verdict.until,
    }


def _fields(verdict: Verdict) -> dict[str, Any]:
    scope = "account" if verdict.pair is None else "pair"
    fields = {"mode": verdict.mode.name, "scope": scope, "rule": verdict.rule, **_words(verdict)}
    return fields if verdict.pair is None else {**fields, "pair": verdict.pair}
