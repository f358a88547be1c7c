"""One account under its guards: asks them, remembers what has acted, and tells everybody."""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from plimsoll.bridge.freqtrade.lock_removals import note_removals
from plimsoll.bridge.guarding.account import Account
from plimsoll.bridge.guarding.blindness import BLIND, Blindness
from plimsoll.bridge.guarding.places import Places
from plimsoll.bridge.guarding.rearming import FOR_EVER, Rearming
from plimsoll.bridge.state import locks
from plimsoll.bridge.state.folder import Request
from plimsoll.bridge.state.recorder import Record, silent
from plimsoll.core import AccountSnapshot, EntryRequest, Mode, Verdict
from plimsoll.journal import messages
from plimsoll.journal.kind import Kind
from plimsoll.journal.latch_record import union, verdict_fields
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


class Supervisor:
    """Evaluates an account at each loop and at each entry; latches, locks, records, notifies.

    Parameters
    ----------
    account
        Where the numbers come from.
    observations, record
        In a row before a mark-to-market breach acts; writes to the decision log.
    tell
        Sends a message that must arrive to the bot's people.
    mention
        Sends what need not outlive the process; as `tell` by default.
    persistent
        Whether locks outlive this process.
    """

    places_of = Places
    told_of_act = staticmethod(messages.acted)

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
        places = self._places = self.places_of(record, account.facts, persistent=persistent)
        self._state = LatchState()
        self.evaluation: Evaluation | None = None
        self._denied: dict[tuple[str, str], datetime] = {}
        self._blindness = Blindness()
        self._rearming = Rearming(account, profile, places, record, tell, persistent=persistent)

    # What the loop asks

    def begin(
        self,
        now: datetime,
        recorded: Mapping[Key, Verdict] | None = None,
        *,
        new: Verdict | None = None,
        rearmed_at: datetime | None = None,
    ) -> None:
        """Take over what the database and the log hold, as after a crash; the stricter wins.

        ``recorded`` is what the log holds; ``new`` of it has acted at this very start.
        """
        self._rearming.begin(rearmed_at)
        if not self._persistent:
            return
        note_removals()
        locked = locks.held_verdicts(now)
        held = union(locked, recorded or {})
        in_line = frozenset(key for key, verdict in locked.items() if held[key] is verdict)
        self._state = LatchState(held=held, confirmed=in_line)
        self._places.restored(held, now)
        for key, verdict in held.items():
            self._keep(key, verdict, now)
            logger.warning("plimsoll: still in force: %s", locks.lock_text(verdict))
            # The message of the trip may have died with the process: it is sent after the loop.
            lock = locks.number_of(verdict, now)
            text = messages.restored(verdict, now, lock=lock, held=list(held.values()))
            self._tell(self._acted_text(verdict, now) if verdict is new else text)

    def loop(self, now: datetime) -> None:
        """Mark the account to market and let the guards act.

        Raises
        ------
        Exception
            Whatever the account's numbers could not be read for; the caller denies.
        """
        might_act = self.account.update(now)
        if self._rearming.watches:
            self._rearming.look(now, self.mode)
        if self._persistent:
            self._notice_unlocked(now)
        self._go_on_closing(now)
        if might_act or self._waits(now) or self._state.counts:
            account = self.account.snapshot(now)
            if account.equity_usd is not None:
                self._end_blind_closing(now)
            self._take(evaluate(account, self.profile))
            if account.equity_usd is None:  # no loss of the account can be seen
                self._cannot_see(now, "the account cannot be marked: a position has no price")
                self._close_blindly(now)
                return
        self._blindness.end()

    def failed(self, now: datetime, error: Exception, *, halt_reason: str | None = None) -> None:
        """Deny everything until a loop succeeds; close everything when that takes too long.

        The same holds for an account whose equity is unknown, since a position has no price.
        A person's halt is obeyed also by a bot that cannot see its account.
        """
        self._cannot_see(now, f"{type(error).__name__}: {error}")
        if halt_reason is not None:
            account = AccountSnapshot(as_of=now, manual_halt_reason=halt_reason)
            self._take(evaluate(account, self.profile, GUARDS.only(["manual_halt"])))
        self._close_blindly(now)

    def hold(self, verdict: Verdict, now: datetime) -> None:
        """Let a verdict act at once that no guard gives, as if one did; HALTED or FLATTEN.

        Raises
        ------
        Exception
            When the database could not be written; the verdict is held, recorded and told.
        """
        key = verdict.rule, verdict.pair
        old = self._state.held.get(key)
        if old is None or old.mode < verdict.mode:
            self._state = self._state.hold(verdict)
            self._acted(key, verdict, now)
            self._places.raise_fault()

    def look_again(self, since: datetime) -> None:
        """Count blindness from this moment on: before it no loop ran that could have looked."""
        self._blindness.count_from(since)

    def exit_reason(self, pair: str, now: datetime) -> str | None:
        """Return the rule that wants a pair's position closed, ``None`` when none does."""
        if not self.closes_something:
            return None
        verdicts = [verdict for key, verdict in self._state.held.items() if key[1] in (None, pair)]
        if verdicts:  # also while the loop fails: what has acted still does
            return max(verdicts, key=lambda verdict: verdict.mode).rule
        if self._blindness.verdict(now, self.profile) is None:
            return None
        self._places.attempt(self._close_blindly, now)  # what begins between two looks, on record
        return BLIND

    @property
    def closes_something(self) -> bool:
        """Whether any position is to be closed."""
        return bool(self._state.held) or self._blindness.reason is not None

    @property
    def is_idle(self) -> bool:
        """Whether nothing acts, waits or is counted: only marks of the account can change that."""
        return self.quiet_until == FOR_EVER and not self._state.held

    @property
    def quiet_until(self) -> datetime | None:
        """Until when nothing ends or is counted beside what is held; ``None`` where it may now."""
        is_blind = self._blindness.reason is not None
        return None if self._state.counts or is_blind else self._rearming.quiet_until

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
        account = self.account.snapshot(now, pair, with_record=leverage > self.profile.max_leverage)
        fresh = evaluate(account, self.profile, pairs=[pair])
        if not self._state.held:
            return account, fresh
        return account, Evaluation(now, (*fresh.denials, *self._state.held.values()))

    def judge(
        self, request: EntryRequest, account: AccountSnapshot, evaluation: Evaluation
    ) -> Verdict:
        """Return the verdict about an entry or an addition; a failing loop denies."""
        if (denial := self.fault(request.pair)) is not None:
            return denial
        return evaluate_entry(request, account, self.profile, evaluation=evaluation)

    def fault(self, pair: str) -> Verdict | None:
        """Return the denial of a pair while the loop fails; ``None`` while it does not."""
        if self._blindness.reason is None:
            return None
        reason = f"guards could not be asked: {self._blindness.reason}"
        return Verdict(Mode.REDUCING, "loop", reason, pair=pair)

    def deny(self, verdict: Verdict, now: datetime, **fields: Any) -> None:
        """Record a denied entry, once an hour for each pair and rule to the people."""
        said = {name: getattr(verdict, name) for name in ("reason", "value", "limit", "until")}
        self._record(Kind.DENIAL, now, rule=verdict.rule, **said, **fields)
        pair = str(fields.get("pair"))
        level = logging.INFO if self._persistent else logging.DEBUG  # thousands in a backtest
        logger.log(level, "plimsoll: no entry in %s, %s: %s", pair, verdict.rule, verdict.reason)
        if self._persistent:  # nobody reads about a backtest's
            text = self._said(messages.denied(verdict, pair, fields.get("side")))
            self.say(text, now, verdict.rule, pair, alarm=False)

    def say(self, text: str, now: datetime, *about: str, alarm: bool = True) -> None:
        """Tell the people, but not the same again within the hour."""
        key = (about[0], about[1] if len(about) > 1 else "")
        last = self._denied.get(key)
        if last is None or now - last >= TOLD_AGAIN_AFTER:
            self._denied[key] = now
            (self._tell if alarm else self._mention)(text)

    # What a person asks

    @property
    def rearmed_at(self) -> datetime | None:
        """When a person last ended a halt; ``None`` when nobody did."""
        return self._rearming.rearmed_at

    def resume(self, now: datetime, *, reason: str, by: str, beyond_terminal: bool = False) -> bool:
        """Re-arm: end every lock of ours and measure from now on; return whether it took place.

        Also the locks that a native protection of ours has made beside the loop.
        """
        self._state = replace(self._state, held={**locks.held_verdicts(now), **self._state.held})
        return self._rearm(now, list(self._state.held), Request(reason, by, beyond_terminal))

    # How

    def _cannot_see(self, now: datetime, reason: str) -> None:
        if self._blindness.note(now, reason):
            self._record(Kind.ERROR, now, where="loop", message=reason)
            closes = self.profile.max_blind_seconds
            self.say(messages.blind(reason, closes_after_seconds=closes), now, "fault")

    def _close_blindly(self, now: datetime) -> None:
        """Hold, until nothing is open, that everything is closed: the bot may see again before."""
        verdict = self._blindness.verdict(now, self.profile)
        if verdict is None or not self._persistent or (BLIND, None) in self._state.held:
            return
        if self.account.has_positions:
            self.hold(verdict, now)

    def _end_blind_closing(self, now: datetime) -> None:
        verdict = self._state.held.get((BLIND, None))
        if verdict is not None and not self.account.has_positions:
            self._state = self._state.let_go((BLIND, None))
            self._places.unlock([(BLIND, None)], now)
            self._record(Kind.VERDICT, now, durable=True, event="ended", **verdict_fields(verdict))
            self._tell(messages.ended(verdict, list(self._state.held.values())))

    def _go_on_closing(self, now: datetime) -> None:
        """Prolong what ends now while its position is still open: closing is finished."""
        if self._runs_out(now) and self.account.has_positions:
            end = now + timedelta(seconds=self.profile.recheck_seconds)
            self._state = self._state.go_on(self.account.open_pairs, now, end)

    def _notice_unlocked(self, now: datetime) -> None:
        """See which locks are gone: a person re-arms; anybody else finds them put back.

        A halt that a native protection has locked beside the loop is taken over.
        """
        active, held = locks.held_verdicts(now), self._state.held
        gone = [
            key
            for key, verdict in held.items()
            if key in self._state.confirmed
            and key not in active
            and (verdict.until is None or verdict.until > now)
        ]
        persons = [key for key in gone if self._places.was_removed_by_person(held[key])]
        for key in gone:
            if key not in persons:
                self._places.put_back(held[key], now)
                self.say(messages.lock_put_back(held[key]), now, "latch", key[0])
        if persons:
            self._rearm(now, persons, Request("the lock was removed", "unlock"))
        for key, verdict in active.items():
            if verdict.mode is Mode.HALTED and key not in held:
                self._state = self._state.hold(verdict)
                self._acted(key, verdict, now)

    def _rearm(self, now: datetime, keys: list[Key], request: Request) -> bool:
        held = {key: self._state.held[key] for key in keys}
        if done := self._rearming.rearm(held, now, request):
            self._state = self._state.release(keys)
        return done

    def _waits(self, now: datetime) -> bool:
        """Return whether what is held is still to be finished, or ends now."""
        return bool(self._state.held) and (self.account.has_positions or self._runs_out(now))

    def _runs_out(self, now: datetime) -> bool:
        return any(one.until is not None and one.until <= now for one in self._state.held.values())

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
            else:
                self._keep(key, verdict, now)
        for key, verdict in old.items():
            if key not in self._state.held:
                self._record(Kind.VERDICT, now, event="ended", **verdict_fields(verdict))
                if self._persistent:
                    text = messages.ended(verdict, list(self._state.held.values()))
                    self._tell(self._said(text))
        if self.mode is not before:
            self._record(
                Kind.VERDICT,
                now,
                durable=self.mode >= Mode.FLATTEN,
                event="mode",
                mode_before=before.name,
                **verdict_fields(evaluation.account),
                **self.account.facts(),
            )
        self._places.raise_fault()

    def _keep(self, key: Key, verdict: Verdict, now: datetime) -> None:
        """Write again what a place lacks; only what is in the database can be seen removed."""
        is_locked = key in self._state.confirmed
        if self._places.refresh(verdict, now, is_locked=is_locked) and not is_locked:
            self._state = self._state.confirm(key)

    def _acted(self, key: Key, verdict: Verdict, now: datetime) -> None:
        """Keep what has acted in two places, then tell it."""
        recorded, locked = self._places.act(verdict, now)
        if locked:
            self._state = self._state.confirm(key)
        if self._persistent:
            logger.warning("plimsoll: %s", self._places.words(verdict))
            self._tell(self._said(self._acted_text(verdict, now, kept=recorded or locked)))

    def _said(self, text: str) -> str:
        """Return the text of a verdict as people are told it."""
        return text

    def _acted_text(self, verdict: Verdict, now: datetime, *, kept: bool = True) -> str:
        """Return the message of a verdict that has acted; what cannot be read is left out."""
        facts, held = self.account.facts(), list(self._state.held.values())
        said = partial(self.told_of_act, verdict, now, facts=facts, held=held, kept=kept)
        try:
            positions = self.account.snapshot(now).positions
            open_pairs = None if positions is None else [one.pair for one in positions]
            return said(open_pairs=open_pairs, lock=locks.number_of(verdict, now))
        except Exception:
            logger.exception("plimsoll: a message lacks what could not be read")
            return said(open_pairs=None)
